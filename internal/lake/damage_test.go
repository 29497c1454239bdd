package lake_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// decoded is a lake with the one shadow of a log, and what is in that file.
func decoded(tb testing.TB, log string) (l *lake.Lake, table lake.Table, config lake.Config, whole shadow.Entry) {
	tb.Helper()
	config = lake.Config{Dir: tb.TempDir()}
	l = lake.New(config, memory{"a": log})
	table = lake.Table{Name: "t", Location: "s3://logs/", Columns: texts("a", "b"), SerDeProperties: map[string]string{"field.delim": ","}}
	_, files := load(tb, l, table, nil)
	whole, err := shadow.Read(tb.Context(), files.Groups[0].Files[0].Path)
	if err := errors.Join(err, files.Release()); err != nil {
		tb.Fatal(err)
	}
	return l, table, config, whole
}

// flipped writes bytes to the file at path, but for one bit.
func flipped(tb testing.TB, path string, whole []byte, bit int64) {
	tb.Helper()
	b := bytes.Clone(whole)
	b[bit/8] ^= 1 << (bit % 8)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
}

func readFile(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// wantRemade loads a table whose only shadow was damaged, and looks that it was made
// anew: the bytes may differ, as the compressor likes, but not the rows.
func wantRemade(tb testing.TB, l *lake.Lake, table lake.Table, whole shadow.Entry, what string) {
	tb.Helper()
	_, files := load(tb, l, table, nil)
	now, err := shadow.Read(tb.Context(), whole.Path)
	if err != nil {
		tb.Fatal(err)
	}
	if files.Stats.Decoded != 1 || !cmp.Equal(whole.Info, now.Info) {
		tb.Errorf("%s: decoded %d, %+v", what, files.Stats.Decoded, now.Info)
	}
	if err := files.Release(); err != nil {
		tb.Fatal(err)
	}
}

// TestEveryFlippedBitOfAShadowIsFound flips each bit after the file was proven in
// this process, and as another process finds it.
func TestEveryFlippedBitOfAShadowIsFound(t *testing.T) {
	here, table, config, whole := decoded(t, "1,x\n2,y\n")
	content := readFile(t, whole.Path)
	step := int64(1)
	if testing.Short() {
		step = 7 // every byte, and each place in a byte by turns; make conformance flips all
	}
	for bit := int64(0); bit < whole.Bytes*8; bit += step {
		flipped(t, whole.Path, content, bit)
		l := here
		if bit/step%2 == 0 {
			l = lake.New(config, memory{"a": "1,x\n2,y\n"})
		}
		wantRemade(t, l, table, whole, fmt.Sprintf("byte %d, bit %d", bit/8, bit%8))
	}
}

func TestFlippedBitsOfALargeShadowAreFound(t *testing.T) {
	var log strings.Builder
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		fmt.Fprintf(&log, "%d,%x\n", i, dice.Uint64())
	}
	here, table, config, whole := decoded(t, log.String())
	content := readFile(t, whole.Path)
	count := 2000
	if testing.Short() {
		count = 200
	}
	for n := range count {
		bit := dice.Int64N(whole.Bytes * 8)
		flipped(t, whole.Path, content, bit)
		l := here
		if n%2 == 0 {
			l = lake.New(config, memory{"a": log.String()})
		}
		wantRemade(t, l, table, whole, fmt.Sprintf("byte %d, bit %d", bit/8, bit%8))
	}
}

func TestDamageIsSaid(t *testing.T) {
	l, table, _, whole := decoded(t, "1,x\n2,y\n")
	flipped(t, whole.Path, readFile(t, whole.Path), whole.Bytes*4)
	_, files := load(t, l, table, nil)
	if diff := cmp.Diff([]string{"the columns of 1 object had been damaged on the disk and were decoded again"}, files.Notes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"1", "x"}, {"2", "y"}}, rows(t, files)); diff != "" {
		t.Error(diff)
	}
	_, files = load(t, l, table, nil)
	if len(files.Notes) != 0 || files.Stats.Decoded != 0 {
		t.Errorf("%v, %+v", files.Notes, files.Stats)
	}
}

// TestAQueryOverAFileThatChanges damages files while a query has them.
func TestAQueryOverAFileThatChanges(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(path string) error
		intact bool
		bad    int
	}{
		"nothing happens":      {change: func(string) error { return nil }, intact: true},
		"it is marked as used": {change: func(path string) error { return touch(path) }, intact: true},
		"it is truncated":      {change: func(path string) error { return os.Truncate(path, 100) }, bad: 1},
		"it vanishes":          {change: os.Remove, bad: 1},
		"it becomes a folder": {change: func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o700)
		}, bad: 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, table, _, whole := decoded(t, "1,x\n")
			_, files := load(t, l, table, nil)
			if err := tt.change(whole.Path); err != nil {
				t.Fatal(err)
			}
			if err := files.Intact(t.Context()); (err == nil) != tt.intact {
				t.Errorf("intact: %v", err)
			}
			if bad, err := files.Check(t.Context()); err != nil || bad != tt.bad {
				t.Errorf("%d are bad, want %d: %v", bad, tt.bad, err)
			}
			if err := files.Release(); err != nil {
				t.Fatal(err)
			}
			_, files = load(t, l, table, nil)
			if diff := cmp.Diff([][]string{{"1", "x"}}, rows(t, files)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func touch(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	at := info.ModTime().Add(1)
	return os.Chtimes(path, at, at)
}
