package s3

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// CreateMultipartUpload begins an upload in parts. What the request says of the
// object counts once the upload is completed.
func (s *Service) CreateMultipartUpload(ctx context.Context, in *s3api.CreateMultipartUploadInput) (*s3api.CreateMultipartUploadOutput, error) {
	sum, err := uploadChecksum(in.ChecksumAlgorithm, in.ChecksumType)
	if err != nil {
		return nil, err
	}
	d, err := s.draft(ctx, created(in), true)
	if err != nil {
		return nil, err
	}
	if _, err := s.newKeyOf(ctx, d, *in.Key); err != nil {
		return nil, err
	}
	var u *objects.Upload
	err = s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		u = &objects.Upload{Object: d.version, Checksum: sum, Owner: d.version.Owner}
		return tx.CreateUpload(b, *in.Key, u)
	})
	if err != nil {
		return nil, err
	}
	out := &s3api.CreateMultipartUploadOutput{
		Bucket: in.Bucket, Key: in.Key, UploadId: &u.ID,
		ChecksumAlgorithm: optional(sum.Algorithm), ChecksumType: optional(sum.Type),
	}
	if date, id, ok := abortRule(d.rules, *in.Key, u.Initiated); ok {
		out.AbortDate, out.AbortRuleId = &date, &id
	}
	fill(out, d.encrypted())
	return out, nil
}

// uploadChecksum returns the checksum that an upload is asked to have; none where
// it is not asked.
func uploadChecksum(algorithm, kind *string) (objects.Checksum, error) {
	sum := objects.Checksum{Algorithm: text(algorithm), Type: text(kind)}
	if err := checkAlgorithm(algorithm); err != nil {
		return sum, err
	}
	fits := func() error {
		return errInvalidRequest("The %s checksum type cannot be used with the %s checksum algorithm.", sum.Type, strings.ToLower(sum.Algorithm))
	}
	switch {
	case kind != nil && algorithm == nil:
		return sum, errInvalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case algorithm == nil:
		return sum, nil
	case kind == nil && sum.Algorithm == defaultChecksum:
		sum.Type = fullObject
	case kind == nil:
		sum.Type = composite
	case sum.Type == composite:
		if sum.Algorithm == defaultChecksum {
			return sum, fits()
		}
	case sum.Type == fullObject:
		if !strings.HasPrefix(sum.Algorithm, "CRC") {
			return sum, fits()
		}
	default:
		return sum, errInvalidRequest("Value for x-amz-checksum-type header is invalid.")
	}
	return sum, nil
}

// partChecksum is the checksum that the parts of an upload have: S3's default one
// where none was asked for.
func partChecksum(u *objects.Upload) objects.Checksum {
	if u.Checksum.Algorithm == "" {
		return objects.Checksum{Algorithm: defaultChecksum, Type: fullObject}
	}
	return u.Checksum
}

// AbortMultipartUpload ends an upload and forgets its parts.
func (s *Service) AbortMultipartUpload(ctx context.Context, in *s3api.AbortMultipartUploadInput) (*s3api.AbortMultipartUploadOutput, error) {
	err := s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		u, err := tx.Upload(b, *in.Key, *in.UploadId)
		if err != nil {
			return err
		}
		if at := in.IfMatchInitiatedTime; at != nil && at.Unix() != u.Initiated.Unix() {
			return errPrecondition("x-amz-if-match-initiated-time")
		}
		return tx.AbortUpload(u)
	})
	if err != nil {
		return nil, err
	}
	return &s3api.AbortMultipartUploadOutput{}, nil
}

// uploadOwner is who began an upload, and whose object it becomes.
func uploadOwner(u *objects.Upload) *s3api.Owner { return ownerOf(cloud.Account(u.Owner)) }
