package cloudwatch

import (
	"context"
	"math"
	"time"

	"github.com/sillok/sillok/internal/anomaly"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/metricmath"
)

// Band returns for each of the times, at which periods of a metric begin, the least and the
// greatest value that is expected of a statistic of it: so many deviations around what is
// usual. Both are NaN where too little is known. The account and region are those of the call in
// ctx. The times rise, and are no more than a GetMetricData may ask for.
//
// It needs no anomaly detector; where there is one for the statistic, its configuration counts.
// What is usual is learned from the two weeks before the last of the times, up to the full
// hour, and kept in memory: what is asked for later within that hour is answered at once.
func (s *Service) Band(ctx context.Context, of *cloudwatchapi.MetricStat, deviations float64, times []time.Time) (lower, upper []float64, err error) {
	return s.BandOf(ctx, []cloudwatchapi.MetricDataQuery{{Id: new("m"), MetricStat: of}}, "m", deviations, times)
}

// BandOf is Band for any of the queries of an alarm, by its Id: a metric, or an expression about
// others.
func (s *Service) BandOf(ctx context.Context, queries []cloudwatchapi.MetricDataQuery, id string, deviations float64, times []time.Time) (lower, upper []float64, err error) {
	now := time.Now()
	c := &computation{Request: &Request{Queries: queries, Now: now, Reader: reader{s, cloud.CallOf(ctx).Scope(), now}}}
	b := metricmath.Band{Of: metricmath.Reference(id), Deviations: deviations, Period: c.periodOf(id), Times: make([]int64, len(times))}
	for i, at := range times {
		b.Times[i] = at.Unix()
	}
	lower, upper, err = c.band(ctx, b)
	return lower, upper, errExpression(err)
}

// periodOf is the period of a query: its own, or the longest of the metrics among all.
func (c *computation) periodOf(id string) (period int64) {
	for i := range c.Queries {
		q := &c.Queries[i]
		if q.MetricStat != nil && q.MetricStat.Period != nil {
			period = max(period, int64(*q.MetricStat.Period))
		}
	}
	for i := range c.Queries {
		if q := &c.Queries[i]; *q.Id == id {
			switch {
			case q.MetricStat != nil && q.MetricStat.Period != nil:
				return int64(*q.MetricStat.Period)
			case q.Period != nil:
				return int64(*q.Period)
			}
		}
	}
	return period
}

// band implements metricmath.Bander.
func (c *computation) band(ctx context.Context, b metricmath.Band) (lower, upper []float64, err error) {
	if b.Period < 60 {
		return nil, nil, &metricmath.Error{Message: "ANOMALY_DETECTION_BAND takes metrics by a minute and more"}
	}
	lower, upper = make([]float64, len(b.Times)), make([]float64, len(b.Times))
	if len(b.Times) == 0 {
		return lower, upper, nil
	}
	l, err := learningOf(c.Queries, b.Of, b.Period)
	if err != nil {
		return nil, nil, err
	}
	until := time.Unix(b.Times[len(b.Times)-1]+b.Period, 0)
	if until.After(c.Now) {
		until = c.Now
	}
	model, err := c.Reader.Expect(ctx, l.Subject, until, func(ctx context.Context, from, to time.Time) ([]anomaly.Point, error) {
		return c.learn(ctx, l, from, to)
	})
	if err != nil {
		return nil, nil, err
	}
	for i, at := range b.Times {
		if model == nil {
			lower[i], upper[i] = math.NaN(), math.NaN()
			continue
		}
		lower[i], upper[i] = model.Band(time.Unix(at, 0), b.Deviations)
	}
	return lower, upper, nil
}
