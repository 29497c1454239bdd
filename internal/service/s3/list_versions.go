package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// ListObjectVersions lists all versions and delete markers of a bucket by key,
// and of one key the latest first.
func (s *Service) ListObjectVersions(ctx context.Context, in *s3api.ListObjectVersionsInput) (*s3api.ListObjectVersionsOutput, error) {
	l, err := newListing(in.Prefix, in.Delimiter, in.EncodingType, in.MaxKeys)
	if err != nil {
		return nil, err
	}
	if err := checkVersionMarker(in); err != nil {
		return nil, err
	}
	name, restored := namer(in.EncodingType), restores(in.OptionalObjectAttributes)
	out := &s3api.ListObjectVersionsOutput{
		Name: in.Bucket, Prefix: name(l.prefix), Delimiter: optionalName(name, optional(l.delimiter)), EncodingType: in.EncodingType,
		KeyMarker: name(text(in.KeyMarker)), VersionIdMarker: new(text(in.VersionIdMarker)), MaxKeys: l.told(),
	}
	return out, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		c := v.Versions(b)
		defer c.Close() //nolint:errcheck // nothing was written
		there, err := l.seekVersion(c, text(in.KeyMarker), text(in.VersionIdMarker))
		if err != nil {
			return err
		}
		found, err := l.walk(ctx, c, there, func(version *objects.Version) { addVersion(out, version, name, restored(version)) })
		if err != nil {
			return err
		}
		out.CommonPrefixes, out.IsTruncated = commonPrefixes(found.prefixes, name), &found.truncated
		if found.truncated {
			out.NextKeyMarker = name(found.last)
		}
		if found.truncated && found.version != "" {
			out.NextVersionIdMarker = &found.version
		}
		return nil
	})
}

func checkVersionMarker(in *s3api.ListObjectVersionsInput) error {
	switch {
	case in.VersionIdMarker == nil:
		return nil
	case resource.Value(in.KeyMarker) == "":
		return errArgument("version-id-marker", *in.VersionIdMarker, "A version-id marker cannot be specified without a key marker.")
	case *in.VersionIdMarker == "":
		return errArgument("version-id-marker", "", "A version-id marker cannot be empty.")
	}
	return nil
}

// seekVersion moves to the first version behind the marker, which may be of a
// key alone or empty, and reports whether there is one.
func (l *listing) seekVersion(c *objects.Cursor, key, version string) (bool, error) {
	switch {
	case key == "":
		return c.Seek(l.prefix), nil
	case version == "" || key < l.prefix || l.common(key) != "":
		from, ok := l.behind(key)
		return ok && c.Seek(from), nil
	}
	there, err := c.SeekPast(key, version)
	if err != nil && cloud.KindOf(err) == cloud.Invalid {
		err = errArgument("version-id-marker", version, "Invalid version id specified")
	}
	return there, err
}

// addVersion adds a version or a delete marker to a listing.
func addVersion(out *s3api.ListObjectVersionsOutput, v *objects.Version, name func(string) *string, restored *s3api.RestoreStatus) {
	owner := ownerOf(cloud.Account(v.Owner))
	if v.Marker {
		out.DeleteMarkers = append(out.DeleteMarkers, s3api.DeleteMarkerEntry{
			Owner: owner, Key: name(v.Key), VersionId: new(v.ID), IsLatest: new(v.Latest), LastModified: whole(v.Time),
		})
		return
	}
	o := s3api.ObjectVersion{
		ETag: new(quoted(v.ETag)), Size: new(v.Size), StorageClass: new(storageClassOf(v)), Key: name(v.Key),
		VersionId: new(v.ID), IsLatest: new(v.Latest), LastModified: whole(v.Time), Owner: owner, RestoreStatus: restored,
	}
	o.ChecksumAlgorithm, o.ChecksumType = checksumOf(v)
	out.Versions = append(out.Versions, o)
}
