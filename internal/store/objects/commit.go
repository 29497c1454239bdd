package objects

import (
	"context"

	"github.com/cockroachdb/pebble/v2"
)

// commit is a change that was applied to the index in memory and may not be on
// disk yet.
type commit struct {
	batch *pebble.Batch
	state *state
	taken takenContent
	freed bool // it has left something to sweep
	high  uint64
	done  chan struct{} // closed when it is on disk or has failed
	err   error         // why it failed; others may read it when done is closed
}

// Update runs fn on the newest state, alone, and commits what it changed: all or
// nothing. It returns once that is on disk; when fn or the commit fails, nothing
// has changed. fn must be quick, must not read content, and may run twice. Of the
// context's call, the feed keeps who caused the changes.
//
// Changes take turns in memory and share the sync of the index's log: those that
// come while it runs wait for the next one together.
func (d *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	mine, other, err := d.apply(ctx, fn)
	if mine != nil {
		return d.finish(mine)
	}
	// What fn has seen of others may not be told before it is on disk.
	if other != nil {
		<-other.done
		if other.err != nil {
			return other.err
		}
	}
	return err
}

// apply runs fn in its turn. It returns the commit of what it changed, or the one
// before it when it changed nothing.
func (d *DB) apply(ctx context.Context, fn func(*Tx) error) (mine, before *commit, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if err := d.index.Err(); err != nil {
		return nil, nil, err // at once, since whoever has the turn may wait for room
	}
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.closed {
		return nil, nil, errClosed
	}
	if err := d.index.Err(); err != nil {
		return nil, nil, err
	}
	t := d.newTx(ctx)
	defer t.end()
	if err := fn(t); err != nil {
		return nil, d.last, err
	}
	if t.err != nil {
		return nil, d.last, t.err
	}
	if t.batch.Empty() {
		return nil, d.last, nil
	}
	c, err := d.write(t)
	if err != nil {
		return nil, nil, err
	}
	t.kept, d.last = true, c
	return c, nil, nil
}

// write applies what t has changed.
func (d *DB) write(t *Tx) (*commit, error) {
	marks := d.flight.marks(t.number, t.taken)
	if err := t.batch.Set(named(spaceMeta, metaMarks), marks.encode(), nil); err != nil {
		return nil, err
	}
	if err := d.index.Apply(t.batch); err != nil {
		t.taken.lose()
		t.kept = true // by the index, which may still look at it
		return nil, err
	}
	d.number = t.number
	d.order++
	if t.changedSetup {
		d.setups.changed.Store(d.order)
	}
	return &commit{
		batch: t.batch,
		state: &state{Snapshot: d.index.NewSnapshot(), order: d.order, number: t.number},
		taken: t.taken, freed: t.freed != 0, high: marks.high,
		done: make(chan struct{}),
	}, nil
}

// finish waits until c is on disk.
func (d *DB) finish(c *commit) error {
	defer close(c.done)
	if err := d.index.Wait(c.batch); err != nil {
		c.taken.lose()
		_ = c.state.Close()
		c.err = err
		return c.err
	}
	_ = c.batch.Close() // it is only memory
	d.flight.done(c.high, c.taken)
	d.state.publish(c.state)
	if c.freed {
		d.wake()
	}
	return nil
}

// wake has what was deleted swept.
func (d *DB) wake() {
	select {
	case d.freed <- struct{}{}:
	default:
	}
}

// Err returns why no changes are taken, or nil.
func (d *DB) Err() error { return d.index.Err() }
