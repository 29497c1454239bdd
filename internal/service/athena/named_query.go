package athena

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// CreateNamedQuery keeps the text of a query under a new id.
func (s *Service) CreateNamedQuery(ctx context.Context, in *athenaapi.CreateNamedQueryInput) (*athenaapi.CreateNamedQueryOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	unique, err := uuid.NewV7() // ids are listed in the order of their creation
	if err != nil {
		return nil, err
	}
	id := unique.String()
	query := athenaapi.NamedQuery{
		NamedQueryId: &id, Name: in.Name, Description: in.Description, Database: in.Database, QueryString: in.QueryString,
		WorkGroup: new(textOr(in.WorkGroup, primary)),
	}
	err = s.store.Update(ctx, func(tx state.Tx) error {
		before, err := madeBefore(tx, scope, in.ClientRequestToken, in)
		if err != nil || before != "" {
			id = before
			return err
		}
		if _, err := workGroupIn(tx, scope, *query.WorkGroup); err != nil {
			return err
		}
		if err := remember(tx, scope, in.ClientRequestToken, in, id); err != nil {
			return err
		}
		if err := state.Insert(tx, key(scope, kindNamedIn, *query.WorkGroup, id), id); err != nil {
			return err
		}
		return state.Insert(tx, key(scope, kindNamed, id), query)
	})
	return &athenaapi.CreateNamedQueryOutput{NamedQueryId: &id}, err
}

// GetNamedQuery returns one named query.
func (s *Service) GetNamedQuery(ctx context.Context, in *athenaapi.GetNamedQueryInput) (*athenaapi.GetNamedQueryOutput, error) {
	out := &athenaapi.GetNamedQueryOutput{}
	err := s.store.View(ctx, func(r state.Reader) error {
		query, err := namedQueryIn(r, cloud.CallOf(ctx).Scope(), *in.NamedQueryId)
		out.NamedQuery = &query
		return err
	})
	return out, err
}

// BatchGetNamedQuery returns those of the named queries that exist, and names the others.
func (s *Service) BatchGetNamedQuery(ctx context.Context, in *athenaapi.BatchGetNamedQueryInput) (*athenaapi.BatchGetNamedQueryOutput, error) {
	out := &athenaapi.BatchGetNamedQueryOutput{
		NamedQueries: []athenaapi.NamedQuery{}, UnprocessedNamedQueryIds: []athenaapi.UnprocessedNamedQueryId{},
	}
	err := s.store.View(ctx, func(r state.Reader) error {
		for _, id := range in.NamedQueryIds {
			query, err := namedQueryIn(r, cloud.CallOf(ctx).Scope(), id)
			if e, ok := errors.AsType[*cloud.Error](err); ok {
				out.UnprocessedNamedQueryIds = append(out.UnprocessedNamedQueryIds, athenaapi.UnprocessedNamedQueryId{
					NamedQueryId: new(id), ErrorCode: new(e.Code), ErrorMessage: new(e.Message),
				})
				continue
			}
			if err != nil {
				return err
			}
			out.NamedQueries = append(out.NamedQueries, query)
		}
		return nil
	})
	return out, err
}

// ListNamedQueries lists the ids of a work group's named queries, oldest first.
func (s *Service) ListNamedQueries(ctx context.Context, in *athenaapi.ListNamedQueriesInput) (*athenaapi.ListNamedQueriesOutput, error) {
	out := &athenaapi.ListNamedQueriesOutput{}
	var err error
	out.NamedQueryIds, out.NextToken, err = s.idsIn(ctx, kindNamedIn, textOr(in.WorkGroup, primary), in.NextToken, in.MaxResults)
	return out, err
}

// UpdateNamedQuery replaces a named query's name, description and text.
func (s *Service) UpdateNamedQuery(ctx context.Context, in *athenaapi.UpdateNamedQueryInput) (*athenaapi.UpdateNamedQueryOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	err := s.store.Update(ctx, func(tx state.Tx) error {
		query, err := namedQueryIn(tx, scope, *in.NamedQueryId)
		if err != nil {
			return err
		}
		query.Name, query.QueryString = in.Name, in.QueryString
		set(&query.Description, in.Description)
		return state.Put(tx, key(scope, kindNamed, *in.NamedQueryId), query)
	})
	return &athenaapi.UpdateNamedQueryOutput{}, err
}

// DeleteNamedQuery removes a named query.
func (s *Service) DeleteNamedQuery(ctx context.Context, in *athenaapi.DeleteNamedQueryInput) (*athenaapi.DeleteNamedQueryOutput, error) {
	scope := cloud.CallOf(ctx).Scope()
	err := s.store.Update(ctx, func(tx state.Tx) error {
		query, err := namedQueryIn(tx, scope, *in.NamedQueryId)
		if err != nil {
			return err
		}
		if err := tx.Delete(key(scope, kindNamedIn, *query.WorkGroup, *in.NamedQueryId)); err != nil {
			return err
		}
		return tx.Delete(key(scope, kindNamed, *in.NamedQueryId))
	})
	return &athenaapi.DeleteNamedQueryOutput{}, err
}

func namedQueryIn(r state.Reader, scope cloud.Scope, id string) (athenaapi.NamedQuery, error) {
	query, found, err := state.Find[athenaapi.NamedQuery](r, key(scope, kindNamed, id))
	if err == nil && !found {
		err = errRequest("NamedQuery %s was not found", id)
	}
	return query, err
}

// idsIn returns a page of the ids that a work group has under kind, in the
// order of their keys, and the token of the next page.
func (s *Service) idsIn(ctx context.Context, kind, group string, token *string, most *int32) (ids []string, more *string, err error) {
	scope := cloud.CallOf(ctx).Scope()
	from, err := after(token)
	if err != nil {
		return nil, nil, err
	}
	ids = []string{}
	err = s.store.View(ctx, func(r state.Reader) error {
		if _, err := workGroupIn(r, scope, group); err != nil {
			return err
		}
		last := ""
		for entry, err := range state.List[string](r, scope, kind, state.Range{Prefix: group + separator, After: from}) {
			if err != nil {
				return err
			}
			if len(ids) == limit(most, 50) {
				more = next(last)
				return nil
			}
			ids = append(ids, entry.Value)
			last = entry.Key.Name
		}
		return nil
	})
	return ids, more, err
}
