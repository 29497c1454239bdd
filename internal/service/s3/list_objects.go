package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// ListObjects lists a bucket's objects by key, from a marker on.
func (s *Service) ListObjects(ctx context.Context, in *s3api.ListObjectsInput) (*s3api.ListObjectsOutput, error) {
	l, err := newListing(in.Prefix, in.Delimiter, in.EncodingType, in.MaxKeys)
	if err != nil {
		return nil, err
	}
	name, restored := namer(in.EncodingType), restores(in.OptionalObjectAttributes)
	out := &s3api.ListObjectsOutput{
		Name: in.Bucket, Prefix: name(l.prefix), Delimiter: optionalName(name, optional(l.delimiter)), Marker: name(text(in.Marker)),
		MaxKeys: l.told(), EncodingType: in.EncodingType,
	}
	return out, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		found, err := l.objectPage(ctx, v, b, text(in.Marker), func(version *objects.Version) {
			o := listed(version, name)
			o.Owner, o.RestoreStatus = ownerOf(cloud.Account(version.Owner)), restored(version)
			out.Contents = append(out.Contents, o)
		})
		if err != nil {
			return err
		}
		out.CommonPrefixes, out.IsTruncated = commonPrefixes(found.prefixes, name), &found.truncated
		if found.truncated && l.delimiter != "" {
			out.NextMarker = name(found.last)
		}
		return nil
	})
}

// ListObjectsV2 lists a bucket's objects by key, in pages that tokens connect.
func (s *Service) ListObjectsV2(ctx context.Context, in *s3api.ListObjectsV2Input) (*s3api.ListObjectsV2Output, error) {
	l, err := newListing(in.Prefix, in.Delimiter, in.EncodingType, in.MaxKeys)
	if err != nil {
		return nil, err
	}
	after, of := text(in.StartAfter), tokenOf("objects", *in.Bucket, l.prefix, l.delimiter)
	if in.ContinuationToken != nil {
		if after, err = of.after(*in.ContinuationToken); err != nil {
			return nil, err
		}
	}
	name, restored := namer(in.EncodingType), restores(in.OptionalObjectAttributes)
	out := &s3api.ListObjectsV2Output{
		Name: in.Bucket, Prefix: name(l.prefix), Delimiter: optionalName(name, optional(l.delimiter)),
		ContinuationToken: in.ContinuationToken, MaxKeys: l.told(), EncodingType: in.EncodingType,
	}
	if in.ContinuationToken == nil {
		out.StartAfter = optionalName(name, in.StartAfter)
	}
	return out, s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		found, err := l.objectPage(ctx, v, b, after, func(version *objects.Version) {
			o := listed(version, name)
			o.RestoreStatus = restored(version)
			if resource.Value(in.FetchOwner) {
				o.Owner = ownerOf(cloud.Account(version.Owner))
			}
			out.Contents = append(out.Contents, o)
		})
		if err != nil {
			return err
		}
		out.CommonPrefixes, out.IsTruncated, out.KeyCount = commonPrefixes(found.prefixes, name), &found.truncated, &found.count
		if found.truncated {
			out.NextContinuationToken = new(of.next(found.last))
		}
		return nil
	})
}

// listed is an object in a listing, without its owner. It is copied out of the
// version, which would else stay in memory with all that it says of its parts.
func listed(v *objects.Version, name func(string) *string) s3api.Object {
	o := s3api.Object{
		Key: name(v.Key), LastModified: whole(v.Time), ETag: new(quoted(v.ETag)), Size: new(v.Size), StorageClass: new(storageClassOf(v)),
	}
	o.ChecksumAlgorithm, o.ChecksumType = checksumOf(v)
	return o
}

// checksumOf is what listings tell of a version's checksum.
func checksumOf(v *objects.Version) (algorithms []string, kind *string) {
	if v.Checksum.Algorithm == "" {
		return nil, nil
	}
	return []string{v.Checksum.Algorithm}, new(v.Checksum.Type)
}

// storageClassOf is a version's storage class as listings tell it.
func storageClassOf(v *objects.Version) string {
	if v.StorageClass == "" {
		return "STANDARD"
	}
	return v.StorageClass
}
