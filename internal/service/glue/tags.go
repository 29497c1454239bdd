package glue

import (
	"context"
	"maps"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// GetTags returns the tags of a resource; a resource without any has an empty map.
func (s *Service) GetTags(ctx context.Context, in *glueapi.GetTagsInput) (*glueapi.GetTagsOutput, error) {
	call := cloud.CallOf(ctx)
	out := &glueapi.GetTagsOutput{}
	err := s.store.View(ctx, func(r state.Reader) (err error) {
		out.Tags, err = tagsIn(r, call, value(in.ResourceArn))
		return err
	})
	return out, err
}

// TagResource adds tags to a resource, replacing those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *glueapi.TagResourceInput) (*glueapi.TagResourceOutput, error) {
	call := cloud.CallOf(ctx)
	err := s.store.Update(ctx, func(tx state.Tx) error {
		tags, err := tagsIn(tx, call, value(in.ResourceArn))
		if err != nil {
			return err
		}
		maps.Copy(tags, in.TagsToAdd)
		return putTags(tx, call, value(in.ResourceArn), tags)
	})
	return &glueapi.TagResourceOutput{}, err
}

// UntagResource removes tags from a resource.
func (s *Service) UntagResource(ctx context.Context, in *glueapi.UntagResourceInput) (*glueapi.UntagResourceOutput, error) {
	call := cloud.CallOf(ctx)
	err := s.store.Update(ctx, func(tx state.Tx) error {
		tags, err := tagsIn(tx, call, value(in.ResourceArn))
		if err != nil {
			return err
		}
		for _, name := range in.TagsToRemove {
			delete(tags, name)
		}
		return state.Put(tx, key(call, kindTags, value(in.ResourceArn)), tags)
	})
	return &glueapi.UntagResourceOutput{}, err
}

func databaseARN(call cloud.Call, name string) string {
	return call.ARN("glue", "database/"+name)
}

func tagsIn(r state.Reader, call cloud.Call, arn string) (map[string]string, error) {
	tags, found, err := state.Find[map[string]string](r, key(call, kindTags, arn))
	if !found || tags == nil {
		tags = map[string]string{}
	}
	return tags, err
}

func putTags(tx state.Tx, call cloud.Call, arn string, tags map[string]string) error {
	if len(tags) == 0 {
		return nil
	}
	return state.Put(tx, key(call, kindTags, arn), tags)
}

func deleteTags(tx state.Tx, call cloud.Call, arn string) error {
	if err := tx.Delete(key(call, kindTags, arn)); cloud.KindOf(err) != cloud.NotFound {
		return err
	}
	return nil
}
