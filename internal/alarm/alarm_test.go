package alarm_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/cloud"
)

// define is an alarm of one minute on an average over 50, changed.
func define(change func(d *alarm.Definition)) alarm.Definition {
	d := alarm.Definition{Operator: alarm.Greater, Threshold: 50, Statistic: "Average", Period: time.Minute, EvaluationPeriods: 1}
	if change != nil {
		change(&d)
	}
	return d
}

func TestDefinitionsThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(d *alarm.Definition)
		want   string
	}{
		{name: "as it should be"},
		{name: "a period of 45 seconds", change: func(d *alarm.Definition) { d.Period = 45 * time.Second }, want: "Period must be 10, 20, 30 or a multiple of 60"},
		{name: "a period of a second", change: func(d *alarm.Definition) { d.Period = time.Second }, want: "Period must be 10, 20, 30 or a multiple of 60"},
		{name: "no period", change: func(d *alarm.Definition) { d.Period = 0 }, want: "Period must be 10, 20, 30 or a multiple of 60"},
		{name: "a negative period", change: func(d *alarm.Definition) { d.Period = -time.Minute }, want: "Period must be 10, 20, 30 or a multiple of 60"},
		{name: "90 seconds", change: func(d *alarm.Definition) { d.Period = 90 * time.Second }, want: "Period must be 10, 20, 30 or a multiple of 60"},
		{name: "a day of tens of seconds", change: func(d *alarm.Definition) { d.Period, d.EvaluationPeriods = 10*time.Second, 8640 }},
		{
			name: "ten seconds beyond a day", change: func(d *alarm.Definition) { d.Period, d.EvaluationPeriods = 10*time.Second, 8641 },
			want: "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for alarms using period < 3600",
		},
		{name: "a week of hours", change: func(d *alarm.Definition) { d.Period, d.EvaluationPeriods = time.Hour, 168 }},
		{
			name: "more than a week of hours", change: func(d *alarm.Definition) { d.Period, d.EvaluationPeriods = time.Hour, 169 },
			want: "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) for alarms using period >= 3600",
		},
		{
			name: "periods beyond any number", change: func(d *alarm.Definition) { d.EvaluationPeriods = math.MaxInt },
			want: "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for alarms using period < 3600",
		},
		{name: "no evaluation periods", change: func(d *alarm.Definition) { d.EvaluationPeriods = 0 }, want: "EvaluationPeriods must be greater than or equal to 1"},
		{name: "2 of 1", change: func(d *alarm.Definition) { d.DatapointsToAlarm = 2 }, want: "DatapointsToAlarm must be less than or equal to EvaluationPeriods"},
		{name: "-1 of 1", change: func(d *alarm.Definition) { d.DatapointsToAlarm = -1 }, want: "DatapointsToAlarm must be greater than or equal to 1"},
		{
			name: "an unknown treatment", change: func(d *alarm.Definition) { d.TreatMissingData = "Breaching" },
			want: "Supported values for TreatMissingData are breaching, notBreaching, ignore, and missing.",
		},
		{
			name: "an unknown way with few samples", change: func(d *alarm.Definition) { d.EvaluateLowSampleCountPercentile = "missing" },
			want: "Option missing is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.",
		},
		{
			name: "no operator", change: func(d *alarm.Definition) { d.Operator = "Equals" },
			want: "Supported values for ComparisonOperator are GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold, LessThanOrEqualToThreshold, " +
				"LessThanLowerOrGreaterThanUpperThreshold, LessThanLowerThreshold, and GreaterThanUpperThreshold.",
		},
		{name: "no number", change: func(d *alarm.Definition) { d.Threshold = math.NaN() }, want: "The value of Threshold must be a finite number."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := alarm.New(define(tt.change))
			got := ""
			if e, ok := errors.AsType[*cloud.Error](err); ok {
				got = e.Message
				if e.Kind != cloud.Invalid || e.Code != "ValidationError" {
					t.Errorf("%v %s", e.Kind, e.Code)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("want %q\ngot  %q", tt.want, got)
			}
		})
	}
}

// A window ends where the newest period does that is waited for.
func TestWindows(t *testing.T) {
	at := time.Date(2026, 9, 14, 12, 0, 47, 5000, time.UTC)
	clock := func(h, m, s int) time.Time { return time.Date(2026, 9, 14, h, m, s, 0, time.UTC) }
	for _, tt := range []struct {
		name   string
		change func(d *alarm.Definition)
		want   alarm.Window
		every  time.Duration
	}{
		{"10 seconds", func(d *alarm.Definition) { d.Period, d.EvaluationPeriods = 10*time.Second, 3 }, alarm.Window{From: clock(11, 59, 0), To: clock(12, 0, 30), Slots: 9}, 10 * time.Second},
		{
			"10 seconds of an expression", func(d *alarm.Definition) { d.Period, d.EvaluationPeriods, d.Statistic = 10*time.Second, 3, "" },
			alarm.Window{From: clock(11, 59, 10), To: clock(12, 0, 40), Slots: 9},
			10 * time.Second,
		},
		{"20 seconds", func(d *alarm.Definition) { d.Period = 20 * time.Second }, alarm.Window{From: clock(11, 59, 10), To: clock(12, 0, 30), Slots: 4}, 10 * time.Second},
		{"30 seconds", func(d *alarm.Definition) { d.Period = 30 * time.Second }, alarm.Window{From: clock(11, 59, 0), To: clock(12, 0, 30), Slots: 3}, 10 * time.Second},
		{"a minute", nil, alarm.Window{From: clock(11, 57, 0), To: clock(12, 0, 0), Slots: 3}, time.Minute},
		{"five minutes", func(d *alarm.Definition) { d.Period, d.EvaluationPeriods = 5*time.Minute, 3 }, alarm.Window{From: clock(11, 35, 0), To: clock(12, 0, 0), Slots: 5}, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := evaluator(t, define(tt.change))
			if diff := cmp.Diff(tt.want, e.Window(at.In(time.FixedZone("", 5400)))); diff != "" {
				t.Error(diff)
			}
			if e.Every() != tt.every {
				t.Errorf("every %s", e.Every())
			}
		})
	}
}

// Few samples keep the state where the alarm says so.
func TestPercentilesOfFewSamples(t *testing.T) {
	for _, tt := range []struct {
		statistic, low string
		samples        []float64
		want           alarm.State
	}{
		{"p90", "", []float64{1}, alarm.Alarm},
		{"p90", alarm.Evaluate, []float64{1}, alarm.Alarm},
		{"p90", alarm.Ignore, []float64{99}, alarm.OK},
		{"p90", alarm.Ignore, []float64{100}, alarm.Alarm},
		{"p90", alarm.Ignore, []float64{60, 39}, alarm.OK},
		{"p90", alarm.Ignore, []float64{60, 40}, alarm.Alarm},
		{"p99.9", alarm.Ignore, []float64{9999}, alarm.OK},
		{"p99.9", alarm.Ignore, []float64{10000}, alarm.Alarm},
		{"p50", alarm.Ignore, []float64{19}, alarm.OK},
		{"p50", alarm.Ignore, []float64{20}, alarm.Alarm},
		{"p10", alarm.Ignore, []float64{99}, alarm.OK},
		{"p10", alarm.Ignore, []float64{100}, alarm.Alarm},
		{"p100", alarm.Ignore, []float64{1}, alarm.Alarm},
		{"p0", alarm.Ignore, []float64{1}, alarm.Alarm},
		{"Average", alarm.Ignore, []float64{1}, alarm.Alarm},
		{"tm90", alarm.Ignore, []float64{1}, alarm.Alarm},
		{"p90", alarm.Ignore, nil, alarm.InsufficientData},
	} {
		e := evaluator(t, define(func(d *alarm.Definition) {
			d.Statistic, d.EvaluateLowSampleCountPercentile, d.EvaluationPeriods = tt.statistic, tt.low, max(1, len(tt.samples))
		}))
		w := e.Window(now)
		var points []alarm.Point
		for i, n := range tt.samples {
			points = append(points, alarm.Point{Time: w.To.Add(-time.Duration(i+1) * time.Minute), Value: 99, Samples: n})
		}
		if v := e.Evaluate(now, points, alarm.OK); v.State != tt.want {
			t.Errorf("%s %s of %v: %s by %s, want %s", tt.statistic, tt.low, tt.samples, v.State, v.Rule, tt.want)
		}
	}
}

// What is no number, or lies outside, is as what is not there.
func TestPointsThatDoNotCount(t *testing.T) {
	e := evaluator(t, define(nil))
	w := e.Window(now)
	band := evaluator(t, define(func(d *alarm.Definition) { d.Operator, d.Statistic = alarm.OutsideBand, "" }))
	for _, tt := range []struct {
		name string
		e    *alarm.Evaluator
		p    alarm.Point
		want alarm.State
	}{
		{"in the newest period", e, alarm.Point{Time: w.To.Add(-1), Value: 99}, alarm.Alarm},
		{"in the oldest", e, alarm.Point{Time: w.From, Value: 99}, alarm.Alarm},
		{"before", e, alarm.Point{Time: w.From.Add(-1), Value: 99}, alarm.InsufficientData},
		{"after", e, alarm.Point{Time: w.To, Value: 99}, alarm.InsufficientData},
		{"not a number", e, alarm.Point{Time: w.From, Value: math.NaN()}, alarm.InsufficientData},
		{"infinite", e, alarm.Point{Time: w.From, Value: math.Inf(1)}, alarm.InsufficientData},
		{"without the lower end", band, alarm.Point{Time: w.From, Value: 99, Lower: math.NaN(), Upper: 1}, alarm.InsufficientData},
		{"without the upper end", band, alarm.Point{Time: w.From, Value: 99, Upper: math.NaN()}, alarm.InsufficientData},
		{"with both", band, alarm.Point{Time: w.From, Value: 99, Upper: 1}, alarm.Alarm},
	} {
		if v := tt.e.Evaluate(now, []alarm.Point{tt.p}, alarm.OK); v.State != tt.want {
			t.Errorf("%s: %s by %s, want %s", tt.name, v.State, v.Rule, tt.want)
		}
	}
}

func TestOperators(t *testing.T) {
	for _, tt := range []struct {
		operator alarm.Operator
		breach   string // of 1, 2 and 3 beside 2, or beside a band from 2 to 2
	}{
		{alarm.Greater, "3"},
		{alarm.GreaterOrEqual, "23"},
		{alarm.Less, "1"},
		{alarm.LessOrEqual, "12"},
		{alarm.OutsideBand, "13"},
		{alarm.LessThanLower, "1"},
		{alarm.GreaterThanUpper, "3"},
	} {
		e := evaluator(t, define(func(d *alarm.Definition) { d.Operator, d.Threshold = tt.operator, 2 }))
		got := ""
		for i, digit := range []string{"1", "2", "3"} {
			p := alarm.Point{Time: now.Add(-time.Minute), Value: float64(i + 1), Lower: 2, Upper: 2}
			if v := e.Evaluate(now, []alarm.Point{p}, alarm.OK); v.State == alarm.Alarm {
				got += digit
			}
		}
		if got != tt.breach {
			t.Errorf("%s: %s breach, want %s", tt.operator, got, tt.breach)
		}
	}
}

// BenchmarkEvaluate is what 50,000 alarms cost once: without texts, as nothing changes.
func BenchmarkEvaluate(b *testing.B) {
	e := evaluator(b, define(func(d *alarm.Definition) { d.EvaluationPeriods, d.DatapointsToAlarm = 5, 3 }))
	history := points(e.Window(now), time.Minute, strings.Repeat("0X-", 2))
	for b.Loop() {
		for range 50_000 {
			e.Evaluate(now, history, alarm.OK)
		}
	}
}
