// Package cloudwatch keeps metrics: what CloudWatch does with what is measured.
//
// Data are on disk once PutMetricData returns, and are read with all that came by then;
// package series keeps them. Other parts of the server put their own metrics through
// Put.
//
// Metric math, SEARCH and Metrics Insights come in by one interface, Expressions. What
// changes is sent to metric streams. Alarms, dashboards and anomaly detectors are left to
// others.
package cloudwatch

import (
	"context"
	"errors"
	"log/slog"
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
	series *series.Store
	sender *sender
	totals totals
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
	s := &Service{cfg: cfg, store: resource.NewStore(store), series: kept}
	s.sender = &sender{service: s, store: store}
	if err := s.sender.load(ctx); err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	return s, nil
}

// Run rolls up and removes data that have been kept long enough, and sends to metric
// streams, until ctx is done.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := life.New(ctx, s.cfg.Log)
	g.Go(ctx, "metrics", s.series.Run)
	g.Go(ctx, "metric streams", s.sender.run)
	return g.Wait()
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

// Clear removes all metrics of every account. It is for servers that tests share.
func (s *Service) Clear(ctx context.Context) error { return s.series.Clear(ctx) }
