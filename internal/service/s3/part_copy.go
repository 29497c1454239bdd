package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// UploadPartCopy makes a part of an upload of the bytes of an object, which both
// then share.
func (s *Service) UploadPartCopy(ctx context.Context, in *s3api.UploadPartCopyInput) (*s3api.UploadPartCopyOutput, error) {
	if err := checkPartNumber(*in.PartNumber); err != nil {
		return nil, err
	}
	if err := refuseCustomerKey(in.SSECustomerAlgorithm, in.SSECustomerKey, in.CopySourceSSECustomerAlgorithm, in.CopySourceSSECustomerKey); err != nil {
		return nil, err
	}
	from, err := parseCopySource(*in.CopySource)
	if err != nil {
		return nil, err
	}
	from.owner = in.ExpectedSourceBucketOwner
	from.conditions = conditions{in.CopySourceIfMatch, in.CopySourceIfNoneMatch, in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince}
	c := &copyPart{copying: copying{db: s.db}, service: s, ctx: ctx, in: in, from: from}
	err = c.run(ctx, func() error { return s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, c.do) })
	if err != nil {
		return nil, err
	}
	return c.out, nil
}

// copyPart is one copy of a part.
type copyPart struct {
	copying

	service *Service
	ctx     context.Context //nolint:containedctx // it is one call, as its arguments
	in      *s3api.UploadPartCopyInput
	from    copySource
	out     *s3api.UploadPartCopyOutput
}

// do copies in one change.
func (c *copyPart) do(tx *objects.Tx, b *objects.Bucket) error {
	u, err := tx.Upload(b, *c.in.Key, *c.in.UploadId)
	if err != nil {
		return err
	}
	sourceBucket, source, err := c.from.find(c.ctx, c.service, tx)
	if err != nil {
		return err
	}
	if err := checkSource(source, tx.Now()); err != nil {
		return err
	}
	part := span{0, source.Size}
	if c.in.CopySourceRange != nil {
		if part, err = parseCopyRange(*c.in.CopySourceRange, source.Size); err != nil {
			return err
		}
	}
	if part.size > maxObject {
		return errSourceTooLarge()
	}
	d, err := c.digest(source, part, partChecksum(u).Algorithm)
	if err != nil {
		return err
	}
	p := &objects.Part{Number: *c.in.PartNumber, ETag: d.etag, Checksum: d.checksum}
	if err := tx.CopyPart(u, p, source, part.offset, part.size); err != nil {
		return err
	}
	result := &s3api.CopyPartResult{ETag: new(quoted(p.ETag)), LastModified: whole(p.Modified)}
	if u.Checksum.Algorithm != "" {
		fill(result, toldPart(p.Checksum))
	}
	c.out = &s3api.UploadPartCopyOutput{CopyPartResult: result, CopySourceVersionId: versionOf(sourceBucket, source)}
	fill(c.out, toldEncryption(u.Object.Encryption))
	return nil
}
