package query_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/logs/query"
)

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
