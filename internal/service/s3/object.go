package s3

import (
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	maxKey    = 1024    // bytes
	maxObject = 5 << 30 // bytes that one request puts or copies
)

// checkKey refuses what no object can be called. Every other text is a key, and
// none of them is a path.
func checkKey(key string) error {
	switch {
	case !utf8.ValidString(key):
		return fail(cloud.Invalid, "InvalidURI", "Couldn't parse the specified URI.", "URI", key)
	case len(key) > maxKey:
		return fail(cloud.Invalid, "KeyTooLongError", "Your key is too long", "Size", number(len(key)), "MaxSizeAllowed", number(maxKey))
	}
	return nil
}

// find returns the version that a request names: the one of that ID, or else the
// latest one. method is the request's.
func find(v *objects.View, b *objects.Bucket, key string, id *string, method string) (*objects.Version, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if id == nil {
		version, err := v.Latest(b, key)
		if err == nil && version.Marker {
			return nil, errHidden(version)
		}
		return version, err
	}
	version, err := findVersion(v, b, key, *id)
	if err == nil && version.Marker {
		return nil, errMarker(version, method)
	}
	return version, err
}

// findVersion returns the version of an ID, which may be a delete marker.
func findVersion(v *objects.View, b *objects.Bucket, key, id string) (*objects.Version, error) {
	if err := checkVersionID(b, id); err != nil {
		return nil, err
	}
	return v.Version(b, key, id)
}

// checkVersionID refuses an ID that no version in the bucket can have.
func checkVersionID(b *objects.Bucket, id string) error {
	switch {
	case id == "":
		return errArgument("versionId", "", "Version id cannot be the empty string")
	case b.Versioning == objects.Unversioned && id != objects.NullVersion:
		return errArgument("versionId", id, "Invalid version id specified")
	}
	return nil
}

// versionOf is a version's ID as reading it tells it: not at all in a bucket
// that never had versions.
func versionOf(b *objects.Bucket, v *objects.Version) *string {
	if b.Versioning == objects.Unversioned {
		return nil
	}
	return new(v.ID)
}

// newVersionOf is a version's ID as writing it tells it: only while the bucket
// keeps versions.
func newVersionOf(b *objects.Bucket, v *objects.Version) *string {
	if b.Versioning != objects.Enabled {
		return nil
	}
	return new(v.ID)
}

// errHidden answers for an object whose latest version is a delete marker.
func errHidden(marker *objects.Version) *cloud.Error {
	e := objects.NoKey(marker.Key)
	e.Header = map[string]string{"x-amz-delete-marker": "true", "x-amz-version-id": marker.ID}
	return e
}

// errMarker refuses what cannot be done with a delete marker that was named.
func errMarker(marker *objects.Version, method string) *cloud.Error {
	e := fail(cloud.Invalid, "MethodNotAllowed", "The specified method is not allowed against this resource.",
		"Method", method, "ResourceType", "DeleteMarker")
	e.Header = map[string]string{
		"Allow": http.MethodDelete, "Last-Modified": marker.Time.UTC().Format(http.TimeFormat),
		"x-amz-delete-marker": "true", "x-amz-version-id": marker.ID,
	}
	return e
}

// errHeader refuses the value of a header that S3 knows and does not do.
func errHeader(header, more string) *cloud.Error {
	return fail(cloud.Unsupported, "NotImplemented", "A header you provided implies functionality that is not implemented",
		"Header", header, "additionalMessage", more)
}

// number is a number as errors tell it.
func number[T int | int32 | int64](n T) string { return strconv.FormatInt(int64(n), 10) }
