package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/pflag"
)

// metricsQuestion are the flags that say what of metrics is asked for.
type metricsQuestion struct {
	stats, expressions, metrics []string
	period, unit, queries       string
	all                         bool
	thresholds                  []float64
}

func (q *metricsQuestion) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&q.stats, "stat", nil, "`STATISTIC`, such as Average, Sum, p99 or TM(10%:90%); may be repeated (default Average)")
	f.StringVar(&q.period, "period", "", "`TIME` that a point is of, such as 1m or 1h (default: what the span asks for)")
	f.StringVar(&q.unit, "unit", "", "only data of this `UNIT`")
	f.StringArrayVar(&q.expressions, "expression", nil, "`[ID=]EXPRESSION` of metric math, a SEARCH, or Metrics Insights; may be repeated")
	f.StringArrayVar(&q.metrics, "metric", nil, "another metric, as `\"ID=NAMESPACE NAME [DIMENSION...] [STATISTIC]\"`; may be repeated")
	f.BoolVar(&q.all, "all", false, "show the metrics beside the expressions that are about them")
	f.StringVar(&q.queries, "queries", "", "`FILE` of GetMetricData's MetricDataQueries in JSON; - is standard input")
	f.Float64SliceVar(&q.thresholds, "threshold", nil, "a line across the chart at this `VALUE`; may be repeated")
}

// statistics are what a shell completes; there are more.
var statistics = []string{"Average", "Maximum", "Minimum", "SampleCount", "Sum", "p50", "p90", "p95", "p99", "p99.9", "tm99", "IQM"}

var (
	queryID    = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)
	namedQuery = regexp.MustCompile(`^([a-z][a-zA-Z0-9_]*)=([^=].*)$`)
	statWord   = regexp.MustCompile(`^(?:Average|Sum|Minimum|Maximum|SampleCount|IQM|(?:p|tm|tc|ts|wm)\d+(?:\.\d+)?|(?:TM|TC|TS|WM|PR)\(.*\))$`)
	// withPeriod are expressions that have no metrics of the call, and so no period.
	withPeriod = regexp.MustCompile(`(?i)^\s*SELECT\s|\bSEARCH\s*\(`)
)

// build returns the queries for arguments, with the period that is meant or a usual one.
func (q *metricsQuestion) build(e env, args []string, usual time.Duration) ([]types.MetricDataQuery, error) {
	period, err := q.seconds(usual)
	if err != nil {
		return nil, err
	}
	if q.queries != "" {
		if len(args)+len(q.expressions)+len(q.metrics)+len(q.stats) > 0 {
			return nil, errors.New("queries: the file has all that is asked for; leave metrics, expressions and statistics away")
		}
		return readQueries(e, q.queries)
	}
	b := &queryBuilder{period: period, unit: q.unit, stats: q.stats}
	if len(b.stats) == 0 {
		b.stats = []string{"Average"}
	}
	b.named(args)
	for _, text := range q.metrics {
		b.metric(text)
	}
	hide := len(q.expressions) > 0 && !q.all
	for i := range b.queries {
		b.queries[i].ReturnData = aws.Bool(!hide)
	}
	for _, text := range q.expressions {
		b.expression(text)
	}
	if len(b.queries) == 0 && len(b.errs) == 0 {
		b.errs = append(b.errs, errors.New(`a metric is expected, such as Shop Latency Page=cart, or an --expression; "sillok metrics list" shows metrics`))
	}
	return b.queries, errors.Join(b.errs...)
}

// seconds is the period that is meant.
func (q *metricsQuestion) seconds(usual time.Duration) (int32, error) {
	if q.period == "" {
		return wholeSeconds(usual), nil
	}
	d, err := lengthFlag("period", q.period)
	if err != nil {
		return 0, err
	}
	return wholeSeconds(d), nil
}

// wholeSeconds is a length in seconds, or the longest that a period can be.
func wholeSeconds(d time.Duration) int32 {
	return int32(max(0, min(d/time.Second, math.MaxInt32)))
}

// lengthFlag reads how long something is: 5m, 1d, or a number of seconds.
func lengthFlag(flag, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if match := days.FindStringSubmatch(text); match != nil {
		n, _ := strconv.Atoi(match[1]) // of five digits
		d, err = time.Duration(n)*24*time.Hour, nil
	} else if n, numberErr := strconv.Atoi(text); numberErr == nil && n < 1<<31 {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d < time.Second || d%time.Second != 0 || d > 1<<31*time.Second-time.Second {
		return 0, fmt.Errorf("%s: %q is not a whole number of seconds, minutes, hours or days, such as 60, 5m or 1d", flag, text)
	}
	return d, nil
}

// queryBuilder makes queries of what a person writes.
type queryBuilder struct {
	period  int32
	unit    string
	stats   []string
	queries []types.MetricDataQuery
	errs    []error
}

func (b *queryBuilder) fail(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

func (b *queryBuilder) add(q types.MetricDataQuery) {
	if slices.ContainsFunc(b.queries, func(other types.MetricDataQuery) bool { return *other.Id == *q.Id }) {
		b.fail("%s: there are two of that name", *q.Id)
		return
	}
	b.queries = append(b.queries, q)
}

// named adds the metric that arguments name, once for each statistic: m1, m2 and so on.
func (b *queryBuilder) named(args []string) {
	switch len(args) {
	case 0:
		return
	case 1:
		b.fail("%s: the name of a metric is expected after its namespace", args[0])
		return
	}
	dimensions, err := parseDimensions(args[2:])
	if err != nil {
		b.errs = append(b.errs, err)
		return
	}
	for i, stat := range b.stats {
		b.add(b.query(fmt.Sprintf("m%d", i+1), args[0], args[1], dimensions, stat))
	}
}

func (b *queryBuilder) query(id, namespace, name string, dimensions []types.Dimension, stat string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
		Metric: &types.Metric{Namespace: &namespace, MetricName: &name, Dimensions: dimensions}, Period: &b.period, Stat: &stat, Unit: types.StandardUnit(b.unit),
	}}
}

// metric adds a metric as --metric has it.
func (b *queryBuilder) metric(text string) {
	match := namedQuery.FindStringSubmatch(text)
	if match == nil {
		b.fail("metric: %q does not begin with the name that expressions have for it, such as errors=Shop Errors", text)
		return
	}
	words, err := splitWords(match[2])
	if err != nil || len(words) < 2 {
		b.fail("metric: %q is not ID=NAMESPACE NAME [DIMENSION...] [STATISTIC]", text)
		return
	}
	stat := b.stats[0]
	if last := words[len(words)-1]; len(words) > 2 && statWord.MatchString(last) {
		stat, words = last, words[:len(words)-1]
	}
	dimensions, err := parseDimensions(words[2:])
	if err != nil {
		b.fail("metric: %w", err)
		return
	}
	b.add(b.query(match[1], words[0], words[1], dimensions, stat))
}

// expression adds an expression; one without a name is e1, e2 and so on.
func (b *queryBuilder) expression(text string) {
	n := 1
	for _, q := range b.queries {
		if q.Expression != nil {
			n++
		}
	}
	q := types.MetricDataQuery{Id: aws.String(fmt.Sprintf("e%d", n)), Expression: &text}
	if match := namedQuery.FindStringSubmatch(text); match != nil {
		q.Id, q.Expression = &match[1], &match[2]
	} else {
		q.Label = &text
	}
	if withPeriod.MatchString(*q.Expression) {
		q.Period, q.Label = &b.period, nil // its series have labels of their own
	}
	b.add(q)
}

// readQueries reads MetricDataQueries as the AWS CLI takes them.
func readQueries(e env, path string) (all []types.MetricDataQuery, err error) {
	text, err := readNamed(e, path)
	if err != nil {
		return nil, fmt.Errorf("queries: %w", err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		var whole struct{ MetricDataQueries []types.MetricDataQuery }
		if json.Unmarshal(text, &whole) != nil {
			return nil, fmt.Errorf("queries: %s is not a list of MetricDataQueries in JSON: %w", path, err)
		}
		all = whole.MetricDataQueries
	}
	for i := range all {
		if !queryID.MatchString(aws.ToString(all[i].Id)) {
			return nil, fmt.Errorf("queries: query %d of %s has no Id that begins with a small letter", i+1, path)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("queries: %s has none", path)
	}
	return all, nil
}

// mostRead is how long a file may be that a command reads as a whole.
const mostRead = 16 << 20

// readNamed reads a file; - is standard input.
func readNamed(e env, path string) ([]byte, error) {
	in := e.stdin
	if path != "-" {
		f, err := os.Open(path) //nolint:gosec // the person names it
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // it is only read
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, mostRead+1))
	if err == nil && len(text) > mostRead {
		err = fmt.Errorf("%s is longer than %d MB", path, mostRead>>20)
	}
	return text, err
}

// splitWords splits a line at blanks. What is in double quotes stays together; in it a
// backslash stands before a quote or another one.
func splitWords(line string) (words []string, err error) {
	var word strings.Builder
	quoted, begun := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\' && i+1 < len(line) && (line[i+1] == '"' || line[i+1] == '\\'):
			i++
			word.WriteByte(line[i])
		case c == '"':
			quoted, begun = !quoted, true
		case !quoted && (c == ' ' || c == '\t'):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	if quoted {
		return nil, errors.New(`a " is not closed`)
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}
