package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// PutObject writes an object, or a new version of it. The content is read and
// checked before anything changes.
func (s *Service) PutObject(ctx context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
	conditions := writeConditions{in.IfMatch, in.IfNoneMatch}
	if err := conditions.check(); err != nil {
		return nil, err
	}
	if err := s.mayMatch(ctx, *in.Bucket, *in.Key, in.IfMatch); err != nil {
		return nil, err
	}
	content, err := putContent(in)
	if err != nil {
		return nil, err
	}
	d, err := s.draft(ctx, in, content.asked())
	if err != nil {
		return nil, err
	}
	key, err := s.newKeyOf(ctx, d, *in.Key)
	if err != nil {
		return nil, err
	}
	staged, err := s.stage(ctx, &d.version.Encryption, key, content)
	if err != nil {
		return nil, err
	}
	defer staged.Discard()
	d.version.Size, d.version.ETag, d.version.Checksum = staged.Size(), content.etagBy(key), content.main()
	out := &s3api.PutObjectOutput{}
	err = s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := conditions.hold(&tx.View, b, *in.Key); err != nil {
			return err
		}
		v, err := d.make(tx, b)
		if err != nil {
			return err
		}
		if err := tx.Put(b, *in.Key, v, staged, putEvent(ctx)); err != nil {
			return err
		}
		*out = s3api.PutObjectOutput{ETag: new(quoted(v.ETag)), VersionId: newVersionOf(b, v), Expiration: d.expiration(v)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	fill(out, told(d.version.Checksum))
	fill(out, d.encrypted())
	return out, nil
}

// putContent checks what a put says of its content.
func putContent(in *s3api.PutObjectInput) (*content, error) {
	if in.WriteOffsetBytes != nil {
		return nil, errHeader("x-amz-write-offset-bytes", "Only directory buckets let objects grow")
	}
	if err := checkLength(in.ContentLength); err != nil {
		return nil, err
	}
	return newContent(in.Body, in, in.ChecksumAlgorithm, in.ContentMD5, nil)
}

// putEvent is the event of a put, which a browser's form has another name for.
func putEvent(ctx context.Context) string {
	if cloud.CallOf(ctx).Operation == "PostObject" {
		return "ObjectCreated:Post"
	}
	return "ObjectCreated:Put"
}
