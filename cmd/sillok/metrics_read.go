package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/pflag"

	"github.com/sillok/sillok/internal/terminal"
)

// spanFlags are those that say which time is meant.
type spanFlags struct {
	since, from, to string
	utc             bool
	given           string // what since is where neither is given
}

func (o *spanFlags) flags(f *pflag.FlagSet, since string) {
	o.given = since
	f.StringVar(&o.since, "since", "", "up to now, from how long ago, such as 30m or 7d, or from a `TIME` (default "+since+")")
	f.StringVar(&o.from, "from", "", "from when: a `TIME` such as 2026-11-29 or 2026-11-29T08:00:00Z, or how long ago")
	f.StringVar(&o.to, "to", "", "until when: a `TIME` as of --from; of a day, its end")
	f.BoolVar(&o.utc, "utc", false, "read and show times in UTC instead of the local zone")
}

func (o *spanFlags) zone() *time.Location {
	if o.utc {
		return time.UTC
	}
	return time.Local
}

// span returns from when to when something is meant.
func (o *spanFlags) span(now time.Time) (from, to time.Time, err error) {
	name, text := "since", cmp.Or(o.since, o.given)
	if o.from != "" {
		if name, text = "from", o.from; o.since != "" {
			return now, now, errors.New("since: give either --since or --from")
		}
	}
	from, _, err = moment(name, text, now, o.zone())
	from, to = inTime(from), now
	if o.to != "" {
		end, isDay, toErr := moment("to", o.to, now, o.zone())
		if isDay {
			end = end.AddDate(0, 0, 1)
		}
		to, err = inTime(end), errors.Join(err, toErr)
	}
	if err == nil && !from.Before(to) {
		err = fmt.Errorf("%s: %s is not before the end, %s", name, text, cmp.Or(o.to, "now"))
	}
	return from, to, err
}

// series is what GetMetricData returns of one series, in the order of time.
type series struct {
	ID     string
	Label  string
	Points []terminal.Point
	Period time.Duration // 0 where it is not known
}

// values are those of the points that are numbers.
func (s *series) values() (all []float64) {
	for _, p := range s.Points {
		all = append(all, p.Value)
	}
	return all
}

// readMetrics asks for series. Notes are what else there is to know of them.
func readMetrics(ctx context.Context, client *cloudwatch.Client, queries []types.MetricDataQuery, from, to time.Time) (all []series, notes []string, err error) {
	in := &cloudwatch.GetMetricDataInput{MetricDataQueries: queries, StartTime: &from, EndTime: &to, ScanBy: types.ScanByTimestampAscending}
	type key struct {
		id, label string
		n         int // of several with the same label
	}
	index := map[key]int{}
	note := func(subject string, messages []types.MessageData) {
		for _, m := range messages {
			text := aws.ToString(m.Value)
			if subject != "" {
				text = subject + ": " + text
			}
			if !slices.Contains(notes, text) {
				notes = append(notes, text)
			}
		}
	}
	pages := cloudwatch.NewGetMetricDataPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, nil, serviceRefused(err)
		}
		note("", page.Messages)
		seen := map[key]int{}
		for i := range page.MetricDataResults {
			r := &page.MetricDataResults[i]
			k := key{id: aws.ToString(r.Id), label: aws.ToString(r.Label)}
			seen[k]++
			k.n = seen[k]
			at, known := index[k]
			if !known {
				at = len(all)
				index[k] = at
				all = append(all, series{ID: k.id, Label: k.label, Period: periodOf(queries, k.id)})
			}
			note(k.label, r.Messages)
			if r.StatusCode == types.StatusCodeForbidden || r.StatusCode == types.StatusCodeInternalError {
				note("", []types.MessageData{{Value: aws.String(fmt.Sprintf("%s: %s", k.label, r.StatusCode))}})
			}
			for j := range min(len(r.Timestamps), len(r.Values)) {
				all[at].Points = append(all[at].Points, terminal.Point{Time: r.Timestamps[j], Value: r.Values[j]})
			}
		}
	}
	for i := range all {
		slices.SortStableFunc(all[i].Points, func(a, b terminal.Point) int { return a.Time.Compare(b.Time) })
	}
	return all, notes, nil
}

// periodOf is the period of a query: its own, or where it is an expression the shortest of those that it may be about.
func periodOf(queries []types.MetricDataQuery, id string) time.Duration {
	shortest := int32(0)
	for i := range queries {
		q := &queries[i]
		period := aws.ToInt32(q.Period)
		if q.MetricStat != nil {
			period = aws.ToInt32(q.MetricStat.Period)
		}
		if period > 0 && aws.ToString(q.Id) == id {
			return time.Duration(period) * time.Second
		}
		if period > 0 && (shortest == 0 || period < shortest) {
			shortest = period
		}
	}
	return time.Duration(shortest) * time.Second
}

// steps are the periods that are taken where nobody says which.
var steps = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
}

// usualPeriod is a period of which a span has up to 200, and data of its age are kept by.
func usualPeriod(from, to, now time.Time) time.Duration {
	least := keptBy(now.Sub(from))
	for _, step := range steps {
		if to.Sub(from) <= 200*step && step >= least {
			return step
		}
	}
	return steps[len(steps)-1]
}

// keptBy is the shortest period by which data of an age are kept.
func keptBy(age time.Duration) time.Duration {
	const day = 24 * time.Hour
	switch {
	case age > 63*day:
		return time.Hour
	case age > 15*day:
		return 5 * time.Minute
	}
	return time.Minute
}
