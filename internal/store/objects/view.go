package objects

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/cockroachdb/pebble/v2"
)

// View reads one state of the index. Its methods return *cloud.Error in S3's
// words for what is not there. It is valid inside the function that it was given
// to.
type View struct {
	db    *DB
	index pebble.Reader // nil when it is over
	state *state        // what is read; nil in a Tx
	open  map[io.Closer]bool
	err   error // of a read that could not tell its caller

	changedSetup bool // a Tx that has changed a bucket or setting
}

// View runs fn on one state of the index. fn may take its time: it holds up
// nobody, and what it opened stays readable until it is closed.
func (d *DB) View(ctx context.Context, fn func(*View) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s, err := d.state.acquire()
	if err != nil {
		return err
	}
	defer d.state.give(s)
	v := &View{db: d, index: s, state: s}
	defer v.end()
	if err := fn(v); err != nil {
		return err
	}
	return v.err
}

// end closes what was left open, since the index cannot be closed before that.
func (v *View) end() {
	v.index = nil
	for c := range v.open {
		_ = c.Close()
	}
}

// opened notes something that must be closed.
func (v *View) opened(c io.Closer) {
	if v.open == nil {
		v.open = map[io.Closer]bool{}
	}
	v.open[c] = true
}

func (v *View) get(key []byte) ([]byte, error) {
	if v.index == nil {
		return nil, errOver
	}
	return get(v.index, key)
}

// read sets value to what the record at key says, and reports whether there is
// one.
func (v *View) read(key []byte, value any) (bool, error) {
	record, err := v.get(key)
	if record == nil || err != nil {
		return false, err
	}
	return true, decode(record, value)
}

func (v *View) walk(prefix, from []byte, yield func(key, value []byte) (bool, error)) error {
	if v.index == nil {
		return errOver
	}
	return walk(v.index, prefix, from, yield)
}

// Bucket returns a bucket, or NoSuchBucket.
func (v *View) Bucket(name string) (*Bucket, error) {
	record, err := v.setup(named(spaceBucket, name))
	if err != nil {
		return nil, err
	}
	if record == nil {
		return nil, NoBucket(name)
	}
	b := &Bucket{}
	return b, decode(record, b)
}

// Buckets yields all buckets whose name is not less than from, by name.
func (v *View) Buckets(from string) iter.Seq2[*Bucket, error] {
	return sequence(func(yield func(*Bucket) bool) error {
		return v.walk([]byte{spaceBucket}, named(spaceBucket, from), func(_, record []byte) (bool, error) {
			b := &Bucket{}
			if err := decode(record, b); err != nil {
				return false, err
			}
			return yield(b), nil
		})
	})
}

// sequence returns a sequence that yields what walk does, and walk's error at its
// end.
func sequence[T any](walk func(yield func(T) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		stopped := false
		err := walk(func(value T) bool {
			stopped = !yield(value, nil)
			return !stopped
		})
		if err != nil && !stopped {
			var zero T
			yield(zero, err)
		}
	}
}

// Setting returns a document that says how a bucket is set up, such as "policy"
// or "inventory/weekly"; nil when there is none. It must not be changed.
func (v *View) Setting(b *Bucket, name string) ([]byte, error) {
	return v.setup(settingKey(b.Number, name))
}

// Settings yields the names and documents of settings whose name begins with
// prefix, by name. An error ends the sequence and is what the View or the change
// then ends with.
func (v *View) Settings(b *Bucket, prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		from := settingKey(b.Number, prefix)
		err := v.walk(from, from, func(key, document []byte) (bool, error) {
			return yield(string(key[1+number64:]), append([]byte(nil), document...)), nil
		})
		if err != nil {
			v.err = err
		}
	}
}

// Latest returns an object's latest version, which may be a delete marker, or
// NoSuchKey when there is no version at all.
func (v *View) Latest(b *Bucket, key string) (*Version, error) {
	latest, err := v.latest(b, key)
	if err == nil && latest == nil {
		return nil, NoKey(key)
	}
	return latest, err
}

// latest is Latest, and nil where there is none.
func (v *View) latest(b *Bucket, key string) (*Version, error) {
	record, err := v.get(objectKey(spaceLatest, b.Number, key))
	if record == nil || err != nil {
		return nil, err
	}
	return decodeVersion(b.Name, key, record, true)
}

// earlier returns an earlier version; nil when there is none of that number.
func (v *View) earlier(b *Bucket, key string, number uint64) (*Version, error) {
	record, err := v.get(earlierKey(b.Number, key, number))
	if record == nil || err != nil {
		return nil, err
	}
	return decodeVersion(b.Name, key, record, false)
}

// earlierNull returns the null version when it is an earlier one; nil otherwise.
func (v *View) earlierNull(b *Bucket, key string) (*Version, error) {
	record, err := v.get(objectKey(spaceNull, b.Number, key))
	if record == nil || err != nil {
		return nil, err
	}
	number, err := decodeNumber(record)
	if err != nil {
		return nil, err
	}
	null, err := v.earlier(b, key, number)
	if err == nil && null == nil {
		return nil, errRecord
	}
	return null, err
}

// Version returns the version of that ID, which may be NullVersion: NoSuchVersion
// when it is not there, InvalidArgument when no version could have that ID.
func (v *View) Version(b *Bucket, key, id string) (*Version, error) {
	version, err := v.version(b, key, id)
	if err == nil && version == nil {
		return nil, errNoVersion(key, id)
	}
	return version, err
}

// version is Version, and nil where there is none.
func (v *View) version(b *Bucket, key, id string) (*Version, error) {
	if !canBeVersion(id) {
		return nil, errVersionID(id)
	}
	latest, err := v.latest(b, key)
	if err != nil || latest == nil || latest.ID == id {
		return latest, err
	}
	if id == NullVersion {
		return v.earlierNull(b, key)
	}
	number, ok, err := v.numberOf(b, key, id, versionRandom)
	if !ok {
		return nil, err
	}
	earlier, err := v.earlier(b, key, number)
	if err != nil || earlier == nil || earlier.ID != id {
		return nil, err
	}
	return earlier, nil
}

// Segments returns where a version's content lies, part by part.
func (v *View) Segments(version *Version) ([]Segment, error) {
	if version.Marker || len(version.Segments) > 0 || version.Size == 0 && version.Parts == 0 {
		return version.Segments, nil
	}
	var segments []Segment
	found, err := v.read(numbered(spaceSegment, version.Number), &segments)
	if err == nil && !found {
		err = errRecord
	}
	if err != nil {
		return nil, damage(version, 0, err)
	}
	return segments, nil
}

// Upload returns an upload, or NoSuchUpload.
func (v *View) Upload(b *Bucket, key, id string) (*Upload, error) {
	number, ok, err := v.numberOf(b, key, id, uploadRandom)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNoUpload(id)
	}
	u := &Upload{}
	found, err := v.read(uploadKey(b.Number, key, number), u)
	if err != nil {
		return nil, err
	}
	if !found || u.ID != id {
		return nil, errNoUpload(id)
	}
	u.Bucket, u.Key = b.Name, key
	return u, nil
}

// Uploads yields the uploads of a bucket, by key and then by when they began,
// from the first one whose key is not less than from. The sequence may be left
// and begun again with another from, to leave keys out.
func (v *View) Uploads(b *Bucket, from string) iter.Seq2[*Upload, error] {
	return sequence(func(yield func(*Upload) bool) error {
		return v.walk(numbered(spaceUpload, b.Number), objectKey(spaceUpload, b.Number, from), func(stored, record []byte) (bool, error) {
			key, ok := keyOf(stored)
			u := &Upload{}
			if err := decode(record, u); err != nil || !ok {
				return false, errors.Join(errRecord, err)
			}
			u.Bucket, u.Key = b.Name, key
			return yield(u), nil
		})
	})
}

// Parts yields an upload's parts with a number greater than after, by number.
func (v *View) Parts(u *Upload, after int32) iter.Seq2[*Part, error] {
	return sequence(func(yield func(*Part) bool) error {
		return v.walk(numbered(spacePart, u.Number), partKey(u.Number, max(after, -1)+1), func(stored, record []byte) (bool, error) {
			p, err := decodePart(stored, record)
			if err != nil {
				return false, err
			}
			return yield(p), nil
		})
	})
}

func decodePart(stored, record []byte) (*Part, error) {
	p := &Part{Number: int32(numberAt(stored, 1+number64))} //nolint:gosec // partKey wrote it
	return p, decode(record, p)
}
