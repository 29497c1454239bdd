// Package jsonscan walks JSON without building it.
//
// It promises to accept exactly what encoding/json accepts, up to MaxDepth, and
// to say where a value ends, so that a caller can take the members it wants by
// their bytes and pay for nothing else. Turning bytes into Go values, and what
// a member means, are left to the caller.
package jsonscan
