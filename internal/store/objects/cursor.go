package objects

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// Cursor walks over versions. It stands before the first one when it is made.
// It must be closed.
type Cursor struct {
	view   *View
	bucket *Bucket
	latest *pebble.Iterator
	// earlier stands on the first earlier version of the key that latest stands
	// on or of a later key; nil where these are left out.
	earlier *pebble.Iterator

	stands  bool // it was moved
	inPast  bool // it stands on an earlier version
	version *Version
	err     error
}

// Objects returns a cursor over the latest versions of a bucket that are no
// delete markers, by key.
func (v *View) Objects(b *Bucket) *Cursor { return v.cursor(b, false) }

// Versions returns a cursor over all versions and delete markers of a bucket, by
// key, and of one key the latest first.
func (v *View) Versions(b *Bucket) *Cursor { return v.cursor(b, true) }

func (v *View) cursor(b *Bucket, all bool) *Cursor {
	c := &Cursor{view: v, bucket: b}
	c.latest = c.iterate(spaceLatest)
	if all {
		c.earlier = c.iterate(spaceEarlier)
	}
	v.opened(c)
	return c
}

func (c *Cursor) iterate(space byte) *pebble.Iterator {
	if c.view.index == nil {
		c.err = errOver
	}
	if c.err != nil {
		return nil
	}
	prefix := numbered(space, c.bucket.Number)
	iter, err := c.view.index.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		c.err = errIndex(err)
	}
	return iter
}

// Seek moves to the first version whose key is not less than key, and reports
// whether there is one.
func (c *Cursor) Seek(key string) bool {
	if c.err != nil || c.latest == nil {
		return false
	}
	c.stands = true
	valid := c.latest.SeekGE(objectKey(spaceLatest, c.bucket.Number, key))
	if c.earlier != nil {
		c.earlier.SeekGE(objectKey(spaceEarlier, c.bucket.Number, key))
	}
	return c.settle(valid)
}

// SeekPast moves to the first version after the one of that key and ID, whether
// or not that is still there. An ID that no version can have is an error. A null
// version that is gone has no place: the cursor then moves to the key's first.
func (c *Cursor) SeekPast(key, id string) (bool, error) {
	if !canBeVersion(id) {
		return false, errVersionID(id)
	}
	number, ok, err := c.view.numberOf(c.bucket, key, id, versionRandom)
	if err != nil {
		return false, err
	}
	if id == NullVersion {
		null, err := c.view.version(c.bucket, key, id)
		if err != nil {
			return false, err
		}
		if ok = null != nil; ok {
			number = null.Number
		}
	}
	if found := c.Seek(key); !ok || !found || c.version.Key != key || c.version.Number < number {
		return found, c.err
	}
	if c.earlier == nil {
		return c.Next(), c.err
	}
	// The earlier versions have their numbers inverted: the first with a lesser
	// number comes right after this one's place.
	at := earlierKey(c.bucket.Number, key, number)
	if c.earlier.SeekGE(at) && bytes.Equal(c.earlier.Key(), at) {
		c.earlier.Next()
	}
	return c.step(), c.err
}

// Next moves to the next version.
func (c *Cursor) Next() bool {
	if !c.stands {
		return c.Seek("")
	}
	if c.err != nil || c.version == nil {
		return false
	}
	if c.inPast {
		c.earlier.Next()
	}
	return c.step()
}

// step moves to the earlier version that the cursor's key has next, or to the
// next key.
func (c *Cursor) step() bool {
	if c.earlier != nil && c.earlier.Valid() && c.latest.Valid() && bytes.HasPrefix(c.earlier.Key()[1:], c.latest.Key()[1:]) {
		c.inPast = true
		return c.take(c.earlier, false)
	}
	return c.settle(c.latest.Next())
}

// settle takes the version on which latest stands, or where delete markers are
// left out the next one that is none.
func (c *Cursor) settle(valid bool) bool {
	c.inPast = false
	for ; valid; valid = c.latest.Next() {
		record, err := c.latest.ValueAndErr()
		if err != nil {
			return c.fail(err)
		}
		if c.earlier != nil || len(record) == 0 || record[0] != recordMarker {
			return c.take(c.latest, true)
		}
	}
	c.version = nil
	if err := c.latest.Error(); err != nil {
		return c.fail(err)
	}
	return false
}

// take decodes the version that an iterator stands on.
func (c *Cursor) take(iter *pebble.Iterator, latest bool) bool {
	record, err := iter.ValueAndErr()
	if err != nil {
		return c.fail(err)
	}
	key, ok := keyOf(iter.Key())
	if !ok {
		return c.fail(errRecord)
	}
	if c.version, err = decodeVersion(c.bucket.Name, key, record, latest); err != nil {
		return c.fail(err)
	}
	return true
}

func (c *Cursor) fail(err error) bool {
	c.version, c.err = nil, errIndex(err)
	return false
}

// Version returns the version that the cursor stands on.
func (c *Cursor) Version() *Version { return c.version }

// Err returns the error that ended the walk.
func (c *Cursor) Err() error {
	if c.err == nil && c.earlier != nil && c.earlier.Error() != nil {
		c.err = errIndex(c.earlier.Error())
	}
	return c.err
}

// Close ends the walk. It may be called twice.
func (c *Cursor) Close() error {
	var errs []error
	for _, iter := range []*pebble.Iterator{c.latest, c.earlier} {
		if iter != nil {
			errs = append(errs, iter.Close())
		}
	}
	c.latest, c.earlier, c.version, c.stands = nil, nil, nil, true
	delete(c.view.open, c)
	return errors.Join(errs...)
}
