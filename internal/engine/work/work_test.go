package work_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

func TestBounds(t *testing.T) {
	const memory, cpu = "EXCEEDED_LOCAL_MEMORY_LIMIT", "EXCEEDED_CPU_LIMIT"
	text := strings.Repeat("x", 1<<20)
	shared := make([]any, 100)
	for i := range shared {
		shared[i] = text
	}
	for _, tt := range []struct {
		name string
		do   func(w *work.Work) error
		want string // the name of the error
	}{
		{name: "a value that just fits", do: func(w *work.Work) error { return w.Make(work.MaxValue) }},
		{name: "a value that is too large", do: func(w *work.Work) error { return w.Make(work.MaxValue + 1) }, want: memory},
		{name: "values that are too large together", do: func(w *work.Work) error {
			return errors.Join(w.Make(work.MaxValue), w.Make(work.MaxValue), w.Make(1))
		}, want: memory},
		{name: "parts whose size overflows", do: func(w *work.Work) error { return w.Repeat(1<<62, 1<<62) }, want: memory},
		{name: "no parts", do: func(w *work.Work) error { return w.Repeat(1<<62, 0) }},
		{name: "an array without what it refers to", do: func(w *work.Work) error { return w.Made(shared) }},
		{name: "an array with what it refers to", do: func(w *work.Work) error { return w.Whole(shared) }, want: memory},
		{name: "as many steps as there may be", do: func(w *work.Work) error { return w.Steps(work.MaxSteps) }},
		{name: "a step too many", do: func(w *work.Work) error { return w.Steps(work.MaxSteps + 1) }, want: cpu},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do(work.New(t.Context(), time.Time{}))
			got := ""
			if failed, ok := errors.AsType[*sqlerr.Error](err); ok {
				got = failed.Name
			}
			if got != tt.want || (err == nil) != (tt.want == "") {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if tt.want != "" && !work.Ended(fmt.Errorf("around: %w", err)) {
				t.Errorf("%v does not end the evaluation", err)
			}
			if err := tt.do(nil); err != nil {
				t.Errorf("without bounds: %v", err)
			}
		})
	}
}

func TestWorkEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := work.New(ctx, time.Unix(7, 0))
	if err := w.Steps(1 << 20); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := w.Steps(1 << 20); !errors.Is(err, context.Canceled) || !work.Ended(err) {
		t.Errorf("%v, want the context's error", err)
	}
	if work.Ended(sqlerr.New(sqlerr.DivisionByZero, "Division by zero")) || work.Ended(nil) {
		t.Error("an error of the expression ends its evaluation")
	}
	if !w.Now().Equal(time.Unix(7, 0)) {
		t.Errorf("the query began at %s", w.Now())
	}
}
