package s3

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"

	"github.com/sillok/sillok/internal/kit/disk"
	"github.com/sillok/sillok/internal/service/s3/durable"
)

// guard keeps accounts apart, and logs what versitygw would print. It stands
// between versitygw's protocol side and the backend.
type guard struct {
	*durable.Backend
	log *slog.Logger
}

var _ backend.Backend = (*guard)(nil)

// caller returns the account that signed the request.
func caller(ctx context.Context) string {
	a, _ := ctx.Value("account").(auth.Account)
	return a.Access
}

// failed gives an error the shape that versitygw answers with, and logs those
// that are nobody's but ours.
func (g *guard) failed(ctx context.Context, operation, bucket string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[s3err.S3Error](err); ok {
		return e
	}
	if errors.Is(err, context.Canceled) {
		return s3err.GetAPIError(s3err.ErrIncompleteBody)
	}
	if disk.IsFull(err) {
		g.log.ErrorContext(ctx, "no space is left for s3", "operation", operation, "bucket", bucket, "error", err)
		return s3err.GetAPIError(s3err.ErrNoSpaceLeftOnDevice)
	}
	g.log.ErrorContext(ctx, "s3 operation failed", "operation", operation, "bucket", bucket, "error", err)
	return s3err.GetAPIError(s3err.ErrInternalError)
}

// GetBucketAcl implements backend.Backend. versitygw asks for the access list
// of a bucket before every operation on it, so this is where another account
// is turned away. A folder that was laid here by hand has no owner and is
// everyone's.
//
//nolint:revive,staticcheck // versitygw's spelling
func (g *guard) GetBucketAcl(ctx context.Context, in *s3.GetBucketAclInput) ([]byte, error) {
	data, err := g.Backend.GetBucketAcl(ctx, in)
	if err != nil {
		return nil, g.failed(ctx, "GetBucketAcl", *in.Bucket, err)
	}
	acl, err := auth.ParseACL(data)
	if err != nil {
		return nil, g.failed(ctx, "GetBucketAcl", *in.Bucket, err)
	}
	if acl.Owner != "" && acl.Owner != caller(ctx) {
		return nil, s3err.GetAPIError(s3err.ErrAccessDenied)
	}
	return data, nil
}

// owned reports whether the caller may read from the bucket that source, a
// copy's "bucket/key", names.
func (g *guard) owned(ctx context.Context, source *string) error {
	if source == nil {
		return nil
	}
	bucket, _, _, err := backend.ParseCopySource(*source)
	if err != nil {
		return err
	}
	_, err = g.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: &bucket})
	return err
}

// ListBuckets implements backend.Backend.
func (g *guard) ListBuckets(ctx context.Context, in s3response.ListBucketsInput) (s3response.ListAllMyBucketsResult, error) {
	in.IsAdmin, in.Owner = false, caller(ctx)
	out, err := g.Backend.ListBuckets(ctx, in)
	return out, g.failed(ctx, "ListBuckets", "", err)
}

// PutBucketPolicy implements backend.Backend. No other account can be let in
// yet, so a policy that allows changes nothing; one that denies would have to.
func (g *guard) PutBucketPolicy(ctx context.Context, bucket string, policy []byte) error {
	var document struct {
		Statement []struct{ Effect string }
	}
	if err := json.Unmarshal(policy, &document); err != nil {
		return s3err.GetAPIError(s3err.ErrMalformedXML)
	}
	for _, statement := range document.Statement {
		if statement.Effect == "Deny" {
			return errUnsupported("Deny statements in bucket policies are not supported by this version of Sillok")
		}
	}
	return g.failed(ctx, "PutBucketPolicy", bucket, g.Backend.PutBucketPolicy(ctx, bucket, policy))
}

func errUnsupported(message string) error {
	return s3err.APIError{Code: "NotImplemented", Description: message, HTTPStatusCode: http.StatusNotImplemented}
}

// CreateBucket implements backend.Backend.
func (g *guard) CreateBucket(ctx context.Context, in *s3.CreateBucketInput, acl []byte) error {
	return g.failed(ctx, "CreateBucket", *in.Bucket, g.Backend.CreateBucket(ctx, in, acl))
}

// DeleteBucket implements backend.Backend.
func (g *guard) DeleteBucket(ctx context.Context, bucket string) error {
	return g.failed(ctx, "DeleteBucket", bucket, g.Backend.DeleteBucket(ctx, bucket))
}

// ListObjects implements backend.Backend.
func (g *guard) ListObjects(ctx context.Context, in *s3.ListObjectsInput) (s3response.ListObjectsResult, error) {
	out, err := g.Backend.ListObjects(ctx, in)
	return out, g.failed(ctx, "ListObjects", *in.Bucket, err)
}

// ListObjectsV2 implements backend.Backend.
func (g *guard) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input) (s3response.ListObjectsV2Result, error) {
	out, err := g.Backend.ListObjectsV2(ctx, in)
	return out, g.failed(ctx, "ListObjectsV2", *in.Bucket, err)
}

// HeadObject implements backend.Backend.
func (g *guard) HeadObject(ctx context.Context, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	out, err := g.Backend.HeadObject(ctx, in)
	return out, g.failed(ctx, "HeadObject", *in.Bucket, err)
}

// GetObject implements backend.Backend.
func (g *guard) GetObject(ctx context.Context, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	out, err := g.Backend.GetObject(ctx, in)
	return out, g.failed(ctx, "GetObject", *in.Bucket, err)
}

// PutObject implements backend.Backend.
func (g *guard) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	out, err := g.Backend.PutObject(ctx, in)
	return out, g.failed(ctx, "PutObject", *in.Bucket, err)
}

// CopyObject implements backend.Backend.
func (g *guard) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	if err := g.owned(ctx, in.CopySource); err != nil {
		return s3response.CopyObjectOutput{}, g.failed(ctx, "CopyObject", *in.Bucket, err)
	}
	out, err := g.Backend.CopyObject(ctx, in)
	return out, g.failed(ctx, "CopyObject", *in.Bucket, err)
}

// DeleteObject implements backend.Backend.
func (g *guard) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	out, err := g.Backend.DeleteObject(ctx, in)
	return out, g.failed(ctx, "DeleteObject", *in.Bucket, err)
}

// DeleteObjects implements backend.Backend.
func (g *guard) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput) (s3response.DeleteResult, error) {
	out, err := g.Backend.DeleteObjects(ctx, in)
	return out, g.failed(ctx, "DeleteObjects", *in.Bucket, err)
}

// CreateMultipartUpload implements backend.Backend.
func (g *guard) CreateMultipartUpload(ctx context.Context, in s3response.CreateMultipartUploadInput) (s3response.InitiateMultipartUploadResult, error) {
	out, err := g.Backend.CreateMultipartUpload(ctx, in)
	return out, g.failed(ctx, "CreateMultipartUpload", *in.Bucket, err)
}

// UploadPart implements backend.Backend.
func (g *guard) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	out, err := g.Backend.UploadPart(ctx, in)
	return out, g.failed(ctx, "UploadPart", *in.Bucket, err)
}

// UploadPartCopy implements backend.Backend.
func (g *guard) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput) (s3response.CopyPartResult, error) {
	if err := g.owned(ctx, in.CopySource); err != nil {
		return s3response.CopyPartResult{}, g.failed(ctx, "UploadPartCopy", *in.Bucket, err)
	}
	out, err := g.Backend.UploadPartCopy(ctx, in)
	return out, g.failed(ctx, "UploadPartCopy", *in.Bucket, err)
}

// CompleteMultipartUpload implements backend.Backend.
func (g *guard) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	out, version, err := g.Backend.CompleteMultipartUpload(ctx, in)
	return out, version, g.failed(ctx, "CompleteMultipartUpload", *in.Bucket, err)
}

// PutObjectTagging implements backend.Backend.
func (g *guard) PutObjectTagging(ctx context.Context, bucket, key, version string, tags map[string]string) error {
	return g.failed(ctx, "PutObjectTagging", bucket, g.Backend.PutObjectTagging(ctx, bucket, key, version, tags))
}
