package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/metricmath"
	"github.com/sillok/sillok/internal/language/metricsinsights"
	"github.com/sillok/sillok/internal/resource"
)

// Computed returns what evaluates metric math, SEARCH and Metrics Insights.
func Computed() Expressions { return computed{} }

type computed struct{}

// computation is the evaluation of the expressions of one request.
type computation struct {
	*Request

	points   int  // that were read for them
	queried  bool // a query of Metrics Insights was run
	messages []cloudwatchapi.MessageData
}

// Evaluate implements Expressions.
func (computed) Evaluate(ctx context.Context, r *Request) (map[string][]Track, []cloudwatchapi.MessageData, error) {
	c := &computation{Request: r}
	m := &metricmath.Request{Search: c.search, Band: c.band, Grid: func(period int64) (from, to int64) {
		if r.exact {
			return r.Start.Unix(), r.End.Unix()
		}
		w := windowOf(r.Start, r.End, int32(period), r.Now) //nolint:gosec // periods of queries are of this size
		return w.from.Unix(), w.to.Unix()
	}}
	tracks := map[string][]Track{}
	for i := range r.Queries {
		q, err := c.query(ctx, &r.Queries[i], tracks)
		if err != nil {
			return nil, nil, errExpression(err)
		}
		m.Queries = append(m.Queries, q)
	}
	all, err := metricmath.Evaluate(ctx, m)
	if err != nil {
		return nil, nil, errExpression(err)
	}
	for id, list := range all {
		for i := range list {
			tracks[id] = append(tracks[id], trackFrom(&list[i]))
		}
	}
	return tracks, c.messages, nil
}

// query is a query of the request, as metric math has it. The tracks of one of Metrics
// Insights are put among tracks.
func (c *computation) query(ctx context.Context, in *cloudwatchapi.MetricDataQuery, tracks map[string][]Track) (q metricmath.Query, err error) {
	if account := cloud.CallOf(ctx).Account; in.Expression != nil && resource.Or(in.AccountId, string(account)) != string(account) {
		return q, cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok has no linked accounts: the expression '%s' cannot be evaluated in account %s.", *in.Id, *in.AccountId)
	}
	if in.Expression != nil && metricsinsights.Is(*in.Expression) {
		return c.runInsights(ctx, in, tracks)
	}
	q = metricmath.Query{ID: *in.Id, Hidden: in.ReturnData != nil && !*in.ReturnData, Period: resource.Value(in.Period)}
	if in.MetricStat != nil {
		q.Metric = true
		if q.Hidden { // there is no result that says so
			c.tellAll(c.Metrics[*in.Id].Messages)
		}
		q.Given = []metricmath.Series{seriesFrom(c.Metrics[*in.Id], int64(*in.MetricStat.Period))}
		return q, nil
	}
	if label := resource.Value(in.Label); !strings.Contains(label, "${") {
		q.Label = label
	}
	q.Expression, err = metricmath.Parse(*in.Id, *in.Expression)
	return q, err
}

func seriesFrom(t Track, period int64) metricmath.Series {
	s := metricmath.Series{Label: t.Label, Period: period, Values: t.Values, Times: make([]int64, len(t.Times))}
	for i, at := range t.Times {
		s.Times[i] = at.Unix()
	}
	if t.Of != nil {
		s.Of = t.Of
	}
	return s
}

func trackFrom(s *metricmath.Series) Track {
	t := Track{Label: s.Label, Values: s.Values, Times: make([]time.Time, len(s.Times))}
	for i, at := range s.Times {
		t.Times[i] = time.Unix(at, 0).UTC()
	}
	t.Of, _ = s.Of.(*Wanted)
	return t
}

// spend counts points that were read.
func (c *computation) spend(points int) error {
	if c.points += points; c.points > mostComputed {
		return &metricmath.Error{Message: fmt.Sprintf("The metrics that it finds have more than %d datapoints: ask for fewer, or by a longer period", mostComputed)}
	}
	return nil
}

// tell adds a message about the whole answer, once.
func (c *computation) tell(code, text string) {
	for _, m := range c.messages {
		if *m.Code == code {
			return
		}
	}
	c.messages = append(c.messages, cloudwatchapi.MessageData{Code: &code, Value: &text})
}

func (c *computation) tellAll(messages []cloudwatchapi.MessageData) {
	for _, m := range messages {
		c.tell(*m.Code, *m.Value)
	}
}

// errExpression is what the caller sees of an error of an expression.
func errExpression(err error) error {
	e, ok := errors.AsType[*metricmath.Error](err)
	switch {
	case !ok:
		return err
	case e.Unsupported:
		return cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "%s", e.Error())
	}
	return errValidation("%s", e.Error())
}
