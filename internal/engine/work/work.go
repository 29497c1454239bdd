// Package work bounds what one evaluation of an expression may do.
//
// A query is a client's, and one short expression can ask for more memory or time
// than a machine has. Whatever computes for a query counts what it makes before it
// makes it, and the steps that it takes; both also notice that nobody waits for the
// answer any more.
package work

import (
	"context"
	"errors"
	"time"

	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// The bounds of one evaluation.
const (
	MaxValue = 32 << 20 // bytes of one value
	MaxBytes = 64 << 20 // bytes of all values that are made, also of those that are given up again
	MaxSteps = 1 << 27  // steps, each of which takes about as long as looking at a character
)

// What costs how much.
const (
	Element = 32 // bytes of an element of an array, besides what it refers to
	Call    = 32 // steps of calling a function for an element
)

// lookEvery is how many steps pass between two looks at the context.
const lookEvery = 1 << 14

// Work is one evaluation: what it has spent, and whether it is still wanted. It is
// not for concurrent use. A nil Work bounds nothing, for what is known to be small.
type Work struct {
	done  <-chan struct{}
	cause func() error
	now   time.Time
	bytes int64
	steps int64
	look  int64 // at how many steps to look at the context
}

// New returns the work of an evaluation that ends with ctx. now is when its query
// began.
func New(ctx context.Context, now time.Time) *Work {
	return &Work{done: ctx.Done(), cause: ctx.Err, now: now, look: lookEvery}
}

// Now returns when the query began.
func (w *Work) Now() time.Time {
	if w == nil {
		return time.Time{}
	}
	return w.now
}

// Make counts a value of n bytes that is about to be made. The error says that it,
// or all of them together, are too large.
func (w *Work) Make(n int) error { return w.make(int64(n)) }

// Repeat counts a value that is about to be made of count parts of n bytes each.
func (w *Work) Repeat(count, n int) error {
	if w != nil && n > 0 && count > MaxValue/n {
		return tooLarge(MaxValue)
	}
	return w.make(int64(count) * int64(n))
}

func (w *Work) make(n int64) error {
	if w == nil {
		return nil
	}
	if n > MaxValue {
		return tooLarge(MaxValue)
	}
	if w.bytes += n; w.bytes > MaxBytes {
		return tooLarge(MaxBytes)
	}
	return w.Steps(int(n / 16)) // writing takes time too
}

// The names of errors that say that an evaluation went beyond its bounds.
const (
	memoryLimit = "EXCEEDED_LOCAL_MEMORY_LIMIT"
	cpuLimit    = "EXCEEDED_CPU_LIMIT"
)

// Ended reports whether err says that an evaluation went beyond its bounds or is
// no longer wanted, which nothing in an expression makes good: TRY does not.
func Ended(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	e, ok := errors.AsType[*sqlerr.Error](err)
	return ok && (e.Name == memoryLimit || e.Name == cpuLimit)
}

// tooLarge is worded like Trino's error of a query that has used up its memory.
func tooLarge(limit int) error {
	return sqlerr.New(memoryLimit, "Query exceeded per-node memory limit of %dMB [an expression makes values larger than that]", limit>>20)
}

// Steps counts n steps. The error says that there were too many, or why the
// context is done.
func (w *Work) Steps(n int) error {
	if w == nil {
		return nil
	}
	if w.steps += int64(n); w.steps < w.look {
		return nil
	}
	w.look = w.steps + lookEvery
	select {
	case <-w.done:
		return w.cause()
	default:
	}
	if w.steps > MaxSteps {
		return sqlerr.New(cpuLimit, "Query exceeded the CPU time limit of one expression: it takes more than %d million steps", MaxSteps>>20)
	}
	return nil
}

// Made counts a value that was made, without what it refers to.
func (w *Work) Made(v any) error {
	switch v := v.(type) {
	case string:
		return w.make(int64(len(v)))
	case []byte:
		return w.make(int64(len(v)))
	case []any:
		return w.Repeat(len(v), Element)
	case *value.Map:
		return w.Repeat(len(v.Keys), 2*Element)
	}
	return nil
}

// Whole looks at a value with all that it refers to, however often it refers to
// it, and counts that. The error says that the value is too large.
func (w *Work) Whole(v any) error {
	if w == nil {
		return nil
	}
	size := 0
	if !measure(v, &size) {
		return tooLarge(MaxValue)
	}
	return w.make(int64(size))
}

// measure adds the size of v and reports false as soon as that is above MaxValue.
func measure(v any, size *int) bool {
	switch v := v.(type) {
	case string:
		*size += len(v)
	case []byte:
		*size += len(v)
	case []any:
		if *size += len(v) * Element; *size > MaxValue {
			return false
		}
		for _, elem := range v {
			if !measure(elem, size) {
				return false
			}
		}
	case *value.Map:
		return measure(v.Keys, size) && measure(v.Values, size)
	}
	return *size <= MaxValue
}

// Size returns the bytes of a value with all that it refers to; one above MaxValue
// means that it is that or more.
func Size(v any) int {
	size := 0
	measure(v, &size)
	return size
}
