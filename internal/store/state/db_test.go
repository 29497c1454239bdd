package state_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/store/state/statetest"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"write": writeUntilKilled})
}

func open(t *testing.T, path string) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestContract(t *testing.T) {
	statetest.Run(t, func(t *testing.T) state.Store {
		t.Helper()
		return open(t, filepath.Join(t.TempDir(), "state.db"))
	})
}

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder with % and ? and 한글", "state.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	key := state.Key{Kind: "thing", Name: "a"}
	db := open(t, path)
	if err := db.Update(t.Context(), func(tx state.Tx) error { return state.Put(tx, key, 1) }); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), func(state.Tx) error { return nil }); err == nil {
		t.Error("Update of a closed store succeeded")
	}
	err := open(t, path).View(t.Context(), func(r state.Reader) error {
		_, err := state.Get[int](r, key)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A transaction that is kept too long does nothing in the next one.
func TestTransactionIsOver(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "state.db"))
	key := state.Key{Kind: "thing", Name: "a"}
	var kept state.Tx
	var read state.Reader
	err := errors.Join(
		db.Update(t.Context(), func(tx state.Tx) error { kept = tx; return nil }),
		db.View(t.Context(), func(r state.Reader) error { read = r; return nil }),
		db.Update(t.Context(), func(state.Tx) error {
			if err := kept.Put(key, nil); err == nil {
				t.Error("Put in a transaction that is over succeeded")
			}
			if _, err := read.Get(key); err == nil || cloud.KindOf(err) != cloud.Internal {
				t.Errorf("Get in a view that is over = %v, want an internal error", err)
			}
			return nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	file, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.ExecContext(t.Context(), `UPDATE schema_version SET version = 1000`)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = state.Open(t.Context(), path)
	if err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("Open = %v, want an error that speaks of a newer version", err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	_, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "absent", "state.db"))
	if err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("Open in a folder that is not there = %v, want an error that names it", err)
	}
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Open(t.Context(), path); err == nil {
		t.Error("Open of a file that is no database succeeded")
	}
}

// Each number that the child acknowledged must be there after it was killed,
// and of no number one of its two documents alone.
func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	const enough = 5_000
	path := filepath.Join(t.TempDir(), "state.db")
	acknowledged := map[string]bool{}
	killtest.After(t, enough, func(line string) bool {
		acknowledged[line] = true
		return true
	}, "write", path)

	left, right := map[string]bool{}, map[string]bool{}
	err := open(t, path).View(t.Context(), func(r state.Reader) error {
		for kind, found := range map[string]map[string]bool{"left": left, "right": right} {
			for d, err := range r.All(kind) {
				if err != nil {
					return err
				}
				found[d.Key.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(left, right); diff != "" {
		t.Errorf("halves of transactions (-left +right):\n%s", diff)
	}
	for n := range acknowledged {
		if !left[n] {
			t.Errorf("acknowledged transaction %s is lost", n)
		}
	}
}

func numbered(kind string, n int64) state.Key {
	return state.Key{Scope: cloud.Scope{Account: "111122223333"}, Kind: kind, Name: fmt.Sprint(n)}
}

// writeUntilKilled writes numbers, each in two documents, from 32 goroutines,
// and prints each as it is acknowledged.
func writeUntilKilled(path string) error {
	ctx := context.Background()
	db, err := state.Open(ctx, path)
	if err != nil {
		return err
	}
	var next atomic.Int64
	var writers errgroup.Group
	for range 32 {
		writers.Go(func() error {
			for {
				n := next.Add(1)
				err := db.Update(ctx, func(tx state.Tx) error {
					return errors.Join(state.Insert(tx, numbered("left", n), n), state.Insert(tx, numbered("right", n), n))
				})
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintln(os.Stdout, n); err != nil {
					return err
				}
			}
		})
	}
	return writers.Wait()
}

// The state is nobody's business but the server's, whoever made the file and whatever
// the process's mask is.
func TestNobodyElseMayReadTheState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	for _, found := range []string{"none", "one that all may read"} {
		if found != "none" {
			if err := os.Chmod(path, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		db, err := state.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(path + name)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s: state.db%s has the mode %v", found, name, info.Mode())
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
