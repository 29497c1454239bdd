package objects_test

import (
	"maps"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/store/objects"
)

// model is S3 as simple as can be: what the store must be like.
type model struct {
	now     time.Time
	buckets map[string]*modelBucket
}

type modelBucket struct {
	Versioning objects.Versioning
	Lock       bool
	Settings   map[string]string
	Objects    map[string][]modelVersion // by key, the latest first
	Uploads    []modelUpload             // as they began
}

type modelVersion struct {
	ID        string
	Marker    bool
	Body      string
	Tag       string
	Hold      bool
	Retention objects.Retention
	Parts     []int32 // numbers
}

type modelUpload struct {
	ID, Key string
	Parts   map[int32]string
}

func (m *model) clone() *model {
	c := &model{now: m.now, buckets: map[string]*modelBucket{}}
	for name, b := range m.buckets {
		n := &modelBucket{Versioning: b.Versioning, Lock: b.Lock, Settings: maps.Clone(b.Settings), Objects: map[string][]modelVersion{}}
		for key, versions := range b.Objects {
			n.Objects[key] = slices.Clone(versions)
		}
		for _, u := range b.Uploads {
			n.Uploads = append(n.Uploads, modelUpload{u.ID, u.Key, maps.Clone(u.Parts)})
		}
		c.buckets[name] = n
	}
	return c
}

// The codes of errors, as the store says them; empty for none.
const (
	noBucket  = "NoSuchBucket"
	noKey     = "NoSuchKey"
	noVersion = "NoSuchVersion"
	noUpload  = "NoSuchUpload"
	denied    = "AccessDenied"
	badState  = "InvalidBucketState"
)

func (m *model) createBucket(name string, lock bool) string {
	if m.buckets[name] != nil {
		return "BucketAlreadyExists"
	}
	b := &modelBucket{Lock: lock, Settings: map[string]string{}, Objects: map[string][]modelVersion{}}
	if lock {
		b.Versioning = objects.Enabled
	}
	m.buckets[name] = b
	return ""
}

func (m *model) deleteBucket(name string) string {
	b := m.buckets[name]
	if b == nil {
		return noBucket
	}
	if len(b.Objects) > 0 || len(b.Uploads) > 0 {
		return "BucketNotEmpty"
	}
	delete(m.buckets, name)
	return ""
}

func (m *model) setVersioning(name string, state objects.Versioning) string {
	b := m.buckets[name]
	if b == nil {
		return noBucket
	}
	if b.Lock && state != objects.Enabled {
		return badState
	}
	b.Versioning = state
	return ""
}

func (m *model) enableLock(name string) string {
	b := m.buckets[name]
	if b == nil {
		return noBucket
	}
	if b.Versioning != objects.Enabled {
		return badState
	}
	b.Lock = true
	return ""
}

func (m *model) setSetting(name, setting, value string) string {
	b := m.buckets[name]
	if b == nil {
		return noBucket
	}
	if value == "" {
		delete(b.Settings, setting)
	} else {
		b.Settings[setting] = value
	}
	return ""
}

func (m *model) locked(v modelVersion, bypass bool) bool {
	return v.Hold || v.Retention.Mode != "" && v.Retention.Until.After(m.now) && (v.Retention.Mode == objects.Compliance || !bypass)
}

// add puts a version, which has no ID but what the store gave it.
func (m *model) add(b *modelBucket, key string, v modelVersion) string {
	versions := b.Objects[key]
	if b.Versioning != objects.Enabled {
		v.ID = objects.NullVersion
		if i := indexOf(versions, v.ID); i >= 0 {
			if m.locked(versions[i], false) {
				return denied
			}
			versions = slices.Delete(slices.Clone(versions), i, i+1)
		}
	}
	b.Objects[key] = slices.Insert(slices.Clone(versions), 0, v)
	return ""
}

func indexOf(versions []modelVersion, id string) int {
	return slices.IndexFunc(versions, func(v modelVersion) bool { return v.ID == id })
}

func (m *model) put(name, key string, v modelVersion) string {
	b := m.buckets[name]
	if b == nil {
		return noBucket
	}
	return m.add(b, key, v)
}

// find returns a version of a bucket.
func (m *model) find(name, key, id string) (modelVersion, string) {
	b := m.buckets[name]
	if b == nil {
		return modelVersion{}, noBucket
	}
	i := indexOf(b.Objects[key], id)
	if i < 0 {
		return modelVersion{}, noVersion
	}
	return b.Objects[key][i], ""
}

func (m *model) delete(name, key, markerID string) string {
	b := m.buckets[name]
	if b == nil {
		return noBucket
	}
	if b.Versioning != objects.Unversioned {
		return m.add(b, key, modelVersion{ID: markerID, Marker: true})
	}
	return m.deleteVersion(name, key, objects.NullVersion, false)
}

func (m *model) deleteVersion(name, key, id string, bypass bool) string {
	b := m.buckets[name]
	if b == nil {
		return noBucket
	}
	i := indexOf(b.Objects[key], id)
	if i < 0 {
		return ""
	}
	if m.locked(b.Objects[key][i], bypass) {
		return denied
	}
	b.Objects[key] = slices.Delete(slices.Clone(b.Objects[key]), i, i+1)
	if len(b.Objects[key]) == 0 {
		delete(b.Objects, key)
	}
	return ""
}

// amendment is what becomes of a version's own words.
type amendment struct {
	tag       string
	hold      bool
	retention objects.Retention
}

func (m *model) amend(name, key, id string, bypass bool, a amendment) string {
	v, code := m.find(name, key, id)
	if code != "" {
		return code
	}
	old := v.Retention
	if old.Mode != "" && old.Until.After(m.now) && (old.Mode == objects.Compliance || !bypass) {
		if a.retention.Until.Before(old.Until) || a.retention.Mode == "" || old.Mode == objects.Compliance && a.retention.Mode != old.Mode {
			return denied
		}
	}
	versions := m.buckets[name].Objects[key]
	v.Tag, v.Hold, v.Retention = a.tag, a.hold, a.retention
	versions[indexOf(versions, id)] = v
	return ""
}

func (m *model) rename(name, from, to string) string {
	b := m.buckets[name]
	if b == nil {
		return noBucket
	}
	if b.Versioning != objects.Unversioned {
		return "InvalidRequest"
	}
	if len(b.Objects[from]) == 0 {
		return noKey
	}
	if from != to {
		for _, v := range append(slices.Clone(b.Objects[from]), b.Objects[to]...) {
			if m.locked(v, false) {
				return denied
			}
		}
		b.Objects[to] = b.Objects[from]
		delete(b.Objects, from)
	}
	return ""
}

func (m *model) createUpload(name, key, id string) string {
	b := m.buckets[name]
	if b == nil {
		return noBucket
	}
	b.Uploads = append(b.Uploads, modelUpload{ID: id, Key: key, Parts: map[int32]string{}})
	return ""
}

func (m *model) upload(name, id string) (*modelUpload, string) {
	b := m.buckets[name]
	if b == nil {
		return nil, noBucket
	}
	for i := range b.Uploads {
		if b.Uploads[i].ID == id {
			return &b.Uploads[i], ""
		}
	}
	return nil, noUpload
}

func (m *model) putPart(name, id string, number int32, body string) string {
	u, code := m.upload(name, id)
	if code == "" {
		u.Parts[number] = body
	}
	return code
}

func (m *model) complete(name, id string, parts []int32, versionID string) string {
	u, code := m.upload(name, id)
	if code != "" {
		return code
	}
	v := modelVersion{ID: versionID, Parts: parts}
	for _, number := range parts {
		body, ok := u.Parts[number]
		if !ok {
			return "InvalidPart"
		}
		v.Body += body
	}
	if code := m.add(m.buckets[name], u.Key, v); code != "" {
		return code
	}
	return m.abort(name, id)
}

func (m *model) abort(name, id string) string {
	_, code := m.upload(name, id)
	if code == "" {
		b := m.buckets[name]
		b.Uploads = slices.DeleteFunc(slices.Clone(b.Uploads), func(u modelUpload) bool { return u.ID == id })
	}
	return code
}

// listed is one line of a listing of versions.
type listed struct {
	Key, ID string
	Latest  bool
}

// list returns all versions of a bucket in the order of ListObjectVersions, or
// only those that ListObjects has.
func (b *modelBucket) list(all bool) []listed {
	var lines []listed
	for _, key := range slices.Sorted(maps.Keys(b.Objects)) {
		for i, v := range b.Objects[key] {
			if all || i == 0 && !v.Marker {
				lines = append(lines, listed{key, v.ID, i == 0})
			}
		}
	}
	return lines
}
