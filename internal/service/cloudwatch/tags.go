package cloudwatch

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// Metrics have no tags.
var tags = resource.Tags{Invalid: codeValue, TooMany: codeValue, Named: taggable}

// withTags says of a kind of resource that has tags, by how names begin in ARNs, whether there
// is one of a name.
var withTags = map[string]func(r resource.Reader, name string) (bool, error){
	dashboardInName: func(r resource.Reader, name string) (found bool, err error) {
		_, found, err = dashboards.Find(r, name)
		return found, err
	},
}

// taggable returns the ARN of a resource that there is.
func taggable(r resource.Reader, arn string) (string, error) {
	if named, ok := resource.Named(r.Scope(), "cloudwatch", arn); ok {
		for kind, known := range withTags {
			if name, ok := strings.CutPrefix(named, kind); ok {
				found, err := known(r, name)
				if err != nil || found {
					return arn, err
				}
			}
		}
	}
	return "", cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "")
}

// placeOf returns the context of the region that an ARN's resource is in: none for a dashboard's.
func placeOf(ctx context.Context, arn string) context.Context {
	if parsed, err := cloud.ParseARN(arn); err == nil && parsed.Region == "" {
		return global(ctx)
	}
	return ctx
}

// TagResource gives a resource tags, in place of those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *cloudwatchapi.TagResourceInput) (*cloudwatchapi.TagResourceOutput, error) {
	return &cloudwatchapi.TagResourceOutput{}, tags.Tag(placeOf(ctx, *in.ResourceARN), s.store, *in.ResourceARN, given(in.Tags))
}

// UntagResource takes tags from a resource by their keys.
func (s *Service) UntagResource(ctx context.Context, in *cloudwatchapi.UntagResourceInput) (*cloudwatchapi.UntagResourceOutput, error) {
	return &cloudwatchapi.UntagResourceOutput{}, tags.Untag(placeOf(ctx, *in.ResourceARN), s.store, *in.ResourceARN, in.TagKeys)
}

// ListTagsForResource returns the tags of a resource.
func (s *Service) ListTagsForResource(ctx context.Context, in *cloudwatchapi.ListTagsForResourceInput) (*cloudwatchapi.ListTagsForResourceOutput, error) {
	kept, err := tags.List(placeOf(ctx, *in.ResourceARN), s.store, *in.ResourceARN)
	if err != nil {
		return nil, err
	}
	out := &cloudwatchapi.ListTagsForResourceOutput{Tags: []cloudwatchapi.Tag{}}
	for _, key := range slices.Sorted(maps.Keys(kept)) {
		out.Tags = append(out.Tags, cloudwatchapi.Tag{Key: &key, Value: new(kept[key])})
	}
	return out, nil
}

func given(in []cloudwatchapi.Tag) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, t := range in {
			if !yield(*t.Key, *t.Value) {
				return
			}
		}
	}
}
