package former

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
)

const (
	// workers bring over objects at the same time, and share the syncs of the store.
	workers = 8
	maxKey  = 1024
)

// seen are the folders of earlier versions whose objects were found.
type seen struct {
	mu      sync.Mutex
	folders map[string]struct{}
}

func (s *seen) add(folder string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders[folder[strings.LastIndexByte(folder, '/')+1:]] = struct{}{}
}

// found is an object whose latest version lies at a path.
type found struct{ key, path string }

// objects brings over all objects of a bucket.
func (b *bringer) objects(ctx context.Context, bk *bucket) error {
	b.seen = &seen{folders: map[string]struct{}{}}
	group, ctx := errgroup.WithContext(ctx)
	work := make(chan found)
	group.Go(func() error {
		defer close(work)
		return b.walk(bk.Name, func(o found) error {
			select {
			case work <- o:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for range workers {
		group.Go(func() error {
			c := &carrier{bringer: b, bucket: bk}
			for o := range work {
				if err := c.object(ctx, o); err != nil {
					return err
				}
			}
			return c.flush(ctx)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return b.lost(bk)
}

// walk calls f for each object of a bucket.
func (b *bringer) walk(bucket string, f func(found) error) error {
	return fs.WalkDir(b.root.FS(), bucket, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			b.unread(path, err)
			return nil
		}
		key := strings.TrimPrefix(strings.TrimPrefix(path, bucket), "/")
		switch {
		case key == tempFolder:
			return fs.SkipDir
		case key == "":
			return nil
		case d.Type().IsRegular() && strings.HasPrefix(d.Name(), ".") && strings.Contains(d.Name()[1:], tempFolder+"."):
			b.count.cut.Add(1)
			return nil
		case !utf8.ValidString(key) || len(key) > maxKey:
			b.odd(path, "its name can be no key")
			return nil
		case d.IsDir():
			return b.folder(key, path, f)
		case !d.Type().IsRegular():
			b.odd(path, "it is no regular file")
			return nil
		}
		return f(found{key, path})
	})
}

// folder calls f for a folder that is an object itself: one whose key ends in a
// slash.
func (b *bringer) folder(key, path string, f func(found) error) error {
	_, attributes, err := attributesOf(b.root, path)
	if err != nil {
		b.unread(path, err)
		return nil
	}
	if _, ok := attributes[etagAttribute]; !ok {
		return nil
	}
	return f(found{key + "/", path})
}

// lost tells of earlier versions whose object is not there: their folder is named
// by a hash of its key, which nothing tells any more.
func (b *bringer) lost(bk *bucket) error {
	if b.versions == nil {
		return nil
	}
	if _, err := b.versions.Lstat(bk.Name); err != nil {
		return nil //nolint:nilerr // it never had versions
	}
	return fs.WalkDir(b.versions.FS(), bk.Name, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			b.unread(path, err)
			return nil
		}
		parts := strings.Split(path, "/")
		if d.IsDir() {
			if len(parts) == 2 && d.Name() == tempFolder {
				return fs.SkipDir
			}
			return nil
		}
		if len(parts) < 2 {
			return nil
		}
		if _, ok := b.seen.folders[parts[len(parts)-2]]; ok {
			return nil
		}
		b.count.lost.Add(1)
		b.cfg.Log.Error("an earlier version was left behind: nothing says which object it is of", "path", path)
		return nil
	})
}
