package cloudwatch

import (
	"context"
	"errors"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/language/metricmath"
	"github.com/sillok/sillok/internal/language/metricsearch"
	"github.com/sillok/sillok/internal/language/metricsinsights"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series/summary"
)

const (
	mostScanned   = 10_000     // metrics that a query of Metrics Insights is about
	insightsRange = listedFor  // how far back it looks
	mostSummed    = 20_000_000 // points that it reads
	leastInsights = int32(60)  // its shortest period, in seconds
	codeTooOld    = "MaxQueryTimeRangeExceeded"
	textTooOld    = "Metrics Insights looks back two weeks: what is older was left out."
)

// parts are the statistics that a function is computed from.
var parts = map[metricsinsights.Function][]string{
	metricsinsights.Avg: {"Sum", "SampleCount"}, metricsinsights.Count: {"SampleCount"},
	metricsinsights.Max: {"Maximum"}, metricsinsights.Min: {"Minimum"}, metricsinsights.Sum: {"Sum"},
}

// insights runs a query of Metrics Insights.
func (c *computation) insights(ctx context.Context, in *cloudwatchapi.MetricDataQuery) ([]Track, *metricsinsights.Query, error) {
	refuse := func(message string) error { return &metricmath.Error{ID: *in.Id, Message: message} }
	q, err := metricsinsights.Parse(*in.Expression)
	if e, ok := errors.AsType[*metricsinsights.Error](err); ok {
		return nil, nil, &metricmath.Error{ID: *in.Id, Message: e.Message, Unsupported: e.Unsupported}
	}
	if in.Period == nil {
		return nil, nil, refuse("Period is a required field of a Metrics Insights query")
	}
	start, end := c.Start.Truncate(time.Minute), c.End.Truncate(time.Minute)
	if oldest := c.Now.Add(-insightsRange).Truncate(time.Minute).Add(time.Minute); start.Before(oldest) {
		start = oldest
		if !end.After(start) {
			return []Track{{Status: "InternalError"}}, q, nil
		}
		c.tell(codeTooOld, textTooOld)
	}
	found, err := c.scan(ctx, q, Wanted{Period: max(*in.Period, leastInsights), Start: start, End: end})
	if err != nil {
		return nil, nil, err
	}
	run, err := c.sum(ctx, q, found)
	if e, ok := errors.AsType[*metricsinsights.Error](err); ok {
		return nil, nil, refuse(e.Message)
	}
	if err != nil {
		return nil, nil, err
	}
	groups, more := run.Groups()
	if more {
		c.tell("MaxMetricsExceeded", "The maximum number of allowed metrics, 500, has been exceeded.")
	}
	tracks := []Track{}
	for _, g := range groups {
		t := trackFrom(&metricmath.Series{Label: g.Label, Times: g.Times, Values: g.Values})
		for i, key := range q.GroupBy {
			if t.Group == nil {
				t.Group = map[string]string{}
			}
			t.Group[key] = g.Keys[i]
		}
		tracks = append(tracks, t)
	}
	if len(q.GroupBy) == 0 && len(tracks) == 0 {
		tracks = append(tracks, Track{}) // a query that does not group has a result always
	}
	return tracks, q, nil
}

// scan returns the metrics that a query is about, as like says.
func (c *computation) scan(ctx context.Context, q *metricsinsights.Query, like Wanted) (found []Wanted, err error) {
	var needs []metricsearch.Dimension
	for _, name := range q.Schema {
		needs = append(needs, metricsearch.Dimension{Name: name})
	}
	for _, w := range q.Where {
		if !w.Not && w.Key != metricsinsights.AccountKey {
			needs = append(needs, metricsearch.Dimension{Name: w.Key, Value: w.Value})
		}
	}
	account := string(cloud.CallOf(ctx).Account)
	err = c.list(ctx, q.Namespace, q.Metric, needs, func(id metric.ID) bool {
		if !q.Matches(queried(id, account), account) {
			return true
		}
		if len(found) == mostScanned {
			c.tell("MaxMetricsScannedExceeded", "The query is about more than 10,000 metrics: the rest was left out.")
			return false
		}
		like.ID = id
		found = append(found, like)
		return true
	})
	return found, err
}

// sum adds up the metrics that were found.
func (c *computation) sum(ctx context.Context, q *metricsinsights.Query, found []Wanted) (*metricsinsights.Run, error) {
	run := metricsinsights.NewRun(q)
	account, points := string(cloud.CallOf(ctx).Account), 0
	var stats []summary.Statistic
	for _, name := range parts[q.Function] {
		stat, _ := summary.ParseStatistic(name)
		stats = append(stats, stat)
	}
	for from := 0; from < len(found); from += atOnce {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var wanted []Wanted
		for _, w := range found[from:min(from+atOnce, len(found))] {
			for _, w.Stat = range stats {
				wanted = append(wanted, w)
			}
		}
		tracks, err := c.Reader.Read(ctx, wanted)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(tracks); i += len(stats) {
			c.tellAll(tracks[i].Messages)
			values, last := seriesFrom(tracks[i], 0), &tracks[i+len(stats)-1]
			if points += len(values.Times); points > mostSummed {
				return nil, &metricsinsights.Error{Message: "The query is about too many datapoints: ask for a shorter time, or by a longer period"}
			}
			if err := run.Add(queried(wanted[i].ID, account), values.Times, values.Values, last.Values); err != nil {
				return nil, err
			}
		}
	}
	return run, nil
}

// queried is a metric as a query looks at it.
func queried(id metric.ID, account string) *metricsinsights.Series {
	s := &metricsinsights.Series{Account: account, Namespace: id.Namespace, Metric: id.Name}
	for _, d := range id.Dimensions {
		s.Dimensions = append(s.Dimensions, metricsinsights.Dimension(d))
	}
	return s
}

// runInsights runs the query of Metrics Insights of a request, of which there is one at
// most, and returns what it is in metric math.
func (c *computation) runInsights(ctx context.Context, in *cloudwatchapi.MetricDataQuery, tracks map[string][]Track) (metricmath.Query, error) {
	q := metricmath.Query{ID: *in.Id, Hidden: true}
	if c.queried {
		return q, errValidation("Maximum number of queries (1) exceeded")
	}
	c.queried = true
	found, query, err := c.insights(ctx, in)
	if err != nil {
		return q, err
	}
	tracks[*in.Id] = found
	q.Array = len(query.GroupBy) > 0
	for _, t := range found {
		s := seriesFrom(t, int64(max(resource.Value(in.Period), leastInsights)))
		if s.Label == "" {
			s.Label = *in.Id
		}
		q.Given = append(q.Given, s)
	}
	return q, nil
}
