package objects

import (
	"errors"
	"time"
)

// Put makes v, which has no ID yet, the latest version of key, with the staged
// content. Where the bucket's versioning says so it takes the place of the null
// version. v becomes what View.Latest returns.
func (t *Tx) Put(b *Bucket, key string, v *Version, content *Staged, event string) error {
	b, err := t.current(b)
	if err != nil {
		return err
	}
	segments, err := t.take(content)
	if err != nil {
		return err
	}
	return t.add(b, key, v, segments, event)
}

// Copy is Put with the content of another version, whose bytes both then share.
func (t *Tx) Copy(b *Bucket, key string, v, from *Version, event string) error {
	b, err := t.current(b)
	if err != nil {
		return err
	}
	segments, err := t.sharedWith(from)
	if err != nil {
		return err
	}
	return t.add(b, key, v, segments, event)
}

// sharedWith returns the segments of a version, which is looked up again, since
// the caller may have it from an earlier state.
func (t *Tx) sharedWith(from *Version) (content, error) {
	now, err := t.again(from)
	if err != nil {
		return nil, err
	}
	segments, err := t.Segments(now)
	if err != nil {
		return nil, err
	}
	shared := make(content, len(segments))
	for i, s := range segments {
		shared[i] = Segment{Blob: s.Blob, Offset: s.Offset, Size: s.Size}
	}
	return shared, t.share(shared)
}

// again returns a version as it is now: the same one, not one that has taken its
// place.
func (t *Tx) again(v *Version) (*Version, error) {
	b, err := t.Bucket(v.Bucket)
	if err != nil {
		return nil, err
	}
	now, err := t.Version(b, v.Key, v.ID)
	if err != nil {
		return nil, err
	}
	if now.Number != v.Number {
		return nil, errNoVersion(v.Key, v.ID)
	}
	return now, nil
}

// add makes v the latest version of key.
func (t *Tx) add(b *Bucket, key string, v *Version, segments content, event string) error {
	if !b.Keyed && v.Encryption.keyed() {
		b.Keyed = true
		if err := t.keepBucket(b); err != nil {
			return err
		}
	}
	latest, err := t.latest(b, key)
	if err != nil {
		return err
	}
	if b.Versioning != Enabled {
		if latest, err = t.replaceNull(b, key, latest); err != nil {
			return err
		}
	}
	if latest != nil {
		if err := t.demote(b, latest); err != nil {
			return err
		}
	}
	v.Bucket, v.Key, v.Latest = b.Name, key, true
	v.Number, v.Time, v.Became = t.next(), t.now, time.Time{}
	v.ID = NullVersion
	if b.Versioning == Enabled {
		v.ID = newID(v.Number, versionRandom)
	}
	v.Size = segments.size()
	if err := t.keepSegments(v, segments); err != nil {
		return err
	}
	if err := t.keep(b, v); err != nil {
		return err
	}
	entry := changeOf(v, event)
	entry.Number = v.Number
	return t.change(b, entry)
}

// keepSegments writes where the bytes of v lie: with it, or apart where they are
// several, so that listings do not read them.
func (t *Tx) keepSegments(v *Version, segments content) error {
	v.Segments = segments
	if len(segments) <= 1 && v.Parts == 0 {
		return nil
	}
	v.Segments = nil
	return t.write(numbered(spaceSegment, v.Number), []Segment(segments))
}

// keep writes what v says of itself.
func (t *Tx) keep(b *Bucket, v *Version) error {
	record, err := encodeVersion(v)
	if err != nil {
		return err
	}
	if v.Latest {
		return t.set(objectKey(spaceLatest, b.Number, v.Key), record)
	}
	return t.set(earlierKey(b.Number, v.Key, v.Number), record)
}

// replaceNull removes the null version of key, which a new one takes the place
// of, and returns the latest of the rest.
func (t *Tx) replaceNull(b *Bucket, key string, latest *Version) (*Version, error) {
	null := latest
	if latest == nil || latest.ID != NullVersion {
		var err error
		if null, err = t.earlierNull(b, key); err != nil || null == nil {
			return latest, err
		}
	}
	if locked(null, t.now, false) {
		return nil, errLocked()
	}
	if err := t.drop(b, null); err != nil {
		return nil, err
	}
	if null == latest {
		// What is earlier than it stays so: its place is taken at once.
		return nil, nil
	}
	return latest, nil
}

// demote makes the latest version an earlier one.
func (t *Tx) demote(b *Bucket, v *Version) error { return t.demoteAt(b, v, t.now) }

// demoteAt is demote for a version whose place was taken at some time.
func (t *Tx) demoteAt(b *Bucket, v *Version, at time.Time) error {
	v.Latest, v.Became = false, at
	if v.ID == NullVersion {
		if err := t.set(objectKey(spaceNull, b.Number, v.Key), encodeNumber(v.Number)); err != nil {
			return err
		}
	}
	return t.keep(b, v)
}

// drop removes a version, and frees its content.
func (t *Tx) drop(b *Bucket, v *Version) error {
	segments, err := t.Segments(v)
	if err != nil && !errors.Is(err, errRecord) {
		return err // but damage does not keep it
	}
	if err := t.release(segments); err != nil {
		return err
	}
	if !v.Marker && len(v.Segments) == 0 && len(segments) > 0 {
		if err := t.remove(numbered(spaceSegment, v.Number)); err != nil {
			return err
		}
	}
	return t.forget(b, v)
}

// forget removes the records of a version, but for those of its content.
func (t *Tx) forget(b *Bucket, v *Version) error {
	if v.Latest {
		return t.remove(objectKey(spaceLatest, b.Number, v.Key))
	}
	if v.ID == NullVersion {
		if err := t.remove(objectKey(spaceNull, b.Number, v.Key)); err != nil {
			return err
		}
	}
	return t.remove(earlierKey(b.Number, v.Key, v.Number))
}

// promote makes the newest earlier version of key the latest, if there is one.
func (t *Tx) promote(b *Bucket, key string) error {
	var newest *Version
	prefix := objectKey(spaceEarlier, b.Number, key)
	err := t.walk(prefix, prefix, func(_, record []byte) (bool, error) {
		var err error
		newest, err = decodeVersion(b.Name, key, record, false)
		return false, err
	})
	if err != nil || newest == nil {
		return err
	}
	if err := t.forget(b, newest); err != nil {
		return err
	}
	newest.Latest, newest.Became = true, time.Time{}
	return t.keep(b, newest)
}
