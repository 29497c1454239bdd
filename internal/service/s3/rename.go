package s3

import (
	"context"
	"net/http"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const renameSourceHeader = "x-amz-rename-source"

// RenameObject gives an object another key, at once and in place of what is
// there. On S3 only directory buckets have it; here all that keep no versions.
func (s *Service) RenameObject(ctx context.Context, in *s3api.RenameObjectInput) (*s3api.RenameObjectOutput, error) {
	from, err := parseCopySource(*in.RenameSource)
	if err != nil || from.bucket != *in.Bucket || from.version != nil {
		return nil, errArgument(renameSourceHeader, *in.RenameSource, "The rename source must be an object of the same bucket: /bucket/key")
	}
	if err := checkKey(*in.Key); err != nil {
		return nil, err
	}
	err = s.changeBucket(ctx, in.Bucket, nil, func(tx *objects.Tx, b *objects.Bucket) error {
		if b.Versioning != objects.Unversioned {
			return cloud.Errorf(cloud.Unsupported, "NotImplemented", "Objects of a bucket that keeps versions cannot be renamed")
		}
		return rename(tx, b, in, from.key)
	})
	if err != nil {
		return nil, err
	}
	return &s3api.RenameObjectOutput{}, nil
}

func rename(tx *objects.Tx, b *objects.Bucket, in *s3api.RenameObjectInput, from string) error {
	version, err := find(&tx.View, b, from, nil, http.MethodPut)
	if err != nil {
		return err
	}
	source := conditions{in.SourceIfMatch, in.SourceIfNoneMatch, in.SourceIfModifiedSince, in.SourceIfUnmodifiedSince}
	if failed := source.failed(version, tx.Now()); failed != "" {
		return errPrecondition(renameSourceHeader + "-" + failed)
	}
	target := conditions{in.DestinationIfMatch, in.DestinationIfNoneMatch, in.DestinationIfModifiedSince, in.DestinationIfUnmodifiedSince}
	there, err := tx.Latest(b, *in.Key)
	switch {
	case err == nil:
		if failed := target.failed(there, tx.Now()); failed != "" {
			return errPrecondition(failed)
		}
	case cloud.KindOf(err) != cloud.NotFound:
		return err
	case target.match != nil:
		return errPrecondition(ifMatch)
	}
	return tx.Rename(b, version, *in.Key)
}
