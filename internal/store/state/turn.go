package state

import (
	"context"
	"slices"
	"sync"
)

// turn is a lock that callers get in the order in which they asked for it. Its
// holder knows whether somebody waits.
type turn struct {
	mu      sync.Mutex
	taken   bool
	waiting []chan struct{} // each is closed when its caller gets the turn
}

// take waits for the turn or for the end of ctx, whose error it then returns.
// Whoever is passed the turn has it, also when ctx ended at the same moment.
func (t *turn) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	t.waiting = append(t.waiting, mine)
	t.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
		return t.giveUp(ctx, mine)
	}
}

func (t *turn) giveUp(ctx context.Context, mine chan struct{}) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.waiting, mine)
	if i < 0 {
		return nil // it was passed to this caller
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	return ctx.Err()
}

// pass gives the turn to the caller that has waited longest. When nobody waits
// it returns false, and the turn is kept.
func (t *turn) pass() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.passLocked()
}

// release gives up the turn.
func (t *turn) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = t.passLocked()
}

func (t *turn) passLocked() bool {
	if len(t.waiting) == 0 {
		return false
	}
	close(t.waiting[0])
	t.waiting = slices.Delete(t.waiting, 0, 1)
	return true
}
