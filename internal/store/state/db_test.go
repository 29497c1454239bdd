package state_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/store/state/statetest"
)

var (
	writeTo = flag.String("write-to", "", "write to this store and acknowledge on stdout until killed")
	fill    = flag.String("fill", "", "write to this store until there is no space, and print what happens")
)

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	switch {
	case *writeTo != "":
		err = writeUntilKilled(*writeTo)
	case *fill != "":
		err = writeUntilFull(*fill)
	default:
		m.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
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
// in both of the documents that its transaction wrote.
func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	const enough = 200
	path := filepath.Join(t.TempDir(), "state.db")
	child := exec.CommandContext(t.Context(), os.Args[0], "-write-to", path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged int
	for lines := bufio.NewScanner(out); lines.Scan(); {
		acknowledged++
		if acknowledged == enough {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || acknowledged < enough {
		t.Fatalf("the child ended by itself (%v) after %d writes", err, acknowledged)
	}

	err = open(t, path).View(t.Context(), func(r state.Reader) error {
		for n := range acknowledged + 2 {
			_, left, err := state.Find[int](r, numbered("left", n))
			if err != nil {
				return err
			}
			_, right, err := state.Find[int](r, numbered("right", n))
			if err != nil {
				return err
			}
			if left != right {
				t.Errorf("half of transaction %d is there", n)
			}
			if n < acknowledged && !left {
				t.Errorf("acknowledged transaction %d is lost", n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func numbered(kind string, n int) state.Key {
	return state.Key{Scope: cloud.Scope{Account: "111122223333"}, Kind: kind, Name: fmt.Sprint(n)}
}

func writeUntilKilled(path string) error {
	ctx := context.Background()
	db, err := state.Open(ctx, path)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
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
}

// A limit on the size of files fails writes as a full disk does.
func TestNoSpaceLeft(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), os.Args[0], "-fill", filepath.Join(t.TempDir(), "state.db")).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	const want = "a write fails: unavailable\nthe first document: small\n"
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("a full store (-want +got):\n%s", diff)
	}
}

func writeUntilFull(path string) error {
	ctx := context.Background()
	db, err := state.Open(ctx, path)
	if err != nil {
		return err
	}
	put := func(n, size int) error {
		return db.Update(ctx, func(tx state.Tx) error { return tx.Put(numbered("full", n), bytes.Repeat([]byte("x"), size)) })
	}
	if err := db.Update(ctx, func(tx state.Tx) error { return state.Put(tx, numbered("first", 0), "small") }); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}); err != nil {
		return err
	}
	for n := 0; err == nil; n++ {
		err = put(n, 100_000)
	}
	fmt.Fprintln(os.Stdout, "a write fails:", cloud.KindOf(err))
	return db.View(ctx, func(r state.Reader) error {
		value, err := state.Get[string](r, numbered("first", 0))
		fmt.Fprintln(os.Stdout, "the first document:", value)
		return err
	})
}
