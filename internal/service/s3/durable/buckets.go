package durable

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucket syncs a bucket's attributes after an operation that changed them.
func (b *Backend) bucket(name string, err error) error {
	if err != nil {
		return err
	}
	return b.files.syncPath(name)
}

// CreateBucket implements backend.Backend.
func (b *Backend) CreateBucket(ctx context.Context, in *s3.CreateBucketInput, acl []byte) error {
	if err := b.bucket(*in.Bucket, b.Posix.CreateBucket(ctx, in, acl)); err != nil {
		return err
	}
	return b.files.syncPath(".")
}

// DeleteBucket implements backend.Backend.
func (b *Backend) DeleteBucket(ctx context.Context, name string) error {
	defer b.gate(name).shut()()
	b.files.forgetAll()
	if err := b.Posix.DeleteBucket(ctx, name); err != nil {
		return err
	}
	if err := b.files.syncPath("."); err != nil {
		return err
	}
	return b.files.syncPath(b.versions)
}

// PutBucketAcl implements backend.Backend.
//
//nolint:revive,staticcheck // versitygw's spelling
func (b *Backend) PutBucketAcl(ctx context.Context, name string, data []byte) error {
	return b.bucket(name, b.Posix.PutBucketAcl(ctx, name, data))
}

// PutBucketVersioning implements backend.Backend.
func (b *Backend) PutBucketVersioning(ctx context.Context, name string, status types.BucketVersioningStatus) error {
	return b.bucket(name, b.Posix.PutBucketVersioning(ctx, name, status))
}

// PutBucketPolicy implements backend.Backend.
func (b *Backend) PutBucketPolicy(ctx context.Context, name string, policy []byte) error {
	return b.bucket(name, b.Posix.PutBucketPolicy(ctx, name, policy))
}

// DeleteBucketPolicy implements backend.Backend.
func (b *Backend) DeleteBucketPolicy(ctx context.Context, name string) error {
	return b.bucket(name, b.Posix.DeleteBucketPolicy(ctx, name))
}

// PutBucketOwnershipControls implements backend.Backend.
func (b *Backend) PutBucketOwnershipControls(ctx context.Context, name string, ownership types.ObjectOwnership) error {
	return b.bucket(name, b.Posix.PutBucketOwnershipControls(ctx, name, ownership))
}

// DeleteBucketOwnershipControls implements backend.Backend.
func (b *Backend) DeleteBucketOwnershipControls(ctx context.Context, name string) error {
	return b.bucket(name, b.Posix.DeleteBucketOwnershipControls(ctx, name))
}

// PutBucketCors implements backend.Backend.
func (b *Backend) PutBucketCors(ctx context.Context, name string, cors []byte) error {
	return b.bucket(name, b.Posix.PutBucketCors(ctx, name, cors))
}

// DeleteBucketCors implements backend.Backend.
func (b *Backend) DeleteBucketCors(ctx context.Context, name string) error {
	return b.bucket(name, b.Posix.DeleteBucketCors(ctx, name))
}

// PutBucketWebsite implements backend.Backend.
func (b *Backend) PutBucketWebsite(ctx context.Context, name string, website []byte) error {
	return b.bucket(name, b.Posix.PutBucketWebsite(ctx, name, website))
}

// DeleteBucketWebsite implements backend.Backend.
func (b *Backend) DeleteBucketWebsite(ctx context.Context, name string) error {
	return b.bucket(name, b.Posix.DeleteBucketWebsite(ctx, name))
}

// PutBucketTagging implements backend.Backend.
func (b *Backend) PutBucketTagging(ctx context.Context, name string, tags map[string]string) error {
	return b.bucket(name, b.Posix.PutBucketTagging(ctx, name, tags))
}

// DeleteBucketTagging implements backend.Backend.
func (b *Backend) DeleteBucketTagging(ctx context.Context, name string) error {
	return b.bucket(name, b.Posix.DeleteBucketTagging(ctx, name))
}

// PutObjectLockConfiguration implements backend.Backend.
func (b *Backend) PutObjectLockConfiguration(ctx context.Context, name string, config []byte) error {
	return b.bucket(name, b.Posix.PutObjectLockConfiguration(ctx, name, config))
}

// ChangeBucketOwner implements backend.Backend.
func (b *Backend) ChangeBucketOwner(ctx context.Context, name, owner string) error {
	return b.bucket(name, b.Posix.ChangeBucketOwner(ctx, name, owner))
}
