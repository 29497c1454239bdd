package events_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sealer "github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/logs/events"
)

// ciphers encrypts the events of group 7, while its key is not taken away.
type ciphers struct {
	recent, key *sealer.Sealer
	gone        bool
	opened      int
}

var errTaken = errors.New("the key was taken away")

func newCiphers(tb testing.TB) *ciphers {
	tb.Helper()
	c := &ciphers{}
	for i, to := range []**sealer.Sealer{&c.recent, &c.key} {
		s, err := sealer.New(bytes.Repeat([]byte{byte(i + 1)}, 32))
		if err != nil {
			tb.Fatal(err)
		}
		*to = s
	}
	return c
}

func (c *ciphers) Recent(group uint64) *sealer.Sealer {
	if group == 7 {
		return c.recent
	}
	return nil
}

func (c *ciphers) Opener() *sealer.Sealer { return c.recent }

func (c *ciphers) Sealing(_ context.Context, group uint64) (*events.Cipher, error) {
	if group == 7 {
		return &events.Cipher{Name: []byte("seven"), Sealer: c.key}, nil
	}
	return nil, nil
}

func (c *ciphers) Opening(_ context.Context, group uint64, name []byte) (*sealer.Sealer, error) {
	c.opened++
	if c.gone {
		return nil, errTaken
	}
	if group != 7 || string(name) != "seven" {
		return nil, fmt.Errorf("cipher %s of group %d", name, group)
	}
	return c.key, nil
}

func TestEncryptedGroup(t *testing.T) {
	dir, c := t.TempDir(), newCiphers(t)
	store := openIn(t, dir, c)
	want := map[uint64][]string{}
	write := func(group uint64, n int) {
		for i := range n {
			text := fmt.Sprintf("the secret word of group %d is %s %06d", group, strings.Repeat("swordfish ", 20), i)
			if _, err := store.Append(t.Context(), group, group+1, []events.Line{{Time: int64(i), Message: text}}); err != nil {
				t.Fatal(err)
			}
			want[group] = append(want[group], text)
		}
	}
	check := func() {
		t.Helper()
		for group, messages := range want {
			var got []string
			for e, err := range store.Read(t.Context(), events.All(group)) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(e.Message))
			}
			if strings.Join(got, "\n") != strings.Join(messages, "\n") {
				t.Fatalf("group %d: %d events, want %d", group, len(got), len(messages))
			}
			q := events.All(group)
			q.Terms = [][]byte{[]byte("swordfish  000007")}
			for e, err := range store.Read(t.Context(), q) {
				if err != nil {
					t.Fatal(err)
				}
				_ = e
			}
		}
	}
	write(7, 3000)
	write(8, 10)
	check()
	if lies(t, dir, "group 7") || !lies(t, dir, "group 8") {
		t.Error("the log has events of group 7 as they are, or none of group 8")
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	store = openIn(t, dir, c)
	check()
	if err := store.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.opened = 0
	check()
	if c.opened != 2 {
		t.Errorf("the key was asked for %d times by two readers", c.opened)
	}
	// Files that are made again are encrypted again.
	for range 8 {
		if _, err := store.Append(t.Context(), 7, 8, []events.Line{{Time: 5000, Message: "more of group 7"}}); err != nil {
			t.Fatal(err)
		}
		want[7] = append(want[7], "more of group 7")
		if err := store.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Upkeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	check()
	if lies(t, dir, "group 7") {
		t.Error("the file has events of group 7 as they are")
	}
	c.gone = true
	for _, err := range store.Read(t.Context(), events.All(7)) {
		if !errors.Is(err, errTaken) {
			t.Fatalf("without the key: %v", err)
		}
	}
	delete(want, 7)
	check()
}

// openIn opens a store with ciphers.
func openIn(tb testing.TB, dir string, c events.Ciphers) *events.Store {
	tb.Helper()
	store, err := events.Open(tb.Context(), events.Config{Dir: dir, Wanted: newWishes(), Log: discard(), Ciphers: c})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	return store
}

// lies says whether a text lies in a file below dir. What is compressed does not lie
// there, but blocks of one short event do.
func lies(tb testing.TB, dir, text string) (found bool) {
	tb.Helper()
	if err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, []byte(text))
		return err
	}); err != nil {
		tb.Fatal(err)
	}
	return found
}
