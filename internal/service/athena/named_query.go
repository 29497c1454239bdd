package athena

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// CreateNamedQuery keeps the text of a query under a new id.
func (s *Service) CreateNamedQuery(ctx context.Context, in *athenaapi.CreateNamedQueryInput) (*athenaapi.CreateNamedQueryOutput, error) {
	unique, err := uuid.NewV7() // ids are listed in the order of their creation
	if err != nil {
		return nil, err
	}
	query := athenaapi.NamedQuery{
		NamedQueryId: new(unique.String()), Name: in.Name, Description: in.Description, Database: in.Database, QueryString: in.QueryString,
		WorkGroup: new(resource.Or(in.WorkGroup, primary)),
	}
	request := resource.Request{In: in, Token: in.ClientRequestToken, Mismatch: errMismatch()}
	out := &athenaapi.CreateNamedQueryOutput{}
	err = s.store.Update(ctx, func(tx resource.Tx) error {
		id, err := resource.Once(tx, request, func() (string, error) {
			if _, err := workGroupIn(tx, *query.WorkGroup); err != nil {
				return "", err
			}
			id := *query.NamedQueryId
			return id, errors.Join(namedQueries.Create(tx, query, id), namedIn.Create(tx, id, *query.WorkGroup, id))
		})
		out.NamedQueryId = &id
		return err
	})
	return out, err
}

// GetNamedQuery returns one named query.
func (s *Service) GetNamedQuery(ctx context.Context, in *athenaapi.GetNamedQueryInput) (*athenaapi.GetNamedQueryOutput, error) {
	out := &athenaapi.GetNamedQueryOutput{}
	err := s.store.View(ctx, func(r resource.Reader) error {
		query, err := namedQueries.Get(r, *in.NamedQueryId)
		out.NamedQuery = &query
		return err
	})
	return out, err
}

// BatchGetNamedQuery returns those of the named queries that exist, and names the others.
func (s *Service) BatchGetNamedQuery(ctx context.Context, in *athenaapi.BatchGetNamedQueryInput) (*athenaapi.BatchGetNamedQueryOutput, error) {
	out := &athenaapi.BatchGetNamedQueryOutput{UnprocessedNamedQueryIds: []athenaapi.UnprocessedNamedQueryId{}}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		out.NamedQueries, err = resource.Batch(in.NamedQueryIds, func(id string) (athenaapi.NamedQuery, error) {
			return namedQueries.Get(r, id)
		}, func(id string, why *cloud.Error) {
			out.UnprocessedNamedQueryIds = append(out.UnprocessedNamedQueryIds, athenaapi.UnprocessedNamedQueryId{
				NamedQueryId: new(id), ErrorCode: new(why.Code), ErrorMessage: new(why.Message),
			})
		})
		return err
	})
	return out, err
}

// ListNamedQueries lists the ids of a work group's named queries, oldest first.
func (s *Service) ListNamedQueries(ctx context.Context, in *athenaapi.ListNamedQueriesInput) (*athenaapi.ListNamedQueriesOutput, error) {
	group := resource.Or(in.WorkGroup, primary)
	out := &athenaapi.ListNamedQueriesOutput{}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		if _, err := workGroupIn(r, group); err != nil {
			return err
		}
		out.NamedQueryIds, out.NextToken, err = resource.Page(ctx, tokens.Page(in, in.NextToken, in.MaxResults, 50), namedIn.From(r, group), resource.Whole)
		return err
	})
	return out, err
}

// UpdateNamedQuery replaces a named query's name, description and text.
func (s *Service) UpdateNamedQuery(ctx context.Context, in *athenaapi.UpdateNamedQueryInput) (*athenaapi.UpdateNamedQueryOutput, error) {
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		return namedQueries.Change(tx, func(query *athenaapi.NamedQuery) error {
			query.Name, query.QueryString = in.Name, in.QueryString
			resource.Set(&query.Description, in.Description)
			return nil
		}, *in.NamedQueryId)
	})
	return &athenaapi.UpdateNamedQueryOutput{}, err
}

// DeleteNamedQuery removes a named query.
func (s *Service) DeleteNamedQuery(ctx context.Context, in *athenaapi.DeleteNamedQueryInput) (*athenaapi.DeleteNamedQueryOutput, error) {
	err := s.store.Update(ctx, func(tx resource.Tx) error {
		query, err := namedQueries.Get(tx, *in.NamedQueryId)
		if err != nil {
			return err
		}
		return errors.Join(namedQueries.Delete(tx, *in.NamedQueryId), namedIn.Discard(tx, *query.WorkGroup, *in.NamedQueryId))
	})
	return &athenaapi.DeleteNamedQueryOutput{}, err
}
