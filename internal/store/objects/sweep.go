package objects

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
)

const (
	sweepBatch = 1000
	// sweepAtMost bounds what a start waits for; Run does the rest at once.
	sweepAtMost = 4
	// sweepAgain is when files that were still in use are tried again.
	sweepAgain  = time.Second
	sweepShare  = 20 // of the time, one part may go into trying again
	forgetEvery = time.Minute
)

// Run frees the room of what was deleted and forgets old changes, until ctx is
// done.
func (d *DB) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, d.cfg.Log)
	g.Go(ctx, "objects/sweep", d.sweepAlways)
	g.Every(ctx, "objects/forget changes", forgetEvery, func(ctx context.Context) error {
		if d.index.Refuses() {
			return nil // it was told
		}
		return d.forgetChanges(ctx)
	})
	return g.Wait()
}

func (d *DB) sweepAlways(ctx context.Context) error {
	d.wake()
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.freed:
		case <-again:
		}
		again = nil
		began := time.Now()
		left, err := d.sweepAll(ctx)
		if err != nil && ctx.Err() == nil && d.index.Err() == nil {
			d.cfg.Log.ErrorContext(ctx, "files of deleted objects could not be removed, that is tried again", "error", err)
		}
		if left || err != nil {
			// It goes through all that is left, which may be much.
			again = time.After(max(sweepAgain, sweepShare*time.Since(began)))
		}
	}
}

// sweepAll removes the files of all blobs that nobody can see any more, and
// reports whether some are left that somebody can.
func (d *DB) sweepAll(ctx context.Context) (left bool, err error) {
	from := uint64(0)
	for ctx.Err() == nil {
		next, kept, err := d.sweepSome(ctx, from)
		left = left || kept
		if err != nil || next == 0 {
			return left, err
		}
		from = next
	}
	return left, ctx.Err()
}

// sweepAtOpen removes the files that a crash has left, but when they are many
// leaves the rest to Run.
func (d *DB) sweepAtOpen(ctx context.Context) error {
	from := uint64(0)
	for range sweepAtMost {
		next, _, err := d.sweepSome(ctx, from)
		if err != nil || next == 0 {
			return err
		}
		from = next
	}
	return nil
}

// sweepSome sweeps a batch of blobs from a number on. It returns the number to go
// on from, 0 when that was all, and whether it left files that are in use.
func (d *DB) sweepSome(ctx context.Context, from uint64) (next uint64, left bool, err error) {
	if err := d.index.Err(); err != nil {
		return 0, true, err
	}
	var blobs []uint64
	oldest := d.state.oldest()
	err = d.View(ctx, func(v *View) error {
		return v.walk([]byte{spaceGarbage}, numbered(spaceGarbage, from), func(key, record []byte) (bool, error) {
			blob := numberAt(key, 1)
			freed, err := decodeNumber(record)
			if err != nil {
				return false, err
			}
			if freed > oldest || d.pins.pinned(blob) {
				left = true
			} else {
				blobs = append(blobs, blob)
			}
			if len(blobs) == sweepBatch {
				next = blob + 1
				return false, nil
			}
			return true, nil
		})
	})
	if err != nil || len(blobs) == 0 {
		return next, left, err
	}
	return next, left, d.unlink(ctx, blobs)
}

// unlink removes files, puts that on disk, and only then forgets about them.
func (d *DB) unlink(ctx context.Context, blobs []uint64) error {
	shards := map[uint64]bool{}
	for _, blob := range blobs {
		if err := d.files.remove(blob); err != nil {
			return err
		}
		shards[blob>>shardBits] = true
	}
	for shard := range shards {
		if err := d.files.syncShard(shard); err != nil {
			return err
		}
	}
	return d.Update(ctx, func(t *Tx) error {
		for _, blob := range blobs {
			if err := t.remove(numbered(spaceGarbage, blob)); err != nil {
				return err
			}
		}
		return nil
	})
}
