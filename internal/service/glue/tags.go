package glue

import (
	"context"
	"maps"
	"strings"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// GetTags returns the tags of a database; one without any has an empty map.
func (s *Service) GetTags(ctx context.Context, in *glueapi.GetTagsInput) (*glueapi.GetTagsOutput, error) {
	found, err := tags.List(ctx, s.store, *in.ResourceArn)
	return &glueapi.GetTagsOutput{Tags: found}, err
}

// TagResource adds tags to a database, replacing those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *glueapi.TagResourceInput) (*glueapi.TagResourceOutput, error) {
	return &glueapi.TagResourceOutput{}, tags.Tag(ctx, s.store, *in.ResourceArn, maps.All(in.TagsToAdd))
}

// UntagResource removes tags from a database.
func (s *Service) UntagResource(ctx context.Context, in *glueapi.UntagResourceInput) (*glueapi.UntagResourceOutput, error) {
	return &glueapi.UntagResourceOutput{}, tags.Untag(ctx, s.store, *in.ResourceArn, in.TagsToRemove)
}

func databaseARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "glue", "database/"+name)
}

// taggable refuses an ARN that is not of a database of the caller's. Glue tags
// no other part of the catalog.
func taggable(r resource.Reader, arn string) (string, error) {
	named, _ := resource.Named(r.Scope(), "glue", arn)
	name, ok := strings.CutPrefix(named, "database/")
	if !ok {
		return "", errMissing("Resource %s not found.", arn)
	}
	_, err := databases.Get(r, name)
	return arn, err
}
