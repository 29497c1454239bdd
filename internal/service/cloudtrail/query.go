package cloudtrail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/resource/turns"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/store/state"
)

// query is a query of event data stores as it is kept.
type query struct {
	ID        string
	Account   cloud.Account
	Region    cloud.Region
	Stores    []string // IDs, in the order in which the statement names them
	Statement string
	Status    string
	Message   string `json:",omitempty"`
	Created   time.Time
	Ended     time.Time `json:",omitzero"`

	gave
	Millis int32 `json:",omitempty"`

	DeliveryURI    string `json:",omitempty"` // where the result goes
	DeliveryStatus string `json:",omitempty"`
}

// gave is what came out of a query.
type gave struct {
	Columns []string `json:",omitempty"` // of the result
	Rows    int64    `json:",omitempty"`
	Length  int64    `json:",omitempty"` // of the file of the result, in bytes; 0 where that is not known
	Bytes   int64    `json:",omitempty"` // scanned
	Scanned int64    `json:",omitempty"` // events
}

// Queries are kept by region and ID. Which a store has are named by region, store, time
// counted down and ID, so that the newest is the first.
var (
	lakeQueries   = resource.Kind[query]{Name: "cloudtrail/query"}
	queriesOf     = resource.Kind[string]{Name: "cloudtrail/query-of"}
	activeQueries = resource.Kind[string]{Name: "cloudtrail/query-active"}
)

// The states of a query.
const (
	queryQueued    = "QUEUED"
	queryRunning   = "RUNNING"
	queryFinished  = "FINISHED"
	queryFailed    = "FAILED"
	queryCancelled = "CANCELLED"
	queryTimedOut  = "TIMED_OUT"
)

const (
	// maxActiveQueries is how many queries of an account in a region may wait or run.
	maxActiveQueries = 10
	maxStatement     = 10_000 // characters
	queriesKept      = 7 * 24 * time.Hour
	// queryMoment is how long StartQuery waits for what is wrong with a statement.
	queryMoment = 2 * time.Second
)

func errStatement(format string, args ...any) error {
	return cloud.Errorf(cloud.Invalid, "InvalidQueryStatementException", format, args...)
}

func errNoQuery(id string) error {
	return cloud.Errorf(cloud.NotFound, "QueryIdNotFoundException", "The query %s was not found.", id)
}

// StartQuery has a query run. What is wrong with its statement is said at once, unless
// others are run before it.
func (s *Service) StartQuery(ctx context.Context, in *cloudtrailapi.StartQueryInput) (*cloudtrailapi.StartQueryOutput, error) {
	if err := s.canQuery(in); err != nil {
		return nil, err
	}
	ctx = ofOwner(ctx, in.EventDataStoreOwnerAccountId)
	call := cloud.CallOf(ctx)
	_, stores, err := parse.StoreQuery(*in.QueryStatement)
	if err != nil {
		return nil, errStatement("%s", shortMessage(err))
	}
	if len(stores) == 0 {
		return nil, errStatement("The statement names no event data store: write the ID of one after FROM.")
	}
	q := query{
		ID: uuid.NewString(), Account: call.Account, Region: call.Region, Stores: stores, Statement: *in.QueryStatement,
		Status: queryQueued, Created: whole(time.Now()), DeliveryURI: resource.Value(in.DeliveryS3Uri),
	}
	if q.DeliveryURI != "" {
		q.DeliveryStatus = deliveryPending
	}
	for _, id := range stores {
		of, err := s.activeStore(ctx, id)
		if err == nil {
			err = s.mayOpen(ctx, &of)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := s.tryResult(ctx, &q); err != nil {
		return nil, err
	}
	run := &queryRun{call: call, query: q, checked: make(chan struct{})}
	j := s.queries.Add(call.Scope(), q.ID, run, maxActiveQueries)
	if j == nil {
		return nil, cloud.Errorf(cloud.Throttled, "MaxConcurrentQueriesException", "%d queries are active in %s already: wait for one of them to end.", maxActiveQueries, call.Region)
	}
	if err := s.update(ctx, func(tx resource.Tx) error { return createQuery(tx, &q) }); err != nil {
		s.queries.Remove(j)
		return nil, err
	}
	s.queries.Push(j)
	if err := run.waitChecked(ctx, j.Ended()); err != nil {
		return nil, err
	}
	return &cloudtrailapi.StartQueryOutput{QueryId: &q.ID, EventDataStoreOwnerAccountId: in.EventDataStoreOwnerAccountId}, nil
}

// canQuery refuses what is no question that can be asked here.
func (s *Service) canQuery(in *cloudtrailapi.StartQueryInput) error {
	switch {
	case s.cfg.Engine == nil || s.cfg.Rows == nil:
		return errUnsupported("Event data stores cannot be queried by this server.")
	case in.QueryAlias != nil || len(in.QueryParameters) > 0:
		return errUnsupported("There are no dashboards, whose queries QueryAlias and QueryParameters are of: specify QueryStatement.")
	case in.QueryStatement == nil || *in.QueryStatement == "":
		return errParameter("Specify QueryStatement.")
	case len(*in.QueryStatement) > maxStatement:
		return errParameter("QueryStatement has %d characters at most, and %d were given.", maxStatement, len(*in.QueryStatement))
	}
	return nil
}

func errUnsupported(message string) error {
	return cloud.Errorf(cloud.Unsupported, "UnsupportedOperationException", "%s", message)
}

// ofOwner returns the context of a call to what its owner has: the caller's account, or the
// one that is named as that. Complete has the stores of that account asked about.
func ofOwner(ctx context.Context, owner *string) context.Context {
	return cloud.WithCall(ctx, ownedBy(cloud.CallOf(ctx), owner))
}

func createQuery(tx resource.Tx, q *query) error {
	err := errors.Join(lakeQueries.Create(tx, *q, string(q.Region), q.ID), activeQueries.Create(tx, q.ID, string(q.Region), q.ID))
	for _, store := range q.Stores {
		err = errors.Join(err, queriesOf.Create(tx, q.ID, q.listed(store)...))
	}
	return err
}

// listed returns under which names a store lists the query.
func (q *query) listed(store string) []string {
	return []string{string(q.Region), store, countedDown(q.Created), q.ID}
}

func countedDown(t time.Time) string { return fmt.Sprintf("%019d", int64(1<<62)-t.UnixNano()) }

// forgetQuery removes a query that was none after all, or is too old.
func forgetQuery(tx resource.Tx, q *query) error {
	err := errors.Join(lakeQueries.Discard(tx, string(q.Region), q.ID), activeQueries.Discard(tx, string(q.Region), q.ID), queryDeliveries.Discard(tx, string(q.Region), q.ID))
	for _, store := range q.Stores {
		err = errors.Join(err, queriesOf.Discard(tx, q.listed(store)...))
	}
	return err
}

// queryOf returns a query of the caller's, and of the store that is named, where one is.
func (s *Service) queryOf(ctx context.Context, id, store *string) (q query, err error) {
	if id == nil { // before what is asked of a store: by the query's stores it was decided who may
		return q, errParameter("Specify QueryId.")
	}
	// Asked before the store, or one that ends in between would be queued again.
	_, running := s.queries.Find(cloud.CallOf(ctx).Scope(), *id)
	var found bool
	err = s.view(ctx, func(r resource.Reader) (err error) {
		q, found, err = lakeQueries.Find(r, string(cloud.CallOf(ctx).Region), *id)
		return err
	})
	if err != nil {
		return q, err
	}
	if store != nil {
		named, err := storeRefOf(ctx, *store)
		if err == nil && found && !q.asks(named.id) {
			err = errNoQuery(*id) // it was not decided whether the caller may know of that store
		}
		if err == nil {
			_, err = s.activeStore(ctx, *store)
		}
		if err != nil {
			return q, err
		}
	}
	if !found {
		return q, errNoQuery(*id)
	}
	if running && q.Status == queryQueued {
		q.Status = queryRunning
	}
	return q, nil
}

func (q *query) asks(store string) bool {
	return slices.Contains(q.Stores, store)
}

// DescribeQuery returns how a query is.
func (s *Service) DescribeQuery(ctx context.Context, in *cloudtrailapi.DescribeQueryInput) (*cloudtrailapi.DescribeQueryOutput, error) {
	if in.QueryId == nil && in.QueryAlias != nil {
		return nil, errUnsupported("There are no dashboards, whose queries QueryAlias is of: specify QueryId.")
	}
	ctx = ofOwner(ctx, in.EventDataStoreOwnerAccountId)
	q, err := s.queryOf(ctx, in.QueryId, in.EventDataStore)
	if err != nil {
		return nil, err
	}
	out := &cloudtrailapi.DescribeQueryOutput{
		QueryId: &q.ID, QueryString: &q.Statement, QueryStatus: &q.Status, EventDataStoreOwnerAccountId: in.EventDataStoreOwnerAccountId,
		QueryStatistics: &cloudtrailapi.QueryStatisticsForDescribeQuery{
			EventsMatched: &q.Rows, EventsScanned: &q.Scanned, BytesScanned: &q.Bytes, ExecutionTimeInMillis: &q.Millis, CreationTime: &q.Created,
		},
	}
	if q.Message != "" {
		out.ErrorMessage = &q.Message
	}
	if q.DeliveryURI != "" {
		out.DeliveryS3Uri, out.DeliveryStatus = &q.DeliveryURI, &q.DeliveryStatus
	}
	return out, nil
}

// CancelQuery stops a query that has not ended.
func (s *Service) CancelQuery(ctx context.Context, in *cloudtrailapi.CancelQueryInput) (*cloudtrailapi.CancelQueryOutput, error) {
	ctx = ofOwner(ctx, in.EventDataStoreOwnerAccountId)
	q, err := s.queryOf(ctx, in.QueryId, in.EventDataStore)
	if err != nil {
		return nil, err
	}
	scope := cloud.CallOf(ctx).Scope()
	j := s.queries.Stop(scope, q.ID)
	if j != nil {
		s.endQuery(ctx, j, turns.ErrCancelled)
	} else if j, _ = s.queries.Find(scope, q.ID); j == nil {
		return nil, cloud.Errorf(cloud.Conflict, "InactiveQueryException", "The query %s is not running: it has the status %s.", q.ID, q.Status)
	}
	select {
	case <-j.Ended():
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if q, err = s.queryOf(ctx, in.QueryId, nil); err != nil {
		return nil, err
	}
	return &cloudtrailapi.CancelQueryOutput{QueryId: &q.ID, QueryStatus: &q.Status, EventDataStoreOwnerAccountId: in.EventDataStoreOwnerAccountId}, nil
}

const queryTokens resource.TokenCode = "InvalidNextTokenException"

// ListQueries lists the queries of an event data store of the last seven days, the
// newest first.
func (s *Service) ListQueries(ctx context.Context, in *cloudtrailapi.ListQueriesInput) (*cloudtrailapi.ListQueriesOutput, error) {
	if n := in.MaxResults; n != nil && (*n < 1 || *n > maxQueryPage) {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidMaxResultsException", "MaxResults is 1 to %d, and %d was given.", maxQueryPage, *n)
	}
	if in.StartTime != nil && in.EndTime != nil && in.EndTime.Before(*in.StartTime) {
		return nil, cloud.Errorf(cloud.Invalid, "InvalidDateRangeException", "EndTime is before StartTime.")
	}
	switch status := resource.Value(in.QueryStatus); status {
	case "", queryQueued, queryRunning, queryFinished, queryFailed, queryCancelled, queryTimedOut:
	default:
		return nil, cloud.Errorf(cloud.Invalid, "InvalidQueryStatusException", "Value %s for QueryStatus is invalid.", status)
	}
	of, err := s.activeStore(ctx, *in.EventDataStore)
	if err != nil {
		return nil, err
	}
	call := cloud.CallOf(ctx)
	out := &cloudtrailapi.ListQueriesOutput{Queries: []cloudtrailapi.Query{}}
	return out, s.view(ctx, func(r resource.Reader) (err error) {
		asked := queryTokens.Page(in, in.NextToken, in.MaxResults, maxQueryPage)
		out.Queries, out.NextToken, err = resource.Page(ctx, asked, queriesOf.From(r, string(call.Region), of.ID), func(id string) (cloudtrailapi.Query, bool, error) {
			q, found, err := lakeQueries.Find(r, string(call.Region), id)
			if err != nil || !found {
				return cloudtrailapi.Query{}, false, err
			}
			if _, running := s.queries.Find(call.Scope(), id); running && q.Status == queryQueued {
				q.Status = queryRunning
			}
			wanted := (in.QueryStatus == nil || *in.QueryStatus == q.Status) &&
				(in.StartTime == nil || !q.Created.Before(*in.StartTime)) && (in.EndTime == nil || !q.Created.After(*in.EndTime))
			return cloudtrailapi.Query{QueryId: &q.ID, QueryStatus: &q.Status, CreationTime: &q.Created}, wanted, nil
		})
		return err
	})
}

// purgeQueries removes the queries that are older than they are kept, with their results.
func (s *Service) purgeQueries(ctx context.Context) error {
	var old []query
	err := s.state.View(ctx, func(r state.Reader) error {
		for entry, err := range state.All[query](r, lakeQueries.Name) {
			if err != nil {
				return err
			}
			if q := entry.Value; !q.Ended.IsZero() && time.Since(q.Created) >= queriesKept {
				old = append(old, q)
			}
		}
		return nil
	})
	for i := range old {
		q := &old[i]
		call := cloud.Call{Account: q.Account, Region: q.Region, Principal: cloud.ServiceOf(Principal)}
		err = errors.Join(err, s.removeResult(q.ID), s.update(cloud.WithCall(ctx, call), func(tx resource.Tx) error { return forgetQuery(tx, q) }))
	}
	return err
}
