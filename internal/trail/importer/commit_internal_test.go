package importer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/kit/worker"
)

// enqueued waits until so many batches wait.
func (q *queue) enqueued(n int) {
	for {
		q.mu.Lock()
		there := len(q.waiting)
		q.mu.Unlock()
		if there == n {
			return
		}
	}
}

// Who commits for others ends with its own batch, however many come meanwhile.
func TestWhoCommitsEndsWithItsOwn(t *testing.T) {
	q := newQueue()
	began, goOn := make(chan int), make(chan struct{})
	keep := func(_ context.Context, some []*batch) error {
		began <- len(some)
		<-goOn
		return nil
	}
	first, second := make(chan error), make(chan error)
	go func() { first <- q.commit(t.Context(), &batch{out: &Outcome{}}, keep) }()
	if n := <-began; n != 1 {
		t.Errorf("the first commit is of %d batches", n)
	}
	var others sync.WaitGroup
	for range mostBatches {
		others.Go(func() {
			if err := q.commit(t.Context(), &batch{out: &Outcome{}}, keep); err != nil {
				t.Error(err)
			}
		})
	}
	q.enqueued(mostBatches)
	go func() { second <- q.commit(t.Context(), &batch{out: &Outcome{}}, keep) }()
	q.enqueued(mostBatches + 1)
	goOn <- struct{}{}
	if err := <-first; err != nil { // while the others have yet to be committed
		t.Error(err)
	}
	for _, want := range []int{mostBatches, 1} {
		if n := <-began; n != want {
			t.Errorf("a further commit is of %d batches, want %d", n, want)
		}
		goOn <- struct{}{}
	}
	others.Wait()
	if err := <-second; err != nil {
		t.Error(err)
	}
}

// A panic fails the batches that it was about, and none that come later.
func TestAPanicFailsACommitOnly(t *testing.T) {
	q := newQueue()
	err := q.commit(t.Context(), &batch{out: &Outcome{}}, func(context.Context, []*batch) error { panic("at the disco") })
	if _, ok := errors.AsType[*life.PanicError](err); !ok {
		t.Errorf("it ends with %v", err)
	}
	if err := q.commit(t.Context(), &batch{out: &Outcome{}}, func(context.Context, []*batch) error { return nil }); err != nil {
		t.Errorf("the next ends with %v", err)
	}
}

// A file is damaged for ever only by what it did itself.
func TestHowAWorkersEndTellsOfAFile(t *testing.T) {
	got := map[worker.Reason]string{}
	for reason := worker.Crashed; reason <= worker.Closed; reason++ {
		var out Outcome
		err := out.failed(t.Context(), fmt.Errorf("a job: %w", &worker.EndedError{Reason: reason}), nil)
		got[reason] = fmt.Sprint(out.State, " ", err != nil)
	}
	want := map[worker.Reason]string{
		worker.Crashed: "unread false", worker.Panicked: "damaged false", worker.OutOfMemory: "damaged false", worker.Silent: "unread false", worker.OutOfTime: "unread false",
		worker.Closed: " true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
