package state_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// line is Updates in a synctest bubble that wait for their turn behind a first
// one, which ends when it is told to. So they make one transaction.
type line struct {
	db     *state.DB
	first  chan struct{}
	ended  sync.WaitGroup
	order  []string // the names of the Updates
	called []string // the names of those whose function after the commit was called

	mu      sync.Mutex
	results map[string]string // what became of each Update, by its name
}

func newLine(t *testing.T, db *state.DB) *line {
	t.Helper()
	l := &line{db: db, first: make(chan struct{}), results: map[string]string{}}
	l.update(t.Context(), "first", func(state.Tx) error {
		<-l.first
		return nil
	})
	return l
}

// update starts an Update and returns when it waits in line.
func (l *line) update(ctx context.Context, name string, fn func(state.Tx) error) {
	l.order = append(l.order, name)
	noted := func(tx state.Tx) error {
		tx.AfterCommit(func() { l.called = append(l.called, name) })
		return fn(tx)
	}
	l.ended.Go(func() {
		result := "a panic"
		defer func() {
			_ = recover()
			l.mu.Lock()
			defer l.mu.Unlock()
			l.results[name] = result
		}()
		switch err := l.db.Update(ctx, noted); {
		case err == nil:
			result = "done"
		case cloud.KindOf(err) == cloud.Internal:
			result = err.Error()
		default:
			result = cloud.KindOf(err).String()
		}
	})
	synctest.Wait()
}

// wait lets the first Update end, waits for all, and compares their results.
// The function after the commit must have been called of those that are done.
func (l *line) wait(t *testing.T, want map[string]string) {
	t.Helper()
	close(l.first)
	l.ended.Wait()
	if diff := cmp.Diff(want, l.results); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	done := slices.DeleteFunc(l.order, func(name string) bool { return want[name] != "done" })
	if diff := cmp.Diff(done, l.called, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("functions called after commits (-want +got):\n%s", diff)
	}
}

// put returns a function that puts a document of so many bytes.
func put(name string, size int) func(state.Tx) error {
	return func(tx state.Tx) error { return tx.Put(state.Key{Kind: "line", Name: name}, make([]byte, size)) }
}

// names returns the names of what put has put.
func names(t *testing.T, db *state.DB) (names []string) {
	t.Helper()
	err := db.View(t.Context(), func(r state.Reader) error {
		for d, err := range r.List(cloud.Scope{}, "line", state.Range{}) {
			if err != nil {
				return err
			}
			names = append(names, d.Key.Name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return names
}

func wantNames(t *testing.T, db *state.DB, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, names(t, db)); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

func openNew(t *testing.T) *state.DB {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "state.db"))
}

// A View in an update, which this store allows, sees nothing of the updates
// before it: they are not committed yet.
func TestWaitingUpdatesShareOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNew(t)
		l, want := newLine(t, db), map[string]string{"first": "done"}
		for _, name := range []string{"a", "b", "c"} {
			want[name] = "done"
			l.update(t.Context(), name, func(tx state.Tx) error {
				wantNames(t, db)
				return put(name, 10)(tx)
			})
		}
		l.wait(t, want)
		wantNames(t, db, "a", "b", "c")
	})
}

// An update that takes long is committed before the next one begins.
func TestSlowUpdateEndsItsGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNew(t)
		l := newLine(t, db)
		l.update(t.Context(), "slow", func(tx state.Tx) error {
			<-time.After(time.Second)
			return put("slow", 10)(tx)
		})
		l.update(t.Context(), "next", func(state.Tx) error {
			wantNames(t, db, "slow")
			return nil
		})
		l.wait(t, map[string]string{"first": "done", "slow": "done", "next": "done"})
	})
}

func TestManyUpdatesAreSeveralCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNew(t)
		l, want := newLine(t, db), map[string]string{"first": "done", "last": "done"}
		for n := range 1_000 {
			name := fmt.Sprintf("%03d", n)
			want[name] = "done"
			l.update(t.Context(), name, put(name, 10))
		}
		l.update(t.Context(), "last", func(state.Tx) error {
			if len(names(t, db)) == 0 {
				t.Error("none of 1,000 updates is committed before the last one begins")
			}
			return nil
		})
		l.wait(t, want)
	})
}

// Whatever the last of a group does, the others are committed.
func TestLastOfAGroupFails(t *testing.T) {
	for _, tt := range []struct {
		want string
		end  func(context.CancelFunc) error
	}{
		{"stop", func(context.CancelFunc) error { return errors.New("stop") }},
		{"a panic", func(context.CancelFunc) error { panic("stop") }},
		{"context canceled", func(cancel context.CancelFunc) error { cancel(); return nil }},
	} {
		t.Run(tt.want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := openNew(t)
				ctx, cancel := context.WithCancel(t.Context())
				l := newLine(t, db)
				l.update(t.Context(), "a", put("a", 10))
				l.update(ctx, "last", func(tx state.Tx) error {
					return errors.Join(put("last", 10)(tx), tt.end(cancel))
				})
				l.wait(t, map[string]string{"first": "done", "a": "done", "last": tt.want})
				wantNames(t, db, "a")
			})
		})
	}
}

func TestContextEndsInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNew(t)
		l := newLine(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		l.update(t.Context(), "a", put("a", 10))
		l.update(ctx, "b", put("b", 10))
		l.update(t.Context(), "c", put("c", 10))
		cancel()
		synctest.Wait() // b returns, though the first has not ended
		if diff := cmp.Diff(map[string]string{"b": "begin: context canceled"}, l.results); diff != "" {
			t.Errorf("results while the others wait (-want +got):\n%s", diff)
		}
		l.wait(t, map[string]string{"first": "done", "a": "done", "b": "begin: context canceled", "c": "done"})
		wantNames(t, db, "a", "c")
	})
}

// What an update did, and what it saw of others, is told when it is on disk.
func TestNothingIsToldBeforeTheCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNew(t)
		l := newLine(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		l.update(ctx, "a", put("a", 10))
		l.update(t.Context(), "b", func(tx state.Tx) error { return tx.Insert(state.Key{Kind: "line", Name: "a"}, nil) })
		l.update(t.Context(), "c", func(state.Tx) error {
			cancel()
			synctest.Wait()
			if diff := cmp.Diff(map[string]string{}, l.results); diff != "" {
				t.Errorf("results before the commit (-want +got):\n%s", diff)
			}
			return nil
		})
		l.wait(t, map[string]string{"first": "done", "a": "done", "b": "conflict", "c": "done"})
		wantNames(t, db, "a")
	})
}

// limitFiles fails writes past so many bytes of a file, as a full disk does.
//
// The limit is the process's: no test of this package runs beside another.
func limitFiles(t *testing.T, size uint64) (lift func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	set := func(limit syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	set(syscall.Rlimit{Cur: size, Max: old.Max})
	t.Cleanup(func() { set(old) })
	return func() { set(old) }
}

// Updates of one transaction fail together when it cannot be written. Where
// that shows in the middle of it, those that come later make a new one.
func TestFullDisk(t *testing.T) {
	const small, spilled = 10, 10_000_000 // SQLite writes the latter before the commit
	for _, tt := range []struct {
		name   string
		middle func(state.Tx) error
		want   map[string]string
		kept   []string
	}{
		{
			name:   "in the commit",
			middle: put("b", 100_000),
			want:   map[string]string{"first": "unavailable", "a": "unavailable", "b": "unavailable", "c": "unavailable"},
		},
		{
			name:   "in a function",
			middle: put("b", spilled),
			want:   map[string]string{"first": "unavailable", "a": "unavailable", "b": "unavailable", "c": "done"},
			kept:   []string{"c"},
		},
		{
			name: "in a function that goes on",
			middle: func(tx state.Tx) error {
				_ = put("b", spilled)(tx)
				_ = put("b", small)(tx)
				return nil
			},
			want: map[string]string{"first": "unavailable", "a": "unavailable", "b": "unavailable", "c": "done"},
			kept: []string{"c"},
		},
		{
			name:   "in a function that panics then",
			middle: func(tx state.Tx) error { panic(put("b", spilled)(tx)) },
			want:   map[string]string{"first": "unavailable", "a": "unavailable", "b": "a panic", "c": "done"},
			kept:   []string{"c"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := openNew(t)
				lift := limitFiles(t, 100_000)
				l := newLine(t, db)
				l.update(t.Context(), "a", put("a", small))
				l.update(t.Context(), "b", tt.middle)
				l.update(t.Context(), "c", put("c", small))
				l.wait(t, tt.want)
				wantNames(t, db, tt.kept...)

				lift()
				l = newLine(t, db)
				l.update(t.Context(), "a", put("a", small))
				l.update(t.Context(), "b", put("b", spilled))
				l.update(t.Context(), "c", put("c", small))
				l.wait(t, map[string]string{"first": "done", "a": "done", "b": "done", "c": "done"})
				wantNames(t, db, "a", "b", "c")
			})
		})
	}
}

// Close comes after the updates that wait before it.
func TestCloseAmongUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNew(t)
		l := newLine(t, db)
		l.update(t.Context(), "a", put("a", 10))
		var closed sync.WaitGroup
		closed.Go(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		l.update(t.Context(), "b", put("b", 10))
		l.wait(t, map[string]string{"first": "done", "a": "done", "b": "begin: the store is closed"})
		closed.Wait()
	})
}
