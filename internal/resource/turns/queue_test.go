package turns_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource/turns"
)

func scope(account string) cloud.Scope {
	return cloud.Scope{Account: cloud.Account(account), Region: "r"}
}

// working has a queue work until the test ends.
func working(t *testing.T, q *turns.Queue[string], timeout time.Duration, run func(ctx context.Context, j *turns.Job[string])) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.Work(t.Context(), timeout, run)
	}()
	t.Cleanup(func() {
		q.Close()
		<-done
	})
}

func TestAccountsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := turns.NewQueue[string]()
		for i := range 3 {
			for _, account := range []string{"a", "b"} {
				if account == "b" && i == 2 {
					continue
				}
				q.Push(q.Add(scope(account), fmt.Sprint(i), account+fmt.Sprint(i), 10))
			}
		}
		var order []string
		working(t, q, time.Hour, func(_ context.Context, j *turns.Job[string]) {
			order = append(order, j.Of)
			q.Remove(j)
		})
		synctest.Wait()
		if diff := cmp.Diff([]string{"a0", "b0", "a1", "b1", "a2"}, order); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhoWritesTheEndOfAQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := turns.NewQueue[string]()
		if q.Add(scope("a"), "one", "", 2) == nil || q.Add(scope("b"), "one", "", 2) == nil || q.Add(scope("a"), "two", "", 2) == nil {
			t.Fatal("there is room")
		}
		if q.Add(scope("a"), "three", "", 2) != nil {
			t.Error("one more than there may be was taken")
		}
		causes := make(chan error, 3)
		for _, id := range []string{"one", "two"} {
			j, running := q.Find(scope("a"), id)
			if running {
				t.Error("it runs before its turn")
			}
			q.Push(j)
		}
		working(t, q, time.Minute, func(ctx context.Context, j *turns.Job[string]) {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			if j.ID == "two" && !q.Claim(j) {
				t.Error("nobody else has claimed it")
			}
			if j.ID == "one" && q.Claim(j) {
				t.Error("who stopped it has claimed it")
			}
			q.Remove(j)
		})
		synctest.Wait()
		stopped := q.Stop(scope("a"), "one")
		if stopped == nil || q.Stop(scope("a"), "one") != nil || q.Stop(scope("c"), "one") != nil {
			t.Error("a query is stopped once, and by its account")
		}
		q.Remove(stopped)
		<-stopped.Ended()
		if err := <-causes; !errors.Is(err, turns.ErrCancelled) {
			t.Error(err)
		}
		if err := <-causes; !errors.Is(err, turns.ErrTimeout) {
			t.Error(err)
		}
		if j := q.Stop(scope("b"), "one"); j == nil {
			t.Error("what waits can be stopped")
		}
		if q.Add(scope("a"), "three", "", 1) == nil {
			t.Error("there is room again")
		}
	})
}
