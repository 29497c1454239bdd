package s3

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// UploadPart writes a part of an upload, in place of one of the same number.
func (s *Service) UploadPart(ctx context.Context, in *s3api.UploadPartInput) (*s3api.UploadPartOutput, error) {
	if err := checkPart(in); err != nil {
		return nil, err
	}
	customer, err := customerKeyOf(ctx, customerHeader, in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5)
	if err != nil {
		return nil, err
	}
	var u *objects.Upload
	var key *seal.Sealer
	err = s.inBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) (err error) {
		if u, err = v.Upload(b, *in.Key, *in.UploadId); err != nil {
			return err
		}
		key, err = s.partKey(ctx, b, u, customer)
		return err
	})
	if err != nil {
		return nil, err
	}
	sum := partChecksum(u)
	content, err := newContent(in.Body, in, in.ChecksumAlgorithm, in.ContentMD5, &sum.Algorithm)
	if err != nil {
		return nil, err
	}
	if err := checkPartChecksum(u, content.want.Algorithm); err != nil {
		return nil, err
	}
	staged, err := s.stage(ctx, &u.Object.Encryption, key, content)
	if err != nil {
		return nil, err
	}
	defer staged.Discard()
	part := objects.Part{Number: *in.PartNumber, Size: staged.Size(), ETag: content.etagBy(key), Checksum: content.checksum(sum.Algorithm)}
	err = s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		u, err := tx.Upload(b, *in.Key, *in.UploadId)
		if err != nil {
			return err
		}
		p := part
		return tx.PutPart(u, &p, staged)
	})
	if err != nil {
		return nil, err
	}
	out := &s3api.UploadPartOutput{ETag: new(quoted(part.ETag))}
	if told := resource.Or(&u.Checksum.Algorithm, content.want.Algorithm); told != "" {
		fill(out, toldPart(content.checksum(told)))
	}
	fill(out, toldEncryption(u.Object.Encryption, customer))
	return out, nil
}

func checkPart(in *s3api.UploadPartInput) error {
	if err := checkPartNumber(*in.PartNumber); err != nil {
		return err
	}
	return checkLength(in.ContentLength)
}

// partKey returns the key of the content of an upload's parts, which is that of the
// object which they become.
func (s *Service) partKey(ctx context.Context, b *objects.Bucket, u *objects.Upload, customer *customerKey) (*seal.Sealer, error) {
	if err := customer.checkPart(&u.Object.Encryption); err != nil {
		return nil, err
	}
	return s.openKey(ctx, b, &u.Object.Encryption, customer)
}

// checkPartChecksum refuses a part whose client sends another checksum than the
// upload was begun with, or none where the whole is made of those that clients
// send.
func checkPartChecksum(u *objects.Upload, algorithm string) error {
	expected := u.Checksum.Algorithm
	if expected == "" || algorithm == expected || algorithm == "" && u.Checksum.Type != composite {
		return nil
	}
	return errInvalidRequest("Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s",
		strings.ToLower(expected), strings.ToLower(resource.Or(&algorithm, "null")))
}
