package objects

import (
	"context"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/sillok/sillok/internal/cloud"
)

// Tx changes the index. It reads what it has written. It is valid inside the
// function that it was given to.
type Tx struct {
	View

	batch  *pebble.Batch
	call   cloud.Call
	now    time.Time
	number uint64 // the last that was given to a change
	taken  takenContent
	freed  uint64 // number of the change as whoever sweeps knows it; 0 when there is nothing to sweep
	kept   bool

	bucket *Bucket // the one that was looked at last
}

func (d *DB) newTx(ctx context.Context) *Tx {
	batch := d.index.NewIndexedBatch()
	return &Tx{
		View:   View{db: d, index: batch},
		batch:  batch,
		call:   cloud.CallOf(ctx),
		now:    d.cfg.Now().UTC().Truncate(time.Millisecond),
		number: d.number,
	}
}

// end ends the transaction. Where it was not kept it leaves no trace.
func (t *Tx) end() {
	t.View.end()
	if !t.kept {
		t.taken.free()
		_ = t.batch.Close() // it is only memory
	}
}

// Now is the time of the change, UTC, in whole milliseconds.
func (t *Tx) Now() time.Time { return t.now }

// next returns a number that is greater than all before it.
func (t *Tx) next() uint64 {
	t.number++
	return t.number
}

func (t *Tx) set(key, value []byte) error {
	if t.index == nil {
		return errOver
	}
	t.changes(key)
	return t.batch.Set(key, value, nil)
}

// write sets key to a record of value.
func (t *Tx) write(key []byte, value any) error {
	record, err := encode(value)
	if err != nil {
		return err
	}
	return t.set(key, record)
}

func (t *Tx) remove(key []byte) error {
	if t.index == nil {
		return errOver
	}
	t.changes(key)
	return t.batch.Delete(key, nil)
}

// removeAll removes all that begins with prefix, one by one: it is for few.
func (t *Tx) removeAll(prefix []byte) error {
	var keys [][]byte
	err := t.walk(prefix, prefix, func(key, _ []byte) (bool, error) {
		keys = append(keys, append([]byte(nil), key...))
		return true, nil
	})
	for _, key := range keys {
		if err == nil {
			err = t.remove(key)
		}
	}
	return err
}

// some says whether anything begins with prefix.
func (t *Tx) some(prefix []byte) (some bool, err error) {
	err = t.walk(prefix, prefix, func(_, _ []byte) (bool, error) {
		some = true
		return false, nil
	})
	return some, err
}

// removeRange removes all that begins with prefix, which may be much, and where
// there is nothing leaves no mark.
func (t *Tx) removeRange(prefix []byte) error {
	if some, err := t.some(prefix); err != nil || !some {
		return err
	}
	return t.batch.DeleteRange(prefix, after(prefix), nil)
}

// touch makes a change without content, for its marks.
func (t *Tx) touch() error { return t.set(named(spaceMeta, "touched"), nil) }

// Bucket returns a bucket, or NoSuchBucket.
func (t *Tx) Bucket(name string) (*Bucket, error) {
	if t.bucket == nil || t.bucket.Name != name {
		b, err := t.View.Bucket(name)
		if err != nil {
			return nil, err
		}
		t.bucket = b
	}
	b := *t.bucket
	return &b, nil
}

// current returns b as it is now. It is an error when it is gone, even when there
// is another of its name.
func (t *Tx) current(b *Bucket) (*Bucket, error) {
	now, err := t.Bucket(b.Name)
	if err != nil {
		return nil, err
	}
	if now.Number != b.Number {
		return nil, NoBucket(b.Name)
	}
	return now, nil
}

// change writes an entry of the feed. What has no event has no entry.
func (t *Tx) change(b *Bucket, c Change) error {
	if c.Event == "" {
		return nil
	}
	if c.Number == 0 {
		c.Number = t.next()
	}
	c.Time, c.Bucket, c.Account, c.Region = t.now, b.Name, b.Account, b.Region
	c.Principal, c.RequestID, c.SourceIP = t.call.Principal.ID, t.call.RequestID, t.call.SourceIP
	return t.write(numbered(spaceChange, c.Number), c)
}

// changeOf is the entry of something that became of a version.
func changeOf(v *Version, event string) Change {
	return Change{Event: event, Key: v.Key, Version: v.ID, Size: v.Size, ETag: v.ETag}
}
