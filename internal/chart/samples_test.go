package chart_test

import (
	"math"
	"time"

	"github.com/sillok/sillok/internal/chart"
)

var (
	from = time.Date(2026, 3, 2, 21, 0, 0, 0, time.UTC)
	to   = from.Add(6 * time.Hour)
)

// wave is a series of a point every five minutes but for those that drop says.
func wave(label string, middle, by, turn float64, drop func(i int) bool) chart.Series {
	s := chart.Series{Label: label, Period: 5 * time.Minute}
	for i := range 72 {
		if drop != nil && drop(i) {
			continue
		}
		v := middle + by*math.Sin(turn+float64(i)/9) + by/5*math.Sin(float64(i*i))
		s.Points = append(s.Points, chart.Point{Time: from.Add(time.Duration(i) * 5 * time.Minute), Value: v})
	}
	return s
}

func usual(change func(*chart.Chart)) *chart.Chart {
	c := &chart.Chart{Title: "CPU utilization by instance", Width: 600, Height: 400, From: from, To: to}
	change(c)
	return c
}

// samples are charts of every kind.
func samples() map[string]*chart.Chart {
	hundred, zero := 100.0, 0.0
	waves := func() []chart.Series {
		return []chart.Series{
			wave("i-0123456789abcdef0", 50, 20, 0, func(i int) bool { return i > 20 && i < 28 || i == 40 || i == 42 }),
			wave("i-0fedcba9876543210", 35, 10, 2, nil), wave("i-00000000000000001", 20, 5, 4, nil),
		}
	}
	return map[string]*chart.Chart{
		"lines": usual(func(c *chart.Chart) {
			c.Series, c.Left.Label = waves(), "Percent"
			c.Levels = []chart.Level{{Value: 80, Label: "CPU >= 80 for 3 datapoints within 15 minutes", Fill: chart.Higher}}
		}),
		"dark": usual(func(c *chart.Chart) {
			c.Series, c.Dark, c.Legend, c.Zone = waves(), true, chart.Beside, time.FixedZone("UTC+09:00", 9*3600)
			more := wave("requests (right axis)", 120_000, 60_000, 1, nil)
			more.Right = true
			c.Series = append(c.Series, more)
			c.Left, c.Right = chart.Axis{Label: "Percent", Min: &zero, Max: &hundred}, chart.Axis{Label: "Requests"}
			c.Moments = []chart.Moment{{At: from.Add(2 * time.Hour), Label: "deployed 1.4.2"}, {At: from.Add(3 * time.Hour), To: new(from.Add(4 * time.Hour)), Label: "maintenance"}}
			to := 95.0
			c.Levels = []chart.Level{{Value: 75, To: &to, Label: "warm", Color: "#ff7f0e"}}
		}),
		"stacked": usual(func(c *chart.Chart) { c.Series, c.View = waves(), chart.Stacked }),
		"bars": usual(func(c *chart.Chart) {
			c.View, c.Series, c.Levels = chart.Bars, waves(), []chart.Level{{Value: 45, Label: "limit"}}
		}),
		"pie":     usual(func(c *chart.Chart) { c.View, c.Series = chart.Pie, waves() }),
		"numbers": usual(func(c *chart.Chart) { c.View, c.Series, c.Spark = chart.Numbers, waves(), true }),
		"gauge": usual(func(c *chart.Chart) {
			c.View, c.Series = chart.Gauges, waves()[:2]
			c.Left.Min, c.Left.Max = &zero, &hundred
			c.Levels = []chart.Level{{Value: 80, Fill: chart.Higher}}
		}),
		"korean": usual(func(c *chart.Chart) {
			c.Title, c.Series = "서울 리전 웹 서버 — 응답 시간 (ms)", waves()[:2]
			c.Series[0].Label, c.Series[1].Label = "결제 서비스 p99", "장바구니 日本語 中文 ελληνικά"
			c.Levels = []chart.Level{{Value: 70, Label: "경보 임계값 70ms"}}
			c.Moments = []chart.Moment{{At: from.Add(time.Hour), Label: "배포"}}
		}),
		"nothing": usual(func(c *chart.Chart) { c.Series = []chart.Series{{Label: "m"}} }),
		"many": usual(func(c *chart.Chart) {
			for i := range 100 {
				c.Series = append(c.Series, wave("a metric with a rather long label, the number of which is "+string(rune('A'+i%26)), float64(i), 10, float64(i), nil))
			}
			c.Note = "3 metrics more are not shown."
		}),
		"two weeks": usual(func(c *chart.Chart) {
			c.From, c.Width, c.Height = to.AddDate(0, 0, -14), 900, 300
			s := chart.Series{Label: "bytes", Period: time.Hour}
			for i := range 14 * 24 {
				s.Points = append(s.Points, chart.Point{Time: c.From.Add(time.Duration(i) * time.Hour), Value: 3.2e9 + 2.9e9*math.Sin(float64(i)/24*2*math.Pi)})
			}
			c.Series = []chart.Series{s}
		}),
		"small": usual(func(c *chart.Chart) { c.Series, c.Width, c.Height = waves(), 200, 120 }),
		"tiny":  usual(func(c *chart.Chart) { c.Series, c.Width, c.Height = waves(), 40, 20 }),
		"flat": usual(func(c *chart.Chart) {
			s := wave("constant", 0, 0, 0, nil)
			for i := range s.Points {
				s.Points[i].Value = 0.00012
			}
			c.Series = []chart.Series{s}
		}),
	}
}
