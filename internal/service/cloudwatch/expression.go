package cloudwatch

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/anomaly"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// Expressions evaluates queries that have an expression: metric math, SEARCH and Metrics
// Insights. It is where these come in.
type Expressions interface {
	// Evaluate returns the tracks of each query of the request that has an expression, by
	// the query's Id, and what the whole answer says besides. An error of the client's is
	// a *cloud.Error. It looks at the context, and reads no more than it needs.
	Evaluate(ctx context.Context, r *Request) (tracks map[string][]Track, messages []cloudwatchapi.MessageData, err error)
}

// Request is a GetMetricData whose queries were checked but for their expressions.
type Request struct {
	Queries    []cloudwatchapi.MetricDataQuery
	Start, End time.Time // as they were asked for
	Now        time.Time
	// Metrics has the track of each query that is for a metric, by the query's Id.
	Metrics map[string]Track
	Reader  Reader

	exact bool // the time is read as it is, and not rounded
}

// Reader reads metrics of the caller's account and region.
type Reader interface {
	// Read returns the tracks of metrics, in the order in which they were asked for.
	Read(ctx context.Context, wanted []Wanted) ([]Track, error)
	// List calls yield with the metrics that a filter is for, until it returns false.
	List(ctx context.Context, f series.Filter, yield func(id metric.ID) bool) error
	// Expect returns the model of what is usual of something, learned from what it was until
	// a time, which read reads; nil where that is too little.
	Expect(ctx context.Context, of Subject, until time.Time, read func(ctx context.Context, from, to time.Time) ([]anomaly.Point, error)) (*anomaly.Model, error)
}

// Wanted is a statistic of a metric over a time.
type Wanted struct {
	ID         metric.ID
	Stat       summary.Statistic
	Unit       string // empty for the first one that it has, by name
	Period     int32  // in seconds, one that CloudWatch has
	Start, End time.Time
}

// Track is the values of a statistic.
type Track struct {
	Label    string  // the automatic one, of what an expression returns
	Unit     string  // of a metric's values; empty for what was computed
	Of       *Wanted // what it is of, where an expression found it; nil where that is not one metric
	Times    []time.Time
	Values   []float64 // as many, in the order of their times
	Messages []cloudwatchapi.MessageData
	Status   string // other than Complete
	// Group is what a track of Metrics Insights is grouped by: the values of its keys.
	Group map[string]string
}

// reader implements Reader.
type reader struct {
	service *Service
	scope   cloud.Scope
	now     time.Time
}

// Read implements Reader.
func (r reader) Read(ctx context.Context, wanted []Wanted) ([]Track, error) {
	queries := make([]series.Query, len(wanted))
	for i := range wanted {
		q := &wanted[i]
		w := windowOf(q.Start, q.End, q.Period, r.now)
		queries[i] = series.Query{ID: q.ID, Unit: q.Unit, From: w.from, To: w.to, Period: w.period, Spread: q.Stat.Spread()}
	}
	read, err := r.service.series.Read(ctx, r.scope, queries)
	if err != nil {
		return nil, errStore(err)
	}
	tracks := make([]Track, len(wanted))
	for i, lines := range read {
		tracks[i] = trackOf(lines, wanted[i].Stat)
	}
	return tracks, nil
}

// List implements Reader.
func (r reader) List(ctx context.Context, f series.Filter, yield func(metric.ID) bool) error {
	return errStore(r.service.series.List(ctx, r.scope, f, nil, func(id metric.ID, _ []byte) bool { return yield(id) }))
}

// trackOf returns a statistic of a metric's data: of several units those of the first one
// by name, with a message that there are others.
func trackOf(lines []series.Line, stat summary.Statistic) (t Track) {
	if len(lines) == 0 {
		return t
	}
	one := &lines[0]
	if len(lines) > 1 {
		var message cloudwatchapi.MessageData
		one, message = firstUnit(lines)
		t.Messages = append(t.Messages, message)
	}
	t.Unit = one.Unit
	for i := range one.Points {
		if value, ok := stat.Of(&one.Points[i].Summary); ok {
			t.Times, t.Values = append(t.Times, one.Points[i].Time), append(t.Values, value)
		}
	}
	return t
}
