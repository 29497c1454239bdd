package cloudwatch

import (
	"context"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/chart"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/language/dashboard"
	"github.com/sillok/sillok/internal/resource"
)

const (
	// drawnAtOnce is how many pictures are drawn at the same time, and drawnWithin how long one
	// may take with all that it reads.
	drawnAtOnce = 2
	drawnWithin = 20 * time.Second
)

// GetMetricWidgetImage draws metrics as a picture, in PNG.
func (s *Service) GetMetricWidgetImage(ctx context.Context, in *cloudwatchapi.GetMetricWidgetImageInput) (*cloudwatchapi.GetMetricWidgetImageOutput, error) {
	if f := in.OutputFormat; f != nil && *f != "png" && *f != "image/png" {
		return nil, errValue("The value %s for parameter OutputFormat must be png or image/png.", *f) // ours
	}
	picture, err := s.Picture(ctx, *in.MetricWidget, PNG)
	if err != nil {
		return nil, err
	}
	return &cloudwatchapi.GetMetricWidgetImageOutput{MetricWidgetImage: picture}, nil
}

// Format is how a picture is drawn.
type Format int

// The formats of pictures.
const (
	PNG Format = iota
	SVG
)

// Picture draws what a MetricWidget says, from metrics of the account and region of the call in
// ctx. It is for mails and pages of the server's own, too. What is wrong with the widget is a
// *cloud.Error. Two pictures are drawn at a time; others wait.
func (s *Service) Picture(ctx context.Context, widget string, format Format) ([]byte, error) {
	now := time.Now()
	g, err := dashboard.ParseGraph(widget, now)
	if err != nil {
		return nil, errValidation("%s", err.Error())
	}
	ctx, stop := context.WithTimeoutCause(ctx, drawnWithin, errSlowPicture())
	defer stop()
	select {
	case s.drawing <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-s.drawing }()
	c, err := s.chartOf(ctx, g, now)
	if err == nil {
		var picture []byte
		if format == SVG {
			picture, err = chart.SVG(ctx, c)
		} else {
			picture, err = chart.PNG(ctx, c)
		}
		if err == nil {
			return picture, nil
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, err
}

func errSlowPicture() error {
	return cloud.Errorf(cloud.Throttled, "ThrottlingException", "The picture could not be drawn within %v: ask for less, or later.", drawnWithin)
}

// Raw returns a picture as the body of an answer, where an image/png was asked for.
func (s *Service) Raw(in, out any) (contentType string, body []byte, ok bool) {
	asked, ok1 := in.(*cloudwatchapi.GetMetricWidgetImageInput)
	drawn, ok2 := out.(*cloudwatchapi.GetMetricWidgetImageOutput)
	if !ok1 || !ok2 || drawn == nil || resource.Value(asked.OutputFormat) != "image/png" {
		return "", nil, false
	}
	return "image/png", drawn.MetricWidgetImage, true
}

// chartOf reads the metrics of a graph, and makes a chart of them.
func (s *Service) chartOf(ctx context.Context, g *dashboard.Graph, now time.Time) (*chart.Chart, error) {
	if len(g.Alarms) > 0 {
		return nil, cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok does not draw alarms among annotations yet: give the metric and a horizontal annotation.")
	}
	c := &chart.Chart{
		Title: g.Title, Width: g.Width, Height: g.Height, Dark: g.Dark, From: g.Start, To: g.End, Zone: g.Timezone, Spark: g.Spark,
		Left:   chart.Axis{Label: g.Left.Label, Min: g.Left.Min, Max: g.Left.Max},
		Right:  chart.Axis{Label: g.Right.Label, Min: g.Right.Min, Max: g.Right.Max},
		Legend: map[string]chart.Place{"bottom": chart.Below, "right": chart.Beside, "hidden": chart.Nowhere}[g.Legend],
		View:   map[string]chart.View{"timeSeries": chart.Lines, "bar": chart.Bars, "pie": chart.Pie, "singleValue": chart.Numbers, "gauge": chart.Gauges}[g.View],
	}
	if g.Stacked && c.View == chart.Lines {
		c.View = chart.Stacked
	}
	for _, l := range g.Levels {
		if !l.Hidden {
			c.Levels = append(c.Levels, chart.Level{Value: l.Value, To: l.To, Label: join(l.Label, l.ToLabel), Color: l.Color, Right: l.Right, Fill: fillOf(l.Fill)})
		}
	}
	for _, m := range g.Moments {
		if !m.Hidden {
			c.Moments = append(c.Moments, chart.Moment{At: m.At, To: m.To, Label: join(m.Label, m.ToLabel), Color: m.Color, Fill: fillOf(m.Fill)})
		}
	}
	return c, s.addSeries(ctx, g, c, now)
}

func join(a, b string) string {
	if a != "" && b != "" {
		return a + " – " + b
	}
	return a + b
}

func fillOf(word string) chart.Fill {
	return map[string]chart.Fill{"above": chart.Higher, "after": chart.Higher, "below": chart.Lower, "before": chart.Lower}[word]
}

// addSeries reads the metrics of a graph as GetMetricData does, and gives them to a chart.
func (s *Service) addSeries(ctx context.Context, g *dashboard.Graph, c *chart.Chart, now time.Time) error {
	call := cloud.CallOf(ctx)
	in := &cloudwatchapi.GetMetricDataInput{StartTime: &g.Start, EndTime: &g.End}
	for i := range g.Metrics {
		q, err := queryOf(g, &g.Metrics[i], i, string(call.Region), now)
		if err != nil {
			return err
		}
		in.MetricDataQueries = append(in.MetricDataQueries, *q)
		// Periods begin where the start is rounded to.
		if w := windowOf(g.Start, g.End, wantedPeriod(g, &g.Metrics[i], now), now); w.from.Before(c.From) {
			c.From = w.from
		}
	}
	data := &getData{in: in, reader: reader{s, call.Scope(), now}, zone: g.Timezone, tracks: map[int][]Track{}}
	if err := data.check(call.Account); err != nil {
		return err
	}
	if err := data.setLabels(); err != nil {
		return err
	}
	if err := data.evaluate(ctx, s.cfg.Expressions); err != nil {
		return err
	}
	more := 0
	units := map[bool]map[string]bool{false: {}, true: {}}
	for i := range data.queries {
		if err := data.read(ctx, i, min(i+atOnce, len(data.queries))); err != nil {
			return err
		}
		m := &g.Metrics[i]
		if m.Hidden {
			continue
		}
		for n := range data.tracks[i] {
			if len(c.Series) == dashboard.MostInPicture {
				more++
				continue
			}
			t := &data.tracks[i][n]
			units[m.Right][t.Unit] = true
			c.Series = append(c.Series, seriesOf(t, data.labelOf(&data.queries[i], t), m, periodOf(g, m, t, now)))
		}
	}
	if more > 0 {
		c.Note = fmt.Sprintf("%d metrics more are not shown.", more)
	}
	c.Left.Label, c.Right.Label = unitLabel(c.Left.Label, g.Left.ShowUnits, units[false]), unitLabel(c.Right.Label, g.Right.ShowUnits, units[true])
	return nil
}

// unitLabel is the label of an axis: its own, or the unit that all has there.
func unitLabel(label string, show bool, units map[string]bool) string {
	if label != "" || !show || len(units) != 1 {
		return label
	}
	for unit := range units {
		if unit != "None" {
			return unit
		}
	}
	return ""
}

// queryOf is the query for a row of a graph.
func queryOf(g *dashboard.Graph, m *dashboard.Metric, i int, region string, now time.Time) (*cloudwatchapi.MetricDataQuery, error) {
	if m.Region != "" && m.Region != region {
		return nil, cloud.Errorf(cloud.Unsupported, "UnsupportedOperation", "Sillok draws metrics of the region that is asked, %s: /metrics/%d is of %s.", region, i, m.Region)
	}
	q := &cloudwatchapi.MetricDataQuery{Id: new(m.ID), ReturnData: new(true)}
	if m.ID == "" {
		q.Id = new(fmt.Sprintf("row%d", i))
	}
	if m.Label != "" {
		q.Label = &m.Label
	}
	if m.Account != "" {
		q.AccountId = &m.Account
	}
	period := wantedPeriod(g, m, now)
	if m.Expression != "" {
		q.Expression, q.Period = &m.Expression, &period
		return q, nil
	}
	stat := m.Stat
	if stat == "" {
		stat = g.Stat
	}
	q.MetricStat = &cloudwatchapi.MetricStat{Metric: &cloudwatchapi.Metric{Namespace: &m.Namespace, MetricName: &m.Name}, Period: &period, Stat: &stat}
	for _, d := range m.Dimensions {
		q.MetricStat.Metric.Dimensions = append(q.MetricStat.Metric.Dimensions, cloudwatchapi.Dimension{Name: new(d[0]), Value: new(d[1])})
	}
	return q, nil
}

// wantedPeriod is the period of a row: as it says, or as the graph does, and not less than what is kept
// of data that are so old.
func wantedPeriod(g *dashboard.Graph, m *dashboard.Metric, now time.Time) int32 {
	period := g.Period
	if m.Period > 0 {
		period = m.Period
	}
	if g.Whole && g.View != "timeSeries" {
		whole := max(int32(g.End.Sub(g.Start)/time.Minute), 1) * 60 //nolint:gosec // a graph is of two years at most
		return max(period, whole)
	}
	switch age := now.Sub(g.Start); {
	case age >= 63*day:
		period = max(period, 3600)
	case age >= 15*day:
		period = max(period, 300)
	case age >= 3*time.Hour+time.Minute:
		period = max(period, 60)
	}
	return period
}

// periodOf is how far points of a track are apart; 0 where that is not known.
func periodOf(g *dashboard.Graph, m *dashboard.Metric, t *Track, now time.Time) time.Duration {
	switch {
	case t.Of != nil:
		return time.Duration(t.Of.Period) * time.Second
	case m.Expression != "" && m.Period == 0:
		return 0
	}
	return time.Duration(wantedPeriod(g, m, now)) * time.Second
}

func seriesOf(t *Track, label string, m *dashboard.Metric, period time.Duration) chart.Series {
	s := chart.Series{Label: label, Color: m.Color, Right: m.Right, Period: period, Points: make([]chart.Point, len(t.Times))}
	for i := range t.Times {
		s.Points[i] = chart.Point{Time: t.Times[i], Value: t.Values[i]}
	}
	return s
}
