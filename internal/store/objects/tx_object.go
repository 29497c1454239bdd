package objects

import "github.com/sillok/sillok/internal/cloud"

// Rename gives an object of a bucket that is not versioned another key, in place
// of what is there. All that the version says of itself stays as it is.
func (t *Tx) Rename(b *Bucket, v *Version, key string) error {
	b, err := t.current(b)
	if err != nil {
		return err
	}
	if b.Versioning != Unversioned {
		return cloud.Errorf(cloud.Invalid, "InvalidRequest", "Objects of a bucket that is versioned cannot be renamed.")
	}
	now, err := t.again(v)
	if err != nil || key == v.Key {
		return err
	}
	if locked(now, t.now, false) {
		return errLocked()
	}
	there, err := t.latest(b, key)
	if err != nil {
		return err
	}
	if _, err := t.replaceNull(b, key, there); err != nil {
		return err
	}
	if err := t.forget(b, now); err != nil {
		return err
	}
	if err := t.change(b, changeOf(now, "ObjectRenamed:From")); err != nil {
		return err
	}
	now.Key = key
	if err := t.change(b, changeOf(now, "ObjectRenamed:To")); err != nil {
		return err
	}
	*v = *now
	return t.keep(b, now)
}

// Delete removes an object as its bucket's versioning says: it puts a delete
// marker, which is returned, or removes the null version, or both. Where nothing
// was there and the bucket is not versioned it does nothing. events are those of
// a removal and of a marker.
func (t *Tx) Delete(b *Bucket, key, removed, marked string) (*Version, error) {
	b, err := t.current(b)
	if err != nil {
		return nil, err
	}
	if b.Versioning != Unversioned {
		marker := &Version{Marker: true, Owner: string(b.Account)}
		return marker, t.add(b, key, marker, nil, marked)
	}
	latest, err := t.latest(b, key)
	if err != nil || latest == nil {
		return nil, err
	}
	if locked(latest, t.now, false) {
		return nil, errLocked()
	}
	if err := t.drop(b, latest); err != nil {
		return nil, err
	}
	return nil, t.change(b, changeOf(latest, removed))
}

// DeleteVersion removes one version or delete marker for ever and returns it;
// nil when it is not there. While it is locked that is AccessDenied, whoever
// asks; bypass lets a retention in mode Governance go.
func (t *Tx) DeleteVersion(b *Bucket, key, id string, bypass bool, event string) (*Version, error) {
	b, err := t.current(b)
	if err != nil {
		return nil, err
	}
	v, err := t.version(b, key, id)
	if err != nil || v == nil {
		return nil, err
	}
	if locked(v, t.now, bypass) {
		return nil, errLocked()
	}
	if err := t.drop(b, v); err != nil {
		return nil, err
	}
	if v.Latest {
		if err := t.promote(b, key); err != nil {
			return nil, err
		}
	}
	return v, t.change(b, changeOf(v, event))
}

// Amend changes what a version says of itself: tags, ACL, retention, legal hold,
// storage class; never its content, ID or time. A retention that ends earlier, or
// in a weaker mode, is AccessDenied, but for one in mode Governance with bypass.
func (t *Tx) Amend(v *Version, bypass bool, event string, fn func(*Version) error) error {
	now, err := t.again(v)
	if err != nil {
		return err
	}
	b, err := t.Bucket(v.Bucket)
	if err != nil {
		return err
	}
	amended := *now
	if err := fn(&amended); err != nil {
		return err
	}
	if !now.Retention.mayBecome(amended.Retention, t.now, bypass) {
		return errLocked()
	}
	amended.fix(now)
	if err := t.keep(b, &amended); err != nil {
		return err
	}
	*v = amended
	return t.change(b, changeOf(&amended, event))
}

// fix sets what cannot be amended to what it was.
func (v *Version) fix(was *Version) {
	v.Bucket, v.Key, v.ID, v.Number = was.Bucket, was.Key, was.ID, was.Number
	v.Latest, v.Marker, v.Time, v.Became = was.Latest, was.Marker, was.Time, was.Became
	v.Size, v.ETag, v.Parts, v.Segments = was.Size, was.ETag, was.Parts, was.Segments
}
