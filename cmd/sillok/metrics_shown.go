package main

import (
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/terminal"
)

// seriesView shows series.
type seriesView struct {
	screen     *screen
	zone       *time.Location
	from, to   time.Time
	height     int
	thresholds []float64
}

// defaultColumns is how wide a chart is where nobody knows how much room there is.
const defaultColumns = 80

func (v *seriesView) width() int {
	if v.screen.style.Width == 0 {
		return defaultColumns
	}
	return v.screen.style.Width
}

// show shows series in a form of --output.
func (v *seriesView) show(form string, all []series) error {
	if form == "auto" {
		if form = "sparklines"; len(all) == 1 {
			form = "chart"
		}
	}
	switch form {
	case "json":
		return v.json(all)
	case "csv":
		return v.csv(all)
	case "table":
		return v.table(all)
	case "chart":
		_, err := fmt.Fprintln(v.screen.stdout, strings.Join(v.chart(all), "\n"))
		return err
	}
	if !hasPoints(all) {
		return nil
	}
	return v.sparklines(all)
}

// thresholdLevels are thresholds as lines of a chart.
func thresholdLevels(thresholds []float64) (all []terminal.Level) {
	for _, v := range thresholds {
		all = append(all, terminal.Level{Value: v, Label: terminal.Number(v)})
	}
	return all
}

// chart draws series, with what they are called and come to below.
func (v *seriesView) chart(all []series) []string {
	p := terminal.Plot{
		Width: v.width(), Height: v.height, From: v.from, To: v.to, Zone: v.zone, Lines: plotLines(all), Levels: thresholdLevels(v.thresholds), Style: v.screen.style,
	}
	lines := p.Draw()
	if v.to.Sub(v.from) > 0 {
		lines = append(lines, v.screen.style.Faint(v.when(v.from)+" to "+v.when(v.to)))
	}
	for i := range all {
		lines = append(lines, p.Mark(i)+" "+terminal.Cut(terminal.Printable(all[i].Label)+": "+summed(all[i].values()), max(0, v.screen.style.Width-2)))
	}
	return lines
}

// when is a time as a chart has it.
func (v *seriesView) when(at time.Time) string { return at.In(v.zone).Format("2006-01-02 15:04 MST") }

// plotLines are series as a chart has them: points that follow each other are joined.
func plotLines(all []series) (lines []terminal.Line) {
	for i := range all {
		lines = append(lines, terminal.Line{Label: all[i].Label, Points: all[i].Points, Gap: all[i].Period + all[i].Period/2})
	}
	return lines
}

// summed says what values come to.
func summed(values []float64) string {
	if len(values) == 0 {
		return "no data"
	}
	sum := 0.0
	for _, v := range values {
		sum += v / float64(len(values))
	}
	return fmt.Sprintf("min %s, mean %s, max %s, last %s, %s", terminal.Number(slices.Min(values)), terminal.Number(sum), terminal.Number(slices.Max(values)),
		terminal.Number(values[len(values)-1]), terminal.Counted(int64(len(values)), "point"))
}

// sparklines shows a line for each series.
func (v *seriesView) sparklines(all []series) error {
	columns := max(8, min(48, v.width()/3))
	t := v.screen.newTable(terminal.Column{Name: "series"}, terminal.Column{Name: v.shortSpan(), Right: true},
		terminal.Column{Name: "min", Right: true}, terminal.Column{Name: "max", Right: true}, terminal.Column{Name: "last", Right: true})
	for i := range all {
		line := trend(all[i].Points, v.from, v.to, trendCells(v.to.Sub(v.from), all[i].Period, columns))
		cells := []*string{&all[i].Label, new(terminal.Sparkline(line, 0)), nil, nil, nil}
		if values := all[i].values(); len(values) > 0 {
			cells[2], cells[3], cells[4] = new(terminal.Number(slices.Min(values))), new(terminal.Number(slices.Max(values))), new(terminal.Number(values[len(values)-1]))
		}
		if err := t.AddCells(cells, []func(string) string{nil, v.paint(line), nil, nil, nil}); err != nil {
			return err
		}
	}
	if err := v.screen.finish(t); err != nil {
		return err
	}
	fmt.Fprintf(v.screen.stderr, "%s from %s to %s; --output chart draws them\n", terminal.Counted(int64(len(all)), "series", "series"), v.when(v.from), v.when(v.to))
	return nil
}

// shortSpan is how long a view is.
func (v *seriesView) shortSpan() string { return wholeLength(v.to.Sub(v.from).Round(time.Minute)) }

// wholeLength names a length in the longest unit of which it is a whole number.
func wholeLength(d time.Duration) string {
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if d >= unit && d%unit == 0 {
			return terminal.Counted(int64(d/unit), strings.TrimPrefix(lengthOf(unit), "1 "))
		}
	}
	return lengthOf(d)
}

// paint has values above the first threshold red.
func (v *seriesView) paint(line []float64) func(string) string {
	if len(v.thresholds) == 0 {
		return nil
	}
	return paintedWhere(v.screen.style, line, func(value float64) bool { return value > v.thresholds[0] })
}

// paintedWhere paints signs of a line red whose values are so. What stands before the line is left as it is.
func paintedWhere(style terminal.Style, line []float64, is func(float64) bool) func(string) string {
	return func(cell string) string {
		signs := []rune(cell)
		before := max(0, len(signs)-len(line))
		var b strings.Builder
		b.WriteString(string(signs[:before]))
		for i, sign := range signs[before:] {
			if i < len(line) && is(line[i]) {
				b.WriteString(style.Red(string(sign)))
			} else {
				b.WriteRune(sign)
			}
		}
		return b.String()
	}
}

// trendCells is how many cells a sparkline has of a time: one for each period, as far as there is room.
func trendCells(whole, period time.Duration, most int) int {
	if period <= 0 || whole/period >= time.Duration(most) {
		return most
	}
	return max(1, int((whole+period-1)/period))
}

// trend puts points into so many equal parts of a time: the greatest of each, no number where there is none.
func trend(points []terminal.Point, from, to time.Time, parts int) []float64 {
	line := slices.Repeat([]float64{math.NaN()}, parts)
	from = from.Truncate(time.Minute) // from which on points are
	whole := to.Sub(from)
	if whole <= 0 {
		return line
	}
	for _, p := range points {
		at := int(float64(parts) * float64(p.Time.Sub(from)) / float64(whole))
		if at < parts && !p.Time.Before(from) && !(p.Value <= line[at]) {
			line[at] = p.Value
		}
	}
	return line
}

// table shows a row for each time, with a column for each series.
func (v *seriesView) table(all []series) error {
	columns := []terminal.Column{{Name: "time"}}
	times := map[time.Time]map[int]float64{}
	for i := range all {
		columns = append(columns, terminal.Column{Name: all[i].Label, Right: true})
		for _, p := range all[i].Points {
			at := p.Time.UTC()
			if times[at] == nil {
				times[at] = map[int]float64{}
			}
			times[at][i] = p.Value
		}
	}
	if len(times) == 0 {
		return nil
	}
	sorted := make([]time.Time, 0, len(times))
	for at := range times {
		sorted = append(sorted, at)
	}
	slices.SortFunc(sorted, time.Time.Compare)
	t := v.screen.newTable(columns...)
	for _, at := range sorted {
		cells := []*string{new(at.In(v.zone).Format(time.DateTime))}
		for i := range all {
			text := "" // no point, which is not NULL to who reads a chart
			if value, ok := times[at][i]; ok {
				text = floatText(value)
			}
			cells = append(cells, &text)
		}
		if err := t.Add(cells); err != nil {
			return err
		}
	}
	return v.screen.finish(t)
}

// floatText is a number with all its digits.
func floatText(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// shownSeries is a series as --output json has it.
type shownSeries struct {
	ID     string      `json:"id"`
	Label  string      `json:"label"`
	Times  []time.Time `json:"timestamps"`
	Values []float64   `json:"values"`
}

func (v *seriesView) json(all []series) error {
	return writeJSON(v.screen.stdout, shownOf(all))
}

// shownOf are series as --output json has them.
func shownOf(all []series) []shownSeries {
	shown := make([]shownSeries, len(all))
	for i := range all {
		shown[i] = shownSeries{all[i].ID, all[i].Label, []time.Time{}, []float64{}}
		for _, p := range all[i].Points {
			shown[i].Times, shown[i].Values = append(shown[i].Times, p.Time.UTC()), append(shown[i].Values, p.Value)
		}
	}
	return shown
}

func (v *seriesView) csv(all []series) error {
	w := csv.NewWriter(v.screen.stdout)
	_ = w.Write([]string{"timestamp", "id", "label", "value"}) // flush tells
	for i := range all {
		for _, p := range all[i].Points {
			_ = w.Write([]string{p.Time.UTC().Format(time.RFC3339), all[i].ID, all[i].Label, floatText(p.Value)}) // flush tells
		}
	}
	w.Flush()
	return w.Error()
}
