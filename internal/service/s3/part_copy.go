package s3

import (
	"cmp"
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/objects"
)

// UploadPartCopy makes a part of an upload of the bytes of an object, which both
// then share where neither is under a key that is not the server's own.
func (s *Service) UploadPartCopy(ctx context.Context, in *s3api.UploadPartCopyInput) (*s3api.UploadPartCopyOutput, error) {
	if err := checkPartNumber(*in.PartNumber); err != nil {
		return nil, err
	}
	opens, err := customerKeyOf(ctx, customerOfSource, in.CopySourceSSECustomerAlgorithm, in.CopySourceSSECustomerKey, in.CopySourceSSECustomerKeyMD5)
	if err != nil {
		return nil, err
	}
	customer, err := customerKeyOf(ctx, customerHeader, in.SSECustomerAlgorithm, in.SSECustomerKey, in.SSECustomerKeyMD5)
	if err != nil {
		return nil, err
	}
	from, err := parseCopySource(*in.CopySource)
	if err != nil {
		return nil, err
	}
	from.owner = in.ExpectedSourceBucketOwner
	from.conditions = conditions{in.CopySourceIfMatch, in.CopySourceIfNoneMatch, in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince}
	c := &copyPart{copying: copying{service: s, opens: opens}, ctx: ctx, in: in, from: from, customer: customer}
	c.seals = c.key
	err = c.run(ctx, func() error { return s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, c.do) })
	if err != nil {
		return nil, err
	}
	return c.out, nil
}

// copyPart is one copy of a part.
type copyPart struct {
	copying

	ctx      context.Context //nolint:containedctx // it is one call, as its arguments
	in       *s3api.UploadPartCopyInput
	from     copySource
	customer *customerKey // that the upload was begun with; nil for none
	out      *s3api.UploadPartCopyOutput
}

// key returns the key of the upload's content.
func (c *copyPart) key(ctx context.Context) (e *objects.Encryption, key *seal.Sealer, err error) {
	err = c.service.inBucket(ctx, c.in.Bucket, c.in.ExpectedBucketOwner, func(v *objects.View, b *objects.Bucket) error {
		u, err := v.Upload(b, *c.in.Key, *c.in.UploadId)
		if err != nil {
			return err
		}
		e = &u.Object.Encryption
		key, err = c.service.partKey(ctx, b, u, c.customer)
		return err
	})
	return e, key, err
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
	if err := cmp.Or(c.customer.checkPart(&u.Object.Encryption), c.opens.check(&source.Encryption), checkSource(source, tx.Now())); err != nil {
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
	algorithm := partChecksum(u).Algorithm
	anew := c.apart(&source.Encryption, &u.Object.Encryption, c.customer)
	d, err := c.digest(source, part, algorithm, anew)
	if err != nil {
		return err
	}
	p := &objects.Part{Number: *c.in.PartNumber, ETag: d.etag, Checksum: d.checksum}
	if anew {
		err = tx.PutPart(u, p, c.staged)
	} else {
		err = c.shared(tx.CopyPart(u, p, source, part.offset, part.size), source, part, algorithm)
	}
	if err != nil {
		return err
	}
	result := &s3api.CopyPartResult{ETag: new(quoted(p.ETag)), LastModified: whole(p.Modified)}
	if u.Checksum.Algorithm != "" {
		fill(result, toldPart(p.Checksum))
	}
	c.out = &s3api.UploadPartCopyOutput{CopyPartResult: result, CopySourceVersionId: versionOf(sourceBucket, source)}
	fill(c.out, toldEncryption(u.Object.Encryption, c.customer))
	return nil
}
