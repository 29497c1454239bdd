package s3

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	// walkVisits is how many versions are looked at in one view of the index, so
	// that no view lives long.
	walkVisits = 10_000
	// walkChanges is how many versions end in one transaction, which other writers
	// wait for.
	walkChanges = 100
)

// lifecycleWalk carries out the rules of one bucket. It finds what is due in views of the
// index, and judges it again in the transaction that ends it: what was changed in
// between is left, and so is everything once the rules are others.
type lifecycleWalk struct {
	s        *Service
	bucket   objects.Bucket
	document []byte // the rules, as they are kept
	rules    []s3api.LifecycleRule
	now      time.Time

	did  walkTally
	over bool // the bucket or its rules are gone
}

// walkPlace is where a walk over versions stands.
type walkPlace struct {
	key, id string // the version that was looked at last; empty before the first one
	newer   int    // versions of key up to there that are not the latest
	marker  bool   // the version is the latest and a delete marker, which is due if nothing is behind it
	end     bool   // all with the prefix were looked at
}

// versionName is a version, as a walk keeps it.
type versionName struct{ key, id string }

func (w *lifecycleWalk) run(ctx context.Context) error {
	for _, prefix := range rulePrefixes(w.rules) {
		if err := w.versions(ctx, prefix); err != nil {
			return err
		}
		if err := w.uploads(ctx, prefix); err != nil {
			return err
		}
	}
	return nil
}

// versions ends what is due of the versions whose key begins with prefix.
func (w *lifecycleWalk) versions(ctx context.Context, prefix string) error {
	var at walkPlace
	for !at.end && !w.over {
		if err := ctx.Err(); err != nil {
			return err
		}
		var due []versionName
		err := w.s.db.View(ctx, func(v *objects.View) (err error) {
			due, err = w.find(v, prefix, &at)
			return err
		})
		if err != nil {
			return err
		}
		if len(due) == 0 {
			continue
		}
		err = w.update(ctx, func(tx *objects.Tx, b *objects.Bucket, did *walkDone) error {
			for _, n := range due {
				if err := w.endVersion(tx, b, n, did); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// find looks at the versions behind at, and moves it.
func (w *lifecycleWalk) find(v *objects.View, prefix string, at *walkPlace) (due []versionName, err error) {
	cursor := v.Versions(&w.bucket)
	defer func() { _ = cursor.Close() }() // only read
	var more bool
	if at.key == "" {
		more = cursor.Seek(prefix)
	} else if more, err = cursor.SeekPast(at.key, at.id); err != nil {
		return nil, err
	}
	visits := 0
	for ; more && strings.HasPrefix(cursor.Version().Key, prefix); more = cursor.Next() {
		if visits++; visits > walkVisits || len(due) >= walkChanges {
			return due, cursor.Err()
		}
		due = at.pass(w, cursor.Version(), due)
	}
	at.end = true
	return at.settle(due), cursor.Err()
}

// pass moves over one version, and appends those that are known to be due.
func (p *walkPlace) pass(w *lifecycleWalk, v *objects.Version, due []versionName) []versionName {
	if v.Key != p.key {
		due = p.settle(due)
		p.newer = 0
	}
	p.key, p.id, p.marker = v.Key, v.ID, false
	switch {
	case v.Latest && v.Marker:
		p.marker = markerEnds(w.rules, v).due(w.now)
	case v.Latest:
		if objectEnds(w.rules, v).due(w.now) {
			due = append(due, versionName{v.Key, v.ID})
		}
	default:
		switch {
		case !noncurrentEnds(w.rules, v, p.newer).due(w.now):
		case held(v, w.now):
			w.did.locked++
		default:
			due = append(due, versionName{v.Key, v.ID})
		}
		p.newer++
	}
	return due
}

// settle appends a delete marker that turned out to be alone.
func (p *walkPlace) settle(due []versionName) []versionName {
	if p.marker {
		due = append(due, versionName{p.key, p.id})
	}
	p.marker = false
	return due
}

// walkDone is what one transaction did.
type walkDone struct {
	walkTally
	log []walkLogged
}

// walkLogged is something that a walk did, as the log of access names it.
type walkLogged struct {
	operation string
	key       string
	version   string
	size      int64
}

func (d *walkDone) note(operation string, v *objects.Version) {
	d.log = append(d.log, walkLogged{operation, v.Key, v.ID, v.Size})
}

// update runs fn in a transaction, unless the bucket or its rules have changed.
func (w *lifecycleWalk) update(ctx context.Context, fn func(*objects.Tx, *objects.Bucket, *walkDone) error) error {
	var did walkDone
	err := w.s.db.Update(ctx, func(tx *objects.Tx) error {
		did = walkDone{} // it may run twice
		b, err := tx.Bucket(w.bucket.Name)
		if err != nil || b.Number != w.bucket.Number {
			w.over = true
			return unlessMissing(err)
		}
		document, err := tx.Setting(b, lifecycleSetting)
		if err != nil {
			return err
		}
		if !bytes.Equal(document, w.document) {
			w.over = true
			return nil
		}
		return fn(tx, b, &did)
	})
	if err == nil {
		w.did.add(did.walkTally)
		w.s.logLifecycle(ctx, &w.bucket, did.log)
	}
	return err
}

// endVersion ends a version if that is still due.
func (w *lifecycleWalk) endVersion(tx *objects.Tx, b *objects.Bucket, n versionName, did *walkDone) error {
	v, err := tx.Version(b, n.key, n.id)
	if err != nil {
		return unlessMissing(err)
	}
	switch {
	case v.Latest && v.Marker:
		return w.endMarker(tx, b, v, did)
	case v.Latest:
		return w.endObject(tx, b, v, did)
	default:
		return w.endNoncurrent(tx, b, v, did)
	}
}

func (w *lifecycleWalk) endObject(tx *objects.Tx, b *objects.Bucket, v *objects.Version, did *walkDone) error {
	if !objectEnds(w.rules, v).due(w.now) {
		return nil
	}
	marker, err := tx.Delete(b, v.Key, eventExpired, eventMarked)
	switch {
	case isLocked(err):
		did.locked++
		return nil
	case err != nil:
		return err
	case marker != nil:
		did.marked++
		did.note("S3.CREATE.DELETEMARKER", marker)
	default:
		did.expired++
		did.note("S3.EXPIRE.OBJECT", v)
	}
	return nil
}

func (w *lifecycleWalk) endMarker(tx *objects.Tx, b *objects.Bucket, v *objects.Version, did *walkDone) error {
	if !markerEnds(w.rules, v).due(w.now) {
		return nil
	}
	if alone, err := w.alone(tx, b, v); err != nil || !alone {
		return err
	}
	return w.remove(tx, b, v, &did.markers, did)
}

func (w *lifecycleWalk) endNoncurrent(tx *objects.Tx, b *objects.Bucket, v *objects.Version, did *walkDone) error {
	newer, err := w.newer(tx, b, v)
	if err != nil || !noncurrentEnds(w.rules, v, newer).due(w.now) {
		return err
	}
	return w.remove(tx, b, v, &did.noncurrent, did)
}

// remove removes a version for ever, unless it is locked.
func (w *lifecycleWalk) remove(tx *objects.Tx, b *objects.Bucket, v *objects.Version, count *int, did *walkDone) error {
	gone, err := tx.DeleteVersion(b, v.Key, v.ID, false, eventExpired)
	switch {
	case isLocked(err):
		did.locked++
		return nil
	case err != nil || gone == nil:
		return err
	}
	*count++
	did.note("S3.EXPIRE.OBJECT", v)
	return nil
}

// alone reports whether the latest version v is the only one of its object.
func (w *lifecycleWalk) alone(tx *objects.Tx, b *objects.Bucket, v *objects.Version) (bool, error) {
	cursor := tx.Versions(b)
	defer func() { _ = cursor.Close() }() // only read
	more, err := cursor.SeekPast(v.Key, v.ID)
	if err != nil {
		return false, err
	}
	return !more || cursor.Version().Key != v.Key, cursor.Err()
}

// newer counts the versions between the latest one and v, as far as a rule can
// ask for them.
func (w *lifecycleWalk) newer(tx *objects.Tx, b *objects.Bucket, v *objects.Version) (int, error) {
	most := mostNewer(w.rules)
	cursor := tx.Versions(b)
	defer func() { _ = cursor.Close() }() // only read
	count := 0
	for more := count < most && cursor.Seek(v.Key); more && count < most; more = cursor.Next() {
		at := cursor.Version()
		if at.Key != v.Key || at.ID == v.ID {
			break
		}
		if !at.Latest {
			count++
		}
	}
	return count, cursor.Err()
}

// unlessMissing returns err, but for what is not there any more.
func unlessMissing(err error) error {
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return nil
	}
	return err
}

// held reports whether the store would refuse to remove a version, so that it
// need not be asked about each one every day.
func held(v *objects.Version, now time.Time) bool {
	return v.LegalHold || v.Retention.Mode != "" && v.Retention.Until.After(now)
}

func isLocked(err error) bool { return err != nil && cloud.KindOf(err) == cloud.Denied }
