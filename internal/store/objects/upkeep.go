package objects

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Usage is what a bucket holds.
type Usage struct {
	Bucket   *Bucket
	Objects  int64 // latest versions that are no delete markers
	Bytes    int64 // of these
	Versions int64 // earlier versions
	Earlier  int64 // bytes of earlier versions
	Markers  int64
	Locked   int64 // versions under retention or legal hold now
	Uploads  int64
	Parts    int64 // bytes of the parts of uploads
}

// progressEvery is how many versions or blobs lie between two calls of progress.
const progressEvery = 1000

// Usage counts what each bucket holds, and how many bytes a sweep would free.
// progress, which may be nil, is called now and then with how many versions were
// counted.
func (d *DB) Usage(ctx context.Context, progress func(versions int64)) (buckets []Usage, free int64, err error) {
	err = d.View(ctx, func(v *View) error {
		n := &counter{view: v, ended: ctx.Err, now: d.cfg.Now(), progress: progress}
		for b, err := range v.Buckets("") {
			if err != nil {
				return err
			}
			used, err := n.bucket(b)
			if err != nil {
				return fmt.Errorf("bucket %s: %w", b.Name, err)
			}
			buckets = append(buckets, used)
		}
		free, err = n.garbage()
		return err
	})
	return buckets, free, err
}

// counter counts what is there.
type counter struct {
	view     *View
	ended    func() error
	now      time.Time
	progress func(int64)
	seen     int64
}

func (n *counter) bucket(b *Bucket) (Usage, error) {
	used := Usage{Bucket: b}
	c := n.view.Versions(b)
	for c.Next() {
		if err := n.step(); err != nil {
			return used, err
		}
		used.count(c.Version(), n.now)
	}
	if err := c.Err(); err != nil {
		return used, err
	}
	if err := c.Close(); err != nil {
		return used, err
	}
	for u, err := range n.view.Uploads(b, "") {
		if err != nil {
			return used, err
		}
		used.Uploads++
		for p, err := range n.view.Parts(u, 0) {
			if err != nil {
				return used, err
			}
			used.Parts += p.Size
		}
	}
	return used, nil
}

func (u *Usage) count(v *Version, now time.Time) {
	switch {
	case v.Marker:
		u.Markers++
	case v.Latest:
		u.Objects++
		u.Bytes += v.Size
	default:
		u.Versions++
		u.Earlier += v.Size
	}
	if locked(v, now, false) {
		u.Locked++
	}
}

func (n *counter) step() error {
	if n.seen++; n.seen%progressEvery != 0 {
		return nil
	}
	if n.progress != nil {
		n.progress(n.seen)
	}
	return n.ended()
}

// garbage returns how much the files of deleted blobs take.
func (n *counter) garbage() (int64, error) {
	var free int64
	files := n.view.db.files
	err := n.view.walk([]byte{spaceGarbage}, []byte{spaceGarbage}, func(key, _ []byte) (bool, error) {
		if info, err := files.lstat(files.file(numberAt(key, 1))); err == nil {
			free += info.Size()
		}
		return true, n.ended()
	})
	return free, err
}

// Damage is content that is not what was written.
type Damage struct {
	Blob     uint64
	Path     string   // the file, relative to the store's folder; empty for content in the index
	Versions []string // "bucket/key?versionId=id" of the versions and parts that need it
	Err      error
}

// Progress says how far a scrub is.
type Progress struct {
	Blobs, Bytes       int64
	AllBlobs, AllBytes int64
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[uint64]V) []uint64 {
	keys := make([]uint64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
