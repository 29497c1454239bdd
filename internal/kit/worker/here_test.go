package worker_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/worker"
)

// Without a command the same happens in goroutines, but for the limits.
func TestInThisProcess(t *testing.T) {
	var freed atomic.Int32
	p, err := worker.Open(worker.Config{Lanes: map[string]int{lane: 1}, Here: func() (map[string]worker.Handler, func()) {
		table := handlers()
		table["wait"] = func(ctx context.Context, _ []byte, _ *worker.Conn) error {
			<-ctx.Done()
			return ctx.Err()
		}
		return table, func() { freed.Add(1) }
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := do(t.Context(), p, worker.Job{Kind: "panic"}); reasonOf(err) != "panicked" {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	run, err := p.Start(ctx, worker.Job{Kind: "wait", Lane: lane})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := run.Next(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := run.Close(); err != nil {
		t.Error(err)
	}
	results, err := do(t.Context(), p, worker.Job{Kind: "count", Payload: []byte("3")})
	if diff := cmp.Diff([]string{"0", "1", "2"}, results); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if n := freed.Load(); n != 3 {
		t.Errorf("what %d of 3 goroutines held was freed", n)
	}
}
