package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetPublicAccessBlock tells what a bucket does against becoming public.
func (s *Service) GetPublicAccessBlock(ctx context.Context, in *s3api.GetPublicAccessBlockInput) (*s3api.GetPublicAccessBlockOutput, error) {
	c, err := needSetting[s3api.PublicAccessBlockConfiguration](ctx, s, in.Bucket, in.ExpectedBucketOwner, publicAccessSetting,
		"NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	return &s3api.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: c}, err
}

// PutPublicAccessBlock says what a bucket does against becoming public.
func (s *Service) PutPublicAccessBlock(ctx context.Context, in *s3api.PutPublicAccessBlockInput) (*s3api.PutPublicAccessBlockOutput, error) {
	given := in.PublicAccessBlockConfiguration
	c := s3api.PublicAccessBlockConfiguration{
		BlockPublicAcls:       new(resource.Value(given.BlockPublicAcls)),
		IgnorePublicAcls:      new(resource.Value(given.IgnorePublicAcls)),
		BlockPublicPolicy:     new(resource.Value(given.BlockPublicPolicy)),
		RestrictPublicBuckets: new(resource.Value(given.RestrictPublicBuckets)),
	}
	return nil, s.putSetting(ctx, in.Bucket, in.ExpectedBucketOwner, publicAccessSetting, c, func() error {
		if *given == (s3api.PublicAccessBlockConfiguration{}) {
			return errInvalidRequest("Must specify at least one configuration.")
		}
		return nil
	})
}

// DeletePublicAccessBlock lets a bucket become public.
func (s *Service) DeletePublicAccessBlock(ctx context.Context, in *s3api.DeletePublicAccessBlockInput) (*s3api.DeletePublicAccessBlockOutput, error) {
	return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, publicAccessSetting)
}

// blocks says whether a bucket refuses what would open it to the public, by one
// of its switches.
func blocks(v *objects.View, b *objects.Bucket, which func(*s3api.PublicAccessBlockConfiguration) *bool) (bool, error) {
	c, err := setting[s3api.PublicAccessBlockConfiguration](v, b, publicAccessSetting)
	return err == nil && c != nil && resource.Value(which(c)), err
}

// errBlocked refuses what a switch of the public access block forbids.
func errBlocked(ctx context.Context, arn, action, what, which string) *cloud.Error {
	return cloud.Errorf(cloud.Denied, "AccessDenied",
		"User: %s is not authorized to perform: %s on resource: %q because public %s are prevented by the %s setting in S3 Block Public Access.",
		cloud.CallOf(ctx).Principal.ARN, action, arn, what, which)
}
