package queues_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/queues"
)

const damagedWords = 120

// damaged is a closed store with messages in tables, and messages in its log.
func damaged(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "queues")
	s := open(t, dir, newClock().config())
	for i := range damagedWords {
		if i == damagedWords/2 {
			if err := queues.Settle(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		send(t, s, plain, message(fmt.Sprintf("word %06d", i)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A bit that flips is found: nothing is received that was not sent, and nothing that was
// sent is missing without an error.
func TestFlippedBits(t *testing.T) {
	dir := damaged(t)
	stride := 61
	if testing.Short() {
		stride = 997
	}
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	flips, found := map[string]int{}, map[string]int{}
	for _, path := range files {
		kind := filepath.Ext(path)
		if kind != ".log" && kind != ".sst" {
			continue
		}
		sound, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(sound); at += stride {
			copied := filepath.Join(t.TempDir(), "queues")
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			data := slices.Clone(sound)
			data[at] ^= 1 << (at % 8)
			name, err := filepath.Rel(dir, path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(copied, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
			flips[kind]++
			if wantFoundOrWhole(t, copied, fmt.Sprintf("%s of %d bytes, byte %d", name, len(sound), at)) {
				found[kind]++
			}
		}
	}
	t.Logf("flips %v, found %v", flips, found)
	if found[".sst"] == 0 || found[".log"] == 0 {
		t.Errorf("flips %v, found %v", flips, found)
	}
}

// wantFoundOrWhole fails the test unless a store cannot be opened, or is read with an
// error, or has all that was sent. It reports whether the damage was found.
func wantFoundOrWhole(t *testing.T, dir, what string) (found bool) {
	t.Helper()
	s, err := queues.Open(t.Context(), dir, newClock().config(), all())
	if err != nil {
		return true
	}
	defer func() { _ = s.Close() }() // it is damaged
	for i := 0; i < damagedWords; {
		got, err := s.Receive(t.Context(), plain, want(10))
		if err != nil {
			if cloud.KindOf(err) != cloud.Unavailable {
				t.Errorf("%s: %v, want an error of kind unavailable", what, err)
			}
			return true
		}
		if len(got.Messages) == 0 {
			t.Errorf("%s: %d messages are there, want %d or an error", what, i, damagedWords)
			return false
		}
		for _, m := range got.Messages {
			if want := fmt.Sprintf("word %06d", i); string(m.Body) != want {
				t.Errorf("%s: message %d says %q, want %q", what, i, m.Body, want)
			}
			i++
		}
	}
	return false
}
