package s3

import (
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// restores returns what tells of a version until when it is restored, where the
// listing is asked for that and the version is; else nil.
func restores(attributes []string) func(*objects.Version) *s3api.RestoreStatus {
	if !slices.Contains(attributes, "RestoreStatus") {
		return func(*objects.Version) *s3api.RestoreStatus { return nil }
	}
	return func(v *objects.Version) *s3api.RestoreStatus {
		until := restoredUntil(v)
		if until.IsZero() {
			return nil
		}
		return &s3api.RestoreStatus{IsRestoreInProgress: new(false), RestoreExpiryDate: &until}
	}
}
