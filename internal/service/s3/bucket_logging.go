package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// GetBucketLogging tells where the log of access to a bucket goes: nothing where
// there is none.
func (s *Service) GetBucketLogging(ctx context.Context, in *s3api.GetBucketLoggingInput) (*s3api.GetBucketLoggingOutput, error) {
	to, err := getSetting[s3api.LoggingEnabled](ctx, s, in.Bucket, in.ExpectedBucketOwner, loggingSetting)
	return &s3api.GetBucketLoggingOutput{LoggingEnabled: to}, err
}

// PutBucketLogging says where the log of access to a bucket goes, or that there
// is to be none.
func (s *Service) PutBucketLogging(ctx context.Context, in *s3api.PutBucketLoggingInput) (*s3api.PutBucketLoggingOutput, error) {
	to := in.BucketLoggingStatus.LoggingEnabled
	if to == nil {
		return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, loggingSetting)
	}
	s.access.some.Store(true)
	return nil, s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := checkLogging(&tx.View, b, to); err != nil {
			return err
		}
		return setSetting(tx, b, loggingSetting, to)
	})
}

func checkLogging(v *objects.View, b *objects.Bucket, l *s3api.LoggingEnabled) error {
	if l.TargetBucket == nil || l.TargetPrefix == nil {
		return errMalformed()
	}
	target, err := v.Bucket(*l.TargetBucket)
	switch {
	case err != nil && cloud.KindOf(err) != cloud.NotFound:
		return err
	case err != nil:
		return fail(cloud.Invalid, "InvalidTargetBucketForLogging", "The target bucket for logging does not exist", "TargetBucket", *l.TargetBucket)
	case target.Account != b.Account:
		return fail(cloud.Invalid, "InvalidTargetBucketForLogging",
			"The owner for the bucket to be logged and the target bucket must be the same.", "TargetBucket", *l.TargetBucket)
	case target.Region != b.Region:
		return fail(cloud.Denied, "CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed. ",
			"TargetBucketLocation", string(target.Region)) // S3 spells it so
	}
	if err := checkTargetGrants(l.TargetGrants); err != nil {
		return err
	}
	if len(l.TargetGrants) > 0 && aclsOff(v, target) {
		return fail(cloud.Invalid, "InvalidTargetBucketForLogging", "The target bucket for logging does not allow ACLs", "TargetBucket", *l.TargetBucket)
	}
	return checkLogKeys(l.TargetObjectKeyFormat)
}

func checkTargetGrants(list []s3api.TargetGrant) error {
	for _, g := range list {
		if !slices.Contains([]string{fullControl, "READ", "WRITE"}, text(g.Permission)) || g.Grantee == nil {
			return errMalformed()
		}
		switch text(g.Grantee.Type) {
		case canonicalUser, group, customerByEmail:
		default:
			return errMalformed()
		}
		if _, err := cleanGrantee(g.Grantee); err != nil {
			return err
		}
	}
	return nil
}

// checkLogKeys refuses a form of keys that is none or two.
func checkLogKeys(f *s3api.TargetObjectKeyFormat) error {
	switch {
	case f == nil:
		return nil
	case (f.SimplePrefix == nil) == (f.PartitionedPrefix == nil):
		return errMalformed()
	case f.PartitionedPrefix != nil && f.PartitionedPrefix.PartitionDateSource != nil &&
		!slices.Contains([]string{"EventTime", "DeliveryTime"}, *f.PartitionedPrefix.PartitionDateSource):
		return errMalformed()
	}
	return nil
}
