package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/spf13/cobra"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/terminal"
)

// alarmShowOptions are the flags of alarm show.
type alarmShowOptions struct {
	place  watchPlace
	colors colorFlags
	times  spanFlags
	output string
	height int
}

func alarmShowCommand(e env) *cobra.Command {
	var o alarmShowOptions
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Show an alarm in plain words: its state, why, and the points that say so",
		Long: `Show says in plain words in which state an alarm is, since when and why, when it is in
ALARM, and what is done then, and draws its metric with the threshold. Of a composite
alarm it shows the alarms below it. It calls DescribeAlarms and GetMetricData.`,
		Example: `  sillok alarm show slow-cart
  sillok alarm show slow-cart --since 1d --utc
  sillok alarm show slow-cart --output json | jq .metric.Threshold`,
		Args: oneAlarm,
		RunE: func(c *cobra.Command, args []string) error { return showAlarm(c.Context(), e, o, args[0]) },
	}
	f := c.Flags()
	o.times.flags(f, "3h")
	f.StringVarP(&o.output, "output", "o", "text", "`FORM`: text or json (DescribeAlarms' members)")
	f.IntVar(&o.height, "height", 12, "`LINES` that the chart has")
	o.colors.flags(f)
	o.place.flags(f)
	completions(c, o.choices(), "data")
	completesAlarms(c, &o.place)
	return c
}

func (o *alarmShowOptions) choices() []choice {
	return []choice{{"output", o.output, []string{"text", "json"}}, {"color", o.colors.color, []string{"auto", "always", "never"}}}
}

func showAlarm(ctx context.Context, e env, o alarmShowOptions, name string) error {
	errs := checkChoices(o.choices())
	now := e.now()
	from, to, err := o.times.span(now)
	if errs = append(errs, err); o.height < 4 || o.height > 500 {
		errs = append(errs, fmt.Errorf("height: %d is not from 4 to 500", o.height))
	}
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	client, err := o.place.client(ctx)
	if err != nil {
		return err
	}
	a, err := namedAlarm(ctx, client, name)
	if err != nil {
		return err
	}
	s := newScreen(e, o.colors.when(), "never")
	if o.output == "json" {
		return a.json(s)
	}
	v := &alarmView{screen: s, zone: o.times.zone(), alarm: a, client: client, now: now, from: from, to: to, height: o.height}
	return v.show(ctx)
}

// json writes the alarm's members that say something.
func (a *someAlarm) json(s *screen) error {
	kind, of := "metric", any(a.metric)
	if a.composite != nil {
		kind, of = "composite", a.composite
	}
	text, err := json.Marshal(of)
	if err != nil {
		return err
	}
	var members any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		return err
	}
	return writeJSON(s.stdout, []map[string]any{{kind: pruned(members)}})
}

// alarmView shows one alarm.
type alarmView struct {
	screen        *screen
	zone          *time.Location
	alarm         *someAlarm
	client        *cloudwatch.Client
	now, from, to time.Time
	height        int
}

// say prints a line with a word before it.
func (v *alarmView) say(word, format string, args ...any) {
	text := terminal.PrintableLines(fmt.Sprintf(format, args...))
	if text == "" {
		return
	}
	if width := v.screen.style.Width; width > 0 {
		text = terminal.Flowed(text, max(20, width-10))
	}
	fmt.Fprintf(v.screen.stdout, "%s %s\n", v.screen.style.Faint(terminal.Pad(word, 9)), terminal.Indented(text, 10))
}

func (v *alarmView) show(ctx context.Context) error {
	state := v.alarm.state()
	head := terminal.Printable(v.alarm.name()) + " is in " + stateColor(v.screen.style, state)(string(state))
	if since := v.alarm.since(); !since.IsZero() {
		head += " since " + since.In(v.zone).Format("2006-01-02 15:04:05 MST")
		if length := v.now.Sub(since); length >= time.Second {
			head += ", for " + inWords(length)
		}
	}
	fmt.Fprintln(v.screen.stdout, head)
	if v.alarm.composite != nil {
		return v.composite(ctx)
	}
	m := v.alarm.metric
	if text := aws.ToString(m.AlarmDescription); text != "" {
		v.say("about", "%s", text)
	}
	v.say("why", "%s", aws.ToString(m.StateReason))
	d := definitionOf(m)
	v.say("when", "%s", sentence(d))
	v.say("missing", "%s", missingWords(d))
	if m.EvaluationState != "" {
		v.say("data", "%s", m.EvaluationState)
	}
	v.points(aws.ToString(m.StateReasonData))
	v.actions()
	v.say("ARN", "%s", aws.ToString(m.AlarmArn))
	if m.AlarmConfigurationUpdatedTimestamp != nil {
		v.say("put", "%s", m.AlarmConfigurationUpdatedTimestamp.In(v.zone).Format("2006-01-02 15:04:05 MST"))
	}
	return v.chart(ctx, d)
}

// comparedWords are the ways to compare, in words.
var comparedWords = map[string]string{
	string(alarm.Greater): "is greater than", string(alarm.GreaterOrEqual): "is greater than or equal to", string(alarm.Less): "is less than",
	string(alarm.LessOrEqual): "is less than or equal to", string(alarm.OutsideBand): "is outside of", string(alarm.LessThanLower): "is below",
	string(alarm.GreaterThanUpper): "is above",
}

// sentence says when an alarm on a metric is in ALARM.
func sentence(d *alarmDefinition) string {
	limit := "the band " + d.ThresholdMetricID
	if d.ThresholdMetricID == "" {
		limit = "?"
		if d.Threshold != nil {
			limit = floatText(*d.Threshold)
		}
	}
	m, period := d.DatapointsToAlarm, wholeLength(d.period())
	if m == 0 {
		m = d.EvaluationPeriods
	}
	periods := fmt.Sprintf("in at least %d of the last %d periods of %s", m, d.EvaluationPeriods, period)
	switch {
	case d.EvaluationPeriods == 1:
		periods = "in a period of " + period
	case m == d.EvaluationPeriods:
		periods = fmt.Sprintf("in %d periods of %s", m, period)
	}
	return fmt.Sprintf("it is in ALARM when %s %s %s %s", d.what(), comparedWords[d.ComparisonOperator], limit, periods)
}

// missingWords says what periods without data do.
func missingWords(d *alarmDefinition) string {
	few := ""
	if d.LowSamples == alarm.Ignore {
		few = "; while there are too few samples for the percentile the state stays"
	}
	switch d.TreatMissingData {
	case alarm.Breaching:
		return "periods without data count as beyond the threshold" + few
	case alarm.NotBreaching:
		return "periods without data count as good" + few
	case alarm.Ignore:
		return "while data are missing the state stays" + few
	}
	return "without any data it is in INSUFFICIENT_DATA" + few
}

// points says which points were used, the newest first.
func (v *alarmView) points(reasonData string) {
	points, at := usedPoints(reasonData)
	if len(points) == 0 {
		return
	}
	var parts []string
	for _, p := range points {
		value := "missing"
		if !math.IsNaN(p.Value) {
			value = terminal.Number(p.Value)
		}
		parts = append(parts, p.Time.In(v.zone).Format("15:04:05")+" "+value)
	}
	text := strings.Join(parts, ", ")
	if !at.IsZero() {
		text += fmt.Sprintf(" (evaluated at %s)", at.In(v.zone).Format(time.DateTime))
	}
	v.say("points", "%s", text)
}

// actions says what is done in each state.
func (v *alarmView) actions() {
	some := false
	for _, state := range []alarm.State{alarm.Alarm, alarm.OK, alarm.InsufficientData} {
		arns, enabled := v.alarm.actions(state)
		if len(arns) == 0 {
			continue
		}
		some = true
		off := ""
		if !enabled {
			off = "\n(actions are disabled)"
		}
		v.say("does", "%s", "in "+string(state)+": "+strings.Join(arns, "\n")+off)
	}
	if !some {
		v.say("does", "nothing: it has no actions")
	}
}

// chart draws what the alarm looks at.
func (v *alarmView) chart(ctx context.Context, d *alarmDefinition) error {
	queries, compared, err := d.queries()
	if err != nil {
		v.say("chart", "none: %s", err)
		return nil
	}
	to := v.to
	if to.Equal(v.now) {
		to = afterNow(v.from, v.now, queries)
	}
	found, notes, err := readMetrics(ctx, v.client, queries, v.from, to)
	if err != nil {
		return err
	}
	var shown []series
	for i := range found {
		if found[i].ID == compared || found[i].ID == d.ThresholdMetricID {
			shown = append(shown, found[i])
		}
	}
	width := v.screen.style.Width
	if width == 0 {
		width = defaultColumns
	}
	plot := terminal.Plot{Width: width, Height: v.height, From: v.from, To: v.to, Zone: v.zone, Lines: plotLines(shown), Levels: d.levels(), Style: v.screen.style}
	fmt.Fprintln(v.screen.stdout, strings.Join(plot.Draw(), "\n"))
	if len(shown) > 1 {
		for i := range shown {
			fmt.Fprintln(v.screen.stdout, plot.Mark(i)+" "+terminal.Printable(shown[i].Label))
		}
	}
	v.screen.notes(notes)
	return nil
}

// composite shows a composite alarm and the alarms below it.
func (v *alarmView) composite(ctx context.Context) error {
	c := v.alarm.composite
	if text := aws.ToString(c.AlarmDescription); text != "" {
		v.say("about", "%s", text)
	}
	v.say("why", "%s", aws.ToString(c.StateReason))
	v.say("when", "it is in ALARM when %s", aws.ToString(c.AlarmRule))
	if suppressor := aws.ToString(c.ActionsSuppressor); suppressor != "" {
		v.say("quiet", "while %s is in ALARM: its actions wait %s for that, and %s after it", suppressor,
			inWords(time.Duration(aws.ToInt32(c.ActionsSuppressorWaitPeriod))*time.Second), inWords(time.Duration(aws.ToInt32(c.ActionsSuppressorExtensionPeriod))*time.Second))
	}
	if reason := aws.ToString(c.ActionsSuppressedReason); reason != "" {
		v.say("quiet", "%s", reason)
	}
	v.actions()
	v.say("ARN", "%s", aws.ToString(c.AlarmArn))
	children, err := v.children(ctx)
	if err != nil {
		return err
	}
	if len(children) == 0 {
		return nil
	}
	t := v.screen.newTable(terminal.Column{Name: "state"}, terminal.Column{Name: "since"}, terminal.Column{Name: "alarm below"}, terminal.Column{Name: "in ALARM when"})
	for i := range children {
		child := &children[i]
		cells := []*string{new(string(child.state())), new(child.since().In(v.zone).Format("2006-01-02 15:04")), new(child.name()), new(child.condition())}
		if err := t.AddCells(cells, []func(string) string{stateColor(v.screen.style, child.state()), nil, nil, nil}); err != nil {
			return err
		}
	}
	return v.screen.finish(t)
}

// children are the alarms that the rule names.
func (v *alarmView) children(ctx context.Context) ([]someAlarm, error) {
	listed, err := readAlarms(ctx, v.client, &cloudwatch.DescribeAlarmsInput{ChildrenOfAlarmName: aws.String(v.alarm.name())})
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range listed {
		names = append(names, listed[i].name())
	}
	var all []someAlarm
	const most = 100 // names of a call
	for from := 0; from < len(names); from += most {
		some, err := readAlarms(ctx, v.client, &cloudwatch.DescribeAlarmsInput{AlarmNames: names[from:min(from+most, len(names))], AlarmTypes: allTypes})
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
