package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// analytics are kept and told back. Nothing is analysed.
var analytics = configurations[s3api.AnalyticsConfiguration]{"analytics"}

// GetBucketAnalyticsConfiguration tells one of a bucket's analyses.
func (s *Service) GetBucketAnalyticsConfiguration(ctx context.Context, in *s3api.GetBucketAnalyticsConfigurationInput) (*s3api.GetBucketAnalyticsConfigurationOutput, error) {
	c, err := analytics.get(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id)
	return &s3api.GetBucketAnalyticsConfigurationOutput{AnalyticsConfiguration: c}, err
}

// PutBucketAnalyticsConfiguration keeps an analysis of a bucket.
func (s *Service) PutBucketAnalyticsConfiguration(ctx context.Context, in *s3api.PutBucketAnalyticsConfigurationInput) (*s3api.PutBucketAnalyticsConfigurationOutput, error) {
	c := in.AnalyticsConfiguration
	return nil, analytics.put(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id, c, func(v *objects.View, _ *objects.Bucket) error {
		if err := checkConfigurationID(in.Id, c.Id); err != nil {
			return err
		}
		return checkAnalytics(v, c)
	})
}

// DeleteBucketAnalyticsConfiguration removes an analysis of a bucket.
func (s *Service) DeleteBucketAnalyticsConfiguration(ctx context.Context, in *s3api.DeleteBucketAnalyticsConfigurationInput) (*s3api.DeleteBucketAnalyticsConfigurationOutput, error) {
	return nil, analytics.delete(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id)
}

// ListBucketAnalyticsConfigurations lists a bucket's analyses by ID.
func (s *Service) ListBucketAnalyticsConfigurations(ctx context.Context, in *s3api.ListBucketAnalyticsConfigurationsInput) (*s3api.ListBucketAnalyticsConfigurationsOutput, error) {
	list, next, err := analytics.list(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.ContinuationToken)
	return &s3api.ListBucketAnalyticsConfigurationsOutput{
		AnalyticsConfigurationList: list, IsTruncated: new(next != nil), ContinuationToken: in.ContinuationToken, NextContinuationToken: next,
	}, err
}

func checkAnalytics(v *objects.View, c *s3api.AnalyticsConfiguration) error {
	if f := c.Filter; f != nil && count(f.Prefix != nil, f.Tag != nil, f.And != nil) > 1 {
		return errMalformed()
	}
	if f := c.Filter; f != nil && f.And != nil && count(f.And.Prefix != nil)+len(f.And.Tags) < 2 {
		return errMalformed()
	}
	if c.StorageClassAnalysis == nil {
		return errMalformed()
	}
	export := c.StorageClassAnalysis.DataExport
	if export == nil {
		return nil
	}
	if text(export.OutputSchemaVersion) != "V_1" || export.Destination == nil || export.Destination.S3BucketDestination == nil ||
		!slices.Contains(words("AnalyticsS3ExportFileFormat"), text(export.Destination.S3BucketDestination.Format)) {
		return errMalformed()
	}
	return checkDestination(v, text(export.Destination.S3BucketDestination.Bucket))
}
