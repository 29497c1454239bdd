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

// Metrics have no tags. What has them are alarms, dashboards, rules and streams, of which
// streams are here.
var tags = resource.Tags{Invalid: codeValue, TooMany: codeValue, Named: taggable}

func taggable(r resource.Reader, arn string) (string, error) {
	name, _ := resource.Named(r.Scope(), "cloudwatch", arn)
	if name, ok := strings.CutPrefix(name, streamResource); ok {
		if _, there, err := streams.Find(r, name); err != nil || there {
			return arn, err
		}
	}
	return "", cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "")
}

// TagResource gives a resource tags, in place of those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *cloudwatchapi.TagResourceInput) (*cloudwatchapi.TagResourceOutput, error) {
	return &cloudwatchapi.TagResourceOutput{}, tags.Tag(ctx, s.store, *in.ResourceARN, given(in.Tags))
}

// UntagResource takes tags from a resource by their keys.
func (s *Service) UntagResource(ctx context.Context, in *cloudwatchapi.UntagResourceInput) (*cloudwatchapi.UntagResourceOutput, error) {
	return &cloudwatchapi.UntagResourceOutput{}, tags.Untag(ctx, s.store, *in.ResourceARN, in.TagKeys)
}

// ListTagsForResource returns the tags of a resource.
func (s *Service) ListTagsForResource(ctx context.Context, in *cloudwatchapi.ListTagsForResourceInput) (*cloudwatchapi.ListTagsForResourceOutput, error) {
	kept, err := tags.List(ctx, s.store, *in.ResourceARN)
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
