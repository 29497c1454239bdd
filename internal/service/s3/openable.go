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
		var b *objects.Bucket
		for i := range among {
			if b == nil || b.Name != among[i].Bucket {
				var err error
				if b, err = v.Bucket(among[i].Bucket); err != nil {
					return ifThere(err)
				}
			}
			if !b.Keyed {
				continue
			}
			if err := s.openable(ctx, v, b, among[i].Key); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) openable(ctx context.Context, v *objects.View, b *objects.Bucket, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	version, err := v.Latest(b, key)
	if err != nil || version.Marker {
		if cloud.KindOf(err) == cloud.NotFound {
			return nil
		}
		return err
	}
	_, err = s.openKey(ctx, b, &version.Encryption, nil)
	return err
}
