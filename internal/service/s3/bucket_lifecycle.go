package s3

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

const (
	maxLifecycleRules = 1000
	maxRuleID         = 255 // characters

	// minimumSize is what the smallest object that moves to another class is,
	// where the request does not say.
	minimumSize = "all_storage_classes_128K"
)

// lifecycleDocument is the document of a bucket's lifecycle.
type lifecycleDocument = s3api.GetBucketLifecycleConfigurationOutput

// GetBucketLifecycleConfiguration tells when what is in a bucket ends, as it was
// put.
func (s *Service) GetBucketLifecycleConfiguration(ctx context.Context, in *s3api.GetBucketLifecycleConfigurationInput) (*s3api.GetBucketLifecycleConfigurationOutput, error) {
	return needSetting[lifecycleDocument](ctx, s, in.Bucket, in.ExpectedBucketOwner, lifecycleSetting,
		"NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
}

// PutBucketLifecycleConfiguration says when what is in a bucket ends. Transitions
// are kept, and move nothing: there is one class of storage here.
func (s *Service) PutBucketLifecycleConfiguration(ctx context.Context, in *s3api.PutBucketLifecycleConfigurationInput) (*s3api.PutBucketLifecycleConfigurationOutput, error) {
	kept := lifecycleDocument{TransitionDefaultMinimumObjectSize: new(resource.Or(in.TransitionDefaultMinimumObjectSize, minimumSize))}
	if in.LifecycleConfiguration != nil {
		kept.Rules = slices.Clone(in.LifecycleConfiguration.Rules)
	}
	for i := range kept.Rules {
		kept.Rules[i].ID = idOrNew(kept.Rules[i].ID)
	}
	out := &s3api.PutBucketLifecycleConfigurationOutput{TransitionDefaultMinimumObjectSize: kept.TransitionDefaultMinimumObjectSize}
	return out, s.putSetting(ctx, in.Bucket, in.ExpectedBucketOwner, lifecycleSetting, kept, func() error {
		if in.LifecycleConfiguration == nil {
			return cloud.Errorf(cloud.Invalid, "MissingRequestBodyError", "Request Body is empty")
		}
		return checkLifecycle(&kept)
	})
}

// DeleteBucketLifecycle lets all that is in a bucket stay.
func (s *Service) DeleteBucketLifecycle(ctx context.Context, in *s3api.DeleteBucketLifecycleInput) (*s3api.DeleteBucketLifecycleOutput, error) {
	return nil, s.deleteSetting(ctx, in.Bucket, in.ExpectedBucketOwner, lifecycleSetting)
}

func checkLifecycle(c *lifecycleDocument) error {
	if !slices.Contains(words("TransitionDefaultMinimumObjectSize"), *c.TransitionDefaultMinimumObjectSize) {
		return errInvalidRequest("Invalid TransitionDefaultMinimumObjectSize found: %s", *c.TransitionDefaultMinimumObjectSize)
	}
	if len(c.Rules) == 0 || len(c.Rules) > maxLifecycleRules {
		return errMalformed()
	}
	seen := map[string]bool{}
	for i := range c.Rules {
		r := lifecycleCheck{&c.Rules[i]}
		if seen[text(r.ID)] {
			return errArgument("ID", text(r.ID), "Rule ID must be unique. Found same ID for more than one rule")
		}
		seen[text(r.ID)] = true
		if err := r.check(); err != nil {
			return err
		}
	}
	return nil
}
