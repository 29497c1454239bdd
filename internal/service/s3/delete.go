package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// The events of a removal.
const (
	deletedEvent = "ObjectRemoved:Delete"
	markedEvent  = "ObjectRemoved:DeleteMarkerCreated"
)

// deletion is what becomes of one key.
type deletion struct {
	key     string
	version *string // nil for the object
	match   *string // the ETag that the object must have; nil for any
	bypass  bool    // of a retention in mode Governance
}

// deletedAs is what became of it.
type deletedAs struct {
	version *string // the one that is gone, or the marker that is there
	marker  bool
}

// DeleteObject deletes an object, as its bucket's versioning says, or one version
// for ever.
func (s *Service) DeleteObject(ctx context.Context, in *s3api.DeleteObjectInput) (*s3api.DeleteObjectOutput, error) {
	switch {
	case in.IfMatchLastModifiedTime != nil:
		return nil, errHeader("x-amz-if-match-last-modified-time", "Only directory buckets have this condition")
	case in.IfMatchSize != nil:
		return nil, errHeader("x-amz-if-match-size", "Only directory buckets have this condition")
	}
	if err := s.mayMatch(ctx, *in.Bucket, *in.Key, in.IfMatch); err != nil {
		return nil, err
	}
	d := deletion{key: *in.Key, version: in.VersionId, match: in.IfMatch}
	var as deletedAs
	err := s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) (err error) {
		if d.bypass, err = bypasses(b, in.BypassGovernanceRetention); err != nil {
			return err
		}
		as, err = d.do(tx, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &s3api.DeleteObjectOutput{VersionId: as.version}
	if as.marker {
		out.DeleteMarker = new(true)
	}
	return out, nil
}

// mayMatch refuses a condition on an object's ETag to who may not read the object: whether
// it holds tells of the content. match is nil, or "*", for none.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html.
func (s *Service) mayMatch(ctx context.Context, bucket, key string, match *string) error {
	if match == nil || *match == "*" {
		return nil
	}
	return s.may(ctx, "s3:GetObject", objectARN(bucket, key), map[string][]string{"s3:if-match": {*match}})
}

// bypasses reads the header that lets a retention in mode Governance go.
func bypasses(b *objects.Bucket, header *bool) (bool, error) {
	if header != nil && !b.ObjectLock {
		return false, fail(cloud.Invalid, "InvalidArgument",
			"x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
			"ArgumentName", "x-amz-bypass-governance-retention")
	}
	return header != nil && *header, nil
}

// do deletes. What is not there is deleted already.
func (d deletion) do(tx *objects.Tx, b *objects.Bucket) (deletedAs, error) {
	if err := checkKey(d.key); err != nil {
		return deletedAs{}, err
	}
	if err := d.hold(tx, b); err != nil {
		return deletedAs{}, err
	}
	if d.version != nil {
		return d.doVersion(tx, b)
	}
	marker, err := tx.Delete(b, d.key, deletedEvent, markedEvent)
	if err != nil || marker == nil {
		return deletedAs{}, err
	}
	return deletedAs{version: new(marker.ID), marker: true}, nil
}

func (d deletion) doVersion(tx *objects.Tx, b *objects.Bucket) (deletedAs, error) {
	if err := checkVersionID(b, *d.version); err != nil {
		return deletedAs{}, err
	}
	gone, err := tx.DeleteVersion(b, d.key, *d.version, d.bypass, deletedEvent)
	switch {
	case err != nil:
		return deletedAs{}, err
	case gone == nil && b.Versioning == objects.Unversioned:
		return deletedAs{}, nil
	case gone == nil:
		return deletedAs{version: d.version}, nil
	}
	return deletedAs{version: versionOf(b, gone), marker: gone.Marker}, nil
}

// hold refuses to delete an object that has not the ETag that the request names.
// Only the latest version counts, as on S3.
func (d deletion) hold(tx *objects.Tx, b *objects.Bucket) error {
	if d.match == nil {
		return nil
	}
	latest, err := tx.Latest(b, d.key)
	switch {
	case err != nil:
		return err
	case latest.Marker || !hasETag(latest, *d.match):
		return errPrecondition(ifMatch)
	}
	return nil
}
