package bus

import (
	"context"
	"math"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

const (
	// removePage is how many facts are removed in one transaction, so that it
	// does not keep other writers waiting for long.
	removePage = 512
	// saveDelay is how long moves of cursors are gathered before they are saved,
	// so that those for one fact make one transaction, and there are at most 50
	// a second. After a crash, that much may come again.
	saveDelay = 20 * time.Millisecond
)

// keepOutbox saves cursors as they move, and removes the facts that every
// listener is past, until ctx ends.
func (b *Bus) keepOutbox(ctx context.Context, listeners []*listener) {
	changed := (<-chan struct{})(b.moved)
	if len(listeners) == 0 {
		published := b.published.waiter("")
		defer published.Close()
		changed = published.woken
	}
	for ctx.Err() == nil {
		more, err := b.saveCursors(ctx, listeners)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			b.cfg.Log.Error("the places of listeners were not saved; after a restart they see facts again", "error", err)
			pause(ctx, time.Second)
		case !more:
			select {
			case <-changed:
				pause(ctx, saveDelay)
			case <-ctx.Done():
			}
		}
	}
}

// saveCursors saves the cursors that moved and removes facts, at most
// removePage of them; more says that some are left.
func (b *Bus) saveCursors(ctx context.Context, listeners []*listener) (more bool, err error) {
	passed := make([]uint64, len(listeners))
	everybody := uint64(math.MaxUint64) // is past this number
	for i, l := range listeners {
		passed[i] = l.passed.Load()
		everybody = min(everybody, passed[i])
	}
	err = b.store.Update(ctx, func(tx state.Tx) error {
		for i, l := range listeners {
			if passed[i] == l.saved {
				continue
			}
			if err := state.Put(tx, cursorKey(l.Name), passed[i]); err != nil {
				return err
			}
		}
		more, err = removeFacts(tx, everybody)
		return err
	})
	if err != nil {
		return false, err
	}
	for i, l := range listeners {
		l.saved = passed[i]
	}
	return more, nil
}

// removeFacts removes the facts up to a number, at most removePage of them.
func removeFacts(tx state.Tx, upTo uint64) (more bool, err error) {
	box, _, err := state.Find[outbox](tx, outboxKey())
	upTo = min(upTo, box.Last)
	if err != nil || box.Removed == upTo {
		return false, err
	}
	for d, err := range tx.List(cloud.Scope{}, kindFact, state.Range{After: name(box.Removed), Limit: removePage}) {
		if err != nil {
			return false, err
		}
		at, err := number(d.Key.Name)
		if err != nil {
			return false, err
		}
		if at > upTo {
			break
		}
		if err := tx.Delete(d.Key); err != nil {
			return false, err
		}
		box.Removed = at
		box.Bytes -= factSize(d.Value)
	}
	return box.Removed < upTo, state.Put(tx, outboxKey(), box)
}

func cursorKey(listener string) state.Key { return state.Key{Kind: kindCursor, Name: listener} }
