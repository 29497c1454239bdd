package s3

import (
	"context"
	"net/http"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetObjectTagging tells the tags of an object.
func (s *Service) GetObjectTagging(ctx context.Context, in *s3api.GetObjectTaggingInput) (*s3api.GetObjectTaggingOutput, error) {
	out := &s3api.GetObjectTaggingOutput{}
	err := s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		version, err := find(v, b, *in.Key, in.VersionId, http.MethodGet)
		if err == nil {
			out.TagSet, out.VersionId = toldTags(version.Tags), versionOf(b, version)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// PutObjectTagging replaces the tags of an object.
func (s *Service) PutObjectTagging(ctx context.Context, in *s3api.PutObjectTaggingInput) (*s3api.PutObjectTaggingOutput, error) {
	tags, err := setTags(in.Tagging.TagSet)
	if err != nil {
		return nil, err
	}
	out := &s3api.PutObjectTaggingOutput{}
	err = s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		out.VersionId, err = retag(tx, b, *in.Key, in.VersionId, http.MethodPut, "ObjectTagging:Put", tags)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteObjectTagging removes the tags of an object.
func (s *Service) DeleteObjectTagging(ctx context.Context, in *s3api.DeleteObjectTaggingInput) (*s3api.DeleteObjectTaggingOutput, error) {
	out := &s3api.DeleteObjectTaggingOutput{}
	err := s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) (err error) {
		out.VersionId, err = retag(tx, b, *in.Key, in.VersionId, http.MethodDelete, "ObjectTagging:Delete", nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// retag replaces a version's tags and returns its ID as it is told.
func retag(tx *objects.Tx, b *objects.Bucket, key string, id *string, method, event string, tags []objects.Tag) (*string, error) {
	version, err := find(&tx.View, b, key, id, method)
	if err != nil {
		return nil, err
	}
	return versionOf(b, version), tx.Amend(version, false, event, func(v *objects.Version) error {
		v.Tags = tags
		return nil
	})
}
