package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/terminal"
)

// alarmListOptions are the flags of alarm list.
type alarmListOptions struct {
	place         watchPlace
	colors        colorFlags
	state, prefix string
	since         string
	utc, plain    bool
	output        string
}

func alarmListCommand(e env) *cobra.Command {
	var o alarmListOptions
	c := &cobra.Command{
		Use:   "list [PREFIX]",
		Short: "List alarms with their states and what their metrics do",
		Long: `List shows alarms: those in ALARM first, then those without enough data, then the
others. Beside each is when it came into its state, its metric of the last hours, and
what it is compared with; points beyond the threshold are red. It calls DescribeAlarms
and GetMetricData. With a prefix it is that of the names.`,
		Example: `  sillok alarm list
  sillok alarm list shop- --state ALARM
  sillok alarm list --since 1d --output json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("one prefix of names is expected, but %d arguments were given", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.prefix = args[0]
			}
			return listAlarms(c.Context(), e, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.state, "state", "any", "only alarms in this `STATE`: OK, ALARM, INSUFFICIENT_DATA or any")
	f.StringVar(&o.since, "since", "3h", "how much of the metric is shown: from how long ago")
	f.BoolVar(&o.utc, "utc", false, "show times in UTC instead of the local zone")
	f.BoolVar(&o.plain, "no-metrics", false, "do not ask for metrics")
	f.StringVarP(&o.output, "output", "o", "table", "`FORM`: table, csv or json (an object a line)")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	completesAlarms(c, &o.place)
	return c
}

func (o *alarmListOptions) choices() []choice {
	all := []choice{{"output", o.output, []string{"table", "csv", "json"}}, {"color", o.colors.color, []string{"auto", "always", "never"}}}
	return append(all, choice{"state", o.state, append([]string{"any"}, stateNames...)})
}

// listedAlarm is an alarm as --output json has it.
type listedAlarm struct {
	Name      string      `json:"alarmName"`
	Type      string      `json:"type"`
	State     alarm.State `json:"state"`
	Since     time.Time   `json:"since"`
	Reason    string      `json:"reason"`
	Condition string      `json:"condition"`
	Enabled   bool        `json:"actionsEnabled"`

	alarm *someAlarm
}

func listAlarms(ctx context.Context, e env, o alarmListOptions) error {
	errs := checkChoices(o.choices())
	now := e.now()
	zone := time.Local
	if o.utc {
		zone = time.UTC
	}
	since, _, err := moment("since", o.since, now, zone)
	if errs = append(errs, err); err == nil && !since.Before(now) {
		errs = append(errs, fmt.Errorf("since: %s is not before now", o.since))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	in := &cloudwatch.DescribeAlarmsInput{AlarmTypes: allTypes}
	if o.state != "any" {
		in.StateValue = types.StateValue(o.state)
	}
	if o.prefix != "" {
		in.AlarmNamePrefix = &o.prefix
	}
	found, err := readAlarms(ctx, client, in)
	if err != nil {
		return err
	}
	all := make([]listedAlarm, len(found))
	for i := range found {
		all[i] = listedOf(&found[i])
	}
	rank := map[alarm.State]int{alarm.Alarm: 0, alarm.InsufficientData: 1, alarm.OK: 2}
	slices.SortStableFunc(all, func(a, b listedAlarm) int {
		return cmp.Or(cmp.Compare(rank[a.State], rank[b.State]), cmp.Compare(a.Name, b.Name))
	})
	s := newScreen(e, o.colors.when(), "never")
	switch o.output {
	case "json":
		return writeJSON(s.stdout, all)
	case "csv":
		return alarmsCSV(s, all)
	}
	if len(all) == 0 {
		fmt.Fprintln(s.stderr, "no such alarm")
		return nil
	}
	v := &alarmsView{screen: s, zone: zone, from: since, to: now, now: now}
	if !o.plain {
		if err := v.read(ctx, client, all); err != nil {
			return err
		}
	}
	return v.show(all)
}

func listedOf(a *someAlarm) listedAlarm {
	l := listedAlarm{Name: a.name(), Type: "metric", State: a.state(), Since: a.since().UTC(), Condition: a.condition(), alarm: a}
	if a.composite != nil {
		l.Type, l.Reason, l.Enabled = "composite", aws.ToString(a.composite.StateReason), aws.ToBool(a.composite.ActionsEnabled)
	} else {
		l.Reason, l.Enabled = aws.ToString(a.metric.StateReason), aws.ToBool(a.metric.ActionsEnabled)
	}
	return l
}

func alarmsCSV(s *screen, all []listedAlarm) error {
	w := csv.NewWriter(s.stdout)
	_ = w.Write([]string{"alarm_name", "type", "state", "since", "condition", "actions_enabled", "reason"}) // flush tells
	for i := range all {
		a := &all[i]
		_ = w.Write([]string{a.Name, a.Type, string(a.State), a.Since.Format(time.RFC3339), a.Condition, fmt.Sprint(a.Enabled), a.Reason}) // flush tells
	}
	w.Flush()
	return w.Error()
}

// alarmsView shows alarms as a table.
type alarmsView struct {
	screen   *screen
	zone     *time.Location
	from, to time.Time
	now      time.Time
	trends   map[string][]float64 // of alarms, by name
}

const (
	trendColumns = 16
	// mostQueries is how many queries a call of GetMetricData has.
	mostQueries = 500
)

// read asks for the metrics of alarms, those of many in a call. What an alarm on expressions is on is asked for by itself: its
// queries have names of their own.
func (v *alarmsView) read(ctx context.Context, client *cloudwatch.Client, all []listedAlarm) error {
	v.trends = map[string][]float64{}
	var queries []types.MetricDataQuery
	names := map[string]string{}
	flush := func() error {
		if len(queries) == 0 {
			return nil
		}
		found, _, err := readMetrics(ctx, client, queries, v.from, afterNow(v.from, v.now, queries))
		if err != nil {
			return err
		}
		for i := range found {
			v.trends[names[found[i].ID]] = v.trend(&found[i])
		}
		queries = queries[:0]
		return nil
	}
	for i := range all {
		if all[i].alarm.metric == nil {
			continue
		}
		d := definitionOf(all[i].alarm.metric)
		asked, compared, err := d.queries()
		if err != nil {
			continue // an alarm of a kind that is not known here is listed without
		}
		if len(d.Metrics) > 0 {
			found, _, err := readMetrics(ctx, client, asked, v.from, afterNow(v.from, v.now, asked))
			if err != nil && !isRefused(err) {
				return err
			}
			for n := range found {
				if found[n].ID == compared {
					v.trends[all[i].Name] = v.trend(&found[n])
					break
				}
			}
			continue
		}
		q := asked[0]
		q.Id = aws.String(fmt.Sprintf("a%d", i))
		names[*q.Id] = all[i].Name
		if queries = append(queries, q); len(queries) == mostQueries {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func (v *alarmsView) trend(s *series) []float64 {
	return trend(s.Points, v.from, v.to, trendCells(v.to.Sub(v.from), s.Period, trendColumns))
}

func (v *alarmsView) show(all []listedAlarm) error {
	columns := []terminal.Column{{Name: "state"}, {Name: "since"}, {Name: "alarm"}}
	if v.trends != nil {
		columns = append(columns, terminal.Column{Name: "metric", Right: true})
	}
	columns = append(columns, terminal.Column{Name: "in ALARM when"})
	t := v.screen.newTable(columns...)
	counts := map[alarm.State]int64{}
	for i := range all {
		a := &all[i]
		counts[a.State]++
		cells := []*string{new(shortState(a.State)), new(v.since(a.Since)), &a.Name}
		paint := []func(string) string{stateColor(v.screen.style, a.State), nil, nil}
		if v.trends != nil {
			line := v.trends[a.Name]
			cells = append(cells, new(terminal.Sparkline(line, 0)))
			var beyond func(string) string
			if a.alarm.metric != nil {
				beyond = paintedWhere(v.screen.style, line, definitionOf(a.alarm.metric).breaches)
			}
			paint = append(paint, beyond)
		}
		if err := t.AddCells(append(cells, &a.Condition), append(paint, nil)); err != nil {
			return err
		}
	}
	if err := v.screen.finish(t); err != nil {
		return err
	}
	fmt.Fprintf(v.screen.stderr, "%s: %d in ALARM, %d OK, %d without enough data\n", terminal.Counted(int64(len(all)), "alarm"),
		counts[alarm.Alarm], counts[alarm.OK], counts[alarm.InsufficientData])
	return nil
}

// since is when a state began: the time of day where that was today.
func (v *alarmsView) since(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	local, today := at.In(v.zone), v.now.In(v.zone)
	if local.YearDay() == today.YearDay() && local.Year() == today.Year() {
		return local.Format("15:04")
	}
	return local.Format("2006-01-02 15:04")
}
