package objects

import (
	"context"
	"crypto/md5" //nolint:gosec // it is what ETags are
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"iter"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/checksum"
)

// The events and words of objects that are put without a client.
const (
	eventPut     = "ObjectCreated:Put"
	eventDeleted = "ObjectRemoved:Delete"
	eventMarked  = "ObjectRemoved:DeleteMarkerCreated"

	plainChecksum = "CRC64NVME"
)

// listPage is how many objects are read on one state of the index, so that a
// listing that somebody takes long over holds up nothing.
const listPage = 1000

var _ Store = (*DB)(nil)

// BucketExists implements Store.
func (d *DB) BucketExists(ctx context.Context, bucket string) (bool, error) {
	err := d.View(ctx, func(v *View) error {
		_, err := v.Bucket(bucket)
		return err
	})
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Kind == cloud.NotFound {
		return false, nil
	}
	return err == nil, err
}

// List implements Store.
func (d *DB) List(ctx context.Context, bucket, prefix string) iter.Seq2[Object, error] {
	return Collect(func(yield func(Object) bool) error {
		for from := prefix; ; {
			page, err := d.listFrom(ctx, bucket, prefix, from)
			if err != nil {
				return err
			}
			for _, o := range page {
				if err := ctx.Err(); err != nil {
					return err
				}
				if !yield(o) {
					return nil
				}
			}
			if len(page) < listPage {
				return nil
			}
			from = page[len(page)-1].Key + "\x00"
		}
	})
}

// listFrom returns up to listPage objects whose key begins with prefix and is not
// less than from.
func (d *DB) listFrom(ctx context.Context, bucket, prefix, from string) ([]Object, error) {
	var page []Object
	err := d.View(ctx, func(v *View) error {
		b, err := v.Bucket(bucket)
		if err != nil {
			return err
		}
		c := v.Objects(b)
		for found := c.Seek(from); found && len(page) < listPage; found = c.Next() {
			version := c.Version()
			if len(version.Key) < len(prefix) || version.Key[:len(prefix)] != prefix {
				break
			}
			page = append(page, plain(version))
		}
		return errors.Join(c.Err(), c.Close())
	})
	return page, err
}

func plain(v *Version) Object {
	return Object{Bucket: v.Bucket, Key: v.Key, ETag: v.ETag, Size: v.Size, Modified: v.Time}
}

// object returns an object's latest version, and NoSuchKey for a delete marker.
func (v *View) object(bucket, key string) (*Version, error) {
	b, err := v.Bucket(bucket)
	if err != nil {
		return nil, err
	}
	latest, err := v.Latest(b, key)
	if err == nil && latest.Marker {
		return nil, NoKey(key)
	}
	return latest, err
}

// Stat implements Store.
func (d *DB) Stat(ctx context.Context, bucket, key string) (o Object, err error) {
	err = d.View(ctx, func(v *View) error {
		version, err := v.object(bucket, key)
		if err == nil {
			o = plain(version)
		}
		return err
	})
	return o, err
}

// Open implements Store.
func (d *DB) Open(ctx context.Context, bucket, key string) (r io.ReadCloser, o Object, err error) {
	err = d.View(ctx, func(v *View) error {
		version, err := v.object(bucket, key)
		if err != nil {
			return err
		}
		o = plain(version)
		r, err = v.Read(ctx, version, 0, version.Size)
		return err
	})
	if err != nil {
		return nil, Object{}, err
	}
	return r, o, nil
}

// Put implements Store.
func (d *DB) Put(ctx context.Context, bucket, key, contentType string, body io.Reader) (Object, error) {
	if exists, err := d.BucketExists(ctx, bucket); err != nil || !exists {
		return Object{}, errors.Join(err, absent(exists, bucket))
	}
	etag := md5.New() //nolint:gosec // as above
	sum, _ := checksum.New(plainChecksum)
	content, err := d.Stage(ctx, io.TeeReader(body, io.MultiWriter(etag, sum)))
	if err != nil {
		return Object{}, err
	}
	defer content.Discard()
	version := &Version{
		ETag:     hex.EncodeToString(etag.Sum(nil)),
		Checksum: Checksum{Algorithm: plainChecksum, Value: base64.StdEncoding.EncodeToString(sum.Sum(nil)), Type: "FULL_OBJECT"},
	}
	if contentType != "" {
		version.Headers = map[string]string{"Content-Type": contentType}
	}
	err = d.Update(ctx, func(t *Tx) error {
		b, err := t.Bucket(bucket)
		if err != nil {
			return err
		}
		version.Owner = string(b.Account)
		return t.Put(b, key, version, content, eventPut)
	})
	if err != nil {
		return Object{}, err
	}
	return plain(version), nil
}

func absent(exists bool, bucket string) error {
	if exists {
		return nil
	}
	return NoBucket(bucket)
}

// Delete implements Store.
func (d *DB) Delete(ctx context.Context, bucket, key string) error {
	return d.Update(ctx, func(t *Tx) error {
		b, err := t.Bucket(bucket)
		if err != nil {
			return err
		}
		_, err = t.Delete(b, key, eventDeleted, eventMarked)
		return err
	})
}
