package lake_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sillok/sillok/internal/lake"
)

func forget(tb testing.TB, l *lake.Lake, key, keep string) {
	tb.Helper()
	if err := l.Forget("logs", key, keep); err != nil {
		tb.Fatal(err)
	}
}

func TestForget(t *testing.T) {
	for _, swept := range []bool{false, true} {
		dir := t.TempDir()
		before := filepath.Join(dir, "ab", "abcdef.parquet")
		if err := os.MkdirAll(filepath.Dir(before), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(before, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		table := lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a")}
		objects := memory{"a": "1", "b": "2", "a/b": "3"}
		_, files := load(t, lake.New(lake.Config{Dir: dir}, objects), table, nil)
		if err := files.Release(); err != nil {
			t.Fatal(err)
		}
		l := lake.New(lake.Config{Dir: dir}, objects) // another life of the server
		if swept {
			if err := l.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		} else if err := os.Remove(before); err != nil {
			t.Fatal(err)
		}
		left := func(want int, when string) {
			t.Helper()
			if n := len(shadows(t, dir)); n != want {
				t.Errorf("swept is %v: %d shadows %s, want %d", swept, n, when, want)
			}
		}
		left(3, "at the start")
		forget(t, l, "none", "")
		forget(t, l, "a", "e")
		left(3, "when the content is still there")
		forget(t, l, "a", "f")
		left(2, "when the content was replaced")
		forget(t, l, "a", "f")
		forget(t, l, "b", "")
		left(1, "when another one was deleted")
		_, files = load(t, l, table, nil)
		if files.Stats.Decoded != 2 {
			t.Errorf("decoded %d", files.Stats.Decoded)
		}
		left(3, "when they were read again")
		forget(t, l, "a", "")
		left(3, "while a query reads them")
		if err := files.Release(); err != nil {
			t.Fatal(err)
		}
		left(2, "after it")
		if err := files.Release(); err != nil {
			t.Fatal(err)
		}
	}
}
