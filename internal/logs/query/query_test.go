package query_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/logs/query"
)

func scope(account string) cloud.Scope {
	return cloud.Scope{Account: cloud.Account(account), Region: "r"}
}

// working has a queue work until the test ends.
func working(t *testing.T, q *query.Queue[string], timeout time.Duration, run func(ctx context.Context, j *query.Job[string])) {
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
		q := query.NewQueue[string]()
		for i := range 3 {
			for _, account := range []string{"a", "b"} {
				if account == "b" && i == 2 {
					continue
				}
				q.Push(q.Add(scope(account), fmt.Sprint(i), account+fmt.Sprint(i), 10))
			}
		}
		var order []string
		working(t, q, time.Hour, func(_ context.Context, j *query.Job[string]) {
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
		q := query.NewQueue[string]()
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
		working(t, q, time.Minute, func(ctx context.Context, j *query.Job[string]) {
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
		if err := <-causes; !errors.Is(err, query.ErrCancelled) {
			t.Error(err)
		}
		if err := <-causes; !errors.Is(err, query.ErrTimeout) {
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

func rows(n int) (all [][]insights.Cell) {
	for i := range n {
		all = append(all, []insights.Cell{{Field: "n", Value: fmt.Sprint(i)}, {Field: "", Value: "\xff\x00"}})
	}
	return append(all, []insights.Cell{})
}

func TestResultsArePages(t *testing.T) {
	r := query.Results{Dir: filepath.Join(t.TempDir(), "results")}
	want := rows(10)
	length, err := r.Write("id", want)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []struct{ rows, bytes, pages int }{{1, 1 << 20, 11}, {4, 1 << 20, 3}, {100, 1 << 20, 1}, {100, 1, 11}} {
		var got [][]insights.Cell
		at, pages := int64(0), 0
		for {
			page, next, err := r.Page(t.Context(), "id", length, at, size.rows, size.bytes)
			if err != nil {
				t.Fatal(err)
			}
			got, pages = append(got, page...), pages+1
			if at = next; next == 0 {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || pages != size.pages {
			t.Errorf("%v: %d pages, %s", size, pages, diff)
		}
	}
	if err := errors.Join(r.Remove("id"), r.Remove("id")); err != nil {
		t.Error(err)
	}
	if _, _, err := r.Page(t.Context(), "id", length, 0, 1, 1); !errors.Is(err, query.ErrDamaged) {
		t.Error(err)
	}
}

func TestAResultThatCannotBeWrittenLeavesNoFile(t *testing.T) {
	r := query.Results{Dir: t.TempDir()}
	path := filepath.Join(r.Dir, "id.rows")
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Write("id", rows(3)); err == nil {
		t.Error("there is no room")
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestAResultThatIsDamaged(t *testing.T) {
	r := query.Results{Dir: t.TempDir()}
	length, err := r.Write("id", rows(3))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(r.Dir, "id.rows")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		for bit := range 8 {
			b := append([]byte{}, whole...)
			b[i] ^= 1 << bit
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := r.Page(t.Context(), "id", length, 0, 10, 1<<20); !errors.Is(err, query.ErrDamaged) {
				t.Fatalf("bit %d of byte %d: %v", bit, i, err)
			}
		}
		if err := os.WriteFile(path, whole[:i], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Page(t.Context(), "id", length, 0, 10, 1<<20); !errors.Is(err, query.ErrDamaged) {
			t.Fatalf("%d bytes: %v", i, err)
		}
	}
}

func FuzzResults(f *testing.F) {
	r := query.Results{Dir: f.TempDir()}
	if _, err := r.Write("seed", rows(2)); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(filepath.Join(r.Dir, "seed.rows"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, int64(0))
	f.Fuzz(func(t *testing.T, b []byte, at int64) {
		r := query.Results{Dir: t.TempDir()}
		if err := os.WriteFile(filepath.Join(r.Dir, "id.rows"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Page(t.Context(), "id", int64(len(b)), at, 10, 1<<20); err != nil && !errors.Is(err, query.ErrDamaged) {
			t.Error(err)
		}
	})
}
