package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Graph is what a picture of metrics shows: the widget of a dashboard's metrics, or the MetricWidget
// of GetMetricWidgetImage.
type Graph struct {
	Title    string
	View     string // timeSeries, bar, pie, singleValue or gauge
	Stacked  bool
	Stat     string // of the metrics that have none of their own
	Period   int32  // of those, in seconds
	Width    int    // in pixels
	Height   int
	Start    time.Time
	End      time.Time
	Timezone *time.Location
	Dark     bool
	Legend   string // bottom, right or hidden
	Left     Axis
	Right    Axis
	Metrics  []Metric
	Levels   []Level  // horizontal annotations
	Moments  []Moment // vertical annotations
	Alarms   []string // ARNs
	Spark    bool     // a line beside each number
	Whole    bool     // numbers are of the whole time, not of the last period
}

// Axis is one of the vertical axes.
type Axis struct {
	Label     string
	Min, Max  *float64
	ShowUnits bool
}

// Metric is a row of metrics: a metric, or an expression about others.
type Metric struct {
	Namespace, Name string
	Dimensions      [][2]string // names and values
	Expression      string      // in place of these

	ID, Label, Stat, Color, Region, Account string // empty where they are not told
	Period                                  int32  // 0 where it is not told
	Right                                   bool   // of which axis
	Hidden                                  bool
}

// Level is a line at a value, or what lies between two.
type Level struct {
	Value         float64
	To            *float64
	Label, Color  string
	ToLabel, Fill string // Fill is above or below; empty for none
	Right, Hidden bool
}

// Moment is a line at a time, or what lies between two.
type Moment struct {
	At            time.Time
	To            *time.Time
	Label, Color  string
	ToLabel, Fill string // Fill is before or after; empty for none
	Hidden        bool
}

const (
	// MostInPicture is how many metrics a picture may have.
	MostInPicture = 100 // and of annotations of each kind
	largestSide   = 2000
	usualWidth    = 600
	usualHeight   = 400
	usualPeriod   = 300
	longestText   = 1024 // of a label, in bytes
	longestGraph  = 365 * 24 * time.Hour * 2
)

// ParseGraph reads what a picture is to show. Times are relative to now where they say so. An error
// is an *Error, and says at which place what is wrong.
func ParseGraph(text string, now time.Time) (*Graph, error) {
	root, err := object(text)
	if err != nil {
		return nil, &Error{Message: "The field MetricWidget must be a valid JSON object"}
	}
	p := &graphReader{now: now}
	g := &Graph{Period: usualPeriod, Width: usualWidth, Height: usualHeight, Timezone: time.UTC}
	p.size(root, g)
	p.time(root, g)
	g.Title = p.text("", root, "title")
	g.View = p.oneOf("", root, "view", "timeSeries", "bar", "pie", "singleValue", "gauge")
	g.Stacked = p.truth("", root, "stacked", false)
	g.Spark, g.Whole = p.truth("", root, "sparkline", false), p.truth("", root, "setPeriodToTimeRange", false)
	if g.Stat = p.text("", root, "stat"); g.Stat == "" {
		g.Stat = "Average"
	}
	if v, ok := p.whole("", root, "period", math.MaxInt32); ok {
		g.Period = int32(v) //nolint:gosec // it is in range
	}
	g.Dark = p.oneOf("", root, "theme", "light", "dark") == "dark"
	g.Legend = p.oneOf("/legend", p.object("", root, "legend"), "position", "bottom", "right", "hidden")
	axes := p.object("", root, "yAxis")
	g.Left, g.Right = p.axis("/yAxis/left", p.object("/yAxis", axes, "left")), p.axis("/yAxis/right", p.object("/yAxis", axes, "right"))
	g.Metrics = p.rows(root)
	p.annotations(root, g)
	switch {
	case p.err != nil:
		return nil, p.err
	case len(g.Metrics) == 0 && len(g.Alarms) == 0:
		return nil, &Error{Message: "The MetricWidget is invalid: it should have metrics, or an alarm among its annotations"}
	case g.View == "gauge" && (g.Left.Min == nil || g.Left.Max == nil):
		return nil, &Error{Message: "The MetricWidget is invalid: /yAxis/left Should have min and max where the view is gauge"}
	}
	return g, nil
}

// graphReader reads the members of a graph, and keeps the first thing that is wrong.
type graphReader struct {
	now time.Time
	err error
}

func (p *graphReader) refuse(path, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{Message: "The MetricWidget is invalid: " + path + " " + fmt.Sprintf(format, args...)}
	}
}

func (p *graphReader) object(path string, of map[string]any, name string) map[string]any {
	v, ok := of[name]
	if !ok || v == nil {
		return nil
	}
	o, ok := v.(map[string]any)
	if !ok {
		p.refuse(path+"/"+name, "Should be object")
	}
	return o
}

// list is a list of no more elements than a picture may have.
func (p *graphReader) list(path string, of map[string]any, name string) []any {
	v, ok := of[name]
	if !ok || v == nil {
		return nil
	}
	l, ok := v.([]any)
	if !ok {
		p.refuse(path+"/"+name, "Should be array")
	}
	if len(l) > MostInPicture {
		p.refuse(path+"/"+name, "Should NOT have more than %d items", MostInPicture)
		return nil
	}
	return l
}

func (p *graphReader) text(path string, of map[string]any, name string) string {
	v, ok := of[name]
	if !ok || v == nil {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		p.refuse(path+"/"+name, "Should be string")
	}
	if len(s) > longestText && name != "expression" {
		p.refuse(path+"/"+name, "Should NOT be longer than %d bytes", longestText)
	}
	return s
}

// oneOf is one of some words, of which the first is what is meant where there is none.
func (p *graphReader) oneOf(path string, of map[string]any, name string, words ...string) string {
	s := p.text(path, of, name)
	if s == "" {
		return words[0]
	}
	if slices.Contains(words, s) {
		return s
	}
	p.refuse(path+"/"+name, "Should be one of the allowed values: %s", strings.Join(words, ","))
	return words[0]
}

func (p *graphReader) truth(path string, of map[string]any, name string, otherwise bool) bool {
	v, ok := of[name]
	if !ok || v == nil {
		return otherwise
	}
	b, ok := v.(bool)
	if !ok {
		p.refuse(path+"/"+name, "Should be boolean")
	}
	return b
}

func (p *graphReader) number(path string, of map[string]any, name string) *float64 {
	v, ok := of[name]
	if !ok || v == nil {
		return nil
	}
	n, ok := v.(json.Number)
	f, err := n.Float64()
	if !ok || err != nil || math.Abs(f) > 1e100 {
		p.refuse(path+"/"+name, "Should be number")
		return nil
	}
	return &f
}

// whole is a whole number from 1.
func (p *graphReader) whole(path string, of map[string]any, name string, most float64) (int, bool) {
	f := p.number(path, of, name)
	if f == nil {
		return 0, false
	}
	switch {
	case *f != math.Trunc(*f):
		p.refuse(path+"/"+name, "Should be integer")
	case *f < 1:
		p.refuse(path+"/"+name, "Should be >= 1")
	case *f > most:
		p.refuse(path+"/"+name, "Should be <= %v", most)
	default:
		return int(*f), true
	}
	return 0, false
}

func (p *graphReader) size(root map[string]any, g *Graph) {
	if v, ok := p.whole("", root, "width", largestSide); ok {
		g.Width = v
	}
	if v, ok := p.whole("", root, "height", largestSide); ok {
		g.Height = v
	}
}

func (p *graphReader) time(root map[string]any, g *Graph) {
	g.Start, g.End = p.now.Add(-3*time.Hour), p.now
	for _, m := range []struct {
		name string
		to   *time.Time
	}{{"start", &g.Start}, {"end", &g.End}} {
		if text := p.text("", root, m.name); text != "" {
			at, ok := timeOf(text, p.now)
			if !ok {
				p.refuse("/"+m.name, "Should be a time such as 2026-01-31T08:00:00Z, or a time before now such as -PT3H")
			}
			*m.to = at
		}
	}
	switch length := g.End.Sub(g.Start); {
	case p.err == nil && length <= 0:
		p.refuse("/start", "Should be before end")
	case p.err == nil && length > longestGraph:
		p.refuse("/start", "Should NOT be more than two years before end")
	}
	if text := p.text("", root, "timezone"); text != "" {
		zone, err := offsetOf(text)
		if err != nil {
			p.refuse("/timezone", "Should be an offset such as +0130")
			return
		}
		g.Timezone = zone
	}
}

// offsetOf reads a zone as an offset from UTC.
func offsetOf(text string) (*time.Location, error) {
	if text == "UTC" {
		return time.UTC, nil
	}
	at, err := time.Parse("-0700", text)
	if err != nil {
		return nil, err
	}
	_, seconds := at.Zone()
	if seconds < -14*3600 || seconds > 14*3600 {
		return nil, errors.New("no zone is so far off")
	}
	if seconds == 0 {
		return time.UTC, nil
	}
	return time.FixedZone("UTC"+text[:3]+":"+text[3:], seconds), nil
}

func (p *graphReader) axis(path string, of map[string]any) Axis {
	a := Axis{Label: p.text(path, of, "label"), Min: p.number(path, of, "min"), Max: p.number(path, of, "max"), ShowUnits: p.truth(path, of, "showUnits", true)}
	if a.Min != nil && a.Max != nil && *a.Min >= *a.Max {
		p.refuse(path+"/min", "Should be less than max")
	}
	return a
}
