package delivery_test

import (
	"testing"
	"time"

	"github.com/sillok/sillok/internal/journal"
)

// A clock that jumps costs no event, and writes over no file.
func TestAClockJumps(t *testing.T) {
	r := open(t, journal.Config{})
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	r.SetClock(func() time.Time { return now })
	r.jumps = true
	tr := trail("a")
	tr.Validated = true
	r.set(tr, "StartLogging")
	want := 1
	for _, hours := range []int{1, 1, 24 * 365 * 10, 1, -24 * 365 * 10, 1, 1, 1, -12, 1, 1, 1} {
		now = now.Add(time.Duration(hours) * time.Hour)
		r.call("GetTable")
		want++
		r.deliver()
		if err := r.Digests(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(time.Hour)
	if err := r.Digests(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(r.events("a-logs")); got != want {
		t.Errorf("%d events were delivered, want %d", got, want)
	}
	if _, _, logs := r.chain("a-logs"); logs != want-1 { // two calls of the first hour are in one file
		t.Errorf("digests know %d log files, want %d", logs, want-1)
	}
}
