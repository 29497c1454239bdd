// Package source turns the bytes of an object into text.
//
// How an object is packed is decided by its first bytes, never by its name:
// compression, archives and encodings are taken off one after the other, and
// what is not read is refused by its name. Damage ends the text and is told; the
// text before it is given. What a text means is left to others, but for what
// exports and deliveries wrap around records, which Unwrapped takes off.
package source
