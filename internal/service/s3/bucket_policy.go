package s3

import (
	"context"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/store/objects"
)

// maxPolicy is how many bytes a bucket's policy has at most.
const maxPolicy = 20 << 10

// GetBucketPolicy tells a bucket's policy, byte for byte as it was put.
func (s *Service) GetBucketPolicy(ctx context.Context, in *s3api.GetBucketPolicyInput) (*s3api.GetBucketPolicyOutput, error) {
	doc, err := s.policy(ctx, in.Bucket, in.ExpectedBucketOwner)
	return &s3api.GetBucketPolicyOutput{Policy: new(string(doc))}, err
}

// GetBucketPolicyStatus says whether a bucket's policy is public.
func (s *Service) GetBucketPolicyStatus(ctx context.Context, in *s3api.GetBucketPolicyStatusInput) (*s3api.GetBucketPolicyStatusOutput, error) {
	doc, err := s.policy(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	policy, err := parsePolicy(doc)
	return &s3api.GetBucketPolicyStatusOutput{PolicyStatus: &s3api.PolicyStatus{IsPublic: new(policy.public())}}, err
}

// PutBucketPolicy keeps a bucket's policy, by which the very next call is decided.
func (s *Service) PutBucketPolicy(ctx context.Context, in *s3api.PutBucketPolicyInput) (*s3api.PutBucketPolicyOutput, error) {
	err := s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		policy, err := checkPolicy([]byte(*in.Policy), b.Name)
		if err != nil {
			return err
		}
		if policy.public() {
			blocked, err := blocks(&tx.View, b, func(c *s3api.PublicAccessBlockConfiguration) *bool { return c.BlockPublicPolicy })
			if err != nil {
				return err
			}
			if blocked {
				return errBlocked(ctx, bucketARN(b.Name), "s3:PutBucketPolicy", "policies", "BlockPublicPolicy")
			}
		}
		if _, err := s.policies.compile(*in.Policy); err != nil {
			return err
		}
		return tx.SetSetting(b, policySetting, []byte(*in.Policy))
	})
	return nil, err
}

// DeleteBucketPolicy removes a bucket's policy.
func (s *Service) DeleteBucketPolicy(ctx context.Context, in *s3api.DeleteBucketPolicyInput) (*s3api.DeleteBucketPolicyOutput, error) {
	return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, policySetting)
}

// policy returns a bucket's policy, or NoSuchBucketPolicy.
func (s *Service) policy(ctx context.Context, name, expectedOwner *string) (doc []byte, err error) {
	err = s.inBucket(ctx, name, expectedOwner, func(v *objects.View, b *objects.Bucket) (err error) {
		doc, err = v.Setting(b, policySetting)
		if err == nil && doc == nil {
			err = errNotSet("NoSuchBucketPolicy", "The bucket policy does not exist", b.Name)
		}
		return err
	})
	return doc, err
}
