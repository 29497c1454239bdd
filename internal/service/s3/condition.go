package s3

import (
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// The headers that make a request conditional.
const (
	ifMatch           = "If-Match"
	ifNoneMatch       = "If-None-Match"
	ifModifiedSince   = "If-Modified-Since"
	ifUnmodifiedSince = "If-Unmodified-Since"
)

// conditions are what a request asks of the version that it reads.
type conditions struct {
	match, noneMatch     *string
	modified, unmodified *time.Time
}

// failed returns the header of the condition that a version does not meet, or
// "". A condition on the ETag counts in place of its counterpart on the time.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.
func (c conditions) failed(v *objects.Version, now time.Time) string {
	modified := v.Time.Truncate(time.Second) // as headers tell times
	switch {
	case c.match != nil:
		if !hasETag(v, *c.match) {
			return ifMatch
		}
	case c.unmodified != nil && modified.After(*c.unmodified):
		return ifUnmodifiedSince
	}
	switch {
	case c.noneMatch != nil:
		if hasETag(v, *c.noneMatch) {
			return ifNoneMatch
		}
	case c.modified != nil && !modified.After(*c.modified) && !c.modified.After(now): // a time to come says nothing
		return ifModifiedSince
	}
	return ""
}

// hasETag says whether a version has one of the ETags that a header lists.
func hasETag(v *objects.Version, header string) bool {
	for etag := range strings.SplitSeq(header, ",") {
		etag = strings.Trim(strings.TrimPrefix(strings.TrimSpace(etag), "W/"), `"`)
		if etag == "*" || etag == v.ETag {
			return true
		}
	}
	return false
}

// notModified says whether a condition that failed means that the client has
// the content already.
func notModified(header string) bool { return header == ifNoneMatch || header == ifModifiedSince }

func errPrecondition(header string) *cloud.Error {
	return fail(cloud.Invalid, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", "Condition", header)
}

// writeConditions are what a request asks of the object that it takes the place
// of.
type writeConditions struct{ match, noneMatch *string }

// check refuses values that S3 does not take.
func (c writeConditions) check() error {
	const value = "We don't accept the provided value of %s header for this API"
	switch {
	case c.match != nil && c.noneMatch != nil:
		return errHeader("If-Match,If-None-Match", "Multiple conditional request headers present in the request")
	case c.noneMatch != nil && *c.noneMatch != "*":
		return errHeader(ifNoneMatch, strings.Replace(value, "%s", ifNoneMatch, 1))
	case c.match != nil && *c.match == "*":
		return errHeader(ifMatch, strings.Replace(value, "%s", ifMatch, 1))
	}
	return nil
}

// hold refuses a change of a key whose object is not as the request asks. A
// delete marker is no object.
func (c writeConditions) hold(v *objects.View, b *objects.Bucket, key string) error {
	if c.match == nil && c.noneMatch == nil {
		return nil
	}
	latest, err := v.Latest(b, key)
	if err != nil && cloud.KindOf(err) != cloud.NotFound {
		return err
	}
	there := err == nil && !latest.Marker
	switch {
	case c.noneMatch != nil && there:
		return errPrecondition(ifNoneMatch)
	case c.match != nil && !there:
		return objects.NoKey(key)
	case c.match != nil && !hasETag(latest, *c.match):
		return errPrecondition(ifMatch)
	}
	return nil
}

// isOneOf says whether an optional member has one of some values.
func isOneOf(member *string, values ...string) bool {
	return member != nil && slices.Contains(values, *member)
}
