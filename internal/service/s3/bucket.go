package s3

import (
	"context"
	"errors"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// HeadBucket says that a bucket is there and may be used.
func (s *Service) HeadBucket(ctx context.Context, in *s3api.HeadBucketInput) (*s3api.HeadBucketOutput, error) {
	out := &s3api.HeadBucketOutput{BucketArn: new(bucketARN(*in.Bucket)), AccessPointAlias: new(false), ContentType: new("application/xml")}
	err := s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(_ *objects.View, b *objects.Bucket) error {
		out.BucketRegion = new(string(b.Region))
		return nil
	})
	return out, err
}

// GetBucketLocation tells a bucket's region as the constraint that it was made
// with, which is none in S3's first region.
func (s *Service) GetBucketLocation(ctx context.Context, in *s3api.GetBucketLocationInput) (*s3api.GetBucketLocationOutput, error) {
	out := &s3api.GetBucketLocationOutput{}
	err := s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		location, err := setting[string](v, b, locationSetting)
		switch {
		case location != nil:
			out.LocationConstraint = location
		case b.Region != firstRegion:
			out.LocationConstraint = new(string(b.Region))
		}
		return err
	})
	return out, err
}

// DeleteBucket removes a bucket that holds no version and no delete marker.
// Uploads that were never completed end with it.
func (s *Service) DeleteBucket(ctx context.Context, in *s3api.DeleteBucketInput) (*s3api.DeleteBucketOutput, error) {
	return nil, s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		empty, err := isEmpty(&tx.View, b)
		if err != nil {
			return err
		}
		if !empty {
			return errNotEmpty(b)
		}
		if err := abortUploads(ctx, tx, b); err != nil {
			return err
		}
		return tx.DeleteBucket(b)
	})
}

func isEmpty(v *objects.View, b *objects.Bucket) (bool, error) {
	c := v.Versions(b)
	some := c.Seek("")
	return !some, errors.Join(c.Err(), c.Close())
}

func abortUploads(ctx context.Context, tx *objects.Tx, b *objects.Bucket) error {
	var uploads []*objects.Upload
	for u, err := range tx.Uploads(b, "") {
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		uploads = append(uploads, u)
	}
	for _, u := range uploads {
		if err := tx.AbortUpload(u); err != nil {
			return err
		}
	}
	return nil
}

func errNotEmpty(b *objects.Bucket) *cloud.Error {
	message := "The bucket you tried to delete is not empty"
	if b.Versioning != objects.Unversioned {
		message += ". You must delete all versions in the bucket."
	}
	return fail(cloud.Conflict, "BucketNotEmpty", message, "BucketName", b.Name)
}
