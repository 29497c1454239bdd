package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/terminal"
)

// metricsGetOptions are the flags of metrics get.
type metricsGetOptions struct {
	place    watchPlace
	colors   colorFlags
	times    spanFlags
	question metricsQuestion
	output   string
	height   int
}

func metricsGetCommand(e env) *cobra.Command {
	var o metricsGetOptions
	c := &cobra.Command{
		Use:   "get [NAMESPACE NAME [DIMENSION...]]",
		Short: "Draw metrics, or print their points",
		Long: `Get shows the points of a metric, of expressions over metrics, or of all metrics that a
SEARCH finds: one series as a chart, several as a line each. It calls GetMetricData. The
dimensions are all that the metric has.

The metric has the name m1 in expressions, with its first statistic, m2 with its second
and so on. Without --period a point is of a minute or more, as far as it takes not to
have more than 200 points, or as data of that age are kept.

Charts and tables have times of the local zone; csv and json have them in UTC.`,
		Example: `  # a chart, with a line at 250
  sillok metrics get Shop Latency Page=cart --stat p99 --since 3h --threshold 250

  # two statistics, and what is between them
  sillok metrics get Shop Latency Page=cart --stat p50 --stat p99 \
    --expression 'm2 - m1' --all

  # a share, of two metrics
  sillok metrics get --expression '100 * e / n' \
    --metric 'e=Shop Errors Sum' --metric 'n=Shop Calls Sum'

  # a line for each of many
  sillok metrics get --expression "SEARCH('{Shop,Page} Latency', 'p99')" --since 1d

  # for another program
  sillok metrics get Shop Latency --from 2026-11-29 --to 2026-11-29 --output csv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return getMetrics(c.Context(), e, o, args) },
	}
	f := c.Flags()
	o.question.flags(f)
	o.times.flags(f, "3h")
	f.StringVarP(&o.output, "output", "o", "auto", "`FORM`: auto, chart, sparklines, table, csv or json (a series a line)")
	f.IntVar(&o.height, "height", chartLines, "`LINES` that a chart has")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	_ = c.RegisterFlagCompletionFunc("stat", cobra.FixedCompletions(statistics, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	completesMetrics(c, &o.place)
	return c
}

// chartLines is how high a chart is unless somebody says otherwise.
const chartLines = 16

func (o *metricsGetOptions) choices() []choice {
	return []choice{
		{"output", o.output, []string{"auto", "chart", "sparklines", "table", "csv", "json"}},
		{"color", o.colors.color, []string{"auto", "always", "never"}},
	}
}

// check returns the queries and the time that are asked for, and every mistake at once.
func (o *metricsGetOptions) check(e env, args []string, now time.Time) (queries []types.MetricDataQuery, from, to time.Time, err error) {
	errs := checkChoices(o.choices())
	from, to, err = o.times.span(now)
	errs = append(errs, err)
	queries, err = o.question.build(e, args, usualPeriod(from, to, now))
	errs = append(errs, err)
	if o.times.to == "" {
		from, to = o.times.throughNow(from, now, queries)
	}
	if o.height < 4 || o.height > 500 {
		errs = append(errs, fmt.Errorf("height: %d is not from 4 to 500", o.height))
	}
	return queries, from, to, errors.Join(errs...)
}

// throughNow is a span of whole periods that has now in it: CloudWatch leaves out a period that
// a span ends in, and who has just put a value wants to see it.
func (o *spanFlags) throughNow(from, now time.Time, queries []types.MetricDataQuery) (time.Time, time.Time) {
	to := afterNow(from, now, queries)
	if text := cmp.Or(o.from, o.since, o.given); isAgo(text) {
		from = to.Add(-now.Sub(from))
	}
	return from, to
}

// afterNow is the end of the whole periods from a time on of which the last has now in it.
func afterNow(from, now time.Time, queries []types.MetricDataQuery) time.Time {
	longest := time.Minute
	for i := range queries {
		longest = max(longest, periodOf(queries[i:i+1], ""))
	}
	begin := from.Truncate(time.Minute)
	return begin.Add(now.Sub(begin).Truncate(longest) + longest)
}

func getMetrics(ctx context.Context, e env, o metricsGetOptions, args []string) error {
	now := e.now()
	queries, from, to, err := o.check(e, args, now)
	if err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	all, notes, err := readMetrics(ctx, client, queries, from, to)
	if err != nil {
		return err
	}
	s := newScreen(e, o.colors.when(), "never")
	view := seriesView{screen: s, zone: o.times.zone(), from: from, to: to, height: o.height, thresholds: o.question.thresholds}
	if err := view.show(o.output, all); err != nil {
		return err
	}
	s.notes(notes)
	if !hasPoints(all) {
		fmt.Fprintln(s.stderr, "no data in that time")
		return suggestMetrics(ctx, s, client, queries)
	}
	return nil
}

func hasPoints(all []series) bool {
	for i := range all {
		if len(all[i].Points) > 0 {
			return true
		}
	}
	return false
}

// mostSuggested is how many metrics are named that were perhaps meant.
const mostSuggested = 5

// suggestMetrics says which metrics there are of the name that has no data: a metric is found
// by all of its dimensions alone.
func suggestMetrics(ctx context.Context, s *screen, client *cloudwatch.Client, queries []types.MetricDataQuery) error {
	for i := range queries {
		stat := queries[i].MetricStat
		if stat == nil || stat.Metric == nil {
			continue
		}
		wanted := dimensionsText(stat.Metric.Dimensions)
		var others []string
		in := &cloudwatch.ListMetricsInput{Namespace: stat.Metric.Namespace, MetricName: stat.Metric.MetricName}
		err := eachMetric(ctx, client, in, func(m *types.Metric, _ string) bool {
			if text := dimensionsText(m.Dimensions); text != wanted {
				others = append(others, text)
			}
			return len(others) <= mostSuggested
		})
		if err != nil || len(others) == 0 { // who may not list metrics is not told of them
			continue
		}
		fmt.Fprintf(s.stderr, "metrics of that name have other dimensions:\n")
		for n, text := range others {
			if n == mostSuggested {
				fmt.Fprintln(s.stderr, "  … and more")
				break
			}
			if text == "" {
				text = "none"
			}
			fmt.Fprintf(s.stderr, "  %s\n", terminal.Printable(text))
		}
		return nil
	}
	return nil
}
