package cloudtrail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/resource/turns"
	"github.com/sillok/sillok/internal/sql/analyze"
	"github.com/sillok/sillok/internal/sql/parse"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/event"
)

const (
	defaultQueryTimeout = time.Hour // as CloudTrail Lake has it
	purgeEvery          = time.Minute
	endEvery            = 5 * time.Second
)

// Run runs queries, and removes event data stores and queries whose time is over, until
// ctx is done. What has not ended then is FAILED, as is what a server left that died.
func (s *Service) Run(ctx context.Context) error {
	running := context.WithoutCancel(ctx)
	if err := s.recoverQueries(running); err != nil {
		return fmt.Errorf("recover queries of event data stores: %w", err)
	}
	g, ctx := life.New(ctx, s.cfg.Log)
	for range max(1, s.cfg.Concurrency) {
		g.Go(ctx, "queries of event data stores", func(context.Context) error {
			s.queries.Work(running, cmp.Or(s.cfg.QueryTimeout, defaultQueryTimeout), s.runQuery)
			return nil
		})
	}
	g.Go(ctx, "stop queries", func(ctx context.Context) error {
		<-ctx.Done()
		s.queries.Close()
		return nil
	})
	g.Go(ctx, "imports into event data stores", s.runImports)
	g.Every(ctx, "results of queries into buckets", deliverEvery, s.deliverResults)
	g.Every(ctx, "ends of queries of event data stores", endEvery, s.writeEnds)
	g.Every(ctx, "old event data stores", purgeEvery, s.purgeStores)
	g.Every(ctx, "old queries of event data stores", purgeEvery, s.purgeQueries)
	return g.Wait()
}

// runQuery takes a query whose turn it is to its end.
func (s *Service) runQuery(ctx context.Context, j *queryJob) {
	ctx = cloud.WithCall(ctx, j.Of.call)
	began := time.Now()
	var gave gave
	err := life.Catch(func() (err error) {
		gave, err = s.answer(ctx, j.Of)
		return err
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if !s.queries.Claim(j) { // it was stopped, and its end is written: what it gave is nobody's
		s.dropResult(j.ID)
		return
	}
	q := &j.Of.query
	q.gave = gave
	q.Millis = int32(min(time.Since(began).Milliseconds(), 1<<31-1)) //nolint:gosec // bounded
	s.endQuery(ctx, j, err)
}

// dropResult removes the result of a query that did not end well.
func (s *Service) dropResult(id string) {
	if err := s.removeResult(id); err != nil {
		s.cfg.Log.Error("remove the result of a query that failed", "query_id", id, "error", err)
	}
}

// endQuery writes the end of a query, which the caller has claimed.
func (s *Service) endQuery(ctx context.Context, j *queryJob, err error) {
	q := &j.Of.query
	q.Ended = whole(time.Now())
	j.Of.found(statementError(err))
	switch {
	case err == nil:
		q.Status = queryFinished
	case errors.Is(err, turns.ErrCancelled):
		q.Status, q.Message = queryCancelled, "Query was cancelled."
	case errors.Is(err, turns.ErrTimeout):
		q.Status, q.Message = queryTimedOut, "Query timed out."
	default:
		q.Status, q.Message = queryFailed, s.messageOf(q.ID, err)
	}
	q.endDelivery()
	if err != nil {
		s.dropResult(q.ID)
	}
	if err := s.writeEnd(context.WithoutCancel(ctx), j); err != nil {
		s.cfg.Log.Error("write the end of a query of event data stores, which is tried again", "query_id", q.ID, "error", err)
		s.queries.Late(j)
	}
}

// writeEnd keeps how a query ended, and lets go of it.
func (s *Service) writeEnd(ctx context.Context, j *queryJob) error {
	q := &j.Of.query
	err := s.update(ctx, func(tx resource.Tx) error {
		if j.Of.invalid != nil {
			return forgetQuery(tx, q)
		}
		err := errors.Join(lakeQueries.Put(tx, *q, string(q.Region), q.ID), activeQueries.Discard(tx, string(q.Region), q.ID))
		if q.DeliveryStatus == deliveryPending {
			err = errors.Join(err, queryDeliveries.Put(tx, q.ID, string(q.Region), q.ID))
		}
		return err
	})
	s.atRest.Store(false)
	if err == nil {
		s.queries.Remove(j)
	}
	return err
}

// writeEnds keeps the ends that could not be written.
func (s *Service) writeEnds(ctx context.Context) (err error) {
	for _, j := range s.queries.TakeLate() {
		if failed := s.writeEnd(cloud.WithCall(context.WithoutCancel(ctx), j.Of.call), j); failed != nil {
			s.queries.Late(j)
			err = errors.Join(err, fmt.Errorf("query %s: %w", j.ID, failed))
		}
	}
	return err
}

// statementError returns what is wrong with a statement as StartQuery says it; nil where
// that is not why a query failed.
func statementError(err error) error {
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		return errStatement("%s", e)
	}
	return nil
}

// messageOf returns what the owner of a query may know of its failure.
func (s *Service) messageOf(id string, err error) string {
	if e, ok := errors.AsType[*sqlerr.Error](err); ok {
		return shortMessage(e)
	}
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return shortMessage(errors.New(e.Message))
	}
	if errors.Is(err, turns.ErrStopping) {
		return "The server stopped before the query had ended: start it again."
	}
	s.cfg.Log.Error("a query of event data stores failed", "query_id", id, "error", err)
	return "The query failed inside the server, whose log says why."
}

// shortMessage is an error as long as a message may be.
func shortMessage(err error) string {
	const longest = 1000
	text := []rune(err.Error())
	return string(text[:min(len(text), longest)])
}

// answer analyzes a statement, runs it and writes the rows that it gives.
func (s *Service) answer(ctx context.Context, r *queryRun) (gave gave, err error) {
	if err := context.Cause(ctx); err != nil {
		return gave, err
	}
	q := &r.query // whose end may be written by now: it is read, and not written
	parsed, stores, err := parse.StoreQuery(q.Statement)
	if err != nil {
		return gave, err
	}
	analyzed, err := analyze.Query(ctx, q.Statement, parsed, lakeCatalog{s, stores}, analyze.Session{
		Catalog: "cloudtrail", Database: "lake", User: r.call.Principal.ARN, TimeTexts: true,
	})
	if err != nil {
		return gave, err
	}
	r.found(nil)
	rows, err := s.cfg.Engine.Run(ctx, engine.Request{SQL: q.Statement, Query: analyzed, Now: time.Now()})
	if err != nil {
		return gave, err
	}
	for _, c := range analyzed.Columns {
		gave.Columns = append(gave.Columns, c.Name)
	}
	gave.Rows, gave.Length, err = s.writeResult(q.ID, rows)
	err = errors.Join(err, rows.Close())
	stats := rows.Stats()
	gave.Bytes, gave.Scanned = stats.BytesScanned, stats.Rows
	return gave, err
}

// lakeCatalog knows the event data stores that a statement names, as tables.
type lakeCatalog struct {
	service *Service
	stores  []string
}

// Relation implements analyze.Catalog.
func (c lakeCatalog) Relation(ctx context.Context, catalog, database, name string) (*analyze.Relation, error) {
	if catalog != "cloudtrail" || database != "lake" || !slices.Contains(c.stores, name) {
		return nil, nil
	}
	found, err := c.service.activeStore(ctx, name)
	if err != nil {
		return nil, err
	}
	of := event.Management
	for _, other := range []event.Category{event.Insight, "ActivityAuditLog"} {
		if found.takes(other) {
			of = other
		}
	}
	table, err := engine.Table(catalog, c.service.cfg.Rows.Table(found.ID, of))
	if err != nil {
		return nil, err
	}
	return &analyze.Relation{Table: table}, nil
}

// recoverQueries marks as FAILED what had not ended when the last server did.
func (s *Service) recoverQueries(ctx context.Context) error {
	var left []state.Entry[string]
	err := s.state.View(ctx, func(r state.Reader) error {
		for entry, err := range state.All[string](r, activeQueries.Name) {
			if err != nil {
				return err
			}
			left = append(left, entry)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, entry := range left {
		region := cloud.Region(resource.Names(entry.Key.Name)[0])
		scope := cloud.Scope{Account: entry.Key.Scope.Account, Region: region}
		if j, _ := s.queries.Find(scope, entry.Value); j != nil {
			continue // it came before Run
		}
		call := cloud.Call{Account: scope.Account, Region: region, Principal: cloud.ServiceOf(Principal)}
		if err := s.update(cloud.WithCall(ctx, call), func(tx resource.Tx) error {
			q, found, err := lakeQueries.Find(tx, string(region), entry.Value)
			if err != nil || !found {
				return errors.Join(err, activeQueries.Discard(tx, string(region), entry.Value))
			}
			q.Status, q.Message, q.Ended = queryFailed, "The server stopped before the query had ended: start it again.", whole(time.Now())
			q.endDelivery()
			return errors.Join(lakeQueries.Put(tx, q, string(region), q.ID), activeQueries.Discard(tx, string(region), q.ID))
		}); err != nil {
			return err
		}
		if err := s.removeResult(entry.Value); err != nil {
			return err
		}
	}
	return nil
}
