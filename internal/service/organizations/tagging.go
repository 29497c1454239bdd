package organizations

import (
	"context"
	"errors"
	"slices"
	"strings"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// tags are those of roots, units, accounts, policies and resource policies.
var tags = resource.Tags{Invalid: "InvalidInputException", TooMany: "ConstraintViolationException"}

func tagOf(t api.Tag) resource.Tag { return resource.Tag(t) }

// tag gives something of the organization tags.
func (o *org) tag(arn string, with []api.Tag) error {
	err := tags.Add(o.tx, arn, resource.FromList(with, tagOf))
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok || e.Fields != nil {
		return err
	}
	switch {
	case e.Code == tags.TooMany:
		return withReason(e, "MAX_TAG_LIMIT_EXCEEDED")
	case e.Code != tags.Invalid:
		return err
	case slices.ContainsFunc(with, func(t api.Tag) bool { return strings.HasPrefix(lower(*t.Key), "aws:") }):
		return withReason(e, "INVALID_SYSTEM_TAGS_PARAMETER")
	}
	return withReason(e, "DUPLICATE_TAG_KEY")
}

// tagged returns the ARN of what can have tags by its ID.
func (o *org) tagged(id string) (string, error) {
	switch {
	case strings.HasPrefix(id, "p-"):
		if isProvided(id) {
			return "", errInput("TARGET_NOT_SUPPORTED", "You can't perform this operation on an AWS managed policy.")
		}
		p, found, err := documents.Find(o.r, id)
		if err == nil && !found {
			err = errNoTarget()
		}
		return o.policyARN(&p), err
	case strings.HasPrefix(id, "rp-"):
		if o.Resource == nil || o.Resource.ID != id {
			return "", errNoTarget()
		}
		return o.arnOf(id), nil
	}
	t, err := o.target(id)
	return o.arnOf(t.id), err
}

// policyOf is the ID of a policy, and empty for that of anything else.
func policyOf(id string) string {
	if strings.HasPrefix(id, "p-") {
		return id
	}
	return ""
}

// otherThanPolicy is the ID of anything but a policy.
func otherThanPolicy(id string) string {
	if policyOf(id) != "" {
		return ""
	}
	return id
}

// TagResource gives a root, unit, account or policy tags.
func (s *Service) TagResource(ctx context.Context, in *api.TagResourceInput) (*api.TagResourceOutput, error) {
	a := ask{action: "TagResource", on: otherThanPolicy(*in.ResourceId), policy: policyOf(*in.ResourceId)}
	return nil, s.update(ctx, a, func(o *org) error {
		arn, err := o.tagged(*in.ResourceId)
		if err != nil {
			return err
		}
		return o.tag(arn, in.Tags)
	})
}

// UntagResource takes tags from a root, unit, account or policy.
func (s *Service) UntagResource(ctx context.Context, in *api.UntagResourceInput) (*api.UntagResourceOutput, error) {
	a := ask{action: "UntagResource", on: otherThanPolicy(*in.ResourceId), policy: policyOf(*in.ResourceId)}
	return nil, s.update(ctx, a, func(o *org) error {
		arn, err := o.tagged(*in.ResourceId)
		if err != nil {
			return err
		}
		kept, err := tags.Of(o.r, arn)
		if err != nil {
			return err
		}
		for _, key := range in.TagKeys {
			delete(kept, key)
		}
		return tags.Replace(o.tx, arn, func(yield func(string, string) bool) {
			for key, value := range kept {
				if !yield(key, value) {
					return
				}
			}
		})
	})
}

// ListTagsForResource returns the tags of a root, unit, account or policy.
func (s *Service) ListTagsForResource(ctx context.Context, in *api.ListTagsForResourceInput) (*api.ListTagsForResourceOutput, error) {
	out := &api.ListTagsForResourceOutput{}
	a := ask{action: "ListTagsForResource", on: otherThanPolicy(*in.ResourceId), policy: policyOf(*in.ResourceId)}
	return out, s.view(ctx, a, func(o *org) error {
		arn, err := o.tagged(*in.ResourceId)
		if err != nil {
			return err
		}
		kept, err := tags.Of(o.r, arn)
		if err != nil {
			return err
		}
		var all []resource.Entry[api.Tag]
		for _, tag := range resource.ToList(kept, func(t resource.Tag) api.Tag { return api.Tag(t) }) {
			all = append(all, resource.Entry[api.Tag]{Name: *tag.Key, Value: tag})
		}
		out.Tags, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, nil), listed(all), resource.Whole)
		return err
	})
}

// ResourceTags returns the tags of something of an organization, for conditions on them.
func (s *Service) ResourceTags(ctx context.Context, arn string) (kept map[string]string, err error) {
	err = resource.NewStore(s.state).View(cloud.WithCall(ctx, cloud.Call{Account: managerIn(arn)}), func(r resource.Reader) (err error) {
		kept, err = tags.Of(r, arn)
		return err
	})
	return kept, err
}

// managerIn returns the management account that an ARN names.
func managerIn(arn string) cloud.Account {
	parsed, err := cloud.ParseARN(arn)
	if err != nil {
		return ""
	}
	return parsed.Account
}
