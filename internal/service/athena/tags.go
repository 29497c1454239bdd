package athena

import (
	"context"
	"strings"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// ListTagsForResource returns the tags of a work group or data catalog by key. All fit on one page.
func (s *Service) ListTagsForResource(ctx context.Context, in *athenaapi.ListTagsForResourceInput) (*athenaapi.ListTagsForResourceOutput, error) {
	found, err := tags.List(ctx, s.store, *in.ResourceARN)
	return &athenaapi.ListTagsForResourceOutput{Tags: resource.ToList(found, func(t resource.Tag) athenaapi.Tag { return athenaapi.Tag(t) })}, err
}

// TagResource adds tags to a work group or data catalog, replacing those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *athenaapi.TagResourceInput) (*athenaapi.TagResourceOutput, error) {
	return &athenaapi.TagResourceOutput{}, tags.Tag(ctx, s.store, *in.ResourceARN, resource.FromList(in.Tags, tagOf))
}

// UntagResource removes tags from a work group or data catalog.
func (s *Service) UntagResource(ctx context.Context, in *athenaapi.UntagResourceInput) (*athenaapi.UntagResourceOutput, error) {
	return &athenaapi.UntagResourceOutput{}, tags.Untag(ctx, s.store, *in.ResourceARN, in.TagKeys)
}

func tagOf(t athenaapi.Tag) resource.Tag { return resource.Tag(t) }

func workGroupARN(scope cloud.Scope, name string) string {
	return resource.ARN(scope, "athena", "workgroup/"+name)
}

// taggable refuses an ARN that is not of a work group or data catalog of the caller's.
func taggable(r resource.Reader, arn string) (string, error) {
	named, _ := resource.Named(r.Scope(), "athena", arn)
	kind, name, _ := strings.Cut(named, "/")
	var err error
	switch kind {
	case "workgroup":
		_, err = workGroupIn(r, name)
	case "datacatalog":
		var catalog athenaapi.DataCatalog
		if catalog, err = dataCatalogIn(r, name); err == nil {
			arn = dataCatalogARN(r.Scope(), *catalog.Name)
		}
	default:
		return "", errRequest("Athena Resource, %s Does Not Exist", arn)
	}
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return "", errResource("Resource %s does not exist", arn)
	}
	return arn, err
}
