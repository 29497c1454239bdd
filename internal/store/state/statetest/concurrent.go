package statetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

var (
	errStop     = errors.New("stop")
	errPanicked = errors.New("panicked")
)

// atOnce calls fn rounds times in each of many goroutines, which all begin when
// the last is ready. A goroutine ends with its first error.
func atOnce(t *testing.T, goroutines, rounds int, fn func(goroutine, round int) error) {
	t.Helper()
	var ready sync.WaitGroup
	ready.Add(goroutines)
	var group errgroup.Group
	for goroutine := range goroutines {
		group.Go(func() error {
			ready.Done()
			ready.Wait()
			for round := range rounds {
				if err := fn(goroutine, round); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// recovered returns what fn returns, or errPanicked.
func recovered(fn func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	return fn()
}

// numbered is the key of one round of one goroutine.
func numbered(goroutine, round int) state.Key { return key(fmt.Sprintf("%02d/%02d", goroutine, round)) }

// Each goroutine has a way of its own to end its updates, which leave a document
// behind exactly when they succeed.
func mixedOutcomes(t *testing.T, s state.Store) {
	t.Helper()
	const goroutines, rounds = 24, 20
	ends := []struct {
		want error // nil: the document is there
		end  func(cancel context.CancelFunc) error
	}{
		{nil, func(context.CancelFunc) error { return nil }},
		{errStop, func(context.CancelFunc) error { return errStop }},
		{errPanicked, func(context.CancelFunc) error { panic("stop") }},
		{context.Canceled, func(cancel context.CancelFunc) error { cancel(); return nil }},
	}
	atOnce(t, goroutines, rounds, func(goroutine, round int) error {
		own, end := numbered(goroutine, round), ends[goroutine%len(ends)]
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := recovered(func() error {
			return s.Update(ctx, func(tx state.Tx) error {
				return errors.Join(tx.Put(own, nil), end.end(cancel))
			})
		})
		if !errors.Is(err, end.want) {
			t.Errorf("Update = %v, want %v", err, end.want)
		}
		return s.View(t.Context(), func(r state.Reader) error {
			_, err := r.Get(own)
			if there := err == nil; there != (end.want == nil) {
				t.Errorf("Get after an update that ended with %v = %v", end.want, err)
			}
			return nil
		})
	})
	var want []string
	for goroutine := 0; goroutine < goroutines; goroutine += len(ends) {
		for round := range rounds {
			want = append(want, numbered(goroutine, round).Name)
		}
	}
	wantNames(t, s, state.Range{}, want)
}

// A context may end at any moment: Update says whether the change is there.
func cancelledAnywhere(t *testing.T, s state.Store) {
	t.Helper()
	const goroutines, rounds = 16, 50
	var mu sync.Mutex
	var want []string
	atOnce(t, goroutines, rounds, func(goroutine, round int) error {
		own := numbered(goroutine, round)
		ctx, cancel := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(cancel)
		err := s.Update(ctx, func(tx state.Tx) error { return tx.Put(own, nil) })
		ended.Wait()
		if errors.Is(err, context.Canceled) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		want = append(want, own.Name)
		return err
	})
	slices.Sort(want)
	wantNames(t, s, state.Range{}, want)
}

// An update sees what was returned before it was called, and what it saw is
// there for everybody when it returns.
func orderOfReturns(t *testing.T, s state.Store) {
	t.Helper()
	const goroutines, rounds = 16, 50
	var mu sync.Mutex
	var returned int64 // the highest count that an Update has returned
	atOnce(t, goroutines, rounds, func(_, _ int) error {
		mu.Lock()
		before := returned
		mu.Unlock()
		var counted int64
		err := s.Update(t.Context(), func(tx state.Tx) (err error) {
			counted, err = count(tx)
			return err
		})
		if err != nil {
			return err
		}
		if counted <= before {
			t.Errorf("an update counts %d after one that counted %d has returned", counted, before)
		}
		mu.Lock()
		returned = max(returned, counted)
		mu.Unlock()
		return s.View(t.Context(), func(r state.Reader) error {
			seen, err := state.Get[int64](r, key("counter"))
			if seen < counted {
				t.Errorf("a view sees %d after an update that counted %d has returned", seen, counted)
			}
			return err
		})
	})
	wantValue(t, s, key("counter"), fmt.Sprint(goroutines*rounds))
}

// count adds one to the counter and returns it.
func count(tx state.Tx) (int64, error) {
	n, _, err := state.Find[int64](tx, key("counter"))
	if err != nil {
		return 0, err
	}
	return n + 1, state.Put(tx, key("counter"), n+1)
}

// What the functions do needs no lock, since they are called one at a time.
func afterCommitOrder(t *testing.T, s state.Store) {
	t.Helper()
	const goroutines, rounds = 16, 50
	type call struct{ Counted, Nth int64 }
	var got, want []call
	for n := range int64(goroutines * rounds) {
		want = append(want, call{n + 1, 1}, call{n + 1, 2})
	}
	atOnce(t, goroutines, rounds, func(goroutine, round int) error {
		called := 0
		err := s.Update(t.Context(), func(tx state.Tx) error {
			counted, err := count(tx)
			for nth := range int64(2) {
				tx.AfterCommit(func() {
					called++
					got = append(got, call{counted, nth + 1})
				})
			}
			return err
		})
		if called != 2 {
			t.Errorf("%d functions were called before Update returned, want 2", called)
		}
		if (goroutine+round)%3 == 0 { // one in between that has no function
			err = errors.Join(err, s.Update(t.Context(), func(tx state.Tx) error { return tx.Put(key("other"), nil) }))
		}
		return err
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func afterCommitReads(t *testing.T, s state.Store) {
	t.Helper()
	called := false
	update(t, s, func(tx state.Tx) error {
		tx.AfterCommit(func() {
			called = true
			wantValue(t, s, key("a"), "value of a")
		})
		return tx.Put(key("a"), []byte("value of a"))
	})
	if !called {
		t.Error("the function was not called")
	}
}

func afterCommitOfNone(t *testing.T, s state.Store) {
	t.Helper()
	wrong := func() { t.Error("the function of a transaction that was rolled back was called") }
	atOnce(t, 9, 10, func(goroutine, _ int) error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := recovered(func() error {
			return s.Update(ctx, func(tx state.Tx) error {
				tx.AfterCommit(wrong)
				switch goroutine % 3 {
				case 0:
					panic("stop")
				case 1:
					cancel()
					return nil
				}
				return errStop
			})
		})
		if err == nil {
			t.Error("Update succeeded")
		}
		return nil
	})
	put(t, s, key("a"))
}

// Every goroutine lists what all of them write, while it writes.
func listingAmongWriters(t *testing.T, s state.Store) {
	t.Helper()
	const goroutines, documents, rounds = 8, 300, 5
	update(t, s, func(tx state.Tx) error {
		for n := range documents {
			if err := tx.Insert(numbered(0, n), nil); err != nil {
				return err
			}
		}
		return nil
	})
	atOnce(t, goroutines, rounds, func(goroutine, round int) error {
		err := s.Update(t.Context(), func(tx state.Tx) error {
			seen := 0
			for d, err := range tx.List(scope(), "thing", state.Range{}) {
				if err != nil {
					return err
				}
				seen++
				if err := errors.Join(tx.Delete(d.Key), tx.Put(d.Key, fmt.Append(nil, goroutine))); err != nil {
					return err
				}
			}
			if seen != documents {
				t.Errorf("a listing yielded %d documents, want %d", seen, documents)
			}
			if (goroutine+round)%2 == 0 {
				return errStop
			}
			return nil
		})
		if errors.Is(err, errStop) {
			return nil
		}
		return err
	})
	view(t, s, func(r state.Reader) error {
		got := slices.Collect(maps.Values(listed(t, r)))
		if distinct := slices.Compact(slices.Clone(got)); len(got) != documents || len(distinct) != 1 {
			t.Errorf("%d documents with the values %q, want %d with one value", len(got), distinct, documents)
		}
		return nil
	})
}

// Random updates of many goroutines do what they would do to a map. The map
// needs no lock, since updates run one at a time.
func model(t *testing.T, s state.Store) {
	t.Helper()
	const goroutines, rounds = 16, 60
	want := map[string]string{}
	atOnce(t, goroutines, rounds, func(goroutine, round int) error {
		random := rand.New(rand.NewPCG(uint64(goroutine), uint64(round))) //nolint:gosec // the same choices each time
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := recovered(func() error {
			return s.Update(ctx, func(tx state.Tx) error {
				changed := maps.Clone(want)
				for step := range 1 + random.IntN(6) {
					change(t, tx, changed, random, fmt.Sprintf("%d/%d/%d", goroutine, round, step))
				}
				switch random.IntN(6) {
				case 0:
					return errStop
				case 1:
					cancel()
					return nil
				case 2:
					panic("stop")
				}
				want = changed
				return nil
			})
		})
		if errors.Is(err, errStop) || errors.Is(err, context.Canceled) || errors.Is(err, errPanicked) {
			return nil
		}
		return err
	})
	view(t, s, func(r state.Reader) error {
		if diff := cmp.Diff(want, listed(t, r)); diff != "" {
			t.Errorf("documents (-want +got):\n%s", diff)
		}
		return nil
	})
}

// change does one random thing to both tx and want, and compares the outcomes.
func change(t *testing.T, tx state.Tx, want map[string]string, random *rand.Rand, value string) {
	t.Helper()
	name := fmt.Sprint(random.IntN(20))
	old, there := want[name]
	var err error
	var kind cloud.Kind // of the error that is due; Internal when none is
	switch random.IntN(5) {
	case 0:
		err = tx.Put(key(name), []byte(value))
		want[name] = value
	case 1:
		if err = tx.Insert(key(name), []byte(value)); there {
			kind = cloud.Conflict
		} else {
			want[name] = value
		}
	case 2:
		if err = tx.Delete(key(name)); !there {
			kind = cloud.NotFound
		}
		delete(want, name)
	case 3:
		var got []byte
		if got, err = tx.Get(key(name)); !there {
			kind = cloud.NotFound
		}
		if string(got) != old {
			t.Errorf("Get(%q) = %q, want %q", name, got, old)
		}
	case 4:
		if diff := cmp.Diff(want, listed(t, tx)); diff != "" {
			t.Errorf("documents in a transaction (-want +got):\n%s", diff)
		}
	}
	if cloud.KindOf(err) != kind || kind == cloud.Internal && err != nil {
		t.Errorf("a change of %q = %v, want an error of kind %v, where internal is none", name, err, kind)
	}
}

func listed(t *testing.T, r state.Reader) map[string]string {
	t.Helper()
	got := map[string]string{}
	for d, err := range r.List(scope(), "thing", state.Range{}) {
		if err != nil {
			t.Error(err)
			break
		}
		got[d.Key.Name] = string(d.Value)
	}
	return got
}
