// Package cloudwatch keeps metrics and alarms: what CloudWatch does with what is measured.
//
// Data are on disk once PutMetricData returns, and are read with all that came by then;
// package series keeps them. Other parts of the server put their own metrics through
// Put.
//
// Metric math, SEARCH and Metrics Insights come in by one interface, Expressions.
//
// Alarms are documents, and in memory while the service runs: package alarm says in which
// state one is, and schedule when it is asked. A change of state, its history, the fact about
// it, its actions and the change of every composite alarm that follows are one transaction.
// Dashboards are the account's, in no region. What is usual of a metric is learned by package
// anomaly when it is asked for; a detector says how. What changes is sent to metric streams.
package cloudwatch

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/state"
)

// Config is what CloudWatch needs to know.
type Config struct {
	Log *slog.Logger
	Dir string // where data of metrics are kept
	// Expressions evaluates metric math, SEARCH and Metrics Insights; nil where queries
	// that have an expression are refused by name.
	Expressions Expressions
	// Carrier brings to others what becomes of alarms; nil where nobody is told, and nothing
	// takes their actions.
	Carrier Carrier
	// Band is what alarms are compared with that look for anomalies; nil for what this service
	// learns itself.
	Band Band
	// May returns nil where the principal of a call may do an action to a resource, and
	// otherwise the error to answer; nil where nobody decides.
	May func(ctx context.Context, action, arn string, conditions map[string][]string) error
	// Streams takes what metric streams send; nil where there can be none.
	Streams Deliveries
	// Metrics takes what is counted of metric streams; nil for nobody.
	Metrics metric.Emitter
}

// Service answers the operations of CloudWatch.
type Service struct {
	cfg    Config
	store  resource.Store
	state  state.Store
	series *series.Store

	table *alarmTable
	noted atomic.Uint64 // items of histories that were written
	// points reads data of metrics for alarms.
	points func(ctx context.Context, scope cloud.Scope, queries []series.Query) ([][]series.Line, error)
	models *models
	// drawing is taken by each picture that is being drawn.
	drawing chan struct{}
	sender  *sender
	totals  totals
}

// Open opens the data in cfg.Dir, and returns a Service that keeps all else in store. The
// caller must call Close.
func Open(ctx context.Context, cfg Config, store state.Store) (*Service, error) {
	kept, err := series.Open(ctx, cfg.Dir, series.Config{Log: cfg.Log, Now: time.Now})
	if err != nil {
		return nil, err
	}
	if cfg.Metrics == nil {
		cfg.Metrics = metric.Nowhere
	}
	s := &Service{
		cfg: cfg, store: resource.NewStore(store), state: store, series: kept,
		table: newAlarmTable(), points: kept.Read, models: newModels(), drawing: make(chan struct{}, drawnAtOnce),
	}
	if cfg.Band == nil {
		s.cfg.Band = s
	}
	s.sender = &sender{service: s, store: store}
	if err := s.sender.load(ctx); err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	return s, nil
}

// Run evaluates alarms, trains anomaly detectors, sends to metric streams, and rolls up and
// removes data that have been kept long enough, until ctx is done.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, s.cfg.Log)
	g.Go(ctx, "metrics", s.series.Run)
	g.Go(ctx, "alarms", s.runAlarms)
	g.Go(ctx, "metric streams", s.sender.run)
	g.Every(ctx, "anomaly detectors", trainEvery, s.Train)
	return g.Wait()
}

// view reads what an account and region have, for work that no call asked for.
func (s *Service) view(ctx context.Context, scope cloud.Scope, fn func(resource.Reader) error) error {
	call := cloud.CallOf(ctx)
	call.Account, call.Region = scope.Account, scope.Region
	return s.store.View(cloud.WithCall(ctx, call), fn)
}

// Close closes what Open opened. It may be called twice.
func (s *Service) Close() error { return s.series.Close() }

// Err returns why data are not taken, or nil.
func (s *Service) Err() error { return s.series.Err() }

// Put implements metric.Putter, for the server's own metrics: a namespace may be one of
// AWS's. Data that CloudWatch does not take are an error of kind Invalid.
func (s *Service) Put(ctx context.Context, scope cloud.Scope, namespace string, data []metric.Datum) error {
	now := time.Now()
	for i := range data {
		if err := checkDatum(member("MetricData", i), &data[i], now); err != nil {
			return err
		}
	}
	return errStore(s.series.Put(ctx, scope, namespace, data))
}

// Clear removes all metrics of every account, and forgets the alarms that were removed from
// the store. It is for servers that tests share.
func (s *Service) Clear(ctx context.Context) error {
	s.table.clear()
	return errors.Join(s.series.Clear(ctx), s.loadAlarms(ctx))
}
