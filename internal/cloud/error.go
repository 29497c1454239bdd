package cloud

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error. It is what code tests;
// Error.Code is what AWS clients test.
type Kind int

// The kinds of error. The zero Kind is Internal: an error nobody classified is
// a fault of ours.
const (
	Internal        Kind = iota // a fault of ours; logged in full, answered with the request ID alone
	Invalid                     // the request is malformed or breaks a constraint
	Unauthenticated             // the signature, key or clock is wrong
	Denied                      // the caller is known and may not do this
	NotFound                    // the named thing does not exist
	Conflict                    // the named thing exists already, or is in a state that forbids this
	Throttled                   // too much at once; the same call may succeed later
	Unsupported                 // AWS has this operation or construct and this version of Sillok does not
	Unavailable                 // a resource is exhausted or stopping, such as a full disk
)

// String returns the kind's name in lower case.
func (k Kind) String() string {
	names := [...]string{
		"internal", "invalid", "unauthenticated", "denied", "not found", "conflict", "throttled", "unsupported", "unavailable",
	}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return names[k]
}

// Error is an error that the caller of an AWS operation may see.
type Error struct {
	Kind    Kind
	Code    string         // AWS's error code, such as "EntityNotFoundException"
	Message string         // safe to show; holds no secret and no path of the host
	Fields  map[string]any // further members of AWS's error shape, by member name; may be nil
	// Header is what AWS's answer tells in headers of HTTP beside the error, by
	// name: the ETag of what is not modified, that a delete marker is there. It
	// is nil for nearly all errors.
	Header map[string]string
	Cause  error // for the log only; may be nil
}

// Error returns the code and message, and the cause when there is one.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the hidden cause.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf returns an Error whose message is built from format and args.
func Errorf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Because returns a copy of e that carries cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// KindOf returns the kind of the first Error in err's chain, or Internal when
// there is none. KindOf(nil) is Internal; ask only about errors.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
