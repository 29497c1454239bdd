package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/sillok/sillok/internal/terminal"
)

// foundRows is the result of a query of log groups.
type foundRows struct {
	columns []string // in their order, @ptr last
	rows    []map[string]string
}

// pointerField is the field that leads to an event.
const pointerField = "@ptr"

// newFound returns a result. A row has no field for what is null, so that the order of all
// columns follows from all rows.
func newFound(rows [][]types.ResultField) *foundRows {
	f := &foundRows{}
	known := map[string]bool{}
	for _, row := range rows {
		cells := make(map[string]string, len(row))
		behind := 0 // the place behind the field before
		for _, field := range row {
			name := aws.ToString(field.Field)
			cells[name] = aws.ToString(field.Value)
			if known[name] {
				behind = slices.Index(f.columns, name) + 1
				continue
			}
			f.columns, known[name] = slices.Insert(f.columns, behind, name), true
			behind++
		}
		f.rows = append(f.rows, cells)
	}
	if i := slices.Index(f.columns, pointerField); i >= 0 {
		f.columns = append(slices.Delete(f.columns, i, i+1), pointerField)
	}
	return f
}

// told are the columns that people are shown.
func (f *foundRows) told() []string {
	if n := len(f.columns); n > 0 && f.columns[n-1] == pointerField {
		return f.columns[:n-1]
	}
	return f.columns
}

func (f *foundRows) show(s *screen, o *logsQueryOptions) error {
	switch o.output {
	case "json":
		return f.json(s)
	case "csv":
		return f.csv(s)
	}
	if len(f.rows) == 0 {
		return nil
	}
	columns := f.told()
	shown := make([]terminal.Column, len(columns))
	isTime := make([]bool, len(columns))
	for i, name := range columns {
		shown[i] = terminal.Column{Name: name, Right: f.all(name, isNumberText)}
		isTime[i] = f.all(name, isTimeText)
	}
	t := s.newList(o.output, shown...)
	for _, row := range f.rows {
		cells := make([]*string, len(columns))
		for i, name := range columns {
			text, ok := row[name]
			if !ok {
				continue
			}
			if at, err := time.Parse(resultTime, text); isTime[i] && err == nil {
				text = at.In(o.times.zone()).Format(resultTime)
			}
			cells[i] = &text
		}
		if err := t.AddPainted(cells, f.paint(s, row)); err != nil {
			return err
		}
	}
	if err := s.finish(t); err != nil {
		return err
	}
	return f.sparklines(s)
}

// paint is the colour of a row that is an event.
func (f *foundRows) paint(s *screen, row map[string]string) func(string) string {
	switch levelOf(row["@message"]) {
	case "error":
		return s.style.Red
	case "warning":
		return s.style.Yellow
	}
	return nil
}

// resultTime is how a result spells times, in UTC.
const resultTime = "2006-01-02 15:04:05.000"

var timeText = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$`)

func isTimeText(text string) bool { return timeText.MatchString(text) }

func isNumberText(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// all says whether all values of a column are so; there is at least one.
func (f *foundRows) all(name string, so func(string) bool) bool {
	some := false
	for _, row := range f.rows {
		text, ok := row[name]
		if ok && !so(text) {
			return false
		}
		some = some || ok
	}
	return some
}

func (f *foundRows) csv(s *screen) error {
	w := csv.NewWriter(s.stdout)
	columns := f.told()
	_ = w.Write(columns) // flush tells
	for _, row := range f.rows {
		record := make([]string, len(columns))
		for i, name := range columns {
			record[i] = row[name]
		}
		_ = w.Write(record) // flush tells
	}
	w.Flush()
	return w.Error()
}

// json shows rows as objects of texts, as results have them. What is null is left out.
func (f *foundRows) json(s *screen) error {
	out := bufio.NewWriter(s.stdout)
	for _, row := range f.rows {
		var line strings.Builder
		line.WriteByte('{')
		for _, name := range f.columns {
			text, ok := row[name]
			if !ok {
				continue
			}
			if line.Len() > 1 {
				line.WriteByte(',')
			}
			for i, part := range []string{name, text} {
				if i == 1 {
					line.WriteByte(':')
				}
				spelled, err := json.Marshal(part)
				if err != nil {
					return err
				}
				line.Write(spelled)
			}
		}
		line.WriteString("}\n")
		_, _ = out.Write(terminal.PrintableJSON([]byte(line.String()))) // flush tells
	}
	return out.Flush()
}

// sparklines draws each number of a result by time as a line of columns: where there is
// one row for each time.
func (f *foundRows) sparklines(s *screen) error {
	columns := f.told()
	at := slices.IndexFunc(columns, func(name string) bool { return name != "@timestamp" && f.all(name, isTimeText) })
	if at < 0 || len(f.rows) < 2 || slices.ContainsFunc(columns, func(name string) bool { return name != columns[at] && !f.all(name, isNumberText) }) {
		return nil
	}
	times := make(map[int64]map[string]string, len(f.rows))
	var order []int64
	for _, row := range f.rows {
		time, err := time.Parse(resultTime, row[columns[at]])
		if err != nil || times[time.UnixMilli()] != nil {
			return nil //nolint:nilerr // it is a row of several, or of no time
		}
		times[time.UnixMilli()] = row
		order = append(order, time.UnixMilli())
	}
	slices.Sort(order)
	out := bufio.NewWriter(s.stdout)
	name := 0
	for _, c := range columns {
		if c != columns[at] {
			name = max(name, len([]rune(c)))
		}
	}
	for _, c := range columns {
		if c == columns[at] {
			continue
		}
		values, least, most := f.series(c, order, times)
		width := 0
		bounds := strconv.FormatFloat(least, 'f', -1, 64) + " to " + strconv.FormatFloat(most, 'f', -1, 64)
		if s.style.Width > 0 {
			width = max(8, s.style.Width-name-len(bounds)-4)
		}
		fmt.Fprintf(out, "%s  %s  %s\n", terminal.Pad(terminal.Printable(c), name), terminal.Sparkline(values, width), s.style.Faint(bounds))
	}
	return out.Flush()
}

// mostSeries is how many columns a line of a series has at most, where there are times of
// which no row is.
const mostSeries = 1000

// series returns the values of a column over time, with its least and greatest. A time of
// which there is no row has none.
func (f *foundRows) series(name string, order []int64, times map[int64]map[string]string) (values []float64, least, most float64) {
	step := int64(math.MaxInt64)
	for i := range order[1:] {
		step = min(step, order[i+1]-order[i])
	}
	if (order[len(order)-1]-order[0])/step >= mostSeries {
		step = 0 // some are far apart: they stand beside each other
	}
	least, most = math.Inf(1), math.Inf(-1)
	for i, at := range order {
		for step > 0 && i > 0 && order[0]+int64(len(values))*step < at {
			values = append(values, math.NaN())
		}
		v, err := strconv.ParseFloat(times[at][name], 64)
		if err != nil {
			v = math.NaN()
		} else {
			least, most = min(least, v), max(most, v)
		}
		values = append(values, v)
	}
	return values, least, most
}
