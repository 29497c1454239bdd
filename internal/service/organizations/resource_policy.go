package organizations

import (
	"context"
	"errors"
	"unicode/utf8"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// maxResourcePolicy is how long the resource policy of an organization may be, in
// characters.
const maxResourcePolicy = 40_000

// PutResourcePolicy sets the policy by which an organization lets its members do some of
// what its management account does.
func (s *Service) PutResourcePolicy(ctx context.Context, in *api.PutResourcePolicyInput) (*api.PutResourcePolicyOutput, error) {
	out := &api.PutResourcePolicyOutput{}
	return out, s.update(ctx, ask{action: "PutResourcePolicy"}, func(o *org) error {
		if o.Features != allFeatures {
			return errConstraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "The organization does not have all features enabled.")
		}
		if utf8.RuneCountInString(*in.Content) > maxResourcePolicy {
			return errConstraint("POLICY_CONTENT_LIMIT_EXCEEDED", "The resource policy of an organization can have %d characters.", maxResourcePolicy)
		}
		_, err := policy.Parse(*in.Content, policy.Resource)
		if malformed, ok := errors.AsType[*policy.Malformed](err); ok {
			return errInput("INVALID_RESOURCE_POLICY_JSON", "%s", malformed.Message)
		}
		if err != nil {
			return err
		}
		if o.Resource == nil {
			o.Resource = &resourceDocument{ID: newID("rp-", 8)}
		} else if len(in.Tags) > 0 {
			return cloud.Errorf(cloud.Conflict, "ConflictException", "The organization has a resource policy already: its tags are changed by TagResource.")
		}
		o.Resource.Content = *in.Content
		if err := o.tag(o.arnOf(o.Resource.ID), in.Tags); err != nil {
			return err
		}
		out.ResourcePolicy = o.resourceShape()
		return o.save()
	})
}

func (o *org) resourceShape() *api.ResourcePolicy {
	return &api.ResourcePolicy{
		Content: &o.Resource.Content, ResourcePolicySummary: &api.ResourcePolicySummary{Id: &o.Resource.ID, Arn: new(o.arnOf(o.Resource.ID))},
	}
}

func errNoResourcePolicy() error {
	return cloud.Errorf(cloud.NotFound, "ResourcePolicyNotFoundException", "We can't find a resource policy request with the parameter that you specified.")
}

// DescribeResourcePolicy returns the resource policy of the organization.
func (s *Service) DescribeResourcePolicy(ctx context.Context, _ *api.DescribeResourcePolicyInput) (*api.DescribeResourcePolicyOutput, error) {
	out := &api.DescribeResourcePolicyOutput{}
	return out, s.view(ctx, ask{action: "DescribeResourcePolicy"}, func(o *org) error {
		if o.Resource == nil {
			return errNoResourcePolicy()
		}
		out.ResourcePolicy = o.resourceShape()
		return nil
	})
}

// DeleteResourcePolicy removes the resource policy of the organization.
func (s *Service) DeleteResourcePolicy(ctx context.Context, _ *api.DeleteResourcePolicyInput) (*api.DeleteResourcePolicyOutput, error) {
	return nil, s.update(ctx, ask{action: "DeleteResourcePolicy"}, func(o *org) error {
		if o.Resource == nil {
			return errNoResourcePolicy()
		}
		if err := tags.Delete(o.tx, o.arnOf(o.Resource.ID)); err != nil {
			return err
		}
		o.Resource = nil
		return o.save()
	})
}
