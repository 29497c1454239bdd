package cloudwatch

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

const (
	mostTags        = 50
	reservedTag     = "aws:"
	codeTooManyTags = "TooManyTags" // no client sees it
)

// Metrics have no tags. What has them are alarms and the rules that mute them, dashboards and streams.
var tags = resource.Tags{Invalid: codeValue, TooMany: codeTooManyTags, Named: taggable}

// taggables say whether there is a resource whose ARN has a name behind a beginning.
var taggables = map[string]func(r resource.Reader, name string) (found bool, err error){
	alarmResource: func(r resource.Reader, name string) (found bool, err error) {
		_, found, err = alarms.Find(r, name)
		return found, err
	},
	dashboardInName: func(r resource.Reader, name string) (found bool, err error) {
		_, found, err = dashboards.Find(r, name)
		return found, err
	},
	streamResource: func(r resource.Reader, name string) (found bool, err error) {
		_, found, err = streams.Find(r, name)
		return found, err
	},
	muteResource: func(r resource.Reader, name string) (found bool, err error) {
		_, found, err = muteRules.Find(r, name)
		return found, err
	},
}

func taggable(r resource.Reader, arn string) (string, error) {
	if named, ok := resource.Named(r.Scope(), "cloudwatch", arn); ok {
		for beginning, there := range taggables {
			name, ours := strings.CutPrefix(named, beginning)
			if !ours {
				continue
			}
			if found, err := there(r, name); err != nil || found {
				return arn, err
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

// checkTags checks the tags that something is made with.
func checkTags(in []cloudwatchapi.Tag) error {
	if len(in) > mostTags {
		return errValidation("The resultant tag set must not have more than %d user tags.", mostTags)
	}
	for _, t := range in {
		if key := *t.Key; len(key) >= len(reservedTag) && strings.EqualFold(key[:len(reservedTag)], reservedTag) {
			return cloud.Errorf(cloud.Denied, "AccessDenied", `The provided tag keys must not start with any case of "aws:"`)
		}
	}
	return nil
}

// addTags gives a resource tags. That it has too many then is said as AWS says it.
func addTags(tx resource.Tx, arn string, in []cloudwatchapi.Tag) error {
	err := tags.Add(tx, arn, givenTags(in))
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code == codeTooManyTags {
		return errValue("tags are invalid.")
	}
	return err
}

// TagResource gives a resource tags, in place of those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *cloudwatchapi.TagResourceInput) (*cloudwatchapi.TagResourceOutput, error) {
	err := s.store.Update(placeOf(ctx, *in.ResourceARN), func(tx resource.Tx) error {
		arn, err := tags.Named(tx, *in.ResourceARN)
		if err != nil {
			return err
		}
		if len(in.Tags) <= mostTags { // more are refused below, in other words
			if err := checkTags(in.Tags); err != nil {
				return err
			}
		}
		return addTags(tx, arn, in.Tags)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.TagResourceOutput{}, nil
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

func givenTags(in []cloudwatchapi.Tag) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, t := range in {
			if !yield(*t.Key, *t.Value) {
				return
			}
		}
	}
}

// Held implements access.Resources: tags are conditions of what may be done.
func (s *Service) Held(_ context.Context, _ *cloud.Access, r cloud.Resource) (access.Held, error) {
	arn, err := cloud.ParseARN(r.ARN)
	if err != nil || strings.Contains(r.ARN, "*") {
		return access.Held{}, nil //nolint:nilerr // it names nothing
	}
	return access.Held{Conditions: access.Conditions{
		Beginnings: []string{"aws:resourcetag/"},
		Tell: func(ctx context.Context) (conditions map[string][]string, err error) {
			conditions = map[string][]string{}
			return conditions, s.view(ctx, cloud.Scope{Account: arn.Account, Region: arn.Region}, func(r resource.Reader) error {
				kept, err := tags.Of(r, arn.String())
				for key, value := range kept {
					conditions["aws:ResourceTag/"+key] = []string{value}
				}
				return err
			})
		},
	}}, nil
}
