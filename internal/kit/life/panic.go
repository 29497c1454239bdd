package life

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// PanicError is a panic that was caught.
type PanicError struct {
	Value any    // what panic was called with
	In    string // the function that panicked, such as "github.com/x/y.(*T).m"
	Stack []byte // of its goroutine, for the log
}

// Error says what happened in which function. It leaves out the stack, which
// names files of the machine that built the program.
func (e *PanicError) Error() string { return fmt.Sprintf("panic in %s: %v", e.In, e.Value) }

// Attrs returns err as the attributes of a log's line, with the stack where it is
// a panic that was caught.
func Attrs(err error) []any {
	attrs := []any{"error", err}
	if p, ok := errors.AsType[*PanicError](err); ok {
		attrs = append(attrs, "stack", string(p.Stack))
	}
	return attrs
}

// Catch calls f and returns its error, or its panic as a PanicError.
func Catch(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Value: value, In: panicker(), Stack: debug.Stack()}
		}
	}()
	return f()
}

// panicker names the function that panicked. It is called while the panic is
// being recovered, when the stack has the runtime's part in it and below that
// the function.
func panicker() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	panicking := false
	for {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if panicking && !inRuntime {
			return frame.Function
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
		if !more {
			return "unknown"
		}
	}
}
