package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// inventories are kept and told back. No inventory is written.
var inventories = configurations[s3api.InventoryConfiguration]{"inventory"}

// GetBucketInventoryConfiguration tells one of a bucket's inventories.
func (s *Service) GetBucketInventoryConfiguration(ctx context.Context, in *s3api.GetBucketInventoryConfigurationInput) (*s3api.GetBucketInventoryConfigurationOutput, error) {
	c, err := inventories.get(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id)
	return &s3api.GetBucketInventoryConfigurationOutput{InventoryConfiguration: c}, err
}

// PutBucketInventoryConfiguration keeps an inventory of a bucket.
func (s *Service) PutBucketInventoryConfiguration(ctx context.Context, in *s3api.PutBucketInventoryConfigurationInput) (*s3api.PutBucketInventoryConfigurationOutput, error) {
	c := in.InventoryConfiguration
	return nil, inventories.put(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id, c, func(v *objects.View, _ *objects.Bucket) error {
		if text(c.Id) != *in.Id {
			return cloud.Errorf(cloud.Invalid, "IdMismatch", "Document ID does not match the specified configuration ID.")
		}
		return checkInventory(v, c)
	})
}

// DeleteBucketInventoryConfiguration removes an inventory of a bucket.
func (s *Service) DeleteBucketInventoryConfiguration(ctx context.Context, in *s3api.DeleteBucketInventoryConfigurationInput) (*s3api.DeleteBucketInventoryConfigurationOutput, error) {
	return nil, inventories.delete(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id)
}

// ListBucketInventoryConfigurations lists a bucket's inventories by ID.
func (s *Service) ListBucketInventoryConfigurations(ctx context.Context, in *s3api.ListBucketInventoryConfigurationsInput) (*s3api.ListBucketInventoryConfigurationsOutput, error) {
	list, next, err := inventories.list(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.ContinuationToken)
	return &s3api.ListBucketInventoryConfigurationsOutput{
		InventoryConfigurationList: list, IsTruncated: new(next != nil), ContinuationToken: in.ContinuationToken, NextContinuationToken: next,
	}, err
}

func checkInventory(v *objects.View, c *s3api.InventoryConfiguration) error {
	if c.IsEnabled == nil || c.Schedule == nil || c.Destination == nil || c.Destination.S3BucketDestination == nil ||
		!slices.Contains(words("InventoryFrequency"), text(c.Schedule.Frequency)) ||
		!slices.Contains(words("InventoryIncludedObjectVersions"), text(c.IncludedObjectVersions)) {
		return errMalformed()
	}
	for _, field := range c.OptionalFields {
		if !slices.Contains(words("InventoryOptionalField"), field) {
			return errMalformed()
		}
	}
	to := c.Destination.S3BucketDestination
	if !slices.Contains(words("InventoryFormat"), text(to.Format)) {
		return errMalformed()
	}
	return checkDestination(v, text(to.Bucket))
}

// checkDestination refuses the ARN of a bucket that is not there.
func checkDestination(v *objects.View, arn string) error {
	parsed, err := cloud.ParseARN(arn)
	if err != nil || parsed.Service != "s3" || bucketARN(parsed.Resource) != arn {
		return errInvalidRequest("Invalid bucket ARN.")
	}
	_, err = v.Bucket(parsed.Resource)
	return err
}
