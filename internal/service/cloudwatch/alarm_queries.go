package cloudwatch

import (
	"context"
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/language/metricsinsights"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/series/summary"
)

// Band says between which values a metric is expected to be. Anomaly detection is one.
type Band interface {
	// Band returns for each of the times, at which periods of a metric begin, the least and
	// the greatest value that is expected: so many deviations around the mean. Where it knows
	// nothing of a time, both are NaN. The account and region are those of the call.
	Band(ctx context.Context, of *cloudwatchapi.MetricStat, deviations float64, times []time.Time) (lower, upper []float64, err error)
}

// bandOf is the band that an alarm's points are compared with.
type bandOf struct {
	of         *cloudwatchapi.MetricStat
	deviations float64
}

// bandPattern is the expression of a band: a query's Id, and how many deviations.
var bandPattern = regexp.MustCompile(`^\s*ANOMALY_DETECTION_BAND\(\s*([a-z][a-zA-Z0-9_]*)\s*(?:,\s*([0-9]+(?:\.[0-9]+)?)\s*)?\)\s*$`)

const usualDeviations = 2

// The states of an evaluation that told less than it should.
const (
	partialData       = "PARTIAL_DATA"
	evaluationError   = "EVALUATION_ERROR"   // the configuration or the data are not fit for it
	evaluationFailure = "EVALUATION_FAILURE" // it failed here
)

func returned(q *cloudwatchapi.MetricDataQuery) bool { return q.ReturnData == nil || *q.ReturnData }

// groupKeys are the keys by which the query groups that an alarm is on, and whether it does.
func groupKeys(q *cloudwatchapi.MetricDataQuery) ([]string, bool) {
	if q.Expression == nil || !metricsinsights.Is(*q.Expression) {
		return nil, false
	}
	parsed, err := metricsinsights.Parse(*q.Expression)
	if err != nil {
		return nil, false
	}
	return parsed.GroupBy, len(parsed.GroupBy) > 0
}

// groups says that the alarm has contributors.
func (k *keptAlarm) groups() bool {
	if k.Metric == nil {
		return false
	}
	for i := range k.Metric.Queries {
		if q := &k.Metric.Queries[i]; returned(q) {
			_, grouping := groupKeys(q)
			return grouping
		}
	}
	return false
}

// setQueries finds which of an alarm's queries counts, and which gives its band.
func (e *scheduled) setQueries(m *keptMetric) error {
	for i := range m.Queries {
		q := &m.Queries[i]
		if m.ThresholdMetricID != nil && *q.Id == *m.ThresholdMetricID {
			band, err := bandIn(m.Queries, q)
			if err != nil {
				return err
			}
			e.band = band
			continue
		}
		if returned(q) {
			e.returned = *q.Id
			e.groups, e.grouping = groupKeys(q)
		}
	}
	return nil
}

// bandIn reads the band that a query gives.
func bandIn(queries []cloudwatchapi.MetricDataQuery, q *cloudwatchapi.MetricDataQuery) (*bandOf, error) {
	if q.Expression == nil {
		return nil, errValidation("The query %s that ThresholdMetricId names must be an ANOMALY_DETECTION_BAND.", *q.Id)
	}
	parts := bandPattern.FindStringSubmatch(*q.Expression)
	if parts == nil {
		return nil, errValidation("The query %s that ThresholdMetricId names must be an ANOMALY_DETECTION_BAND.", *q.Id)
	}
	b := &bandOf{deviations: usualDeviations}
	if parts[2] != "" {
		b.deviations, _ = strconv.ParseFloat(parts[2], 64)
	}
	for i := range queries {
		if *queries[i].Id == parts[1] {
			b.of = queries[i].MetricStat
		}
	}
	if b.of == nil {
		return nil, cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok has bands of metrics alone: %s in '%s' must be one.", parts[1], *q.Expression)
	}
	return b, nil
}

// ensureBand has the metric of an alarm's band be learned, as AWS does when one is put.
func (s *Service) ensureBand(ctx context.Context, m *keptMetric) error {
	var e scheduled
	if err := e.setQueries(m); err != nil || e.band == nil {
		return err
	}
	return s.EnsureDetector(ctx, e.band.of)
}

// exactReader reads metrics over the time that is asked for, to the second.
type exactReader struct {
	reader
}

// Read implements Reader.
func (r exactReader) Read(ctx context.Context, wanted []Wanted) ([]Track, error) {
	queries := make([]series.Query, len(wanted))
	for i := range wanted {
		q := &wanted[i]
		queries[i] = series.Query{ID: q.ID, Unit: q.Unit, From: q.Start, To: q.End, Period: time.Duration(q.Period) * time.Second, Spread: q.Stat.Spread()}
	}
	read, err := r.service.points(ctx, r.scope, queries)
	if err != nil {
		return nil, errStore(err)
	}
	tracks := make([]Track, len(wanted))
	for i, lines := range read {
		tracks[i] = trackOf(lines, wanted[i].Stat)
	}
	return tracks, nil
}

// compute returns the tracks of the query that an alarm is on, over a window.
func (s *Service) compute(ctx context.Context, e *scheduled, w alarm.Window, now time.Time) (tracks []Track, messages []cloudwatchapi.MessageData, err error) {
	r := exactReader{reader{s, e.key.scope, now}}
	request := &Request{Start: w.From, End: w.To, Now: now, Metrics: map[string]Track{}, Reader: r, exact: true}
	var ids []string
	var wanted []Wanted
	expressions := false
	for i := range e.queries {
		q := &e.queries[i]
		if e.band != nil && q.Expression != nil && bandPattern.MatchString(*q.Expression) {
			continue
		}
		request.Queries = append(request.Queries, *q)
		if q.MetricStat == nil {
			expressions = true
			continue
		}
		one, err := wantedOf(q.MetricStat)
		if err != nil {
			return nil, nil, err
		}
		one.Start, one.End = w.From, w.To
		ids, wanted = append(ids, *q.Id), append(wanted, one)
	}
	read, err := r.Read(ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	for i, id := range ids {
		if read[i].Label == "" {
			read[i].Label = wanted[i].ID.Name
		}
		request.Metrics[id] = read[i]
	}
	if t, plain := request.Metrics[e.returned]; plain {
		return []Track{t}, t.Messages, nil
	}
	if !expressions || s.cfg.Expressions == nil {
		return nil, nil, errors.New("the alarm's expressions cannot be evaluated")
	}
	all, messages, err := s.cfg.Expressions.Evaluate(ctx, request)
	return all[e.returned], messages, err
}

// wantedOf is the statistic of a metric that a query is for.
func wantedOf(st *cloudwatchapi.MetricStat) (w Wanted, err error) {
	w.Period = *st.Period
	if st.Unit != nil {
		w.Unit = *st.Unit
	}
	w.Stat, _ = summary.ParseStatistic(*st.Stat)
	w.ID = metric.ID{Namespace: resource.Value(st.Metric.Namespace), Name: resource.Value(st.Metric.MetricName)}
	w.ID.Dimensions, err = dimensionsOf("Dimensions", codeValidation, st.Metric.Dimensions)
	return w, err
}

// evaluateQueries evaluates an alarm that is on expressions.
func (s *Service) evaluateQueries(ctx context.Context, now time.Time, e *scheduled) (finding, bool) {
	ctx = cloud.WithCall(ctx, cloud.Call{Account: e.key.scope.Account, Region: e.key.scope.Region})
	w := e.evaluator.Window(now)
	problem := ""
	tracks, messages, err := s.compute(ctx, e, w, now)
	if err != nil {
		if ctx.Err() != nil {
			return finding{}, false
		}
		problem = evaluationFailure
		if _, ours := errors.AsType[*cloud.Error](err); ours {
			problem = evaluationError
		} else {
			s.failed(ctx, e.key, err)
		}
	}
	for _, m := range messages {
		if code := resource.Value(m.Code); problem == "" && (code == "MaxMetricsScannedExceeded" || code == "MaxMetricsExceeded") {
			problem = partialData
		}
	}
	if err == nil && !e.grouping && len(tracks) != 1 {
		problem, err = evaluationError, errors.New("not one series")
	}
	if err != nil {
		return finding{of: e, problem: problem}, problem != e.kept.Metric.EvaluationState
	}
	if e.grouping {
		f, some := e.regroup(tracks, now)
		f.problem = problem
		return f, some || problem != e.kept.Metric.EvaluationState
	}
	points := trackPoints(&tracks[0])
	if e.band != nil {
		if points, err = s.banded(ctx, e.band, points); err != nil {
			s.failed(ctx, e.key, err)
			return finding{of: e, problem: evaluationFailure}, e.kept.Metric.EvaluationState != evaluationFailure
		}
	}
	f, some := e.judge(e.evaluator.Evaluate(now, points, e.state), now)
	f.of, f.problem = e, problem
	return f, some || problem != e.kept.Metric.EvaluationState
}

func trackPoints(t *Track) []alarm.Point {
	points := make([]alarm.Point, len(t.Times))
	for i, at := range t.Times {
		points[i] = alarm.Point{Time: at, Value: t.Values[i]}
	}
	return points
}

// banded returns the points with the band at their times. Where too little is known for one,
// a point says nothing, as if it were missing.
func (s *Service) banded(ctx context.Context, b *bandOf, points []alarm.Point) ([]alarm.Point, error) {
	times := make([]time.Time, len(points))
	for i := range points {
		times[i] = points[i].Time
	}
	lower, upper, err := s.cfg.Band.Band(ctx, b.of, b.deviations, times)
	if err != nil {
		return nil, err
	}
	if len(lower) != len(points) || len(upper) != len(points) {
		return nil, errors.New("a band has other times than were asked for")
	}
	for i := range points {
		points[i].Lower, points[i].Upper = lower[i], upper[i]
	}
	return slices.DeleteFunc(points, func(p alarm.Point) bool { return math.IsNaN(p.Lower) || math.IsNaN(p.Upper) }), nil
}
