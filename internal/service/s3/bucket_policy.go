package s3

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
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
	bound, err := s.bound(ctx, *in.Policy)
	if err != nil {
		return nil, err
	}
	err = s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := ofOwner(ctx, b); err != nil {
			return err
		}
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
		return errors.Join(tx.SetSetting(b, policySetting, []byte(*in.Policy)), tx.SetSetting(b, boundSetting, bound))
	})
	return nil, err
}

// bound returns whom a policy means, as it is kept: whoever takes the name of one who is
// gone does not get what that one had. It is nil for nobody, and for what is no policy.
// Whom it names must be there.
func (s *Service) bound(ctx context.Context, text string) ([]byte, error) {
	document, err := policy.Parse(text, policy.Resource)
	if err != nil || s.cfg.Identities == nil {
		return nil, nil //nolint:nilerr // what is no policy is refused in S3's words
	}
	named := policy.Identities(document)
	if s.cfg.Unknown != nil {
		if nobody, err := s.cfg.Unknown(ctx, named); err != nil || len(nobody) > 0 {
			return nil, cmp.Or(err, error(errPrincipal()))
		}
	}
	ids, err := s.cfg.Identities(ctx, named)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return json.Marshal(ids)
}

// ofOwner refuses what a bucket's policy can give nobody of another account.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html.
func ofOwner(ctx context.Context, b *objects.Bucket) error {
	if p := cloud.CallOf(ctx).Principal; p.Type != "" && p.Account != b.Account {
		return fail(cloud.Denied, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	return nil
}

// DeleteBucketPolicy removes a bucket's policy.
func (s *Service) DeleteBucketPolicy(ctx context.Context, in *s3api.DeleteBucketPolicyInput) (*s3api.DeleteBucketPolicyOutput, error) {
	return nil, s.changeBucket(ctx, in.Bucket, in.ExpectedBucketOwner, func(tx *objects.Tx, b *objects.Bucket) error {
		if err := ofOwner(ctx, b); err != nil {
			return err
		}
		there, err := tx.Setting(b, policySetting)
		if err != nil || there == nil {
			return err
		}
		return errors.Join(tx.SetSetting(b, policySetting, nil), tx.SetSetting(b, boundSetting, nil))
	})
}

// policy returns a bucket's policy, or NoSuchBucketPolicy.
func (s *Service) policy(ctx context.Context, name, expectedOwner *string) (doc []byte, err error) {
	err = s.inBucket(ctx, name, expectedOwner, func(v *objects.View, b *objects.Bucket) (err error) {
		if err := ofOwner(ctx, b); err != nil {
			return err
		}
		doc, err = v.Setting(b, policySetting)
		if err == nil && doc == nil {
			err = errNotSet("NoSuchBucketPolicy", "The bucket policy does not exist", b.Name)
		}
		return err
	})
	return doc, err
}
