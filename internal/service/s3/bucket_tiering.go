package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// tierings are kept and told back. Nothing is moved: there is one class of
// storage here.
var tierings = configurations[s3api.IntelligentTieringConfiguration]{"intelligent-tiering"}

// GetBucketIntelligentTieringConfiguration tells one of a bucket's ways of
// archiving what is not read.
func (s *Service) GetBucketIntelligentTieringConfiguration(ctx context.Context, in *s3api.GetBucketIntelligentTieringConfigurationInput) (*s3api.GetBucketIntelligentTieringConfigurationOutput, error) {
	c, err := tierings.get(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id)
	return &s3api.GetBucketIntelligentTieringConfigurationOutput{IntelligentTieringConfiguration: c}, err
}

// PutBucketIntelligentTieringConfiguration keeps one of a bucket's ways of
// archiving what is not read.
func (s *Service) PutBucketIntelligentTieringConfiguration(ctx context.Context, in *s3api.PutBucketIntelligentTieringConfigurationInput) (*s3api.PutBucketIntelligentTieringConfigurationOutput, error) {
	c := in.IntelligentTieringConfiguration
	return nil, tierings.put(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id, c, func(*objects.View, *objects.Bucket) error {
		if err := checkConfigurationID(in.Id, c.Id); err != nil {
			return err
		}
		return checkTiering(c)
	})
}

// DeleteBucketIntelligentTieringConfiguration removes one of a bucket's ways of
// archiving what is not read.
func (s *Service) DeleteBucketIntelligentTieringConfiguration(ctx context.Context, in *s3api.DeleteBucketIntelligentTieringConfigurationInput) (*s3api.DeleteBucketIntelligentTieringConfigurationOutput, error) {
	return nil, tierings.delete(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.Id)
}

// ListBucketIntelligentTieringConfigurations lists by ID a bucket's ways of
// archiving what is not read.
func (s *Service) ListBucketIntelligentTieringConfigurations(ctx context.Context, in *s3api.ListBucketIntelligentTieringConfigurationsInput) (*s3api.ListBucketIntelligentTieringConfigurationsOutput, error) {
	list, next, err := tierings.list(ctx, s, in.Bucket, in.ExpectedBucketOwner, in.ContinuationToken)
	return &s3api.ListBucketIntelligentTieringConfigurationsOutput{
		IntelligentTieringConfigurationList: list, IsTruncated: new(next != nil), ContinuationToken: in.ContinuationToken, NextContinuationToken: next,
	}, err
}

// leastTierDays are after how many days an object may move to a tier.
var leastTierDays = map[string]int32{"ARCHIVE_ACCESS": 90, "DEEP_ARCHIVE_ACCESS": 180}

const maxTierDays = 730

func checkTiering(c *s3api.IntelligentTieringConfiguration) error {
	if !slices.Contains(words("IntelligentTieringStatus"), text(c.Status)) || len(c.Tierings) == 0 {
		return errMalformed()
	}
	if f := c.Filter; f != nil && count(f.Prefix != nil, f.Tag != nil, f.And != nil) > 1 {
		return errMalformed()
	}
	if f := c.Filter; f != nil && f.And != nil && count(f.And.Prefix != nil)+len(f.And.Tags) < 2 {
		return errMalformed()
	}
	seen := map[string]bool{}
	for _, t := range c.Tierings {
		tier := text(t.AccessTier)
		least, ok := leastTierDays[tier]
		switch {
		case !ok || t.Days == nil || seen[tier]:
			return errMalformed()
		case *t.Days < least || *t.Days > maxTierDays:
			return errInvalidArgument("'Days' for tier %s must be between %d and %d", tier, least, maxTierDays)
		}
		seen[tier] = true
	}
	return nil
}
