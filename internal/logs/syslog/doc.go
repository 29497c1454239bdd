// Package syslog takes messages of syslog, RFC 5424's and RFC 3164's, over TCP, TLS and UDP,
// and hands them on as log events.
//
// An event is a message as it was sent, less its framing: what its header says decides its
// time, its group and its stream. A message of which the header cannot be read is kept all
// the same, at the time at which it came. Nothing is acknowledged in syslog, so that a
// sender's only sign is how fast it may send: over TCP nothing is read while there is no
// room, and over UDP what finds no room is dropped and counted.
//
// Who may send is told by addresses, and over TLS by certificates; as whom events are
// written, and what becomes of them, is left to others.
package syslog
