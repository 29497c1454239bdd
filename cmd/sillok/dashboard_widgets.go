package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/terminal"
)

// read reads what a widget shows.
func (p *boardPainter) read(ctx context.Context, w *drawnWidget) error {
	switch w.Type {
	case "metric", "chart":
		return p.readMetric(ctx, w)
	case "alarm":
		return p.readAlarms(ctx, w)
	case "log":
		return p.readLog(ctx, w)
	case "text":
		w.Text = w.of.Properties.Markdown
		return nil
	}
	return fmt.Errorf("widgets of type %q are not drawn in a terminal", w.Type)
}

func (p *boardPainter) readMetric(ctx context.Context, w *drawnWidget) error {
	props := &w.of.Properties
	client, err := p.client(ctx, props.Region)
	if err != nil {
		return err
	}
	period := wholeSeconds(max(usualPeriod(p.from, p.to, p.now), 5*time.Minute))
	if p.to.Sub(p.from) <= 3*time.Hour {
		period = 60
	}
	if periodNumber(props.Period) > 0 {
		period = wholeSeconds(keptBy(p.now.Sub(p.from))) // its own holds where data are kept by it
	}
	if props.WholeRange {
		period = wholeSeconds(max(time.Minute, p.to.Sub(p.from).Truncate(time.Minute)))
	}
	queries, err := props.queries(period)
	if err != nil {
		return err
	}
	for _, level := range props.levels() {
		if level.Value != nil {
			w.levels = append(w.levels, terminal.Level{Value: *level.Value, Label: strings.TrimSpace(terminal.Number(*level.Value) + " " + level.Label)})
		}
	}
	if len(queries) == 0 {
		if queries, err = p.alarmQueries(ctx, client, w); err != nil {
			return err
		}
	}
	to := p.to
	if to.Equal(p.now) {
		to = afterNow(p.from, p.now, queries)
	}
	found, notes, err := readMetrics(ctx, client, queries, p.from, to)
	if err != nil {
		return err
	}
	w.series, w.notes = found, notes
	w.Series = shownOf(found)
	return nil
}

// alarmQueries are those of the alarm that a widget is about in the place of metrics.
func (p *boardPainter) alarmQueries(ctx context.Context, client *cloudwatch.Client, w *drawnWidget) ([]types.MetricDataQuery, error) {
	arns := w.of.Properties.Annotations.Alarms
	if len(arns) == 0 {
		return nil, errors.New("it has neither metrics nor an alarm")
	}
	a, err := namedAlarm(ctx, client, arns[0])
	if err != nil {
		return nil, err
	}
	if a.metric == nil {
		return nil, errors.New(a.name() + " is a composite alarm, which has no metric")
	}
	d := definitionOf(a.metric)
	queries, compared, err := d.queries()
	if err != nil {
		return nil, err
	}
	for i := range queries {
		queries[i].ReturnData = aws.Bool(*queries[i].Id == compared)
	}
	w.levels = append(w.levels, d.levels()...)
	if w.Title == "" {
		w.Title = a.name()
	}
	return queries, nil
}

func (p *boardPainter) readAlarms(ctx context.Context, w *drawnWidget) error {
	client, err := p.client(ctx, w.of.Properties.Region)
	if err != nil {
		return err
	}
	var names []string
	for _, arn := range w.of.Properties.Alarms {
		_, name, found := strings.Cut(arn, ":alarm:")
		if !found {
			name = arn
		}
		names = append(names, name)
	}
	const most = 100 // names of a call
	for from := 0; from < len(names); from += most {
		found, err := readAlarms(ctx, client, &cloudwatch.DescribeAlarmsInput{AlarmNames: names[from:min(from+most, len(names))], AlarmTypes: allTypes})
		if err != nil {
			return err
		}
		for i := range found {
			one := listedOf(&found[i])
			if states := w.of.Properties.States; len(states) == 0 || slices.Contains(states, string(one.State)) {
				w.Alarms = append(w.Alarms, one)
			}
		}
	}
	return nil
}

func (p *boardPainter) readLog(ctx context.Context, w *drawnWidget) error {
	groups, query, err := logQuery(w.of.Properties.Query)
	if err != nil {
		return err
	}
	client, err := p.logs(ctx, w.of.Properties.Region)
	if err != nil {
		return err
	}
	quiet := &screen{stdout: p.screen.stdout, stderr: p.screen.stderr}
	q := &runningQuery{client: client, screen: quiet, in: &cloudwatchlogs.StartQueryInput{
		LogGroupNames: groups, QueryString: &query, StartTime: aws.Int64(p.from.Unix()), EndTime: aws.Int64(p.to.Unix()), QueryLanguage: logtypes.QueryLanguageCwli,
	}}
	if err := q.run(ctx); err != nil {
		return err
	}
	for _, row := range q.rows {
		cells := map[string]string{}
		for _, field := range row {
			name := aws.ToString(field.Field)
			if name == "@ptr" {
				continue
			}
			if !slices.Contains(w.fields, name) {
				w.fields = append(w.fields, name)
			}
			cells[name] = aws.ToString(field.Value)
		}
		w.Rows = append(w.Rows, cells)
	}
	return nil
}

// inside are the lines of a widget, for so much room.
func (p *boardPainter) inside(w *drawnWidget, width, height int) []string {
	style := p.screen.style
	switch {
	case width < 1 || height < 1:
		return nil
	case w.Error != "":
		var lines []string
		for line := range strings.SplitSeq(terminal.Wrapped(terminal.Printable(w.Error), width), "\n") {
			lines = append(lines, style.Yellow(line))
		}
		return lines
	case w.Type == "text":
		return markdownLines(w.Text, width, style)
	case w.Type == "alarm":
		return p.alarmLines(w)
	case w.Type == "log":
		return p.logLines(w, width)
	case !hasPoints(w.series):
		return []string{style.Faint("no data")}
	}
	switch w.of.Properties.View {
	case "singleValue":
		return p.single(w, width)
	case "gauge", "bar", "pie":
		return p.bars(w, width)
	case "table":
		return p.metricTable(w, width)
	}
	return p.chart(w, width, height)
}

func (p *boardPainter) alarmLines(w *drawnWidget) (lines []string) {
	if len(w.Alarms) == 0 {
		return []string{p.screen.style.Faint("no such alarm")}
	}
	rank := map[alarm.State]int{alarm.Alarm: 0, alarm.InsufficientData: 1, alarm.OK: 2}
	sorted := slices.Clone(w.Alarms)
	slices.SortStableFunc(sorted, func(a, b listedAlarm) int { return rank[a.State] - rank[b.State] })
	v := &alarmsView{zone: p.zone, now: p.now}
	for i := range sorted {
		a := &sorted[i]
		lines = append(lines, stateColor(p.screen.style, a.State)(terminal.Pad(shortState(a.State), 7))+" "+terminal.Printable(a.Name)+" "+p.screen.style.Faint(v.since(a.Since)))
	}
	return lines
}

func (p *boardPainter) logLines(w *drawnWidget, width int) []string {
	if len(w.Rows) == 0 {
		return []string{p.screen.style.Faint("no rows")}
	}
	rows := make([][]string, len(w.Rows))
	for i, row := range w.Rows {
		for _, field := range w.fields {
			rows[i] = append(rows[i], row[field])
		}
	}
	return p.table(w.fields, rows, width, 0)
}

// table is a table as lines.
func (p *boardPainter) table(names []string, rows [][]string, width, right int) []string {
	var out bytes.Buffer
	columns := make([]terminal.Column, len(names))
	for i, name := range names {
		columns[i] = terminal.Column{Name: name, Right: right > 0 && i >= right}
	}
	t := terminal.NewTable(&out, terminal.Style{Width: width, Color: p.screen.style.Color}, columns...)
	for _, row := range rows {
		cells := make([]*string, len(row))
		for i := range row {
			cells[i] = &row[i]
		}
		_ = t.Add(cells) // a buffer takes all
	}
	_ = t.Close()
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// last is the newest value of a series.
func last(s *series) (float64, bool) {
	if len(s.Points) == 0 {
		return 0, false
	}
	return s.Points[len(s.Points)-1].Value, true
}

// single shows a number for each series.
func (p *boardPainter) single(w *drawnWidget, width int) (lines []string) {
	trends := w.of.Properties.Sparkline != nil && *w.of.Properties.Sparkline
	for i := range w.series {
		s := &w.series[i]
		text := "-"
		if v, ok := last(s); ok {
			text = terminal.Number(v)
		}
		line := p.screen.style.Bold(text) + " " + terminal.Cut(terminal.Printable(s.Label), max(1, width-len(text)-1))
		lines = append(lines, line)
		if trends {
			lines = append(lines, terminal.Sparkline(trend(s.Points, p.from, p.to, trendCells(p.to.Sub(p.from), s.Period, width)), 0))
		}
	}
	return lines
}

// bars shows a bar for each series: of a pie its share, of a gauge how far it is between its ends.
func (p *boardPainter) bars(w *drawnWidget, width int) (lines []string) {
	least, most, sum := 0.0, math.Inf(-1), 0.0
	for i := range w.series {
		if v, ok := last(&w.series[i]); ok {
			most, sum = max(most, v), sum+v
		}
	}
	view := w.of.Properties.View
	if view == "gauge" {
		ends := w.of.Properties.YAxis.Left
		if ends.Min != nil {
			least = *ends.Min
		}
		if ends.Max != nil {
			most = *ends.Max
		}
	}
	for i := range w.series {
		s := &w.series[i]
		v, ok := last(s)
		text := terminal.Number(v)
		share := (v - least) / (most - least)
		if view == "pie" {
			share = v / sum
			text += fmt.Sprintf(" (%.0f %%)", 100*share)
		}
		if !ok {
			text, share = "-", 0
		}
		if width > 30 { // beside each other
			name, room := terminal.Cut(terminal.Printable(s.Label), width/3), width-width/3-len(text)-2
			lines = append(lines, terminal.Pad(name, width/3)+" "+terminal.Pad(terminal.Gauge(share, 1, room), room)+" "+text)
			continue
		}
		lines = append(lines, terminal.Cut(terminal.Printable(s.Label), max(1, width-len(text)-1))+" "+text, terminal.Gauge(share, 1, width))
	}
	return lines
}

func (p *boardPainter) metricTable(w *drawnWidget, width int) []string {
	var rows [][]string
	for i := range w.series {
		values := w.series[i].values()
		row := []string{w.series[i].Label, "-", "-", "-"}
		if len(values) > 0 {
			row = []string{w.series[i].Label, terminal.Number(slices.Min(values)), terminal.Number(slices.Max(values)), terminal.Number(values[len(values)-1])}
		}
		rows = append(rows, row)
	}
	return p.table([]string{"", "min", "max", "last"}, rows, width, 1)
}

// legendLines is how many lines a legend has at most, of a height.
func legendLines(n, height int) int { return min(n, max(1, height/3)) }

// chart draws series, with what they are called below.
func (p *boardPainter) chart(w *drawnWidget, width, height int) []string {
	all := w.series
	if w.of.Properties.Stacked {
		all = stacked(all)
	}
	legend := legendLines(len(all), height)
	plot := terminal.Plot{
		Width: width, Height: height - legend, From: p.from, To: p.to, Zone: p.zone, Lines: plotLines(all), Levels: w.levels, Style: p.screen.style,
		Least: w.of.Properties.YAxis.Left.Min, Most: w.of.Properties.YAxis.Left.Max,
	}
	if plot.Height < 4 {
		return p.single(w, width)
	}
	lines := plot.Draw()
	for i := range legend {
		text := all[i].Label
		if v, ok := last(&w.series[i]); ok {
			text += " " + terminal.Number(v)
		}
		if i == legend-1 && len(all) > legend {
			text = fmt.Sprintf("… and %d more", len(all)-i)
			lines = append(lines, p.screen.style.Faint(text))
			break
		}
		lines = append(lines, plot.Mark(i)+" "+terminal.Cut(terminal.Printable(text), max(1, width-2)))
	}
	return lines
}

// stacked are series on top of each other.
func stacked(all []series) []series {
	sums := map[int64]float64{}
	out := make([]series, len(all))
	for i := range all {
		out[i] = all[i]
		out[i].Points = slices.Clone(all[i].Points)
		for n := range out[i].Points {
			point := &out[i].Points[n]
			at := point.Time.Unix()
			sums[at] += point.Value
			point.Value = sums[at]
		}
	}
	return out
}
