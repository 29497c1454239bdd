package cloudtrail

import (
	"context"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

var tags = resource.Tags{Invalid: "InvalidTagParameterException", TooMany: "TagsLimitExceededException", Named: taggable}

// Limits of one call.
const (
	maxTagsGiven = 200 // in a list
	maxListed    = 20  // resources of ListTags
)

func tagOf(t cloudtrailapi.Tag) resource.Tag { return resource.Tag(t) }

// checkTags bounds a list of tags; what they are, resource.Tags checks.
func checkTags(given []cloudtrailapi.Tag) error {
	if len(given) > maxTagsGiven {
		return cloud.Errorf(cloud.Invalid, "TagsLimitExceededException", "A list may have %d tags, and %d were given.", maxTagsGiven, len(given))
	}
	return nil
}

// taggable returns the ARN of a trail, an event data store or a channel of the caller's
// account.
func taggable(r resource.Reader, arn string) (string, error) {
	if parsed, id, ok := ownARN(arn, storeNoun); ok {
		_, found, err := eventStores.Find(r, string(parsed.Region), id)
		if err == nil && (!found || parsed.Account != r.Scope().Account) {
			err = errNoStore(arn)
		}
		return arn, err
	}
	if parsed, id, ok := ownARN(arn, channelNoun); ok {
		_, found, err := channels.Find(r, string(parsed.Region), id)
		if err == nil && (!found || parsed.Account != r.Scope().Account) {
			err = errNoChannel(arn)
		}
		return arn, err
	}
	named, err := arnOf(arn)
	if err != nil {
		return "", err
	}
	_, found, err := trails.Find(r, string(named.region), named.name)
	if err == nil && (!found || named.account != r.Scope().Account) {
		err = cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "The resource %s does not exist.", arn)
	}
	return arn, err
}

// AddTags gives a trail tags, in place of those of the same keys.
func (s *Service) AddTags(ctx context.Context, in *cloudtrailapi.AddTagsInput) (*cloudtrailapi.AddTagsOutput, error) {
	if err := checkTags(in.TagsList); err != nil {
		return nil, err
	}
	return &cloudtrailapi.AddTagsOutput{}, tags.Tag(global(ctx), s.store, *in.ResourceId, resource.FromList(in.TagsList, tagOf))
}

// RemoveTags takes tags from a trail by their keys; values do not matter.
func (s *Service) RemoveTags(ctx context.Context, in *cloudtrailapi.RemoveTagsInput) (*cloudtrailapi.RemoveTagsOutput, error) {
	if err := checkTags(in.TagsList); err != nil {
		return nil, err
	}
	keys := make([]string, len(in.TagsList))
	for i, t := range in.TagsList {
		keys[i] = resource.Value(t.Key)
	}
	return &cloudtrailapi.RemoveTagsOutput{}, tags.Untag(global(ctx), s.store, *in.ResourceId, keys)
}

// ListTags returns the tags of trails.
func (s *Service) ListTags(ctx context.Context, in *cloudtrailapi.ListTagsInput) (*cloudtrailapi.ListTagsOutput, error) {
	if resource.Value(in.NextToken) != "" {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidTokenException", "The listing of tags has one page, so there is no next token.")
	}
	if n := len(in.ResourceIdList); n == 0 || n > maxListed {
		return nil, cloud.Errorf(cloud.Invalid, "CloudTrailARNInvalidException", "ResourceIdList has 1 to %d ARNs, and %d were given.", maxListed, n)
	}
	out := &cloudtrailapi.ListTagsOutput{ResourceTagList: []cloudtrailapi.ResourceTag{}}
	return out, s.view(ctx, func(r resource.Reader) error {
		for _, given := range in.ResourceIdList {
			arn, err := taggable(r, given)
			if err != nil {
				return err
			}
			kept, err := tags.Of(r, arn)
			if err != nil {
				return err
			}
			out.ResourceTagList = append(out.ResourceTagList, cloudtrailapi.ResourceTag{
				ResourceId: new(arn), TagsList: resource.ToList(kept, func(t resource.Tag) cloudtrailapi.Tag { return cloudtrailapi.Tag(t) }),
			})
		}
		return nil
	})
}
