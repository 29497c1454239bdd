package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/anomaly"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/language/metricmath"
	"github.com/sillok/sillok/internal/language/metricsinsights"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// Subject is what a model of what is usual is of: a statistic of a metric, or what expressions
// come to, by a period.
type Subject struct {
	detector string // the same for all that one anomaly detector is for
	unit     string
	period   time.Duration
}

// learning is a subject, and the queries that it needs.
type learning struct {
	Subject

	of     *metricmath.Expression
	metric bool // of is a metric, and nothing is computed
	needed []*cloudwatchapi.MetricDataQuery
}

// learningOf returns what is to be learned of an expression among queries.
func learningOf(queries []cloudwatchapi.MetricDataQuery, of *metricmath.Expression, period int64) (*learning, error) {
	byID := map[string]*cloudwatchapi.MetricDataQuery{}
	for i := range queries {
		byID[*queries[i].Id] = &queries[i]
	}
	l := &learning{of: of}
	l.period = time.Duration(period) * time.Second
	texts := map[string]string{}
	for next := []*metricmath.Expression{of}; len(next) > 0; next = next[1:] {
		if err := learnable(next[0]); err != nil {
			return nil, err
		}
		for _, id := range next[0].References() {
			q := byID[id]
			if _, seen := texts[id]; seen || q == nil {
				continue // what is missing was told already
			}
			l.needed = append(l.needed, q)
			if q.MetricStat != nil {
				w, err := metricWanted(q)
				if err != nil {
					return nil, err
				}
				texts[id] = fmt.Sprintf("%s=%s by %d in %s", id, metricIdentity(w.ID, w.Stat), w.Period, w.Unit)
				if alone, ok := of.Query(); ok && alone == id {
					l.metric, l.detector, l.unit = true, metricIdentity(w.ID, w.Stat), w.Unit
					return l, nil
				}
				continue
			}
			if metricsinsights.Is(*q.Expression) {
				return nil, &metricmath.Error{Message: "ANOMALY_DETECTION_BAND does not take a query of Metrics Insights"}
			}
			e, err := metricmath.Parse(id, *q.Expression)
			if err != nil {
				return nil, err
			}
			texts[id] = id + "=" + e.String()
			next = append(next, e)
		}
	}
	// An expression that is another's Id is that one.
	last := of.String()
	if id, ok := of.Query(); ok {
		last = strings.TrimPrefix(texts[id], id+"=")
		delete(texts, id)
	}
	all := make([]string, 0, len(texts))
	for _, text := range texts {
		all = append(all, text)
	}
	slices.Sort(all)
	l.detector = strings.Join(append(all, last), "\n")
	return l, nil
}

// learnable refuses an expression about what other times would not have alike.
func learnable(e *metricmath.Expression) error {
	for _, name := range e.Functions() {
		if name == "METRICS" || name == "SEARCH" || name == "ANOMALY_DETECTION_BAND" {
			return &metricmath.Error{Message: "ANOMALY_DETECTION_BAND does not take what " + name + " returns"}
		}
	}
	return nil
}

// metricIdentity is the same for all spellings of a statistic of a metric.
func metricIdentity(id metric.ID, stat summary.Statistic) string {
	text, err := json.Marshal([]any{id.Namespace, id.Name, id.Dimensions, stat.String()})
	if err != nil {
		panic(err) // texts can be told as JSON
	}
	return string(text)
}

// metricWanted is the metric of a query, which was checked.
func metricWanted(q *cloudwatchapi.MetricDataQuery) (w Wanted, err error) {
	stat := q.MetricStat
	w = Wanted{Period: resource.Value(stat.Period), Unit: resource.Value(stat.Unit)}
	w.ID = metric.ID{Namespace: resource.Value(stat.Metric.Namespace), Name: resource.Value(stat.Metric.MetricName)}
	var ok bool
	if w.Stat, ok = summary.ParseStatistic(resource.Value(stat.Stat)); !ok {
		return w, errValidation("The value for parameter %s.MetricStat.Stat is not a valid statistic.", *q.Id)
	}
	if err := checkPeriod(codeValidation, *q.Id+".MetricStat.Period", w.Period); err != nil {
		return w, err
	}
	w.ID.Dimensions, err = dimensionsOf(*q.Id+".MetricStat.Metric.Dimensions", codeValidation, stat.Metric.Dimensions)
	return w, err
}

// learn reads what there is to learn from, over a time.
func (c *computation) learn(ctx context.Context, l *learning, from, to time.Time) ([]anomaly.Point, error) {
	account := string(cloud.CallOf(ctx).Account)
	m := &metricmath.Request{Grid: func(int64) (int64, int64) { return from.Unix(), to.Unix() }}
	var wanted []Wanted
	for _, q := range l.needed {
		one := metricmath.Query{ID: *q.Id, Hidden: true, Period: resource.Value(q.Period)}
		if q.MetricStat == nil {
			e, err := metricmath.Parse(*q.Id, *q.Expression)
			if err != nil {
				return nil, err
			}
			one.Expression = e
			m.Queries = append(m.Queries, one)
			continue
		}
		w, err := metricWanted(q)
		if err != nil {
			return nil, err
		}
		w.Start, w.End = from, to
		if resource.Or(q.AccountId, account) != account {
			return nil, nil // nothing is known of another account
		}
		one.Metric = true
		m.Queries, wanted = append(m.Queries, one), append(wanted, w)
	}
	tracks, err := c.Reader.Read(ctx, wanted)
	if err != nil {
		return nil, err
	}
	next := 0
	for i := range m.Queries {
		if q := &m.Queries[i]; q.Metric {
			if err := c.spend(len(tracks[next].Times)); err != nil {
				return nil, err
			}
			q.Given = []metricmath.Series{seriesFrom(tracks[next], int64(wanted[next].Period))}
			next++
		}
	}
	if l.metric {
		return learnedPoints(m.Queries[0].Given[0]), nil
	}
	const whole = "WHOLE"                                                                                               // no query has such an Id
	m.Queries = append(m.Queries, metricmath.Query{ID: whole, Expression: l.of, Period: int32(l.period / time.Second)}) //nolint:gosec // a period of a query
	all, err := metricmath.Evaluate(ctx, m)
	if err != nil || len(all[whole]) != 1 {
		return nil, err
	}
	return learnedPoints(all[whole][0]), nil
}

func learnedPoints(s metricmath.Series) []anomaly.Point {
	points := make([]anomaly.Point, len(s.Times))
	for i, at := range s.Times {
		points[i] = anomaly.Point{Time: time.Unix(at, 0), Value: s.Values[i]}
	}
	return points
}
