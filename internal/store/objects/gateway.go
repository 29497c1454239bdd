package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/disk"
)

// Gateway is a versitygw backend as a Store: this server's own S3 without the
// way through HTTP. It asks nobody for permission.
type Gateway struct {
	backend backend.Backend
}

const (
	// gatewayTemp is the folder that versitygw keeps in each bucket.
	gatewayTemp = ".sgwtmp"
	// gatewayLink is in the names under which versitygw's POSIX backend links
	// a replacement before it renames it; a crash may leave one behind.
	gatewayLink = ".sgwtmp."
	pageSize    = 1000
)

// NewGateway returns b as a Store.
func NewGateway(b backend.Backend) *Gateway { return &Gateway{backend: b} }

// BucketExists implements Store.
func (g *Gateway) BucketExists(ctx context.Context, bucket string) (bool, error) {
	_, err := g.backend.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	err = gatewayError(bucket, "", err)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return false, nil
	}
	return err == nil, err
}

// List implements Store.
func (g *Gateway) List(ctx context.Context, bucket, prefix string) iter.Seq2[Object, error] {
	return collect(func(yield func(Object) bool) error {
		for after := ""; ; {
			page, next, err := g.Page(ctx, bucket, prefix, after)
			if err != nil {
				return err
			}
			for _, o := range page {
				if !yield(o) {
					return nil
				}
			}
			if next == "" {
				return nil
			}
			after = next
		}
	})
}

// Page returns the next objects of a listing and the token with which it goes
// on; an empty token begins it, and ends it.
func (g *Gateway) Page(ctx context.Context, bucket, prefix, after string) (page []Object, next string, err error) {
	none, size := "", int32(pageSize)
	out, err := g.backend.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &bucket, Prefix: &prefix, Delimiter: &none, MaxKeys: &size,
		StartAfter: &none, ContinuationToken: &after,
	})
	if err != nil {
		return nil, "", fmt.Errorf("list %s: %w", bucket, gatewayError(bucket, "", err))
	}
	for _, o := range out.Contents {
		if !hidden(value(o.Key)) {
			page = append(page, newObject(bucket, value(o.Key), o.ETag, o.Size, o.LastModified))
		}
	}
	if value(out.IsTruncated) {
		next = value(out.NextContinuationToken)
	}
	return page, next, nil
}

// Stat implements Store.
func (g *Gateway) Stat(ctx context.Context, bucket, key string) (Object, error) {
	if hidden(key) {
		return Object{}, errNoKey(key)
	}
	out, err := g.backend.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return Object{}, fmt.Errorf("stat %s/%s: %w", bucket, key, gatewayError(bucket, key, err))
	}
	return newObject(bucket, key, out.ETag, out.ContentLength, out.LastModified), nil
}

// Open implements Store.
func (g *Gateway) Open(ctx context.Context, bucket, key string) (io.ReadCloser, Object, error) {
	if hidden(key) {
		return nil, Object{}, errNoKey(key)
	}
	whole := ""
	for {
		out, err := g.backend.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key, Range: &whole})
		if err != nil {
			return nil, Object{}, fmt.Errorf("open %s/%s: %w", bucket, key, gatewayError(bucket, key, err))
		}
		body := out.Body
		if body == nil {
			body = io.NopCloser(strings.NewReader("")) // a folder that was put as an object
		}
		// The POSIX backend reads the ETag before it opens the file: when the
		// object was replaced in between, they are not of one content.
		now, err := g.Stat(ctx, bucket, key)
		if err != nil {
			return nil, Object{}, errors.Join(err, body.Close())
		}
		o := newObject(bucket, key, out.ETag, out.ContentLength, out.LastModified)
		if now == o {
			return body, o, nil
		}
		if err := errors.Join(body.Close(), ctx.Err()); err != nil {
			return nil, Object{}, err
		}
	}
}

// Put implements Store.
func (g *Gateway) Put(ctx context.Context, bucket, key, contentType string, body io.Reader) (Object, error) {
	if hidden(key) {
		return Object{}, cloud.Errorf(cloud.Invalid, "InvalidArgument", "%q is a name that the server keeps for itself", key)
	}
	r, size, done, err := spool(body)
	if err != nil {
		return Object{}, fmt.Errorf("put %s/%s: %w", bucket, key, gatewayError(bucket, key, err))
	}
	_, err = g.backend.PutObject(ctx, s3response.PutObjectInput{
		Bucket: &bucket, Key: &key, ContentType: &contentType, ContentLength: &size, Body: r,
	})
	if err := errors.Join(err, done()); err != nil {
		return Object{}, fmt.Errorf("put %s/%s: %w", bucket, key, gatewayError(bucket, key, err))
	}
	return g.Stat(ctx, bucket, key)
}

// Delete implements Store.
func (g *Gateway) Delete(ctx context.Context, bucket, key string) error {
	if hidden(key) {
		return nil
	}
	_, err := g.backend.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return fmt.Errorf("delete %s/%s: %w", bucket, key, gatewayError(bucket, key, err))
	}
	return nil
}

// hidden reports whether key lies where versitygw keeps what is its own.
func hidden(key string) bool {
	if key == gatewayTemp || strings.HasPrefix(key, gatewayTemp+"/") {
		return true
	}
	name := key[strings.LastIndexByte(key, '/')+1:]
	return strings.HasPrefix(name, ".") && strings.Contains(name[1:], gatewayLink)
}

func newObject(bucket, key string, etag *string, size *int64, modified *time.Time) Object {
	o := Object{
		Bucket: bucket, Key: key, ETag: strings.Trim(value(etag), `"`), Size: value(size), Modified: value(modified).UTC(),
	}
	if o.ETag == "" {
		// A file that was laid into the bucket's folder by hand.
		o.ETag = fmt.Sprintf("%x-%x", o.Size, o.Modified.UnixNano())
	}
	return o
}

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// gatewayError gives versitygw's errors their kind.
func gatewayError(bucket, key string, err error) error {
	if disk.IsFull(err) {
		return errNoSpace().Because(err)
	}
	e, ok := errors.AsType[s3err.S3Error](err)
	if !ok {
		return err
	}
	base := e.BaseError()
	switch {
	case base.Code == "NoSuchBucket" || base.Code == "InvalidBucketName":
		return errNoBucket(bucket).Because(err)
	case base.Code == "NoSuchKey" || base.StatusCode() == 404 || base.Code == "KeyTooLongError":
		return errNoKey(key).Because(err)
	case base == s3err.GetAPIError(s3err.ErrNoSpaceLeftOnDevice), base == s3err.GetAPIError(s3err.ErrQuotaExceeded):
		return errNoSpace().Because(err)
	case base.StatusCode() == 403:
		return cloud.Errorf(cloud.Denied, base.Code, "%s", base.Description).Because(err)
	case base.StatusCode() == 409:
		return cloud.Errorf(cloud.Conflict, base.Code, "%s", base.Description).Because(err)
	case base.StatusCode() < 500:
		return cloud.Errorf(cloud.Invalid, base.Code, "%s", base.Description).Because(err)
	}
	return err
}

func errNoSpace() *cloud.Error {
	return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "no space is left to write the object")
}
