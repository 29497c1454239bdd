package cloudtrail

import (
	"context"
	"slices"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/sql/parse"
)

// Complete names the event data stores that a call touches without naming them: those
// that a statement reads, and those that a query has read.
func (s *Service) Complete(ctx context.Context, a cloud.Access) (cloud.Access, error) {
	var stores []string
	switch in := a.Input.(type) {
	case *cloudtrailapi.StartQueryInput:
		// All that could be read stand in the text; what is no query is refused afterwards.
		_, stores, _ = parse.StoreQuery(resource.Value(in.QueryStatement))
	case *cloudtrailapi.DescribeQueryInput:
		return a, s.completeQuery(ctx, &a, in.QueryId)
	case *cloudtrailapi.GetQueryResultsInput:
		return a, s.completeQuery(ctx, &a, in.QueryId)
	case *cloudtrailapi.CancelQueryInput:
		return a, s.completeQuery(ctx, &a, in.QueryId)
	}
	touchStores(&a, stores)
	return a, nil
}

// completeQuery names the stores of a query.
func (s *Service) completeQuery(ctx context.Context, a *cloud.Access, id *string) error {
	if id == nil {
		return nil
	}
	return s.view(cloud.WithCall(ctx, a.Call), func(r resource.Reader) error {
		q, found, err := lakeQueries.Find(r, string(a.Call.Region), *id)
		if err == nil && found {
			touchStores(a, q.Stores)
		}
		return err
	})
}

// touchStores has a call touch the stores of some IDs, in place of any store.
func touchStores(a *cloud.Access, ids []string) {
	if len(ids) == 0 {
		return
	}
	like := slices.IndexFunc(a.Resources, func(r cloud.Resource) bool { return r.Type == "eventdatastore" })
	if like < 0 {
		return
	}
	one := a.Resources[like]
	var touched []cloud.Resource
	for _, id := range ids {
		one.ARN = storeRef{a.Call.Account, a.Call.Region, id}.arn()
		touched = append(touched, one)
	}
	a.Resources = touched
}
