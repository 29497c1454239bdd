package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// metrics are filters by which requests are counted: see Served.
var metrics = configurations[s3api.MetricsConfiguration]{"metrics"}

// GetBucketMetricsConfiguration tells one of the filters by which a bucket's
// requests are counted.
func (s *Service) GetBucketMetricsConfiguration(ctx context.Context, in *s3api.GetBucketMetricsConfigurationInput) (*s3api.GetBucketMetricsConfigurationOutput, error) {
	c, err := metrics.get(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id)
	return &s3api.GetBucketMetricsConfigurationOutput{MetricsConfiguration: c}, err
}

// PutBucketMetricsConfiguration keeps a filter by which a bucket's requests are
// counted.
func (s *Service) PutBucketMetricsConfiguration(ctx context.Context, in *s3api.PutBucketMetricsConfigurationInput) (*s3api.PutBucketMetricsConfigurationOutput, error) {
	c := in.MetricsConfiguration
	s.counted.some.Store(true)
	return nil, metrics.put(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id, c, func(*objects.View, *objects.Bucket) error {
		if err := checkConfigurationID(in.Id, c.Id); err != nil || c.Filter == nil {
			return err
		}
		f := c.Filter
		if count(f.Prefix != nil, f.Tag != nil, f.AccessPointArn != nil, f.And != nil) != 1 {
			return errMalformed()
		}
		if and := f.And; and != nil && count(and.Prefix != nil, and.AccessPointArn != nil)+len(and.Tags) < 2 {
			return errMalformed()
		}
		return nil
	})
}

// DeleteBucketMetricsConfiguration removes a filter by which a bucket's requests
// are counted.
func (s *Service) DeleteBucketMetricsConfiguration(ctx context.Context, in *s3api.DeleteBucketMetricsConfigurationInput) (*s3api.DeleteBucketMetricsConfigurationOutput, error) {
	return nil, metrics.delete(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id)
}

// ListBucketMetricsConfigurations lists by ID the filters by which a bucket's
// requests are counted.
func (s *Service) ListBucketMetricsConfigurations(ctx context.Context, in *s3api.ListBucketMetricsConfigurationsInput) (*s3api.ListBucketMetricsConfigurationsOutput, error) {
	list, next, err := metrics.list(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.ContinuationToken)
	return &s3api.ListBucketMetricsConfigurationsOutput{
		MetricsConfigurationList: list, IsTruncated: new(next != nil), ContinuationToken: in.ContinuationToken, NextContinuationToken: next,
	}, err
}
