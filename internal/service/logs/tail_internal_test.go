package logs

import (
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
