package logs

import (
	"context"
	"maps"
	"strings"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/resource"
)

var tags = resource.Tags{Invalid: invalid, TooMany: "TooManyTagsException", Named: taggable}

// taggable returns the ARN of a group, without ":*", of a destination, or of something of
// a vended delivery.
func taggable(r resource.Reader, arn string) (string, error) {
	of, _ := resource.Named(r.Scope(), "logs", arn)
	if name, ok := strings.CutPrefix(of, "lookup-table:"); ok {
		_, err := lookupTables.Get(r, name)
		return arn, err
	}
	if name, ok := strings.CutPrefix(of, "scheduled-query:"); ok {
		_, err := scheduledQueries.Get(r, name)
		return arn, err
	}
	if name, ok := strings.CutPrefix(of, "log-group:"); ok {
		_, err := groups.Get(r, name)
		return arn, err
	}
	if name, ok := strings.CutPrefix(of, "destination:"); ok {
		_, err := destinations.Get(r, name)
		return arn, err
	}
	for kind, find := range map[string]func(name string) error{
		"delivery-source:":      func(name string) error { _, err := deliverySources.Get(r, name); return err },
		"delivery-destination:": func(name string) error { _, err := deliveryDestinations.Get(r, name); return err },
		"delivery:":             func(name string) error { _, err := vendedDeliveries.Get(r, name); return err },
	} {
		if name, ok := strings.CutPrefix(of, kind); ok {
			return arn, find(name)
		}
	}
	return "", errMissing("The specified resource does not exist.")
}

// named has the tags of a group asked for by its name, as older operations do.
func named(ctx context.Context, s *Service, name string) (string, error) {
	k, err := s.group(ctx, name)
	if err != nil {
		return "", err
	}
	var arn string
	return arn, s.store.View(ctx, func(r resource.Reader) error {
		arn = groupARN(r.Scope(), k.group.Name)
		return nil
	})
}

// retag has groups read again once tags were changed.
func (s *Service) retag(err error) error {
	s.directory.forgetAll()
	return err
}

// TagResource gives a group or destination tags, in place of those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *logsapi.TagResourceInput) (*logsapi.TagResourceOutput, error) {
	return &logsapi.TagResourceOutput{}, s.retag(tags.Tag(ctx, s.store, *in.ResourceArn, maps.All(in.Tags)))
}

// UntagResource takes tags from a group or destination by their keys.
func (s *Service) UntagResource(ctx context.Context, in *logsapi.UntagResourceInput) (*logsapi.UntagResourceOutput, error) {
	return &logsapi.UntagResourceOutput{}, s.retag(tags.Untag(ctx, s.store, *in.ResourceArn, in.TagKeys))
}

// ListTagsForResource returns the tags of a group or destination.
func (s *Service) ListTagsForResource(ctx context.Context, in *logsapi.ListTagsForResourceInput) (*logsapi.ListTagsForResourceOutput, error) {
	kept, err := tags.List(ctx, s.store, *in.ResourceArn)
	return &logsapi.ListTagsForResourceOutput{Tags: kept}, err
}

// TagLogGroup is TagResource of a group by its name.
func (s *Service) TagLogGroup(ctx context.Context, in *logsapi.TagLogGroupInput) (*logsapi.TagLogGroupOutput, error) {
	arn, err := named(ctx, s, *in.LogGroupName)
	if err != nil {
		return nil, err
	}
	return &logsapi.TagLogGroupOutput{}, s.retag(tags.Tag(ctx, s.store, arn, maps.All(in.Tags)))
}

// UntagLogGroup is UntagResource of a group by its name.
func (s *Service) UntagLogGroup(ctx context.Context, in *logsapi.UntagLogGroupInput) (*logsapi.UntagLogGroupOutput, error) {
	arn, err := named(ctx, s, *in.LogGroupName)
	if err != nil {
		return nil, err
	}
	return &logsapi.UntagLogGroupOutput{}, s.retag(tags.Untag(ctx, s.store, arn, in.Tags))
}

// ListTagsLogGroup is ListTagsForResource of a group by its name.
func (s *Service) ListTagsLogGroup(ctx context.Context, in *logsapi.ListTagsLogGroupInput) (*logsapi.ListTagsLogGroupOutput, error) {
	arn, err := named(ctx, s, *in.LogGroupName)
	if err != nil {
		return nil, err
	}
	kept, err := tags.List(ctx, s.store, arn)
	return &logsapi.ListTagsLogGroupOutput{Tags: kept}, err
}
