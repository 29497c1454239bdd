package cloudwatch

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/series"
	"github.com/sillok/sillok/internal/store/series/summary"
)

const (
	mostQueries = 500
	mostPoints  = 100_800 // of a page
	atOnce      = 16      // queries that are read before it is looked whether the page is full
	// mostComputed is how many points of metrics an expression may be about.
	mostComputed = 1_000_000
)

var (
	idPattern   = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)
	zonePattern = regexp.MustCompile(`^[+-](?:0[0-9]|1[0-4])[0-5][0-9]$`)
)

// query is a query of GetMetricData.
type query struct {
	in    *cloudwatchapi.MetricDataQuery
	label string

	// Of a query for a metric:
	want      Wanted
	forbidden bool // it is of another account
}

func (q *query) shown() bool { return q.in.ReturnData == nil || *q.in.ReturnData }

// GetMetricData returns the values of statistics, and of expressions over them, in pages.
func (s *Service) GetMetricData(ctx context.Context, in *cloudwatchapi.GetMetricDataInput) (*cloudwatchapi.GetMetricDataOutput, error) {
	call := cloud.CallOf(ctx)
	g := &getData{in: in, reader: reader{s, call.Scope(), time.Now()}, tracks: map[int][]Track{}}
	if err := g.check(call.Account); err != nil {
		return nil, err
	}
	if err := g.setLabels(); err != nil {
		return nil, err
	}
	if err := g.evaluate(ctx, s.cfg.Expressions); err != nil {
		return nil, err
	}
	return g.page(ctx)
}

// getData is one GetMetricData.
type getData struct {
	in       *cloudwatchapi.GetMetricDataInput
	reader   reader
	zone     *time.Location
	queries  []query
	computed bool                        // some query has an expression
	tracks   map[int][]Track             // of queries that were read, by their place
	messages []cloudwatchapi.MessageData // of the whole answer
}

// check checks all that can be checked without data.
func (g *getData) check(account cloud.Account) (err error) {
	switch start, end := g.in.StartTime.Unix(), g.in.EndTime.Unix(); {
	case start == end:
		return errValidation("The parameter StartTime must not equal parameter EndTime.")
	case start > end:
		return errValidation("The parameter EndTime must be greater than StartTime.")
	case len(g.in.MetricDataQueries) > mostQueries:
		return errTooMany(codeValidation, "MetricDataQueries", mostQueries)
	}
	if g.in.LabelOptions != nil {
		if g.zone, err = zoneOf(resource.Value(g.in.LabelOptions.Timezone)); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for i := range g.in.MetricDataQueries {
		q := query{in: &g.in.MetricDataQueries[i]}
		if err := g.checkQuery(member("MetricDataQueries", i), &q, account); err != nil {
			return err
		}
		if seen[*q.in.Id] {
			return errValidation("The values for parameter id in MetricDataQueries are not unique.")
		}
		seen[*q.in.Id] = true
		g.computed = g.computed || q.in.Expression != nil
		g.queries = append(g.queries, q)
	}
	return nil
}

func (g *getData) checkQuery(at string, q *query, account cloud.Account) (err error) {
	in := q.in
	switch {
	case !idPattern.MatchString(*in.Id):
		return errValidation("The value for parameter %s.Id is not matching the expected pattern %s.", at, idPattern)
	case in.Expression != nil && in.MetricStat != nil:
		return errValidation("The parameters %s.Expression and %s.MetricStat are mutually exclusive and you have specified both.", at, at)
	case in.Expression == nil && in.MetricStat == nil:
		return errValidation("The parameter %s.MetricStat is required.\n", at)
	}
	if in.Period != nil {
		if err := checkPeriod(codeValidation, at+".Period", *in.Period); err != nil {
			return err
		}
	}
	if in.MetricStat == nil {
		return nil
	}
	stat := in.MetricStat
	at += ".MetricStat"
	q.want = Wanted{Period: *stat.Period, Unit: resource.Value(stat.Unit), Start: *g.in.StartTime, End: *g.in.EndTime}
	q.want.ID = metric.ID{Namespace: resource.Value(stat.Metric.Namespace), Name: resource.Value(stat.Metric.MetricName)}
	q.forbidden = resource.Or(in.AccountId, string(account)) != string(account)
	var ok bool
	if q.want.Stat, ok = summary.ParseStatistic(*stat.Stat); !ok {
		return errValidation("The value for parameter %s.Stat is not a valid statistic.", at)
	}
	if _, ok := metric.PlaceOf(q.want.Unit); !ok {
		return errUnit(codeValidation, at+".Unit")
	}
	if err := checkPeriod(codeValidation, at+".Period", *stat.Period); err != nil {
		return err
	}
	q.want.ID.Dimensions, err = dimensionsOf(at+".Metric.Dimensions", codeValidation, stat.Metric.Dimensions)
	return err
}

// evaluate evaluates the expressions, which may be about any of the metrics: these are
// read as a whole then.
func (g *getData) evaluate(ctx context.Context, expressions Expressions) error {
	if !g.computed {
		return nil
	}
	if expressions == nil {
		return cloud.Errorf(cloud.Unsupported, "UnsupportedOperation",
			"Sillok does not evaluate expressions in GetMetricData yet: metric math, SEARCH and Metrics Insights. Ask for the metrics themselves.")
	}
	r := &Request{Queries: g.in.MetricDataQueries, Start: *g.in.StartTime, End: *g.in.EndTime, Now: g.reader.now, Metrics: map[string]Track{}, Reader: g.reader}
	points := 0
	for i := 0; i < len(g.queries); i += atOnce {
		end := min(i+atOnce, len(g.queries))
		if err := g.read(ctx, i, end); err != nil {
			return err
		}
		for n := i; n < end; n++ {
			if q := &g.queries[n]; q.in.MetricStat != nil {
				t := g.tracks[n][0]
				t.Label = g.labelOf(q, &t)
				if q.forbidden {
					t.Messages = errForbidden()
				}
				r.Metrics[*q.in.Id] = t
				points += len(t.Times)
			}
		}
		if points > mostComputed {
			return errValidation("The metrics of the expressions have more than %d datapoints: ask for fewer, or by a longer period.", mostComputed)
		}
	}
	tracks, messages, err := expressions.Evaluate(ctx, r)
	if err != nil {
		return err
	}
	g.messages = messages
	for i := range g.queries {
		if q := &g.queries[i]; q.in.Expression != nil {
			g.tracks[i] = tracks[*q.in.Id]
		}
	}
	return nil
}

// read reads the metrics of queries from a place until another, unless they are.
func (g *getData) read(ctx context.Context, from, to int) error {
	var places []int
	var wanted []Wanted
	for i := from; i < to; i++ {
		if q := &g.queries[i]; g.tracks[i] == nil && q.in.MetricStat != nil {
			if q.forbidden {
				g.tracks[i] = []Track{{}}
				continue
			}
			places, wanted = append(places, i), append(wanted, q.want)
		}
	}
	read, err := g.reader.Read(ctx, wanted)
	if err != nil {
		return err
	}
	for n, i := range places {
		g.tracks[i] = read[n : n+1]
	}
	return nil
}

// firstUnit returns the line of the first unit by name, and the message that there are
// others.
func firstUnit(lines []series.Line) (*series.Line, cloudwatchapi.MessageData) {
	first, units := 0, make([]string, len(lines))
	for i := range lines {
		if units[i] = lines[i].Unit; units[i] < lines[first].Unit {
			first = i
		}
	}
	slices.Sort(units)
	return &lines[first], cloudwatchapi.MessageData{
		Code: new("MultipleUnits"), Value: new(fmt.Sprintf("Multiple units returned: '[%s]'", strings.Join(units, ", "))),
	}
}

// point is a value on a page: where in the answer it is, and what it is.
type point struct {
	query, track int
	time         time.Time
	value        float64
}

func (p point) name() string { return fmt.Sprintf("%d/%d/%d", p.query, p.track, p.time.Unix()) }

// page returns the page that is asked for.
func (g *getData) page(ctx context.Context) (*cloudwatchapi.GetMetricDataOutput, error) {
	in := g.in
	if g.computed {
		in = new(*g.in)
		in.MaxDatapoints = nil
	}
	most := mostPoints
	if g.computed {
		most = mostQueries * mostPoints // what has an expression comes as a whole
	}
	if size := resource.Value(in.MaxDatapoints); size < 0 {
		return nil, errValidation("The value %d for parameter MaxDatapoints is invalid.", size)
	}
	page, next, err := resource.Page(ctx, resource.TokenCode(codeToken).Page(in, in.NextToken, in.MaxDatapoints, most), g.listing(ctx), resource.Whole)
	if e, ok := err.(*cloud.Error); ok && e.Code == codeToken { //nolint:errorlint // it is the page's own
		return nil, cloud.Errorf(cloud.Invalid, codeToken, "")
	}
	if err != nil {
		return nil, err
	}
	out := &cloudwatchapi.GetMetricDataOutput{NextToken: next, Messages: append([]cloudwatchapi.MessageData{}, g.messages...), MetricDataResults: []cloudwatchapi.MetricDataResult{}}
	last := len(g.queries)
	if next != nil {
		last = page[len(page)-1].query
	}
	for i := range g.queries {
		if g.queries[i].shown() {
			out.MetricDataResults = append(out.MetricDataResults, g.results(i, page, i >= last)...)
		}
	}
	return out, nil
}

// listing is all values in the order of queries, and of times as they are asked for.
func (g *getData) listing(ctx context.Context) resource.Listing[point] {
	return func(after string) iter.Seq2[resource.Entry[point], error] {
		return func(yield func(resource.Entry[point], error) bool) {
			from, skipping := pointOf(after), after != ""
			for i := from.query; i < len(g.queries); i++ {
				if err := g.read(ctx, i, min(i+atOnce, len(g.queries))); err != nil {
					yield(resource.Entry[point]{}, err)
					return
				}
				if !g.queries[i].shown() {
					continue
				}
				for p := range g.points(i) {
					if skipping && !g.isAfter(p, from) {
						continue
					}
					if !yield(resource.Entry[point]{Name: p.name(), Value: p}, nil) {
						return
					}
				}
			}
		}
	}
}

// pointOf reads what name wrote, or somebody who made up a token.
func pointOf(name string) (p point) {
	var unix int64
	_, _ = fmt.Sscanf(name, "%d/%d/%d", &p.query, &p.track, &unix)
	p.query, p.time = max(p.query, 0), time.Unix(unix, 0)
	return p
}

func (g *getData) ascending() bool { return resource.Value(g.in.ScanBy) == "TimestampAscending" }

// isAfter says whether p comes after another on the pages.
func (g *getData) isAfter(p, other point) bool {
	switch {
	case p.query != other.query:
		return p.query > other.query
	case p.track != other.track:
		return p.track > other.track
	case g.ascending():
		return p.time.After(other.time)
	}
	return p.time.Before(other.time)
}

// points are the values of a query, in their order.
func (g *getData) points(query int) iter.Seq[point] {
	return func(yield func(point) bool) {
		for n := range g.tracks[query] {
			t := &g.tracks[query][n]
			for i := range t.Times {
				at := i
				if !g.ascending() {
					at = len(t.Times) - 1 - i
				}
				if !yield(point{query, n, t.Times[at], t.Values[at]}) {
					return
				}
			}
		}
	}
}

// results are what a page says of a query: one result for a metric, and one for each
// track of an expression, which may have none.
func (g *getData) results(i int, page []point, partial bool) []cloudwatchapi.MetricDataResult {
	q := &g.queries[i]
	count := len(g.tracks[i])
	if q.in.Expression == nil {
		count = 1 // also of one that was not read yet
	}
	all := make([]cloudwatchapi.MetricDataResult, count)
	for n := range all {
		r := &all[n]
		*r = cloudwatchapi.MetricDataResult{Id: q.in.Id, Label: &q.label, Timestamps: []time.Time{}, Values: []float64{}, StatusCode: new("Complete")}
		if partial {
			r.StatusCode = new("PartialData")
		}
		var track Track
		if n < len(g.tracks[i]) {
			track = g.tracks[i][n]
			r.Messages = track.Messages
		}
		if track.Status != "" {
			r.StatusCode = &track.Status
		}
		r.Label = new(g.labelOf(q, &track))
		if q.forbidden {
			r.StatusCode = new("Forbidden")
			r.Messages = errForbidden()
		}
	}
	begin, _ := slices.BinarySearchFunc(page, i, func(p point, i int) int { return p.query - i })
	for ; begin < len(page) && page[begin].query == i; begin++ {
		p := page[begin]
		r := &all[p.track]
		r.Timestamps, r.Values = append(r.Timestamps, p.time), append(r.Values, p.value)
	}
	return all
}

// errForbidden is what the result of a metric of another account says.
func errForbidden() []cloudwatchapi.MessageData {
	return []cloudwatchapi.MessageData{{
		Code: new("Forbidden"), Value: new("Access denied when getting data - please check that this account and the requested metric account are linked"),
	}}
}

// zoneOf reads the offset of a time zone, such as "+0130".
func zoneOf(text string) (*time.Location, error) {
	if text == "" {
		return time.UTC, nil
	}
	if !zonePattern.MatchString(text) {
		return nil, errValidation("The value %s for parameter LabelOptions.Timezone is invalid.", text)
	}
	hours, _ := strconv.Atoi(text[1:3])
	minutes, _ := strconv.Atoi(text[3:])
	seconds := hours*3600 + minutes*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone(text, seconds), nil
}
