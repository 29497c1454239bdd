package s3

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// Openable returns why the caller may not use the key of one of some objects, as
// reading it would: for who keeps what it has read of them before. What is not
// there is for reading to tell.
func (s *Service) Openable(ctx context.Context, among []objects.Object) error {
	return s.db.View(ctx, func(v *objects.View) error {
		o := opening{s: s, view: v, opened: map[bucketKey]bool{}}
		for i := range among {
			if o.bucket == nil || o.bucket.Name != among[i].Bucket {
				var err error
				if o.bucket, err = v.Bucket(among[i].Bucket); err != nil {
					return ifThere(err)
				}
			}
			if !o.bucket.Keyed {
				continue
			}
			if err := o.openable(ctx, among[i].Key); err != nil {
				return err
			}
		}
		return nil
	})
}

// opening is one look at the keys of objects.
type opening struct {
	s      *Service
	view   *objects.View
	bucket *objects.Bucket
	opened map[bucketKey]bool
}

// bucketKey is what KMS is asked about the objects of a bucket key, for all of
// which it answers alike.
type bucketKey struct{ key, bound, context string }

func (o *opening) openable(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	version, err := o.view.Latest(o.bucket, key)
	if err != nil || version.Marker {
		if cloud.KindOf(err) == cloud.NotFound {
			return nil
		}
		return err
	}
	e := &version.Encryption
	of := bucketKey{e.KeyID, e.Bound, e.Context}
	if e.BucketKey && o.opened[of] {
		return nil
	}
	if _, err := o.s.openKey(ctx, o.bucket, e, nil); err != nil {
		return err
	}
	o.opened[of] = e.BucketKey
	return nil
}
