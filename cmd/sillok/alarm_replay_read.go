package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/terminal"
)

// replayPoints are the points of an alarm as its evaluations see them. Periods begin where the window of an
// evaluation does: those of an alarm of five minutes lie in five ways, one for each minute at which it is
// evaluated. An expression whose points follow from the whole time that is asked for is computed for each.
type replayPoints struct {
	client     *cloudwatch.Client
	definition *alarmDefinition
	evaluator  *alarm.Evaluator
	progress   func(done, total int)

	each  bool // evaluation is asked for by itself
	notes []string
	// of has points by the way in which periods lie and by label, in the order of time. Where each evaluation is asked for
	// by itself the way is its time.
	of map[int64]map[string][]alarm.Point
}

const (
	// readersAtOnce is how many questions are under way at once.
	readersAtOnce = 8
	// mostPerCall is how many points are asked for in a call. CloudWatch gives 100,800.
	mostPerCall = 50_000
)

// pointwise are the functions whose value at a time follows from values at that time alone.
var pointwise = map[string]bool{
	"ABS": true, "CEIL": true, "FLOOR": true, "LOG": true, "LOG10": true, "IF": true, "PERIOD": true, "MINUTE": true, "HOUR": true, "DAY": true, "DATE": true,
	"MONTH": true, "YEAR": true, "EPOCH": true, "TIME_SERIES": true, "METRIC_COUNT": true, "METRICS": true, "ANOMALY_DETECTION_BAND": true, "AND": true, "OR": true,
}

var (
	functionCall  = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*)\s*\(`)
	filledByValue = regexp.MustCompile(`FILL\(\s*[a-z][A-Za-z0-9_]*\s*,\s*-?[0-9.]+\s*\)`)
)

// isPointwise says whether an expression can be computed over a longer time than an evaluation looks at, with the same
// points in it.
func isPointwise(expression string) bool {
	expression = filledByValue.ReplaceAllString(expression, "1")
	if withPeriod.MatchString(expression) {
		return false
	}
	for _, call := range functionCall.FindAllStringSubmatch(expression, -1) {
		if !pointwise[call[1]] {
			return false
		}
	}
	return true
}

// way is how the periods of an evaluation lie.
func (r *replayPoints) way(at time.Time) int64 {
	if r.each {
		return at.Unix()
	}
	period := int64(r.evaluator.Definition().Period / time.Second)
	if period < 60 {
		return 0 // CloudWatch rounds the begin to the period
	}
	return (at.Unix()%period + period) % period
}

// read reads what evaluations at these times look at.
func (r *replayPoints) read(ctx context.Context, times []time.Time) error {
	for i := range r.definition.Metrics {
		if expression := aws.ToString(r.definition.Metrics[i].Expression); expression != "" && !isPointwise(expression) {
			r.each = true
		}
	}
	spans := map[int64]alarm.Window{}
	for _, at := range times {
		w, way := r.evaluator.Window(at), r.way(at)
		span, known := spans[way]
		if !known {
			span = w
		}
		span.To = w.To
		spans[way] = span
	}
	queries, compared, err := r.definition.queries()
	if err != nil {
		return err
	}
	type question struct {
		way      int64
		from, to time.Time
	}
	period := r.evaluator.Definition().Period
	longest := time.Duration(max(1, mostPerCall/len(queries))) * period
	var questions []question
	for _, way := range slices.Sorted(maps.Keys(spans)) {
		for from := spans[way].From; from.Before(spans[way].To); from = from.Add(longest) {
			to := from.Add(longest)
			if to.After(spans[way].To) {
				to = spans[way].To
			}
			questions = append(questions, question{way, from, to})
		}
	}
	r.of = map[int64]map[string][]alarm.Point{}
	var mu sync.Mutex
	var next, done atomic.Int64
	work, reading := life.New(ctx, slog.New(slog.DiscardHandler))
	for range min(readersAtOnce, len(questions)) {
		work.Go(reading, "read points", func(ctx context.Context) error {
			for {
				n := next.Add(1) - 1
				if n >= int64(len(questions)) {
					return nil
				}
				q := questions[n]
				found, notes, err := readMetrics(ctx, r.client, queries, q.from, q.to)
				if err != nil {
					return err
				}
				mu.Lock()
				r.add(q.way, found, compared, notes)
				mu.Unlock()
				r.progress(int(done.Add(1)), len(questions))
			}
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	for _, lines := range r.of {
		for _, points := range lines {
			slices.SortStableFunc(points, func(a, b alarm.Point) int { return a.Time.Compare(b.Time) })
		}
	}
	return ctx.Err()
}

// add takes what was read of one way.
func (r *replayPoints) add(way int64, found []series, compared string, notes []string) {
	for _, note := range notes {
		if !slices.Contains(r.notes, note) {
			r.notes = append(r.notes, note)
		}
	}
	lines := r.of[way]
	if lines == nil {
		lines = map[string][]alarm.Point{}
		r.of[way] = lines
	}
	samples := map[int64]float64{}
	lower, upper := map[int64]float64{}, map[int64]float64{}
	for i := range found {
		for _, p := range found[i].Points {
			switch at := p.Time.Unix(); {
			case len(r.definition.Metrics) == 0 && found[i].ID == samplesID:
				samples[at] = p.Value
			case found[i].ID == r.definition.ThresholdMetricID && r.definition.ThresholdMetricID != "":
				// A band is two series; which of them is the upper one is seen from the values.
				if v, known := lower[at]; !known || p.Value < v {
					lower[at] = p.Value
				}
				if v, known := upper[at]; !known || p.Value > v {
					upper[at] = p.Value
				}
			}
		}
	}
	for i := range found {
		if found[i].ID != compared {
			continue
		}
		for _, p := range found[i].Points {
			at := p.Time.Unix()
			point := alarm.Point{Time: p.Time.UTC(), Value: p.Value, Samples: samples[at]}
			if r.definition.ThresholdMetricID != "" {
				var known bool
				if point.Lower, known = lower[at]; !known {
					continue // it cannot be compared
				}
				point.Upper = upper[at]
			}
			lines[r.label(&found[i])] = append(lines[r.label(&found[i])], point)
		}
		if _, known := lines[r.label(&found[i])]; !known {
			lines[r.label(&found[i])] = nil
		}
	}
}

// label is what a contributor is called; the one series of an alarm without such has no name.
func (r *replayPoints) label(s *series) string {
	if !r.contributors() {
		return ""
	}
	return s.Label
}

var groupedQuery = regexp.MustCompile(`(?is)^\s*SELECT\s.*\sGROUP\s+BY\s`)

// contributors says whether the alarm has a state for each group of its query.
func (r *replayPoints) contributors() bool {
	for i := range r.definition.Metrics {
		q := &r.definition.Metrics[i]
		if (q.ReturnData == nil || *q.ReturnData) && groupedQuery.MatchString(aws.ToString(q.Expression)) {
			return true
		}
	}
	return false
}

// seen are the points that an evaluation looks at, by label. A period that is not over counts for none.
func (r *replayPoints) seen(at time.Time) map[string][]alarm.Point {
	w := r.evaluator.Window(at)
	period := r.evaluator.Definition().Period
	lines := map[string][]alarm.Point{}
	for label, points := range r.of[r.way(at)] {
		from := sort.Search(len(points), func(i int) bool { return !points[i].Time.Before(w.From) })
		to := sort.Search(len(points), func(i int) bool { return points[i].Time.Add(period).After(w.To) })
		lines[label] = points[from:max(from, to)]
	}
	return lines
}

// drawn are the points that a chart shows: of one way, or of the newest evaluation that has a time.
func (r *replayPoints) drawn() []terminal.Line {
	latest := map[string]map[int64]float64{}
	ways := slices.Sorted(maps.Keys(r.of))
	if !r.each && len(ways) > 0 {
		ways = ways[:1] // begins with whole periods of the clock, if any does
	}
	for _, way := range ways {
		for label, points := range r.of[way] {
			if latest[label] == nil {
				latest[label] = map[int64]float64{}
			}
			for _, p := range points {
				latest[label][p.Time.Unix()] = p.Value
			}
		}
	}
	period := r.evaluator.Definition().Period
	var lines []terminal.Line
	for _, label := range slices.Sorted(maps.Keys(latest)) {
		line := terminal.Line{Label: label, Gap: period + period/2}
		for _, at := range slices.Sorted(maps.Keys(latest[label])) {
			line.Points = append(line.Points, terminal.Point{Time: time.Unix(at, 0), Value: latest[label][at]})
		}
		lines = append(lines, line)
	}
	return lines
}

// fits says why data of a time cannot be replayed, and how often evaluations can be: what is old is kept
// by longer periods.
func fits(period time.Duration, from, now time.Time) (every time.Duration, err error) {
	const highKept = 3 * time.Hour
	age := now.Sub(from)
	kept := keptBy(age)
	switch {
	case period < time.Minute && age > highKept:
		return 0, fmt.Errorf("from: data by the second are kept for 3 hours; an alarm with a period of %s cannot be replayed before", wholeLength(period))
	case period < time.Minute:
		return 10 * time.Second, nil
	case period%kept != 0:
		return 0, fmt.Errorf("from: data of that age are kept by %s; an alarm with a period of %s cannot be replayed then", wholeLength(kept), wholeLength(period))
	}
	return kept, nil
}
