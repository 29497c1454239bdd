package objects

import (
	"errors"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// What another store kept comes in with its IDs and times, and without entries
// in the feed: nothing has happened to it. An ID of another store carries no
// number, so the index says which one it has.

// foreignLength is how long the version IDs of the former version are.
const foreignLength = 26

var errThere = errors.New("the object has a version of that ID already")

// foreignKey returns the key under which the number of what has an ID of another
// store is.
func foreignKey(bucket uint64, key, id string) []byte {
	return append(objectKey(spaceForeign, bucket, key), id...)
}

// numberOf returns the number of the version or upload that has an ID or had it;
// false for an ID that none has had.
func (v *View) numberOf(b *Bucket, key, id string, random int) (uint64, bool, error) {
	if number, ok := numberOf(id, random); ok {
		return number, true, nil
	}
	record, err := v.get(foreignKey(b.Number, key, id))
	if record == nil || err != nil {
		return 0, false, err
	}
	number, err := decodeNumber(record)
	return number, err == nil, err
}

// ImportBucket makes a bucket of another store, as CreateBucket does, with its
// time and versioning.
func (t *Tx) ImportBucket(b *Bucket) error {
	there, err := t.get(named(spaceBucket, b.Name))
	if err != nil {
		return err
	}
	if there != nil {
		return cloud.Errorf(cloud.Conflict, "BucketAlreadyExists", "There is a bucket %s already", b.Name)
	}
	b.Number = t.next()
	return t.keepBucket(b)
}

// Import makes v, a version or delete marker of another store, the latest version
// of key: an object's versions come in their order. It keeps its ID and time; an
// ID is NullVersion, of which an object has one, or 26 letters and digits. content
// is that of each of its parts, or of all of it when v.Parts is 0.
func (t *Tx) Import(b *Bucket, key string, v *Version, content []*Staged) error {
	b, err := t.current(b)
	if err != nil {
		return err
	}
	there, err := t.version(b, key, v.ID)
	if err != nil {
		return err
	}
	if there != nil {
		return errThere
	}
	segments, err := t.takeParts(v, content)
	if err != nil {
		return err
	}
	latest, err := t.latest(b, key)
	if err != nil {
		return err
	}
	if latest != nil {
		if err := t.demoteAt(b, latest, v.Time); err != nil {
			return err
		}
	}
	v.Bucket, v.Key, v.Latest = b.Name, key, true
	v.Number, v.Became, v.Size = t.next(), time.Time{}, segments.size()
	if err := t.keepSegments(v, segments); err != nil {
		return err
	}
	if v.ID != NullVersion {
		if err := t.set(foreignKey(b.Number, key, v.ID), encodeNumber(v.Number)); err != nil {
			return err
		}
	}
	return t.keep(b, v)
}

// takeParts takes the content of a version, part by part when it was uploaded in
// parts.
func (t *Tx) takeParts(v *Version, staged []*Staged) (content, error) {
	var all content
	for i, s := range staged {
		segments, err := t.take(s)
		if err != nil {
			return nil, err
		}
		if v.Parts > 0 && len(segments) == 0 {
			segments = content{{}}
		}
		for n := range segments {
			if v.Parts > 0 {
				segments[n].Part = int32(i + 1)
			}
		}
		all = append(all, segments...)
	}
	return all, nil
}

// ImportUpload begins an upload of another store, as CreateUpload does, with its
// ID and time.
func (t *Tx) ImportUpload(b *Bucket, key string, u *Upload) error {
	b, err := t.current(b)
	if err != nil {
		return err
	}
	u.Bucket, u.Key, u.Number = b.Name, key, t.next()
	if err := t.set(foreignKey(b.Number, key, u.ID), encodeNumber(u.Number)); err != nil {
		return err
	}
	return t.write(uploadKey(b.Number, key, u.Number), u)
}

// Mark returns what SetMark has written under a name; nil when it was nothing.
func (v *View) Mark(name string) ([]byte, error) { return v.get(named(spaceMark, name)) }

// SetMark has the store remember text under a name: how far a work is that is
// done once. It outlives all buckets.
func (t *Tx) SetMark(name string, text []byte) error { return t.set(named(spaceMark, name), text) }
