package logs

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/logs/events"
)

// A pattern may take its time: no lock is held then, for which others who write, open a
// tail or take their updates would wait.
func TestNoLockIsHeldWhileATailMatches(t *testing.T) {
	all, tail := newTails(), &session{groups: map[uint64]string{1: "g"}}
	tail.match = func([]byte) bool {
		if !all.mu.TryLock() || !tail.mu.TryLock() {
			t.Fatal("a lock is held")
		}
		tail.mu.Unlock()
		all.mu.Unlock()
		other := &session{groups: map[uint64]string{1: "g"}, match: func([]byte) bool { return true }}
		if !all.open("444455556666", other) {
			t.Error("no other tail can be opened")
		}
		all.close("444455556666", other)
		return true
	}
	all.open("111122223333", tail)
	all.tell(1, "s", 5, []events.Line{{Time: 1, Message: "a"}, {Time: 2, Message: "b"}})
	if n := len(tail.update().SessionResults); n != 2 {
		t.Errorf("%d events", n)
	}
}

// What waits for a reader and what one update has are bounded in bytes, as they are sent.
func TestWhatATailSendsIsBounded(t *testing.T) {
	for _, tt := range []struct {
		name, message string
		n             int
		least         int  // events of the update
		sampled       bool // some are missing
	}{
		{"small ones", "a", 500, 500, false},
		{"large ones that fit", strings.Repeat("a", 1<<19), 7, 7, false},
		{"large ones", strings.Repeat("a", 1<<20-26), 100, 3, true},
		{"one that is larger as it is sent", strings.Repeat("\x01", 1<<20-26), 1, 1, false},
		{"those that are larger as they are sent", strings.Repeat("\x01", 1<<20-26), 50, 1, true},
		{"many", "a", 7000, 500, true},
		{"of no text", strings.Repeat("\xff", 1<<18), 20, 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all, tail := newTails(), &session{groups: map[uint64]string{1: "g"}, match: func([]byte) bool { return true }}
			all.open("111122223333", tail)
			for i := range tt.n {
				all.tell(1, "s", 5, []events.Line{{Time: int64(i), Message: tt.message}})
				size := 0
				for _, e := range tail.found {
					size += len(*e.event.Message)
				}
				if size > 8<<20 || len(tail.found) > 5000 {
					t.Fatalf("%d events of %d bytes wait", len(tail.found), size)
				}
			}
			update := tail.update()
			text, err := json.Marshal(update)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(update.SessionResults); n < tt.least || n > 500 || len(text) > 7<<20 || *update.SessionMetadata.Sampled != tt.sampled {
				t.Errorf("%d events of %d bytes, sampled: %t", n, len(text), *update.SessionMetadata.Sampled)
			}
			if len(tail.found) > 0 || tail.size > 0 || *tail.update().SessionMetadata.Sampled {
				t.Error("some are left")
			}
		})
	}
}
