package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// The longest default retention.
const (
	maxLockYears = 100
	maxLockDays  = 36500
)

// GetObjectLockConfiguration tells how a bucket locks its versions.
func (s *Service) GetObjectLockConfiguration(ctx context.Context, in *s3api.GetObjectLockConfigurationInput) (*s3api.GetObjectLockConfigurationOutput, error) {
	out := &s3api.GetObjectLockConfigurationOutput{}
	return out, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		if !b.ObjectLock {
			return errNotSet("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket", b.Name)
		}
		c, err := setting[s3api.ObjectLockConfiguration](v, b, lockSetting)
		if c == nil {
			c = &s3api.ObjectLockConfiguration{ObjectLockEnabled: new("Enabled")}
		}
		out.ObjectLockConfiguration = c
		return err
	})
}

// PutObjectLockConfiguration lets a bucket lock its versions, for ever, and says
// for how long those are locked that come from now on. What is locked already
// stays so.
func (s *Service) PutObjectLockConfiguration(ctx context.Context, in *s3api.PutObjectLockConfigurationInput) (*s3api.PutObjectLockConfigurationOutput, error) {
	c := in.ObjectLockConfiguration
	return nil, s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := checkLock(c, b); err != nil {
			return err
		}
		if !b.ObjectLock {
			if err := tx.EnableObjectLock(b); err != nil {
				return err
			}
		}
		return setSetting(tx, b, lockSetting, c)
	})
}

func checkLock(c *s3api.ObjectLockConfiguration, b *objects.Bucket) error {
	switch {
	case c == nil:
		return cloud.Errorf(cloud.Invalid, "MissingRequestBodyError", "Request Body is empty")
	case text(c.ObjectLockEnabled) != "Enabled":
		return errMalformed()
	case b.Versioning != objects.Enabled:
		return cloud.Errorf(cloud.Conflict, "InvalidBucketState",
			"Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
	case c.Rule == nil:
		return nil
	case c.Rule.DefaultRetention == nil:
		return errMalformed()
	}
	return checkDefaultRetention(c.Rule.DefaultRetention)
}

func checkDefaultRetention(r *s3api.DefaultRetention) error {
	if !slices.Contains([]string{objects.Governance, objects.Compliance}, text(r.Mode)) || (r.Days == nil) == (r.Years == nil) {
		return errMalformed()
	}
	period, most := r.Days, int32(maxLockDays)
	if r.Years != nil {
		period, most = r.Years, maxLockYears
	}
	switch {
	case *period <= 0:
		return errInvalidArgument("Default retention period must be a positive integer value.")
	case *period > most:
		return errInvalidArgument("Default retention period is too large")
	}
	return nil
}
