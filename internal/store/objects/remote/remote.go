// Package remote is the S3 that a client speaks to, such as AWS or Ceph, as a store of objects.
package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

// Remote is the S3 that a client speaks to as a Store. Put is one request, so
// an object may have up to 5 GiB.
type Remote struct {
	client *s3.Client
}

// What HTTP's answers mean, where S3 has no code to say it with.
const (
	statusForbidden = 403
	statusNotFound  = 404
	statusInternal  = 500
)

// New returns the S3 of client as a Store.
func New(client *s3.Client) *Remote { return &Remote{client: client} }

// BucketExists implements Store.
func (r *Remote) BucketExists(ctx context.Context, bucket string) (bool, error) {
	_, err := r.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	if status(err) == statusNotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for bucket %s: %w", bucket, remoteError(bucket, "", err))
	}
	return true, nil
}

// List implements Store.
func (r *Remote) List(ctx context.Context, bucket, prefix string) iter.Seq2[objects.Object, error] {
	return objects.Collect(func(yield func(objects.Object) bool) error {
		// XML cannot carry every key, so keys come URL-encoded.
		pages := s3.NewListObjectsV2Paginator(r.client, &s3.ListObjectsV2Input{
			Bucket: &bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("list %s: %w", bucket, remoteError(bucket, "", err))
			}
			for _, o := range page.Contents {
				key := value(o.Key)
				if page.EncodingType == types.EncodingTypeUrl {
					if key, err = url.QueryUnescape(key); err != nil {
						return fmt.Errorf("list %s: %w", bucket, err)
					}
				}
				if !yield(newObject(bucket, key, o.ETag, o.Size, o.LastModified)) {
					return nil
				}
			}
		}
		return nil
	})
}

// Stat implements Store.
func (r *Remote) Stat(ctx context.Context, bucket, key string) (objects.Object, error) {
	out, err := r.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if status(err) == statusNotFound {
		// The answer to HEAD has no body that says what is missing.
		if exists, existsErr := r.BucketExists(ctx, bucket); existsErr == nil && !exists {
			return objects.Object{}, objects.NoBucket(bucket).Because(err)
		}
	}
	if err != nil {
		return objects.Object{}, fmt.Errorf("stat %s/%s: %w", bucket, key, remoteError(bucket, key, err))
	}
	return newObject(bucket, key, out.ETag, out.ContentLength, out.LastModified), nil
}

// Open implements Store.
func (r *Remote) Open(ctx context.Context, bucket, key string) (io.ReadCloser, objects.Object, error) {
	out, err := r.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, objects.Object{}, fmt.Errorf("open %s/%s: %w", bucket, key, remoteError(bucket, key, err))
	}
	return out.Body, newObject(bucket, key, out.ETag, out.ContentLength, out.LastModified), nil
}

// Put implements Store.
func (r *Remote) Put(ctx context.Context, bucket, key, contentType string, body io.Reader) (objects.Object, error) {
	content, size, done, err := spool(body)
	if err != nil {
		return objects.Object{}, fmt.Errorf("put %s/%s: %w", bucket, key, err)
	}
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: content, ContentLength: &size}
	if contentType != "" {
		in.ContentType = &contentType
	}
	_, err = r.client.PutObject(ctx, in)
	if err := errors.Join(err, done()); err != nil {
		return objects.Object{}, fmt.Errorf("put %s/%s: %w", bucket, key, remoteError(bucket, key, err))
	}
	return r.Stat(ctx, bucket, key)
}

// Delete implements Store.
func (r *Remote) Delete(ctx context.Context, bucket, key string) error {
	if _, err := r.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}); err != nil {
		return fmt.Errorf("delete %s/%s: %w", bucket, key, remoteError(bucket, key, err))
	}
	return nil
}

// status returns the HTTP status that err came with, or 0.
func status(err error) int {
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

// remoteError gives S3's errors their kind.
func remoteError(bucket, key string, err error) error {
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "bucket %s cannot be reached", bucket).Because(err)
	}
	code := e.ErrorCode()
	kind := cloud.Invalid
	switch {
	case code == "NoSuchBucket":
		return objects.NoBucket(bucket).Because(err)
	case code == "NoSuchKey" || status(err) == statusNotFound:
		return objects.NoKey(key).Because(err)
	case status(err) == statusForbidden && strings.Contains(code, "AccessDenied"):
		kind = cloud.Denied
	case status(err) == statusForbidden:
		kind = cloud.Unauthenticated
	case status(err) >= statusInternal:
		kind = cloud.Unavailable
	}
	return cloud.Errorf(kind, code, "%s", e.ErrorMessage()).Because(err)
}

func newObject(bucket, key string, etag *string, size *int64, modified *time.Time) objects.Object {
	return objects.Object{
		Bucket: bucket, Key: key, ETag: strings.Trim(value(etag), `"`), Size: value(size), Modified: value(modified).UTC(),
	}
}

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
