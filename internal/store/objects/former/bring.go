package former

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	// So much is in one change.
	chunkVersions = 100
	chunkBytes    = 16 << 20
	// tellEvery is the time between two lines of the log.
	tellEvery = 5 * time.Second
)

// pending is a version that is to be brought over.
type pending struct {
	key  string
	item *item
}

// carrier is one of several goroutines that bring over objects, some together in
// one change.
type carrier struct {
	*bringer

	bucket *bucket
	waits  []pending
	size   int64
}

// object brings over all versions of an object, but for those that an earlier run
// has brought over. They may wait for others until flush.
func (c *carrier) object(ctx context.Context, o found) error {
	all, err := c.history(c.bucket, o.key, o.path)
	if err != nil {
		return err
	}
	if all, err = c.missing(ctx, c.bucket, o.key, all); err != nil {
		return err
	}
	for _, i := range all {
		c.waits = append(c.waits, pending{o.key, i})
		c.size += i.size
		if len(c.waits) >= chunkVersions || c.size >= chunkBytes {
			if err := c.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush brings over what waits.
func (c *carrier) flush(ctx context.Context) error {
	err := c.chunk(ctx, c.bucket, c.waits)
	c.waits, c.size = c.waits[:0], 0
	c.tell(c.bucket)
	return err
}

// missing returns the versions that are not in the store.
func (b *bringer) missing(ctx context.Context, bk *bucket, key string, all []*item) (missing []*item, err error) {
	err = b.db.View(ctx, func(v *objects.View) error {
		for _, i := range all {
			there, err := v.Version(bk.Bucket, key, i.version.ID)
			switch {
			case err == nil:
				b.counted(there)
			case cloud.KindOf(err) == cloud.NotFound:
				missing = append(missing, i)
			default:
				return err
			}
		}
		return nil
	})
	return missing, err
}

func (b *bringer) counted(v *objects.Version) {
	b.count.versions.Add(1)
	b.count.bytes.Add(v.Size)
}

// ready is a version with its content.
type ready struct {
	key     string
	version objects.Version
	content []*objects.Staged
}

// chunk brings over some versions in one change.
func (b *bringer) chunk(ctx context.Context, bk *bucket, waits []pending) error {
	var all []ready
	defer func() {
		for _, r := range all {
			for _, s := range r.content {
				s.Discard()
			}
		}
	}()
	for _, p := range waits {
		i := p.item
		content, err := b.stage(ctx, i)
		if failed, ok := errors.AsType[readError](err); ok && ctx.Err() == nil {
			b.unread(i.path, failed.error)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", i.path, err)
		}
		i.version.Owner, i.version.Parts = string(bk.Account), int32(len(i.parts)) //nolint:gosec // at most 10,000
		all = append(all, ready{p.key, i.version, content})
	}
	err := b.db.Update(ctx, func(tx *objects.Tx) error {
		for _, r := range all {
			v := r.version
			if err := tx.Import(bk.Bucket, r.key, &v, r.content); err != nil {
				return fmt.Errorf("%s: %w", r.key, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for n, r := range all {
		var size int64
		for _, s := range r.content {
			size += s.Size()
		}
		all[n].version.Size = size
		b.counted(&all[n].version)
	}
	return nil
}

// readError is an error of the former version's folder, not of the store.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

type source struct{ r io.Reader }

func (s source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = readError{err}
	}
	return n, err
}

// stage takes a version's content to the store, part by part, and checks it.
func (b *bringer) stage(ctx context.Context, i *item) (staged []*objects.Staged, err error) {
	if i.version.Marker {
		return nil, nil
	}
	f, info, _, err := openFile(i.root, i.path)
	if err != nil {
		return nil, readError{err}
	}
	defer f.Close() //nolint:errcheck // it was only read
	defer func() {
		if err != nil {
			for _, s := range staged {
				s.Discard()
			}
		}
	}()
	sizes := i.parts
	if len(sizes) == 0 {
		sizes = []int64{i.size}
	}
	check := newCheck(i)
	offset := int64(0)
	for n, size := range sizes {
		var r io.Reader = io.NewSectionReader(f, offset, size)
		if n == len(sizes)-1 && !info.IsDir() {
			r = rest(f, offset)
		}
		if info.IsDir() {
			r = io.LimitReader(f, 0)
		}
		s, err := b.db.Stage(ctx, source{io.TeeReader(r, check)})
		if err != nil {
			return staged, err
		}
		staged = append(staged, s)
		offset += size
	}
	b.judge(i, check)
	return staged, nil
}

// rest returns what a file has from offset on.
func rest(f *os.File, offset int64) io.Reader {
	const most = 1<<63 - 1
	return io.NewSectionReader(f, offset, most-offset)
}

// check is what a version's content comes to.
type check struct {
	etag *checksum.ETag
	sum  hash.Hash // nil where the version has no checksum of all its content
}

func newCheck(i *item) *check {
	c := &check{etag: checksum.NewETag(i.parts)}
	if i.version.Checksum.Type == fullObject {
		c.sum, _ = checksum.New(i.version.Checksum.Algorithm)
	}
	return c
}

// Write implements io.Writer.
func (c *check) Write(p []byte) (int, error) {
	if c.sum != nil {
		_, _ = c.sum.Write(p)
	}
	return c.etag.Write(p)
}

var (
	wholeETag = regexp.MustCompile(`^[0-9a-f]{32}$`)
	partsETag = regexp.MustCompile(`^[0-9a-f]{32}-[0-9]+$`)
)

// judge tells of content that is not what the version's ETag or checksum says. A
// file that says nothing gets the ETag of its content.
func (b *bringer) judge(i *item, c *check) {
	v, got := &i.version, c.etag.String()
	form := wholeETag
	if len(i.parts) > 0 {
		form = partsETag
	}
	switch {
	case i.bare:
		b.count.bare.Add(1)
		b.cfg.Log.Warn("a file that was laid into a bucket by hand was brought over as an object", "path", i.path)
		v.ETag = got
	case form.MatchString(v.ETag) && v.ETag != got:
		b.unlike(i.path, fmt.Errorf("its ETag is %s, that of its content %s", v.ETag, got))
	case c.sum != nil && base64.StdEncoding.EncodeToString(c.sum.Sum(nil)) != v.Checksum.Value:
		b.unlike(i.path, fmt.Errorf("its %s is not %s", v.Checksum.Algorithm, v.Checksum.Value))
	}
}

// tell tells the log now and then how far it is.
func (b *bringer) tell(bk *bucket) {
	now := b.cfg.Now().Unix()
	last := b.told.Load()
	if now-last < int64(tellEvery/time.Second) || !b.told.CompareAndSwap(last, now) {
		return
	}
	b.cfg.Log.Info("bringing over the objects of the former version", "bucket", bk.Name,
		"versions", b.count.versions.Load(), "bytes", b.count.bytes.Load())
}
