package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/auth"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/s3/durable"
	"github.com/sillok/sillok/internal/store/objects"
)

// Inner does the operations of S3 with which other services read and write
// objects, at the inner door. A bucket of another account is refused, and a name
// that HTTP would refuse names nothing.
type Inner struct {
	backend *durable.Backend
	store   *objects.Gateway
}

// Inner returns the service's inner side.
func (s *Service) Inner() *Inner {
	return &Inner{backend: s.backend, store: objects.NewGateway(s.backend)}
}

// HeadBucket says whether the caller's account has the bucket.
func (i *Inner) HeadBucket(ctx context.Context, in *s3api.HeadBucketInput) (*s3api.HeadBucketOutput, error) {
	return &s3api.HeadBucketOutput{}, i.own(ctx, *in.Bucket)
}

// ListObjectsV2 lists the objects whose key begins with the prefix.
func (i *Inner) ListObjectsV2(ctx context.Context, in *s3api.ListObjectsV2Input) (*s3api.ListObjectsV2Output, error) {
	if err := i.own(ctx, *in.Bucket); err != nil {
		return nil, err
	}
	page, next, err := i.store.Page(ctx, *in.Bucket, text(in.Prefix), text(in.ContinuationToken))
	if err != nil {
		return nil, err
	}
	out := &s3api.ListObjectsV2Output{
		Name: in.Bucket, Prefix: in.Prefix, KeyCount: new(int32(len(page))), //nolint:gosec // a page has at most a thousand
		IsTruncated: new(next != ""),
		Contents:    make([]s3api.Object, len(page)),
	}
	if next != "" {
		out.NextContinuationToken = &next
	}
	for n, o := range page {
		out.Contents[n] = s3api.Object{Key: new(o.Key), ETag: new(quoted(o.ETag)), Size: new(o.Size), LastModified: new(o.Modified)}
	}
	return out, nil
}

// HeadObject returns what is known of an object.
func (i *Inner) HeadObject(ctx context.Context, in *s3api.HeadObjectInput) (*s3api.HeadObjectOutput, error) {
	if err := i.own(ctx, *in.Bucket); err != nil {
		return nil, err
	}
	o, err := i.store.Stat(ctx, *in.Bucket, *in.Key)
	return &s3api.HeadObjectOutput{ETag: new(quoted(o.ETag)), ContentLength: new(o.Size), LastModified: new(o.Modified)}, err
}

// GetObject returns an object's content, which the caller must close.
func (i *Inner) GetObject(ctx context.Context, in *s3api.GetObjectInput) (*s3api.GetObjectOutput, error) {
	if err := i.own(ctx, *in.Bucket); err != nil {
		return nil, err
	}
	body, o, err := i.store.Open(ctx, *in.Bucket, *in.Key)
	if err != nil {
		return nil, err
	}
	return &s3api.GetObjectOutput{Body: body, ETag: new(quoted(o.ETag)), ContentLength: new(o.Size), LastModified: new(o.Modified)}, nil
}

// PutObject creates or replaces an object with what the body yields.
func (i *Inner) PutObject(ctx context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
	if err := i.own(ctx, *in.Bucket); err != nil {
		return nil, err
	}
	o, err := i.store.Put(ctx, *in.Bucket, *in.Key, text(in.ContentType), in.Body)
	return &s3api.PutObjectOutput{ETag: new(quoted(o.ETag)), Size: new(o.Size)}, err
}

// DeleteObject removes an object. One that is not there is no error.
func (i *Inner) DeleteObject(ctx context.Context, in *s3api.DeleteObjectInput) (*s3api.DeleteObjectOutput, error) {
	if err := i.own(ctx, *in.Bucket); err != nil {
		return nil, err
	}
	return &s3api.DeleteObjectOutput{}, i.store.Delete(ctx, *in.Bucket, *in.Key)
}

// own refuses a bucket that is not there or not of the caller's account. A
// folder that was laid here by hand has no owner and is everyone's.
func (i *Inner) own(ctx context.Context, bucket string) error {
	if cloud.CheckBucketName(bucket) != nil {
		return errNoBucket(bucket) // it must not be a path
	}
	data, err := i.backend.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: &bucket})
	if err != nil {
		if exists, existsErr := i.store.BucketExists(ctx, bucket); existsErr == nil && !exists {
			return errNoBucket(bucket)
		}
		return err
	}
	acl, err := auth.ParseACL(data)
	if err != nil {
		return err
	}
	if acl.Owner != "" && acl.Owner != string(cloud.CallOf(ctx).Account) {
		return cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied")
	}
	return nil
}

func errNoBucket(bucket string) *cloud.Error {
	e := cloud.Errorf(cloud.NotFound, "NoSuchBucket", "The specified bucket does not exist")
	e.Fields = map[string]any{"BucketName": bucket}
	return e
}

func quoted(etag string) string { return `"` + etag + `"` }

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
