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
	owned := a
	switch in := a.Input.(type) {
	case *cloudtrailapi.StartQueryInput:
		// All that could be read stand in the text; what is no query is refused afterwards.
		_, stores, _ = parse.StoreQuery(resource.Value(in.QueryStatement))
		owned.Call = ownedBy(a.Call, in.EventDataStoreOwnerAccountId)
	case *cloudtrailapi.DescribeQueryInput:
		return a, s.completeQuery(ctx, &a, in.QueryId, in.EventDataStoreOwnerAccountId)
	case *cloudtrailapi.GetQueryResultsInput:
		return a, s.completeQuery(ctx, &a, in.QueryId, in.EventDataStoreOwnerAccountId)
	case *cloudtrailapi.CancelQueryInput:
		return a, s.completeQuery(ctx, &a, in.QueryId, in.EventDataStoreOwnerAccountId)
	}
	touchStores(&owned, stores)
	a.Resources = owned.Resources
	return a, nil
}

// ownedBy returns a call as one to what another account has, where one is named. Whether the
// caller may do that to its stores is decided by the ARNs of those.
func ownedBy(call cloud.Call, owner *string) cloud.Call {
	if owner != nil {
		call.Account = cloud.Account(*owner)
	}
	return call
}

// storesOfQuery is what is looked at of a query before it is decided who may know of it.
type storesOfQuery struct{ Stores []string }

// queriesAtAGlance are the queries as far as that.
var queriesAtAGlance = resource.Kind[storesOfQuery]{Name: lakeQueries.Name}

// noQuery stands for a query that is not there: to look for one takes the same work then.
var noQuery = []byte(`{"Stores":["00000000-0000-0000-0000-000000000000"]}`)

// completeQuery names the stores of a query.
func (s *Service) completeQuery(ctx context.Context, a *cloud.Access, id, owner *string) error {
	if id == nil {
		return nil
	}
	call := ownedBy(a.Call, owner)
	return s.view(cloud.WithCall(ctx, call), func(r resource.Reader) error {
		q, found, err := queriesAtAGlance.FindOr(r, noQuery, string(a.Call.Region), *id)
		if err != nil {
			return err
		}
		whole := *a
		whole.Call = call
		touchStores(&whole, q.Stores)
		// Of another account nothing is told without its word, not even that there is no query.
		if found || call.Account != a.Call.Account {
			a.Resources = whole.Resources
		}
		return nil
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
