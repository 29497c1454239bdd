package sns

import (
	"context"
	"errors"

	"github.com/sillok/sillok/internal/api/snsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// taggable returns the ARN of the topic that a client means.
func taggable(r resource.Reader, name string) (string, error) {
	arn, err := parseARN("ResourceArn", name)
	if err != nil || scopeOf(arn) != r.Scope() {
		return "", errNoResource()
	}
	_, found, err := topics.Find(r, arn.Resource)
	if err == nil && !found {
		err = errNoResource()
	}
	return arn.String(), err
}

func errNoResource() error {
	return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "Resource does not exist")
}

func tagOf(t snsapi.Tag) resource.Tag { return resource.Tag(t) }

// TagResource gives a topic tags.
func (s *Service) TagResource(ctx context.Context, in *snsapi.TagResourceInput) (*snsapi.TagResourceOutput, error) {
	seen := map[string]bool{}
	for _, tag := range in.Tags {
		if seen[*tag.Key] {
			return nil, errParameter("Duplicated keys are not allowed.")
		}
		seen[*tag.Key] = true
	}
	err := tags.Tag(ctx, s.store, *in.ResourceArn, resource.FromList(in.Tags, tagOf))
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code == tags.TooMany {
		err = cloud.Errorf(cloud.Invalid, e.Code, "Could not complete request: tag quota of per resource exceeded")
	}
	return nil, err
}

// UntagResource takes tags from a topic.
func (s *Service) UntagResource(ctx context.Context, in *snsapi.UntagResourceInput) (*snsapi.UntagResourceOutput, error) {
	return nil, tags.Untag(ctx, s.store, *in.ResourceArn, in.TagKeys)
}

// ListTagsForResource tells the tags of a topic.
func (s *Service) ListTagsForResource(ctx context.Context, in *snsapi.ListTagsForResourceInput) (*snsapi.ListTagsForResourceOutput, error) {
	all, err := tags.List(ctx, s.store, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &snsapi.ListTagsForResourceOutput{Tags: resource.ToList(all, func(t resource.Tag) snsapi.Tag { return snsapi.Tag(t) })}, nil
}
