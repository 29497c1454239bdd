package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetBucketReplication says that a bucket has no replication. To put one is
// refused, since it would promise copies that nobody makes.
func (s *Service) GetBucketReplication(ctx context.Context, in *s3api.GetBucketReplicationInput) (*s3api.GetBucketReplicationOutput, error) {
	return nil, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(_ *objects.View, b *objects.Bucket) error {
		return errNotSet("ReplicationConfigurationNotFoundError", "The replication configuration was not found", b.Name)
	})
}

// DeleteBucketReplication does nothing, as there is no replication.
func (s *Service) DeleteBucketReplication(ctx context.Context, in *s3api.DeleteBucketReplicationInput) (*s3api.DeleteBucketReplicationOutput, error) {
	return nil, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(*objects.View, *objects.Bucket) error { return nil })
}

// GetBucketAbac says that tags of a bucket do not decide who gets in.
func (s *Service) GetBucketAbac(ctx context.Context, in *s3api.GetBucketAbacInput) (*s3api.GetBucketAbacOutput, error) {
	out := &s3api.GetBucketAbacOutput{AbacStatus: &s3api.AbacStatus{Status: new("Disabled")}}
	return out, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(*objects.View, *objects.Bucket) error { return nil })
}
