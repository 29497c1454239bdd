package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetBucketVersioning tells a bucket's versioning: nothing for one that never
// had any.
func (s *Service) GetBucketVersioning(ctx context.Context, in *s3api.GetBucketVersioningInput) (*s3api.GetBucketVersioningOutput, error) {
	out := &s3api.GetBucketVersioningOutput{}
	return out, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(_ *objects.View, b *objects.Bucket) error {
		if b.Versioning != objects.Unversioned {
			out.Status = new(string(b.Versioning))
		}
		return nil
	})
}

// PutBucketVersioning turns a bucket's versioning on or suspends it. Deletes
// that ask for a second factor are refused by name.
func (s *Service) PutBucketVersioning(ctx context.Context, in *s3api.PutBucketVersioningInput) (*s3api.PutBucketVersioningOutput, error) {
	return nil, s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := checkVersioning(in.VersioningConfiguration, b); err != nil {
			return err
		}
		return tx.SetVersioning(b, objects.Versioning(*in.VersioningConfiguration.Status))
	})
}

func checkVersioning(c *s3api.VersioningConfiguration, b *objects.Bucket) error {
	switch status := objects.Versioning(text(c.Status)); {
	case c.Status == nil:
		return cloud.Errorf(cloud.Invalid, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	case status != objects.Enabled && status != objects.Suspended:
		return errMalformed()
	case text(c.MFADelete) == "Enabled":
		return cloud.Errorf(cloud.Unsupported, "NotImplemented", "MFA delete is not supported by this version of Sillok")
	case status == objects.Suspended && b.ObjectLock:
		return cloud.Errorf(cloud.Conflict, "InvalidBucketState",
			"An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	return nil
}
