package cloudwatch

import (
	"context"
	"errors"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/language/metricmath"
	"github.com/sillok/sillok/internal/language/metricsearch"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// mostFound is how many metrics a SEARCH returns.
const mostFound = 500

// search is SEARCH: a statistic of the metrics that a filter is for and that had data in
// the last two weeks.
func (c *computation) search(ctx context.Context, s metricmath.Search) ([]metricmath.Series, error) {
	filter, err := metricsearch.Parse(s.Filter)
	if e, ok := errors.AsType[*metricsearch.Error](err); ok {
		return nil, &metricmath.Error{Message: e.Message}
	}
	stat, ok := summary.ParseStatistic(s.Stat)
	if !ok {
		return nil, &metricmath.Error{Message: "'" + s.Stat + "' is not a valid statistic"}
	}
	if checkPeriod(codeValidation, "Period", s.Period) != nil {
		return nil, &metricmath.Error{Message: "The period of SEARCH must be 1, 5, 10, 20, 30 or a multiple of 60"}
	}
	needs := filter.Needs()
	account := string(cloud.CallOf(ctx).Account)
	var found []Wanted
	err = c.list(ctx, needs.Namespace, needs.Name, needs.Dimensions, func(id metric.ID) bool {
		if !filter.Matches(searched(id, account)) {
			return true
		}
		if len(found) == mostFound {
			c.tell("MaxMetricsExceeded", "The maximum number of allowed metrics, 500, has been exceeded.")
			return false
		}
		found = append(found, Wanted{ID: id, Stat: stat, Period: s.Period, Start: c.Start, End: c.End})
		return true
	})
	if err != nil {
		return nil, err
	}
	return c.readAll(ctx, found)
}

// list calls yield with the metrics that have what is needed and had data lately.
func (c *computation) list(ctx context.Context, namespace, name string, dimensions []metricsearch.Dimension, yield func(metric.ID) bool) error {
	f := series.Filter{Namespace: namespace, Name: name, Since: c.Now.Add(-listedFor)}
	for _, d := range dimensions {
		w := series.Wanted{Name: d.Name}
		if d.Value != "" {
			w.Value = &d.Value
		}
		f.Dimensions = append(f.Dimensions, w)
	}
	var ended error
	err := c.Reader.List(ctx, f, func(id metric.ID) bool {
		ended = ctx.Err()
		return ended == nil && yield(id)
	})
	if err != nil {
		return err
	}
	return ended
}

// searched is a metric as a filter looks at it.
func searched(id metric.ID, account string) *metricsearch.Metric {
	m := &metricsearch.Metric{Account: account, Namespace: id.Namespace, Name: id.Name}
	for _, d := range id.Dimensions {
		m.Dimensions = append(m.Dimensions, metricsearch.Dimension(d))
	}
	return m
}

// readAll reads what was found, with labels that tell one from another.
func (c *computation) readAll(ctx context.Context, found []Wanted) ([]metricmath.Series, error) {
	named := make([]*query, len(found))
	for i := range found {
		named[i] = &query{want: found[i]}
	}
	among := groupsOf(named)
	var all []metricmath.Series
	for from := 0; from < len(found); from += atOnce {
		tracks, err := c.Reader.Read(ctx, found[from:min(from+atOnce, len(found))])
		if err != nil {
			return nil, err
		}
		for i, t := range tracks {
			if err := c.spend(len(t.Times)); err != nil {
				return nil, err
			}
			c.tellAll(t.Messages)
			t.Label, t.Of = among.label(named[from+i]), &found[from+i]
			all = append(all, seriesFrom(t, int64(found[from+i].Period)))
		}
	}
	return all, nil
}
