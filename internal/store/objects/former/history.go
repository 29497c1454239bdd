package former

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/store/objects"
)

// item is one version of an object, or a delete marker, as it lies in a folder.
type item struct {
	root    *os.Root
	path    string
	size    int64
	bare    bool    // nothing is known of it but its content
	parts   []int64 // sizes
	version objects.Version
}

// versionsFolder returns where the earlier versions of an object are.
func versionsFolder(bucket, key string) string {
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:])
	return strings.Join([]string{bucket, name[:2], name[2:4], name[4:6], name}, "/")
}

// history returns all versions of an object, the oldest first.
func (b *bringer) history(bk *bucket, key, path string) ([]*item, error) {
	latest, err := b.item(b.root, path, "")
	if err != nil {
		b.unread(path, err)
	}
	earlier, err := b.earlier(bk.Name, key)
	if err != nil {
		return nil, err
	}
	if latest != nil {
		earlier = slices.DeleteFunc(earlier, func(i *item) bool { return latest.isAgain(i) })
	}
	all := inOrder(earlier, latest)
	if latest != nil {
		all = append(all, latest)
	}
	if n := len(all); n > 1 && all[n-1].version.Marker && all[n-2].version.Time.After(all[n-1].version.Time) {
		// A null delete marker has the time of what it hides, and no ID.
		all[n-1].version.Time = all[n-2].version.Time
	}
	b.rename(all)
	for _, i := range all {
		b.retain(bk, i)
	}
	return all, nil
}

// isAgain says whether an earlier version is the latest once more: it is put
// there first when it is to be replaced, and a crash may have come before that
// was done. Its locks may have been taken off the latest already.
func (i *item) isAgain(earlier *item) bool {
	v, e := &i.version, &earlier.version
	if v.ID != e.ID || v.ID == objects.NullVersion || v.Marker != e.Marker {
		return false
	}
	if e.Retention.Until.After(v.Retention.Until) {
		v.Retention = e.Retention
	}
	v.LegalHold, v.HoldSet = v.LegalHold || e.LegalHold, v.HoldSet || e.HoldSet
	return true
}

// earlier returns the earlier versions of an object, in any order.
func (b *bringer) earlier(bucket, key string) ([]*item, error) {
	if b.versions == nil {
		return nil, nil
	}
	folder := versionsFolder(bucket, key)
	entries, err := fs.ReadDir(b.versions.FS(), folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b.seen.add(folder)
	var all []*item
	for _, e := range entries {
		path := folder + "/" + e.Name()
		_, made := timeOf(e.Name())
		if !e.Type().IsRegular() || !made && e.Name() != objects.NullVersion {
			b.odd(path, "it is no version of "+key)
			continue
		}
		i, err := b.item(b.versions, path, e.Name())
		if err != nil {
			b.unread(path, err)
			continue
		}
		all = append(all, i)
	}
	return all, nil
}

// item returns the version that a file is; id is what its folder says that it is
// called, empty for the latest.
func (b *bringer) item(root *os.Root, path, id string) (*item, error) {
	info, attributes, err := attributesOf(root, path)
	if err != nil {
		return nil, err
	}
	i := &item{root: root, path: path, size: info.Size()}
	if info.IsDir() {
		i.size = 0
	}
	if id == "" {
		id = attributes[versionAttribute]
	}
	v := &i.version
	_, v.Marker = attributes[markerAttribute]
	v.ID = objects.NullVersion
	v.Time = info.ModTime().UTC().Truncate(time.Millisecond)
	if made, ok := timeOf(id); ok {
		v.ID = id
		// An earlier version is a copy, as old as its replacement, and a delete
		// marker the file that it hides, as old as that. The ID tells the time.
		if v.Marker || made.Before(v.Time) {
			v.Time = made
		}
	}
	_, said := attributes[etagAttribute]
	i.bare = !said && !v.Marker
	err = describe(v, attributes)
	if !v.Marker {
		var sizesErr error
		i.parts, sizesErr = partSizes(attributes, i.size)
		err = errors.Join(err, sizesErr)
	}
	if err != nil {
		b.unlike(path, err)
	}
	return i, nil
}

// inOrder sorts earlier versions, the oldest first. IDs tell when they were made.
// The null version has none: its file was copied here when it was replaced, so it
// stands before the version, which may be the latest, that was made nearest to
// that.
func inOrder(all []*item, latest *item) []*item {
	var null *item
	var replacers []*item
	for _, i := range all {
		if i.version.ID == objects.NullVersion {
			null = i
		} else {
			replacers = append(replacers, i)
		}
	}
	slices.SortFunc(replacers, func(a, b *item) int { return strings.Compare(a.version.ID, b.version.ID) })
	sorted := slices.Clone(replacers)
	if null == nil {
		return sorted
	}
	if latest != nil {
		replacers = append(replacers, latest)
	}
	at, nearest := 0, time.Duration(math.MaxInt64)
	for n, i := range replacers {
		made, ok := timeOf(i.version.ID)
		if far := made.Sub(null.version.Time).Abs(); ok && far < nearest {
			at, nearest = n, far
		}
	}
	return slices.Insert(sorted, at, null)
}

// rename gives an earlier null version a new ID where a later one is the null
// version: the former version kept both, S3 keeps one.
func (b *bringer) rename(all []*item) {
	seen := map[string]bool{}
	for _, i := range slices.Backward(all) {
		v := &i.version
		if !seen[v.ID] {
			seen[v.ID] = true
			continue
		}
		sum := sha256.Sum256([]byte(i.path))
		id := madeID(v.Time, sum[:])
		b.count.renamed.Add(1)
		b.cfg.Log.Warn("an earlier version had an ID that another one has too and was given a new one", "path", i.path, "id", v.ID, "new_id", id)
		v.ID = id
		seen[id] = true
	}
}

// retain gives a version the default retention of its bucket.
func (b *bringer) retain(bk *bucket, i *item) {
	v := &i.version
	if bk.retention == nil || v.Marker || v.Retention.Mode != "" {
		return
	}
	if r := bk.until(v.Time); r.Until.After(b.cfg.Now()) {
		v.Retention = r
		b.count.retained.Add(1)
	}
}

// unlike tells of a version whose content or attributes are not what they should
// be.
func (b *bringer) unlike(path string, err error) {
	b.count.unlike.Add(1)
	b.cfg.Log.Error("a version is not what the former version says of it and was brought over as it is", "path", path, "error", err)
}
