// Package ssm is the Parameter Store of AWS Systems Manager.
//
// A change is durable once its operation returns. What a parameter may be is
// package parameter's business. The value of a SecureString is kept encrypted by a
// key of KMS, and is decrypted for those alone who may use that key.
package ssm

import (
	"context"
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/api/ssmapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/service/ssm/parameter"
	"github.com/sillok/sillok/internal/store/state"
)

// What the service keeps: parameters by the levels of their names, and their tags.
var (
	parameters = resource.Kind[parameter.Versions]{Name: "ssm/parameter", Missing: errMissing}
	tags       = resource.Tags{Invalid: "ValidationException", TooMany: "TooManyTagsError", Named: taggable}
)

// tokens is of the listings of parameters.
const tokens resource.TokenCode = "InvalidNextToken"

// Service answers the operations of Parameter Store.
type Service struct {
	store resource.Store
	keys  Keys
}

// New returns a Service that keeps its parameters in store, and encrypts those
// that are secret by keys.
func New(store state.Store, keys Keys) *Service { return &Service{resource.NewStore(store), keys} }

// PutParameter creates a parameter, or gives it a new version.
func (s *Service) PutParameter(ctx context.Context, in *ssmapi.PutParameterInput) (*ssmapi.PutParameterOutput, error) {
	out := &ssmapi.PutParameterOutput{}
	hidden, err := s.secured(ctx, in) // before the transaction, for KMS has its own
	if err != nil {
		return nil, err
	}
	return out, s.store.Update(ctx, func(tx resource.Tx) error {
		kept, _, err := parameters.Find(tx, levels(tx, *in.Name)...)
		if err != nil {
			return err
		}
		if kept, err = kept.Next(in, cloud.CallOf(ctx).Principal.ARN); err != nil {
			return err
		}
		if err := hidden.into(&kept[len(kept)-1]); err != nil {
			return err
		}
		out.Version, out.Tier = kept.Newest().Version, kept.Newest().Tier
		return errors.Join(parameters.Put(tx, kept, levels(tx, *in.Name)...), tags.Add(tx, arn(tx, *in.Name), resource.FromList(in.Tags, tagOf)))
	})
}

// GetParameter returns one parameter, or the version of it that is selected.
func (s *Service) GetParameter(ctx context.Context, in *ssmapi.GetParameterInput) (*ssmapi.GetParameterOutput, error) {
	found := make([]ssmapi.Parameter, 1)
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		found[0], err = find(r, *in.Name)
		return err
	})
	if err == nil {
		err = s.revealAll(ctx, in.WithDecryption, found)
	}
	return &ssmapi.GetParameterOutput{Parameter: &found[0]}, err
}

// GetParameters returns those of the parameters that exist, and names the others.
func (s *Service) GetParameters(ctx context.Context, in *ssmapi.GetParametersInput) (*ssmapi.GetParametersOutput, error) {
	out := &ssmapi.GetParametersOutput{InvalidParameters: []string{}}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		out.Parameters, err = resource.Batch(parameter.Unique(in.Names), func(name string) (ssmapi.Parameter, error) { return find(r, name) },
			func(name string, _ *cloud.Error) { out.InvalidParameters = append(out.InvalidParameters, name) })
		return err
	})
	if err == nil {
		err = s.revealAll(ctx, in.WithDecryption, out.Parameters)
	}
	return out, err
}

// GetParametersByPath lists the parameters below a path.
func (s *Service) GetParametersByPath(ctx context.Context, in *ssmapi.GetParametersByPathInput) (*ssmapi.GetParametersByPathOutput, error) {
	out := &ssmapi.GetParametersByPathOutput{}
	filters, below, err := parameter.Below(in)
	if err != nil {
		return nil, err
	}
	err = s.store.View(ctx, func(r resource.Reader) (err error) {
		out.Parameters, out.NextToken, err = resource.Page(ctx, tokens.Page(in, in.NextToken, in.MaxResults, 10), parameters.From(r, below...), func(kept parameter.Versions) (ssmapi.Parameter, bool, error) {
			v, wanted, err := filters.Pick(r, tags, kept)
			return parameter.Value(v, arn(r, *v.Name), nil), wanted, err
		})
		return err
	})
	if err == nil {
		err = s.revealAll(ctx, in.WithDecryption, out.Parameters)
	}
	return out, err
}

// DescribeParameters lists parameters without their values.
func (s *Service) DescribeParameters(ctx context.Context, in *ssmapi.DescribeParametersInput) (*ssmapi.DescribeParametersOutput, error) {
	out := &ssmapi.DescribeParametersOutput{}
	filters, err := parameter.Described(in)
	if err != nil {
		return nil, err
	}
	return out, s.store.View(ctx, func(r resource.Reader) (err error) {
		out.Parameters, out.NextToken, err = resource.Page(ctx, tokens.Page(in, in.NextToken, in.MaxResults, 50), parameters.From(r), func(kept parameter.Versions) (ssmapi.ParameterMetadata, bool, error) {
			v, wanted, err := filters.Pick(r, tags, kept)
			return parameter.Metadata(v, arn(r, *v.Name)), wanted, err
		})
		return err
	})
}

// GetParameterHistory lists the versions of a parameter that are kept, oldest first.
func (s *Service) GetParameterHistory(ctx context.Context, in *ssmapi.GetParameterHistoryInput) (*ssmapi.GetParameterHistoryOutput, error) {
	out := &ssmapi.GetParameterHistoryOutput{}
	name := ""
	err := s.store.View(ctx, func(r resource.Reader) error {
		kept, err := parameters.Get(r, levels(r, *in.Name)...)
		if err != nil {
			return err
		}
		out.Parameters, out.NextToken, err = resource.Page(ctx, tokens.Page(in, in.NextToken, in.MaxResults, 50), kept.From, resource.Whole)
		name = arn(r, *in.Name)
		return err
	})
	for i := range out.Parameters {
		if v := &out.Parameters[i]; err == nil {
			v.Value, err = s.reveal(ctx, in.WithDecryption, v.Type, v.Value, name)
		}
	}
	return out, err
}

// LabelParameterVersion puts labels on a version, the newest if none is named.
func (s *Service) LabelParameterVersion(ctx context.Context, in *ssmapi.LabelParameterVersionInput) (*ssmapi.LabelParameterVersionOutput, error) {
	out := &ssmapi.LabelParameterVersionOutput{}
	return out, s.store.Update(ctx, func(tx resource.Tx) error {
		return parameters.Change(tx, func(kept *parameter.Versions) (err error) {
			out.ParameterVersion, out.InvalidLabels, err = kept.Label(in.ParameterVersion, in.Labels)
			return err
		}, levels(tx, *in.Name)...)
	})
}

// UnlabelParameterVersion takes labels from a version.
func (s *Service) UnlabelParameterVersion(ctx context.Context, in *ssmapi.UnlabelParameterVersionInput) (*ssmapi.UnlabelParameterVersionOutput, error) {
	out := &ssmapi.UnlabelParameterVersionOutput{}
	return out, s.store.Update(ctx, func(tx resource.Tx) error {
		return parameters.Change(tx, func(kept *parameter.Versions) (err error) {
			out.RemovedLabels, out.InvalidLabels, err = kept.Unlabel(in.ParameterVersion, in.Labels)
			return err
		}, levels(tx, *in.Name)...)
	})
}

// DeleteParameter removes a parameter with its versions and tags.
func (s *Service) DeleteParameter(ctx context.Context, in *ssmapi.DeleteParameterInput) (*ssmapi.DeleteParameterOutput, error) {
	return &ssmapi.DeleteParameterOutput{}, s.store.Update(ctx, func(tx resource.Tx) error { return remove(tx, *in.Name) })
}

// DeleteParameters removes those of the parameters that exist, and names the others.
func (s *Service) DeleteParameters(ctx context.Context, in *ssmapi.DeleteParametersInput) (*ssmapi.DeleteParametersOutput, error) {
	out := &ssmapi.DeleteParametersOutput{InvalidParameters: []string{}}
	return out, s.store.Update(ctx, func(tx resource.Tx) (err error) {
		out.DeletedParameters, err = resource.Batch(in.Names, func(name string) (string, error) { return name, remove(tx, name) },
			func(name string, _ *cloud.Error) { out.InvalidParameters = append(out.InvalidParameters, name) })
		return err
	})
}

// AddTagsToResource adds tags to a parameter, replacing those of the same keys.
func (s *Service) AddTagsToResource(ctx context.Context, in *ssmapi.AddTagsToResourceInput) (*ssmapi.AddTagsToResourceOutput, error) {
	return &ssmapi.AddTagsToResourceOutput{}, tags.Tag(ctx, s.store, *in.ResourceType+":"+*in.ResourceId, resource.FromList(in.Tags, tagOf))
}

// RemoveTagsFromResource removes tags from a parameter.
func (s *Service) RemoveTagsFromResource(ctx context.Context, in *ssmapi.RemoveTagsFromResourceInput) (*ssmapi.RemoveTagsFromResourceOutput, error) {
	return &ssmapi.RemoveTagsFromResourceOutput{}, tags.Untag(ctx, s.store, *in.ResourceType+":"+*in.ResourceId, in.TagKeys)
}

// ListTagsForResource returns the tags of a parameter by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *ssmapi.ListTagsForResourceInput) (*ssmapi.ListTagsForResourceOutput, error) {
	found, err := tags.List(ctx, s.store, *in.ResourceType+":"+*in.ResourceId)
	return &ssmapi.ListTagsForResourceOutput{TagList: resource.ToList(found, func(t resource.Tag) ssmapi.Tag { return ssmapi.Tag(t) })}, err
}

func levels(r resource.Reader, name string) []string { return parameter.Levels(r.Scope(), name) }

func arn(r resource.Reader, name string) string { return parameter.ARN(r.Scope(), name) }

func tagOf(t ssmapi.Tag) resource.Tag { return resource.Tag(t) }

// find returns the parameter of a name, behind which ":3" or ":label" selects a version.
func find(r resource.Reader, name string) (ssmapi.Parameter, error) {
	plain, selector := parameter.Selector(name)
	kept, found, err := parameters.Find(r, levels(r, plain)...)
	if err == nil && !found {
		err = errMissing(name)
	}
	if err != nil {
		return ssmapi.Parameter{}, err
	}
	return kept.Value(arn(r, plain), selector)
}

func remove(tx resource.Tx, name string) error {
	return errors.Join(parameters.Delete(tx, levels(tx, name)...), tags.Delete(tx, arn(tx, name)))
}

// taggable returns the ARN of a parameter. Its name follows on the type of the
// resource and a colon: only parameters have tags here.
func taggable(r resource.Reader, typed string) (string, error) {
	name, ok := strings.CutPrefix(typed, "Parameter:")
	_, found, err := parameters.Find(r, levels(r, name)...)
	if err == nil && (!ok || !found) {
		err = cloud.Errorf(cloud.NotFound, "InvalidResourceId", "The resource ID is not valid. Verify that you entered the correct ID and try again.")
	}
	return arn(r, name), err
}

// errMissing names the parameter, which AWS's own message leaves out.
func errMissing(levels ...string) error {
	name := strings.Join(levels, "/")
	if len(levels) > 1 {
		name = parameter.Path(name)
	}
	return cloud.Errorf(cloud.NotFound, "ParameterNotFound", "Parameter %s not found.", name)
}
