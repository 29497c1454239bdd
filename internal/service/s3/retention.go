package s3

import (
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	lockModeHeader  = "x-amz-object-lock-mode"
	lockUntilHeader = "x-amz-object-lock-retain-until-date"
	lockHoldHeader  = "x-amz-object-lock-legal-hold"

	holdOn  = "ON"
	holdOff = "OFF"

	notFuture = "The retain until date must be in the future!"
)

// lockAsked says whether a request asks for a lock of its own.
func lockAsked(in *s3api.PutObjectInput) bool {
	return in.ObjectLockMode != nil || in.ObjectLockRetainUntilDate != nil || in.ObjectLockLegalHoldStatus != nil
}

// lock sets the lock that a request asks for.
func lock(v *objects.Version, in *s3api.PutObjectInput, now time.Time) error {
	if in.ObjectLockMode != nil || in.ObjectLockRetainUntilDate != nil {
		retention, err := headerRetention(in.ObjectLockMode, in.ObjectLockRetainUntilDate, now)
		if err != nil {
			return err
		}
		v.Retention = retention
	}
	switch hold := in.ObjectLockLegalHoldStatus; {
	case hold == nil:
	case !isOneOf(hold, holdOn, holdOff):
		return errArgument(lockHoldHeader, *hold, "Legal Hold must be either of 'ON' or 'OFF'")
	default:
		v.HoldSet, v.LegalHold = true, *hold == holdOn
	}
	return nil
}

func headerRetention(mode *string, until *time.Time, now time.Time) (objects.Retention, error) {
	const both = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
	switch {
	case mode == nil:
		return objects.Retention{}, fail(cloud.Invalid, "InvalidArgument", both, "ArgumentName", lockModeHeader)
	case until == nil:
		return objects.Retention{}, fail(cloud.Invalid, "InvalidArgument", both, "ArgumentName", lockUntilHeader)
	case !isOneOf(mode, objects.Governance, objects.Compliance):
		return objects.Retention{}, errArgument(lockModeHeader, *mode, "Unknown wormMode directive.")
	case !until.After(now):
		return objects.Retention{}, errArgument(lockUntilHeader, until.UTC().Format(time.RFC3339), notFuture)
	}
	return objects.Retention{Mode: *mode, Until: until.UTC()}, nil
}

// checkLockAsked refuses a lock that cannot be had. asked is a checksum's or an
// MD5's: what is locked must be what the client meant.
func checkLockAsked(b *objects.Bucket, in *s3api.PutObjectInput, asked bool) error {
	switch {
	case !lockAsked(in):
		return nil
	case !b.ObjectLock:
		return errNoLock()
	case !asked:
		return errInvalidRequest("Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters")
	}
	return nil
}

// retain gives a version the retention of its bucket, unless it has one of its
// own.
func retain(v *objects.Version, tx *objects.Tx, b *objects.Bucket) error {
	if !b.ObjectLock {
		if v.Retention.Mode != "" || v.HoldSet {
			return errNoLock()
		}
		return nil
	}
	if v.Retention.Mode != "" {
		return nil
	}
	c, err := setting[s3api.ObjectLockConfiguration](&tx.View, b, lockSetting)
	if err != nil || c == nil || c.Rule == nil || c.Rule.DefaultRetention == nil {
		return err
	}
	by := c.Rule.DefaultRetention
	until := tx.Now().AddDate(int(resource.Value(by.Years)), 0, int(resource.Value(by.Days)))
	v.Retention = objects.Retention{Mode: text(by.Mode), Until: until}
	return nil
}

func errNoLock() *cloud.Error {
	return errInvalidRequest("Bucket is missing Object Lock Configuration")
}

// holdStatus is a legal hold as it is told; nil for one that was never put.
func holdStatus(v *objects.Version) *string {
	switch {
	case v.LegalHold:
		return new(holdOn)
	case v.HoldSet:
		return new(holdOff)
	}
	return nil
}
