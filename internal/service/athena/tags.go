package athena

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// ListTagsForResource returns the tags of a work group by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *athenaapi.ListTagsForResourceInput) (*athenaapi.ListTagsForResourceOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	out := &athenaapi.ListTagsForResourceOutput{}
	err := s.store.View(ctx, func(r state.Reader) (err error) {
		if err := taggable(r, scope, *in.ResourceARN); err != nil {
			return err
		}
		out.Tags, _, err = state.Find[[]athenaapi.Tag](r, key(scope, kindTags, *in.ResourceARN))
		return err
	})
	if out.Tags == nil {
		out.Tags = []athenaapi.Tag{}
	}
	return out, err
}

// TagResource adds tags to a work group, replacing those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *athenaapi.TagResourceInput) (*athenaapi.TagResourceOutput, error) {
	return &athenaapi.TagResourceOutput{}, s.retag(ctx, *in.ResourceARN, in.Tags, nil)
}

// UntagResource removes tags from a work group.
func (s *Service) UntagResource(ctx context.Context, in *athenaapi.UntagResourceInput) (*athenaapi.UntagResourceOutput, error) {
	return &athenaapi.UntagResourceOutput{}, s.retag(ctx, *in.ResourceARN, nil, in.TagKeys)
}

func (s *Service) retag(ctx context.Context, arn string, add []athenaapi.Tag, remove []string) error {
	scope := cloud.CallOf(ctx).Scope()
	return s.store.Update(ctx, func(tx state.Tx) error {
		if err := taggable(tx, scope, arn); err != nil {
			return err
		}
		tags, _, err := state.Find[[]athenaapi.Tag](tx, key(scope, kindTags, arn))
		if err != nil {
			return err
		}
		replaced := func(tag athenaapi.Tag) bool {
			return slices.Contains(remove, text(tag.Key)) ||
				slices.ContainsFunc(add, func(a athenaapi.Tag) bool { return text(a.Key) == text(tag.Key) })
		}
		return putTags(tx, scope, arn, append(slices.DeleteFunc(tags, replaced), add...))
	})
}

// taggable refuses an ARN that is not of a work group that exists.
func taggable(r state.Reader, scope cloud.Scope, arn string) error {
	parsed, err := cloud.ParseARN(arn)
	group, ok := strings.CutPrefix(parsed.Resource, "workgroup/")
	if err != nil || !ok || arn != workGroupARN(scope, group) {
		return errRequest("Athena Resource, %s Does Not Exist", arn)
	}
	if _, err := workGroupIn(r, scope, group); cloud.KindOf(err) == cloud.Invalid {
		return cloud.Errorf(cloud.NotFound, "ResourceNotFoundException", "Resource %s does not exist", arn)
	} else if err != nil {
		return err
	}
	return nil
}

func putTags(tx state.Tx, scope cloud.Scope, arn string, tags []athenaapi.Tag) error {
	slices.SortFunc(tags, func(a, b athenaapi.Tag) int { return cmp.Compare(text(a.Key), text(b.Key)) })
	return state.Put(tx, key(scope, kindTags, arn), tags)
}

func deleteTags(tx state.Tx, scope cloud.Scope, arn string) error {
	if err := tx.Delete(key(scope, kindTags, arn)); cloud.KindOf(err) != cloud.NotFound {
		return err
	}
	return nil
}
