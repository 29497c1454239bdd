package s3

import (
	"context"
	"net/http"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const lockEvent = "ObjectLock:Put"

// GetObjectRetention tells until when a version is kept.
func (s *Service) GetObjectRetention(ctx context.Context, in *s3api.GetObjectRetentionInput) (*s3api.GetObjectRetentionOutput, error) {
	out := &s3api.GetObjectRetentionOutput{}
	err := s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		version, err := findLocked(v, b, *in.Key, in.VersionId, http.MethodGet)
		if err != nil {
			return err
		}
		if version.Retention.Mode == "" {
			return errNoVersionLock()
		}
		out.Retention = &s3api.ObjectLockRetention{Mode: new(version.Retention.Mode), RetainUntilDate: new(version.Retention.Until)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// PutObjectRetention keeps a version until a time, or no longer where it may.
func (s *Service) PutObjectRetention(ctx context.Context, in *s3api.PutObjectRetentionInput) (*s3api.PutObjectRetentionOutput, error) {
	err := s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		version, err := findLocked(&tx.View, b, *in.Key, in.VersionId, http.MethodPut)
		if err != nil {
			return err
		}
		retention, err := newRetention(in.Retention, tx.Now())
		if err != nil {
			return err
		}
		bypass := in.BypassGovernanceRetention != nil && *in.BypassGovernanceRetention
		return tx.Amend(version, bypass, lockEvent, func(v *objects.Version) error {
			v.Retention = retention
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return &s3api.PutObjectRetentionOutput{}, nil
}

// newRetention returns the retention that a document has; none of an empty one.
func newRetention(r *s3api.ObjectLockRetention, now time.Time) (objects.Retention, error) {
	switch {
	case r == nil || r.Mode == nil && r.RetainUntilDate == nil:
		return objects.Retention{}, nil
	case r.RetainUntilDate == nil || !isOneOf(r.Mode, objects.Governance, objects.Compliance):
		return objects.Retention{}, errMalformed()
	case !r.RetainUntilDate.After(now):
		return objects.Retention{}, errArgument("RetainUntilDate", pacific(*r.RetainUntilDate), notFuture)
	}
	return objects.Retention{Mode: *r.Mode, Until: r.RetainUntilDate.UTC()}, nil
}

// pacific is how S3 tells a date that is past, in the time of its first home.
func pacific(t time.Time) string {
	return t.In(time.FixedZone("PST", -8*60*60)).Format("Mon Jan 02 15:04:05 MST 2006")
}

// GetObjectLegalHold tells whether a version is kept until somebody says
// otherwise.
func (s *Service) GetObjectLegalHold(ctx context.Context, in *s3api.GetObjectLegalHoldInput) (*s3api.GetObjectLegalHoldOutput, error) {
	out := &s3api.GetObjectLegalHoldOutput{}
	err := s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		version, err := findLocked(v, b, *in.Key, in.VersionId, http.MethodGet)
		if err != nil {
			return err
		}
		status := holdStatus(version)
		if status == nil {
			return errNoVersionLock()
		}
		out.LegalHold = &s3api.ObjectLockLegalHold{Status: status}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// PutObjectLegalHold keeps a version until somebody says otherwise, or says so.
func (s *Service) PutObjectLegalHold(ctx context.Context, in *s3api.PutObjectLegalHoldInput) (*s3api.PutObjectLegalHoldOutput, error) {
	err := s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if in.LegalHold == nil || !isOneOf(in.LegalHold.Status, holdOn, holdOff) {
			return errMalformed()
		}
		version, err := findLocked(&tx.View, b, *in.Key, in.VersionId, http.MethodPut)
		if err != nil {
			return err
		}
		return tx.Amend(version, false, lockEvent, func(v *objects.Version) error {
			v.HoldSet, v.LegalHold = true, *in.LegalHold.Status == holdOn
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return &s3api.PutObjectLegalHoldOutput{}, nil
}

// findLocked is find in a bucket that locks its versions.
func findLocked(v *objects.View, b *objects.Bucket, key string, id *string, method string) (*objects.Version, error) {
	version, err := find(v, b, key, id, method)
	if err == nil && !b.ObjectLock {
		return nil, errNoLock()
	}
	return version, err
}

func errNoVersionLock() *cloud.Error {
	return cloud.Errorf(cloud.NotFound, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
}
