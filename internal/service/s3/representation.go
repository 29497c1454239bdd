package s3

import (
	"net/http"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// reading is a request to read an object or to be told of it.
type reading struct {
	in     *s3api.GetObjectInput
	method string
	now    time.Time
	view   *objects.View
	bucket *objects.Bucket

	customer *customerKey // that the request brings; nil for none
}

// sums says whether checksums are asked for, which tell of the content: to be told
// them one must be allowed to use its key.
func (r *reading) sums() bool { return strings.EqualFold(text(r.in.ChecksumMode), "ENABLED") }

// version returns the version that is read, unless the client has it already or
// wants another one.
func (r *reading) version() (*objects.Version, error) {
	v, err := find(r.view, r.bucket, *r.in.Key, r.in.VersionId, r.method)
	if err != nil {
		return nil, err
	}
	if err := r.customer.check(&v.Encryption); err != nil {
		return nil, err
	}
	failed := conditions{r.in.IfMatch, r.in.IfNoneMatch, r.in.IfModifiedSince, r.in.IfUnmodifiedSince}.failed(v, r.now)
	switch {
	case notModified(failed):
		e := cloud.Errorf(cloud.Invalid, "NotModified", "Not Modified")
		e.Header = map[string]string{"ETag": quoted(v.ETag), "Last-Modified": v.Time.UTC().Format(http.TimeFormat)}
		if id := versionOf(r.bucket, v); id != nil {
			e.Header["x-amz-version-id"] = *id
		}
		return nil, e
	case failed != "":
		return nil, errPrecondition(failed)
	}
	return v, nil
}

// represent says what an answer tells of a version, and which of its bytes it
// brings.
func (r *reading) represent(v *objects.Version) (*s3api.GetObjectOutput, span, error) {
	out := &s3api.GetObjectOutput{
		AcceptRanges: new("bytes"), ETag: new(quoted(v.ETag)), LastModified: whole(v.Time), VersionId: versionOf(r.bucket, v),
		StorageClass: optional(v.StorageClass), ObjectLockLegalHoldStatus: holdStatus(v),
	}
	if len(v.Metadata) > 0 {
		out.Metadata = metadataTold(v.Metadata)
	}
	if len(v.Tags) > 0 {
		out.TagCount = new(int32(len(v.Tags))) //nolint:gosec // there are few
	}
	if v.Retention.Mode != "" {
		out.ObjectLockMode, out.ObjectLockRetainUntilDate = new(v.Retention.Mode), new(v.Retention.Until)
	}
	for name, member := range headers(out) {
		if value, ok := v.Headers[name]; ok && (name != restoreHeader || r.now.Before(restoredUntil(v))) {
			*member = &value
		}
	}
	e := v.Encryption
	e.Context = "" // it is told to the one who sent it alone
	fill(out, toldEncryption(e, r.customer))
	rules, err := lifecycleRules(r.view, r.bucket)
	if err != nil {
		return nil, span{}, err
	}
	out.Expiration = optional(expiration(rules, v))
	part, err := r.part(out, v)
	if err != nil {
		return nil, span{}, err
	}
	out.ContentLength = new(part.size)
	r.override(out)
	return out, part, nil
}

// part returns the bytes that are asked for, and tells which ones they are. A
// checksum is told where it is that of these bytes.
func (r *reading) part(out *s3api.GetObjectOutput, v *objects.Version) (span, error) {
	all, sum := span{0, v.Size}, v.Checksum
	switch in := r.in; {
	case in.PartNumber != nil && in.Range != nil:
		return all, errInvalidRequest("Cannot specify both Range header and partNumber query parameter")
	case in.PartNumber != nil:
		part, err := partSpan(r.view, v, *in.PartNumber)
		if err != nil {
			return all, err
		}
		all, sum = span{part.offset, part.size}, part.checksum
		if v.Parts > 0 {
			out.PartsCount = new(v.Parts)
			sum.Type = v.Checksum.Type
		}
		if part.size > 0 {
			out.ContentRange = new(all.contentRange(v.Size))
		}
	case in.Range != nil:
		part, ok, err := parseRange(*in.Range, v.Size)
		if err != nil {
			return all, err
		}
		if ok {
			all, sum = part, objects.Checksum{}
			out.ContentRange = new(all.contentRange(v.Size))
		}
	}
	if r.sums() {
		fill(out, told(sum))
	}
	return all, nil
}

// override sets the headers that the request wants the answer to have.
func (r *reading) override(out *s3api.GetObjectOutput) {
	in := r.in
	for _, o := range []struct{ asked, member **string }{
		{&in.ResponseCacheControl, &out.CacheControl},
		{&in.ResponseContentDisposition, &out.ContentDisposition},
		{&in.ResponseContentEncoding, &out.ContentEncoding},
		{&in.ResponseContentLanguage, &out.ContentLanguage},
		{&in.ResponseContentType, &out.ContentType},
	} {
		if *o.asked != nil {
			*o.member = *o.asked
		}
	}
	if in.ResponseExpires != nil {
		out.Expires = new(in.ResponseExpires.UTC().Format(http.TimeFormat))
	}
}

// overrides says whether a request wants the answer to have headers of its own.
func overrides(in *s3api.GetObjectInput) bool {
	return in.ResponseCacheControl != nil || in.ResponseContentDisposition != nil || in.ResponseContentEncoding != nil ||
		in.ResponseContentLanguage != nil || in.ResponseContentType != nil || in.ResponseExpires != nil
}
