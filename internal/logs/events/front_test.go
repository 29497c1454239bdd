package events_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/logs/events"
)

// A file before all others that cannot be read, or is not there, is not taken for an
// empty one: upkeep leaves it, and works.
func TestUpkeepLeavesWhatCannotBeRead(t *testing.T) {
	for _, tt := range []struct {
		name string
		harm func(b []byte) []byte
	}{
		{"both heads are damaged", func(b []byte) []byte { b[20] ^= 1; b[len(b)-20] ^= 1; return b }},
		{"it is cut to nothing", func([]byte) []byte { return []byte{} }},
		{"it is cut to two heads", func(b []byte) []byte { return b[:2*96] }},
		{"its directory is damaged", func(b []byte) []byte { clear(b[96 : len(b)-96]); return b }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, newWishes())
			put(t, s, 1, 11, 1, "what may be mended")
			seal(t, s)
			put(t, s, 1, 11, 2, "what is sound")
			seal(t, s)
			dir = copied(t, dir)
			files, err := os.ReadDir(filepath.Join(dir, "sealed"))
			if err != nil || len(files) != 2 {
				t.Fatal(files, err)
			}
			path := filepath.Join(dir, "sealed", files[0].Name())
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			harmed := tt.harm(append([]byte{}, whole...))
			if err := os.WriteFile(path, harmed, 0o600); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir, newWishes())
			if err := s.Upkeep(t.Context()); err != nil {
				t.Error(err)
			}
			left, err := os.ReadFile(path)
			if err != nil || string(left) != string(harmed) {
				t.Errorf("the file is not what it was: %d bytes, %v", len(left), err)
			}
			equal(t, "what is read", []string{"11@2 what is sound"}, read(t, s, events.All(1)))
			if damage := s.Lost(); len(damage) != 1 || damage[0].Path != path {
				t.Error(damage)
			}
		})
	}
}

func TestUpkeepWhereTheFirstFileIsLost(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, newWishes())
	for i := range 10 { // the first segments of the log are removed
		put(t, s, 1, 11, int64(i), strings.Repeat("x", 900_000))
		seal(t, s)
	}
	dir = copied(t, dir)
	if err := os.RemoveAll(filepath.Join(dir, "sealed")); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, newWishes())
	for i := range 3 {
		put(t, s, 1, 11, int64(10+i), "goes on")
		seal(t, s)
		if err := s.Upkeep(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if damage := s.Lost(); len(damage) != 1 {
		t.Error(damage)
	}
}

// What cannot be read at the moment is no damage: it is told when the store is opened.
func TestAFileThatCannotBeReadNow(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, newWishes())
	const name = "00000000000000000001-00000000000000000002.0.events"
	if err := os.Mkdir(filepath.Join(dir, "sealed", name), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := events.Open(t.Context(), events.Config{Dir: copied(t, dir), Wanted: newWishes(), Log: discard(), SegmentBytes: segment})
	if err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("Open = %v", err)
	}
}
