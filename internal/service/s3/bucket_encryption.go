package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/resource"
)

// aes256 is the encryption that S3 gives every object for which nothing else was
// asked.
const aes256 = "AES256"

// encryptionAlgorithms are those that a bucket can give its objects.
var encryptionAlgorithms = []string{aes256, "aws:kms", "aws:kms:dsse"}

// GetBucketEncryption tells how new objects of a bucket are encrypted.
func (s *Service) GetBucketEncryption(ctx context.Context, in *s3api.GetBucketEncryptionInput) (*s3api.GetBucketEncryptionOutput, error) {
	c, err := getSetting[s3api.ServerSideEncryptionConfiguration](ctx, s, in.Bucket, in.ExpectedBucketOwner, encryptionSetting)
	if c == nil {
		c = &s3api.ServerSideEncryptionConfiguration{Rules: []s3api.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &s3api.ServerSideEncryptionByDefault{SSEAlgorithm: new(aes256)},
			BucketKeyEnabled:                   new(false),
		}}}
	}
	return &s3api.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: c}, err
}

// PutBucketEncryption says how new objects of a bucket are encrypted.
func (s *Service) PutBucketEncryption(ctx context.Context, in *s3api.PutBucketEncryptionInput) (*s3api.PutBucketEncryptionOutput, error) {
	c := *in.ServerSideEncryptionConfiguration
	c.Rules = slices.Clone(c.Rules)
	for i := range c.Rules {
		r := &c.Rules[i]
		r.BucketKeyEnabled = new(resource.Value(r.BucketKeyEnabled))
		if r.ApplyServerSideEncryptionByDefault == nil && r.BlockedEncryptionTypes != nil {
			r.ApplyServerSideEncryptionByDefault = &s3api.ServerSideEncryptionByDefault{SSEAlgorithm: new(aes256)}
		}
	}
	return nil, s.putSetting(ctx, in.Bucket, in.ExpectedBucketOwner, encryptionSetting, c, func() error { return checkEncryption(&c) })
}

// DeleteBucketEncryption brings back the encryption of a new bucket.
func (s *Service) DeleteBucketEncryption(ctx context.Context, in *s3api.DeleteBucketEncryptionInput) (*s3api.DeleteBucketEncryptionOutput, error) {
	return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, encryptionSetting)
}

func checkEncryption(c *s3api.ServerSideEncryptionConfiguration) error {
	if len(c.Rules) != 1 {
		return errMalformed()
	}
	by := c.Rules[0].ApplyServerSideEncryptionByDefault
	if by == nil || !slices.Contains(encryptionAlgorithms, text(by.SSEAlgorithm)) {
		return errMalformed()
	}
	if by.KMSMasterKeyID != nil && *by.SSEAlgorithm == aes256 {
		e := errInvalidArgument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
		e.Fields = map[string]any{"ArgumentName": "ApplyServerSideEncryptionByDefault"}
		return e
	}
	return nil
}
