package objects_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/store/objects"
)

// smallInline has most content of the tests in files.
const smallInline = 64

var randomKeys = []string{
	"a", "a/b", "a//b", "a/b/c", "a\x00b", "a\x00", "/", "//", "..", "../..", ".", "a/../b", "한글/가", "실록", "é", "🙂", "\xff\xfe", "a\x01", "b", "a b+c%2F",
	strings.Repeat("k", 1024),
}

var randomSizes = []int{0, 1, 10, smallInline, smallInline + 1, 1000, 65515, 65516, 65517, 140_000}

// walker does random things to a store and a model at once.
type walker struct {
	t     testing.TB
	rng   *rand.Rand
	db    *objects.DB
	model *model
}

func (w *walker) pick(of []string) string { return of[w.rng.IntN(len(of))] }

func (w *walker) bucket() string { return w.pick([]string{"logs", "trails", "results"}) }

func (w *walker) key() string { return w.pick(randomKeys) }

func (w *walker) body() string {
	body := make([]byte, randomSizes[w.rng.IntN(len(randomSizes))])
	for i := range body {
		body[i] = byte(w.rng.Uint32())
	}
	return string(body)
}

// version picks a version that is there, or now and then one that is not.
func (w *walker) version() (bucket, key, id string) {
	bucket, key, id = w.bucket(), w.key(), objects.NullVersion
	b := w.model.buckets[bucket]
	if b == nil || len(b.Objects) == 0 || w.rng.IntN(10) == 0 {
		return bucket, key, id
	}
	key = w.pick(slices.Sorted(maps.Keys(b.Objects)))
	versions := b.Objects[key]
	return bucket, key, versions[w.rng.IntN(len(versions))].ID
}

func (w *walker) upload() (bucket string, u modelUpload) {
	bucket = w.bucket()
	if b := w.model.buckets[bucket]; b != nil && len(b.Uploads) > 0 {
		return bucket, b.Uploads[w.rng.IntN(len(b.Uploads))]
	}
	return bucket, modelUpload{ID: strings.Repeat("0", 64), Key: w.key()}
}

func (w *walker) retention() objects.Retention {
	modes := []string{"", "", objects.Governance, objects.Compliance}
	r := objects.Retention{Mode: modes[w.rng.IntN(len(modes))]}
	if r.Mode != "" {
		r.Until = w.model.now.Add(time.Duration(w.rng.IntN(40)-10) * time.Second)
	}
	return r
}

// update runs fn on a bucket.
func (w *walker) update(bucket string, fn func(*objects.Tx, *objects.Bucket) error) error {
	return w.db.Update(w.t.Context(), func(t *objects.Tx) error {
		b, err := t.Bucket(bucket)
		if err != nil {
			return err
		}
		return fn(t, b)
	})
}

// step does one random thing. It returns the model as it is after it, the code
// that the model says, and the error of the store.
func (w *walker) step() (name string, after *model, want string, err error) {
	w.model.now = w.model.now.Add(time.Second)
	m := w.model.clone()
	steps := []struct {
		weight int
		name   string
		do     func(*model) (string, error)
	}{
		{3, "create bucket", w.createBucket},
		{1, "delete bucket", w.deleteBucket},
		{3, "versioning", w.versioning},
		{1, "lock", w.lock},
		{2, "setting", w.setting},
		{14, "put", w.put},
		{6, "delete", w.remove},
		{8, "delete version", w.deleteVersion},
		{6, "amend", w.amend},
		{6, "copy", w.copy},
		{3, "rename", w.rename},
		{4, "create upload", w.createUpload},
		{8, "put part", w.putPart},
		{5, "copy part", w.copyPart},
		{4, "complete", w.complete},
		{2, "abort", w.abort},
		{2, "undone", w.undone},
	}
	total := 0
	for _, s := range steps {
		total += s.weight
	}
	chosen := w.rng.IntN(total)
	for _, s := range steps {
		if chosen -= s.weight; chosen < 0 {
			want, err := s.do(m)
			return s.name, m, want, err
		}
	}
	panic("the weights do not add up")
}

func (w *walker) createBucket(m *model) (string, error) {
	name, lock := w.bucket(), w.rng.IntN(3) == 0
	err := w.db.Update(w.t.Context(), func(t *objects.Tx) error {
		return t.CreateBucket(&objects.Bucket{Name: name, Account: account, Region: "us-east-1", ObjectLock: lock})
	})
	return m.createBucket(name, lock), err
}

func (w *walker) deleteBucket(m *model) (string, error) {
	name := w.bucket()
	return m.deleteBucket(name), w.update(name, (*objects.Tx).DeleteBucket)
}

func (w *walker) versioning(m *model) (string, error) {
	name, state := w.bucket(), objects.Enabled
	if w.rng.IntN(2) == 0 {
		state = objects.Suspended
	}
	err := w.update(name, func(t *objects.Tx, b *objects.Bucket) error { return t.SetVersioning(b, state) })
	return m.setVersioning(name, state), err
}

func (w *walker) lock(m *model) (string, error) {
	name := w.bucket()
	return m.enableLock(name), w.update(name, (*objects.Tx).EnableObjectLock)
}

func (w *walker) setting(m *model) (string, error) {
	name, setting, value := w.bucket(), w.pick([]string{"policy", "inventory/a", "inventory/b"}), w.pick([]string{"", "x", "y"})
	err := w.update(name, func(t *objects.Tx, b *objects.Bucket) error {
		if value == "" {
			return t.SetSetting(b, setting, nil)
		}
		return t.SetSetting(b, setting, []byte(value))
	})
	return m.setSetting(name, setting, value), err
}

func (w *walker) put(m *model) (string, error) {
	name, key, body := w.bucket(), w.key(), w.body()
	v := &objects.Version{ETag: fmt.Sprint(len(body))}
	err := w.staged(body, func(s *objects.Staged) error {
		return w.update(name, func(t *objects.Tx, b *objects.Bucket) error { return t.Put(b, key, v, s, "ObjectCreated:Put") })
	})
	return m.put(name, key, modelVersion{ID: v.ID, Body: body}), err
}

// staged runs fn with content.
func (w *walker) staged(body string, fn func(*objects.Staged) error) error {
	s, err := w.db.Stage(w.t.Context(), strings.NewReader(body))
	if err != nil {
		return err
	}
	defer s.Discard()
	return fn(s)
}

func (w *walker) remove(m *model) (string, error) {
	name, key, id := w.bucket(), w.key(), ""
	err := w.update(name, func(t *objects.Tx, b *objects.Bucket) error {
		marker, err := t.Delete(b, key, "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated")
		if marker != nil {
			id = marker.ID
		}
		return err
	})
	return m.delete(name, key, id), err
}

func (w *walker) deleteVersion(m *model) (string, error) {
	bypass := w.rng.IntN(2) == 0
	name, key, id := w.version()
	err := w.update(name, func(t *objects.Tx, b *objects.Bucket) error {
		_, err := t.DeleteVersion(b, key, id, bypass, "ObjectRemoved:Delete")
		return err
	})
	return m.deleteVersion(name, key, id, bypass), err
}

func (w *walker) amend(m *model) (string, error) {
	bypass := w.rng.IntN(2) == 0
	name, key, id := w.version()
	a := amendment{tag: fmt.Sprint(w.rng.IntN(100)), hold: w.rng.IntN(4) == 0, retention: w.retention()}
	err := w.update(name, func(t *objects.Tx, b *objects.Bucket) error {
		v, err := t.Version(b, key, id)
		if err != nil {
			return err
		}
		return t.Amend(v, bypass, "ObjectTagging:Put", func(v *objects.Version) error {
			v.Tags, v.LegalHold, v.Retention = []objects.Tag{{Key: "n", Value: a.tag}}, a.hold, a.retention
			v.Size, v.ID, v.Segments = 5, "x", nil // these stay as they are
			return nil
		})
	})
	return m.amend(name, key, id, bypass, a), err
}

func (w *walker) copy(m *model) (string, error) {
	fromName, fromKey, fromID := w.version()
	name, key := w.bucket(), w.key()
	v := &objects.Version{}
	err := w.db.Update(w.t.Context(), func(t *objects.Tx) error {
		from, err := source(&t.View, fromName, fromKey, fromID)
		if err != nil {
			return err
		}
		b, err := t.Bucket(name)
		if err != nil {
			return err
		}
		return t.Copy(b, key, v, from, "ObjectCreated:Copy")
	})
	from, code := m.find(fromName, fromKey, fromID)
	if code != "" {
		return code, err
	}
	return m.put(name, key, modelVersion{ID: v.ID, Body: from.Body}), err
}

func source(v *objects.View, name, key, id string) (*objects.Version, error) {
	b, err := v.Bucket(name)
	if err != nil {
		return nil, err
	}
	return v.Version(b, key, id)
}

func (w *walker) rename(m *model) (string, error) {
	name, from, _ := w.version()
	to := w.key()
	err := w.update(name, func(t *objects.Tx, b *objects.Bucket) error {
		if b.Versioning != objects.Unversioned {
			return t.Rename(b, nil, to)
		}
		v, err := t.Latest(b, from)
		if err != nil {
			return err
		}
		return t.Rename(b, v, to)
	})
	return m.rename(name, from, to), err
}

func (w *walker) createUpload(m *model) (string, error) {
	name, key := w.bucket(), w.key()
	u := &objects.Upload{Owner: "me"}
	err := w.update(name, func(t *objects.Tx, b *objects.Bucket) error { return t.CreateUpload(b, key, u) })
	return m.createUpload(name, key, u.ID), err
}

func (w *walker) inUpload(name string, u modelUpload, fn func(*objects.Tx, *objects.Bucket, *objects.Upload) error) error {
	return w.update(name, func(t *objects.Tx, b *objects.Bucket) error {
		upload, err := t.Upload(b, u.Key, u.ID)
		if err != nil {
			return err
		}
		return fn(t, b, upload)
	})
}

func (w *walker) putPart(m *model) (string, error) {
	number, body := int32(1+w.rng.IntN(4)), w.body()
	name, u := w.upload()
	err := w.staged(body, func(s *objects.Staged) error {
		return w.inUpload(name, u, func(t *objects.Tx, _ *objects.Bucket, u *objects.Upload) error {
			return t.PutPart(u, &objects.Part{Number: number}, s)
		})
	})
	return m.putPart(name, u.ID, number, body), err
}

func (w *walker) copyPart(m *model) (string, error) {
	number := int32(1 + w.rng.IntN(4))
	name, u := w.upload()
	fromName, fromKey, fromID := w.version()
	from, code := m.find(fromName, fromKey, fromID)
	offset := w.rng.IntN(len(from.Body) + 1)
	size := w.rng.IntN(len(from.Body) - offset + 1)
	err := w.inUpload(name, u, func(t *objects.Tx, _ *objects.Bucket, u *objects.Upload) error {
		from, err := source(&t.View, fromName, fromKey, fromID)
		if err != nil {
			return err
		}
		return t.CopyPart(u, &objects.Part{Number: number}, from, int64(offset), int64(size))
	})
	if _, missing := m.upload(name, u.ID); missing != "" {
		return missing, err
	}
	if code != "" {
		return code, err
	}
	return m.putPart(name, u.ID, number, from.Body[offset:offset+size]), err
}

func (w *walker) complete(m *model) (string, error) {
	name, u := w.upload()
	parts := slices.Sorted(maps.Keys(u.Parts))
	if len(parts) > 1 && w.rng.IntN(2) == 0 {
		parts = slices.Delete(parts, 0, 1)
	}
	if len(parts) == 0 {
		parts = []int32{9}
	}
	v := &objects.Version{}
	err := w.inUpload(name, u, func(t *objects.Tx, b *objects.Bucket, u *objects.Upload) error {
		return t.CompleteUpload(b, u, parts, v, "ObjectCreated:CompleteMultipartUpload")
	})
	return m.complete(name, u.ID, parts, v.ID), err
}

func (w *walker) abort(m *model) (string, error) {
	name, u := w.upload()
	err := w.inUpload(name, u, func(t *objects.Tx, _ *objects.Bucket, u *objects.Upload) error { return t.AbortUpload(u) })
	return m.abort(name, u.ID), err
}

var errUndone = errors.New("this was not meant")

// undone changes much, and then fails.
func (w *walker) undone(*model) (string, error) {
	body := w.body()
	err := w.staged(body, func(s *objects.Staged) error {
		return w.db.Update(w.t.Context(), func(t *objects.Tx) error {
			b := &objects.Bucket{Name: "undone", Account: account}
			if err := t.CreateBucket(b); err != nil {
				return err
			}
			if err := t.Put(b, "k", &objects.Version{}, s, "ObjectCreated:Put"); err != nil {
				return err
			}
			return errUndone
		})
	})
	if errors.Is(err, errUndone) {
		return "", nil
	}
	return "", errors.Join(err, errors.New("it was not undone"))
}
