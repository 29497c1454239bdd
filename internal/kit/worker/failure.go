package worker

import (
	"errors"
	"fmt"
)

// JobError is the error of a handler, as it arrives at the pool's side.
type JobError struct {
	Text   string
	Detail []byte // what Fail was given; nil when the handler returned any other error

	source error // why a source of the job could not be read
}

// Error returns the text of the handler's error.
func (f *JobError) Error() string { return f.Text }

// Unwrap returns the error of a source that the job could not read, if there was one.
func (f *JobError) Unwrap() error { return f.source }

// Fail returns an error for a handler to return: the pool's side finds detail in
// its JobError, for what a text cannot carry.
func Fail(err error, detail []byte) error { return &JobError{Text: err.Error(), Detail: detail} }

func failureOf(err error) *JobError {
	if f, ok := errors.AsType[*JobError](err); ok {
		return &JobError{Text: err.Error(), Detail: f.Detail}
	}
	return &JobError{Text: err.Error()}
}

// Reason is why a process ended with its job.
type Reason int

// The reasons.
const (
	Crashed     Reason = iota // it exited, or a signal ended it
	Panicked                  // the handler panicked
	OutOfMemory               // it needed more memory than a process may have
	Silent                    // it did not answer, and gave no sign of life
	OutOfTime                 // the job took longer than its kind may
	Closed                    // the pool was closed
)

// String returns the reason in a few words.
func (r Reason) String() string {
	switch r {
	case Crashed:
		return "ended"
	case Panicked:
		return "panicked"
	case OutOfMemory:
		return "needed more memory than it may have"
	case Silent:
		return "gave no sign of life and was ended"
	case OutOfTime:
		return "took too long and was ended"
	case Closed:
		return "was ended because the server stops"
	default:
		return fmt.Sprintf("reason %d", int(r))
	}
}

// EndedError is the failure of a job whose process ended with it.
type EndedError struct {
	Reason Reason
	Detail string // such as "signal: killed", or what the panic was; may be empty
	Said   string // what it wrote before it ended, such as a stack, for the log
	Limit  int64  // for OutOfMemory: the bytes that a process may have
}

// Error says what became of the process.
func (e *EndedError) Error() string {
	s := "the worker process " + e.Reason.String()
	if e.Reason == OutOfMemory && e.Limit > 0 {
		s += fmt.Sprintf(" (%d MiB)", e.Limit>>20)
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}
