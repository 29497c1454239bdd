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
	// keepEvery is how often it is put on disk where a follower stands.
	keepEvery = time.Second
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
// there, until ctx is done. name must be among Config.Followers, and one follows
// by it at a time. Where it stands moves on only when handle returns nil; after an
// error, which is logged, the same changes come again after a pause. That is on
// disk within a second, and when Follow ends: after a crash, changes of the last
// second come again. A name that is new begins with the changes that come next.
func (d *DB) Follow(ctx context.Context, name string, handle func(context.Context, []Change) error) error {
	if !slices.Contains(d.cfg.Followers, name) {
		return fmt.Errorf("follow: %q is not among the followers of the store", name)
	}
	f := follower{db: d, name: name, handle: handle}
	err := d.View(ctx, func(v *View) (err error) {
		f.seen, err = v.cursorOf(name)
		f.kept = f.seen
		return err
	})
	if err != nil {
		return err
	}
	f.follow(ctx)
	return f.keep(context.WithoutCancel(ctx)) // what was taken is taken
}

// follower is one that follows the feed.
type follower struct {
	db     *DB
	name   string
	handle func(context.Context, []Change) error
	seen   uint64 // number of the last change that was taken
	kept   uint64 // the same, as it is on disk
}

func (f *follower) follow(ctx context.Context) {
	ticks := time.NewTicker(keepEvery)
	defer ticks.Stop()
	for ctx.Err() == nil {
		news := f.db.state.news()
		more, err := f.hand(ctx)
		if err != nil && ctx.Err() == nil {
			f.db.cfg.Log.ErrorContext(ctx, "changes were not taken, they come again", append(life.Attrs(err), "follower", f.name)...)
			pause(ctx, followPause)
		}
		if more || err != nil {
			news = nil // there are some already
		}
		f.await(ctx, news, ticks.C)
	}
}

// await waits for news, if there are to be any, and keeps where the follower
// stands when it is time for that.
func (f *follower) await(ctx context.Context, news <-chan struct{}, tick <-chan time.Time) {
	for {
		if news == nil {
			select {
			case <-tick:
			default:
				return
			}
		} else {
			select {
			case <-news:
				return
			case <-ctx.Done():
				return
			case <-tick:
			}
		}
		if err := f.keep(ctx); err != nil && ctx.Err() == nil {
			f.db.cfg.Log.ErrorContext(ctx, "where a follower stands could not be kept", append(life.Attrs(err), "follower", f.name)...)
		}
	}
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
func (f *follower) hand(ctx context.Context) (bool, error) {
	var changes []Change
	err := f.db.View(ctx, func(v *View) (err error) {
		changes, err = v.changes(f.seen)
		return err
	})
	if err != nil || len(changes) == 0 {
		return false, err
	}
	if err := life.Catch(func() error { return f.handle(ctx, changes) }); err != nil {
		return false, err
	}
	f.seen = changes[len(changes)-1].Number
	return true, nil
}

// keep puts where the follower stands on disk.
func (f *follower) keep(ctx context.Context) error {
	if f.seen == f.kept {
		return nil
	}
	err := f.db.Update(ctx, func(t *Tx) error { return t.set(named(spaceCursor, f.name), encodeNumber(f.seen)) })
	if err == nil {
		f.kept = f.seen
	}
	return err
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
