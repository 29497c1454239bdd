package objects

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
)

const (
	// mostChanges is how many changes are handed over at a time.
	mostChanges = 1000
	// followPause is how long a follower that failed is left alone.
	followPause = time.Second
)

// prepareCursors lets new followers begin here, and forgets those that are none
// any more.
func (t *Tx) prepareCursors(names []string) error {
	known := map[string]bool{}
	err := t.walk([]byte{spaceCursor}, []byte{spaceCursor}, func(key, _ []byte) (bool, error) {
		known[string(key[1:])] = true
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		if !known[name] {
			if err := t.set(named(spaceCursor, name), encodeNumber(t.number)); err != nil {
				return err
			}
		}
		delete(known, name)
	}
	for name := range known {
		if err := t.remove(named(spaceCursor, name)); err != nil {
			return err
		}
	}
	return t.touch()
}

// Follow hands the feed's changes to handle, in order, those together that are
// there, until ctx is done. name must be among Config.Followers. Where it stands
// is on disk and moves on only when handle returns nil; after an error, which is
// logged, the same changes come again after a pause. A name that is new begins
// with the changes that come next.
func (d *DB) Follow(ctx context.Context, name string, handle func(context.Context, []Change) error) error {
	if !slices.Contains(d.cfg.Followers, name) {
		return fmt.Errorf("follow: %q is not among the followers of the store", name)
	}
	for ctx.Err() == nil {
		news := d.state.news()
		if d.handOrPause(ctx, name, handle) {
			continue
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
	}
	return nil
}

// handOrPause hands over the next changes, and reports whether there may be more.
// After an error, which it logs, that is so after a pause.
func (d *DB) handOrPause(ctx context.Context, name string, handle func(context.Context, []Change) error) bool {
	more, err := d.hand(ctx, name, handle)
	if err != nil && ctx.Err() == nil {
		d.cfg.Log.ErrorContext(ctx, "changes were not taken, they come again", append(life.Attrs(err), "follower", name)...)
		pause(ctx, followPause)
	}
	return more || err != nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// hand hands over the next changes, and reports whether there were any.
func (d *DB) hand(ctx context.Context, name string, handle func(context.Context, []Change) error) (bool, error) {
	var changes []Change
	seen := uint64(0)
	err := d.View(ctx, func(v *View) error {
		var err error
		if seen, err = v.cursorOf(name); err != nil {
			return err
		}
		changes, err = v.changes(seen)
		return err
	})
	if err != nil || len(changes) == 0 {
		return false, err
	}
	if err := life.Catch(func() error { return handle(ctx, changes) }); err != nil {
		return false, err
	}
	last := changes[len(changes)-1].Number
	// What was taken is taken, also when the follower stops just then.
	return true, d.Update(context.WithoutCancel(ctx), func(t *Tx) error {
		if now, err := t.cursorOf(name); err != nil || now != seen {
			return err // somebody else follows by this name
		}
		return t.set(named(spaceCursor, name), encodeNumber(last))
	})
}

// cursorOf returns the number of the last change that a follower has seen.
func (v *View) cursorOf(name string) (uint64, error) {
	record, err := v.get(named(spaceCursor, name))
	if err != nil {
		return 0, err
	}
	return decodeNumber(record)
}

// changes returns the changes after the one of that number, up to mostChanges.
func (v *View) changes(seen uint64) ([]Change, error) {
	var changes []Change
	err := v.walk([]byte{spaceChange}, numbered(spaceChange, seen+1), func(key, record []byte) (bool, error) {
		c := Change{}
		if err := decode(record, &c); err != nil {
			return false, err
		}
		c.Number = numberAt(key, 1)
		changes = append(changes, c)
		return len(changes) < mostChanges, nil
	})
	return changes, err
}

// forgetChanges removes the changes that every follower has seen.
func (d *DB) forgetChanges(ctx context.Context) error {
	return d.Update(ctx, func(t *Tx) error {
		seen := t.number
		for _, name := range d.cfg.Followers {
			number, err := t.cursorOf(name)
			if err != nil {
				return err
			}
			seen = min(seen, number)
		}
		first := uint64(0)
		err := t.walk([]byte{spaceChange}, []byte{spaceChange}, func(key, _ []byte) (bool, error) {
			first = numberAt(key, 1)
			return false, nil
		})
		if err != nil || first == 0 || first > seen {
			return err
		}
		return t.batch.DeleteRange(numbered(spaceChange, first), numbered(spaceChange, seen+1), nil)
	})
}
