package s3

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// archives are the storage classes whose content can be read only while it is
// restored. It lies where all content does: what a client was told of an archive
// is what it meets.
var archives = []string{"GLACIER", "DEEP_ARCHIVE"}

func archived(v *objects.Version) bool { return slices.Contains(archives, v.StorageClass) }

// checkReadable refuses to read what is archived and not restored.
func checkReadable(v *objects.Version, now time.Time) error {
	if !archived(v) || now.Before(restoredUntil(v)) {
		return nil
	}
	return fail(cloud.Denied, "InvalidObjectState", "The operation is not valid for the object's storage class", "StorageClass", v.StorageClass)
}

// checkSource refuses to copy what cannot be read.
func checkSource(v *objects.Version, now time.Time) error {
	if checkReadable(v, now) == nil {
		return nil
	}
	return fail(cloud.Denied, "InvalidObjectState", "Operation is not valid for the source object's storage class", "StorageClass", v.StorageClass)
}

// The parts of the header that tells of a restore.
const (
	restoreDone   = `ongoing-request="false", expiry-date="`
	restoreClosed = `"`
)

// restored says in a header that a version can be read until a time.
func restored(until time.Time) string {
	return restoreDone + until.UTC().Format(http.TimeFormat) + restoreClosed
}

// restoredUntil returns until when a version is restored; the zero time when it
// is not.
func restoredUntil(v *objects.Version) time.Time {
	date, _ := strings.CutPrefix(v.Headers[restoreHeader], restoreDone)
	until, err := http.ParseTime(strings.TrimSuffix(date, restoreClosed))
	if err != nil {
		return time.Time{}
	}
	return until
}
