package s3

import (
	"cmp"
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/objects"
)

// The directives that say where a copy's metadata and tags come from.
const (
	fromSource  = "COPY"
	fromRequest = "REPLACE"
)

const copyEvent = "ObjectCreated:Copy"

// CopyObject makes an object of another one, whose bytes both then share where
// neither is under a key that is not the server's own.
func (s *Service) CopyObject(ctx context.Context, in *s3api.CopyObjectInput) (*s3api.CopyObjectOutput, error) {
	c, err := s.newCopy(ctx, in)
	if err != nil {
		return nil, err
	}
	err = c.run(ctx, func() error { return s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, c.do) })
	if err != nil {
		return nil, err
	}
	return c.out, nil
}

// copyObject is one copy of an object.
type copyObject struct {
	copying
	*draft

	ctx    context.Context //nolint:containedctx // it is one call, as its arguments
	in     *s3api.CopyObjectInput
	from   copySource
	target writeConditions
	out    *s3api.CopyObjectOutput
}

// newCopy checks what a request to copy says.
func (s *Service) newCopy(ctx context.Context, in *s3api.CopyObjectInput) (*copyObject, error) {
	c := &copyObject{copying: copying{service: s}, ctx: ctx, in: in, target: writeConditions{in.IfMatch, in.IfNoneMatch}}
	switch {
	case in.MetadataDirective != nil && !isOneOf(in.MetadataDirective, fromSource, fromRequest):
		return nil, errArgument("x-amz-metadata-directive", *in.MetadataDirective, "Unknown metadata directive.")
	case in.TaggingDirective != nil && !isOneOf(in.TaggingDirective, fromSource, fromRequest):
		return nil, errArgument("x-amz-tagging-directive", *in.TaggingDirective, "Unknown tagging directive.")
	}
	for _, check := range []func() error{
		c.target.check,
		func() error { return s.mayMatch(ctx, *in.Bucket, *in.Key, in.IfMatch) },
		func() error { return checkAlgorithm(in.ChecksumAlgorithm) },
		func() (err error) {
			c.opens, err = customerKeyOf(ctx, customerOfSource, in.CopySourceSSECustomerAlgorithm, in.CopySourceSSECustomerKey, in.CopySourceSSECustomerKeyMD5)
			return err
		},
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	var err error
	if c.from, err = parseCopySource(*in.CopySource); err != nil {
		return nil, err
	}
	c.from.owner = in.ExpectedSourceBucketOwner
	c.from.conditions = conditions{in.CopySourceIfMatch, in.CopySourceIfNoneMatch, in.CopySourceIfModifiedSince, in.CopySourceIfUnmodifiedSince}
	c.draft, err = s.draft(ctx, created(in), true)
	c.seals = func(ctx context.Context) (*objects.Encryption, *seal.Sealer, error) {
		key, err := s.newKeyOf(ctx, c.draft, *in.Key)
		return &c.version.Encryption, key, err
	}
	return c, err
}

// do copies in one change.
func (c *copyObject) do(tx *objects.Tx, b *objects.Bucket) error {
	sourceBucket, source, err := c.from.find(c.ctx, c.service, tx)
	if err != nil {
		return err
	}
	if err := cmp.Or(c.opens.check(&source.Encryption), checkSource(source, tx.Now())); err != nil {
		return err
	}
	if source.Size > maxObject {
		return errSourceTooLarge()
	}
	if err := c.checkChanges(tx, b, source); err != nil {
		return err
	}
	if err := c.target.hold(&tx.View, b, *c.in.Key); err != nil {
		return err
	}
	algorithm := resource.Or(c.in.ChecksumAlgorithm, source.Checksum.Algorithm)
	anew := c.apart(&source.Encryption, &c.version.Encryption, c.customer)
	d, err := c.digest(source, span{0, source.Size}, algorithm, anew)
	if err != nil {
		return err
	}
	v, err := c.make(tx, b)
	if err != nil {
		return err
	}
	c.inherit(v, source)
	v.Size, v.ETag, v.Checksum = source.Size, d.etag, d.checksum
	if anew {
		err = tx.Put(b, *c.in.Key, v, c.staged, copyEvent)
	} else {
		err = c.shared(tx.Copy(b, *c.in.Key, v, source, copyEvent), source, span{0, source.Size}, algorithm)
	}
	if err != nil {
		return err
	}
	c.tell(b, v)
	c.out.CopySourceVersionId = versionOf(sourceBucket, source)
	return nil
}

// checkChanges refuses a copy that would change nothing.
func (c *copyObject) checkChanges(tx *objects.Tx, b *objects.Bucket, source *objects.Version) error {
	in := c.in
	switch {
	case c.from.bucket != b.Name || c.from.key != *in.Key || c.from.version != nil,
		isOneOf(in.MetadataDirective, fromRequest), !byServer(&source.Encryption),
		in.StorageClass != nil || in.WebsiteRedirectLocation != nil || in.ServerSideEncryption != nil || in.SSECustomerAlgorithm != nil || in.ChecksumAlgorithm != nil:
		return nil
	}
	if set, err := tx.Setting(b, encryptionSetting); err != nil || set != nil {
		return err
	}
	return errInvalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing " +
		"the object's metadata, storage class, website redirect location or encryption attributes.")
}

// inherit gives a copy what it has from its source.
func (c *copyObject) inherit(v, source *objects.Version) {
	if !isOneOf(c.in.MetadataDirective, fromRequest) {
		redirect, redirects := v.Headers[redirectHeader]
		v.Headers, v.Metadata = map[string]string{}, source.Metadata
		for name, value := range source.Headers {
			if name != redirectHeader && name != restoreHeader {
				v.Headers[name] = value
			}
		}
		if redirects {
			v.Headers[redirectHeader] = redirect
		}
	}
	if !isOneOf(c.in.TaggingDirective, fromRequest) {
		v.Tags = source.Tags
	}
}

// tell says what became of the copy.
func (c *copyObject) tell(b *objects.Bucket, v *objects.Version) {
	result := &s3api.CopyObjectResult{ETag: new(quoted(v.ETag)), LastModified: whole(v.Time)}
	fill(result, told(v.Checksum))
	c.out = &s3api.CopyObjectOutput{CopyObjectResult: result, VersionId: newVersionOf(b, v), Expiration: c.expiration(v)}
	fill(c.out, toldEncryption(v.Encryption, c.customer))
}
