package queues_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/lsm/lsmtest"
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
	lsmtest.FlipBits(t, dir, stride, wantFoundOrWhole)
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
