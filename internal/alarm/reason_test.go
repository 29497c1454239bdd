package alarm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/alarm"
)

// Why an alarm is in its state, for points of one minute that end at 12:00.
func TestReasons(t *testing.T) {
	of := func(n, m int, treat string) func(d *alarm.Definition) {
		return func(d *alarm.Definition) { d.EvaluationPeriods, d.DatapointsToAlarm, d.TreatMissingData = n, m, treat }
	}
	for _, tt := range []struct {
		name   string
		change func(d *alarm.Definition)
		points string
		want   string
	}{
		{"one, without a count to alarm", of(1, 0, ""), "X", "Threshold Crossed: 1 datapoint [100.0 (14/09/26 11:59:00)] was greater than the threshold (50.0)."},
		{
			"two, without a count to alarm", of(2, 0, ""), "XX",
			"Threshold Crossed: 2 datapoints [100.0 (14/09/26 11:59:00), 100.0 (14/09/26 11:58:00)] were greater than the threshold (50.0).",
		},
		{"good again, without a count to alarm", of(2, 0, ""), "X0", "Threshold Crossed: 1 datapoint [0.0 (14/09/26 11:59:00)] was not greater than the threshold (50.0)."},
		{
			"one good that stands beside what is missing", of(8, 0, alarm.Breaching), "0",
			"Threshold Crossed: 1 datapoint [0.0 (14/09/26 11:59:00)] was not greater than the threshold (50.0) and 7 missing datapoints were treated as [Breaching].",
		},
		{"more than it takes", of(3, 1, ""), "XXX", "Threshold Crossed: 3 out of the last 3 datapoints [100.0 (14/09/26 11:59:00), 100.0 (14/09/26 11:58:00), " +
			"100.0 (14/09/26 11:57:00)] were greater than the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition)."},
		{"one among many that are missing", of(20, 1, alarm.NotBreaching), "X", "Threshold Crossed: 1 out of the last 20 datapoints [100.0 (14/09/26 11:59:00)] " +
			"was greater than the threshold (50.0) and 19 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition)."},
		{"none, one period", of(1, 1, alarm.NotBreaching), "", "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]."},
		{"none, two periods", of(2, 2, alarm.Breaching), "", "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching]."},
		{"the missing ones alone breach", of(3, 2, alarm.Breaching), "0", "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching]."},
		{"the missing ones alone are good", of(4, 3, alarm.NotBreaching), "XX", "Threshold Crossed: 2 datapoints were received for 4 periods and 2 missing datapoints were treated as [NonBreaching]."},
		{"nothing is known of one", of(1, 1, ""), "", "Insufficient Data: 1 datapoint was unknown."},
		{"nothing is known of five", of(5, 2, alarm.Missing), "", "Insufficient Data: 5 datapoints were unknown."},
		{"five", of(5, 5, ""), "XXXXX", "Threshold Crossed: 5 out of the last 5 datapoints were greater than the threshold (50.0). The most recent datapoints which crossed the threshold: " +
			"[100.0 (14/09/26 11:59:00), 100.0 (14/09/26 11:58:00), 100.0 (14/09/26 11:57:00), 100.0 (14/09/26 11:56:00), 100.0 (14/09/26 11:55:00)] (minimum 5 datapoints for OK -> ALARM transition)."},
		{"24, without a count to alarm", of(24, 0, ""), strings.Repeat("X", 24), "Threshold Crossed: 24 datapoints were greater than the threshold (50.0). The most recent datapoints which crossed the threshold: " +
			"[100.0 (14/09/26 11:59:00), 100.0 (14/09/26 11:58:00), 100.0 (14/09/26 11:57:00), 100.0 (14/09/26 11:56:00), 100.0 (14/09/26 11:55:00)]."},
		{"five that are good", of(5, 5, ""), "00000", "Threshold Crossed: 5 out of the last 5 datapoints were not greater than the threshold (50.0). The most recent datapoints: " +
			"[0.0 (14/09/26 11:59:00), 0.0 (14/09/26 11:58:00), 0.0 (14/09/26 11:57:00), 0.0 (14/09/26 11:56:00), 0.0 (14/09/26 11:55:00)] (minimum 1 datapoint for ALARM -> OK transition)."},
		{"too early", of(3, 3, ""), "X", ""},
		{"ignored", of(3, 3, alarm.Ignore), "", ""},
		{
			"less than or equal", func(d *alarm.Definition) { d.Operator, d.Threshold = alarm.LessOrEqual, 1e10 }, "0",
			"Threshold Crossed: 1 datapoint [0.0 (14/09/26 11:59:00)] was less than or equal to the threshold (1.0E10).",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := evaluator(t, define(tt.change))
			v := e.Evaluate(now, points(e.Window(now), time.Minute, tt.points), alarm.InsufficientData)
			if diff := cmp.Diff(tt.want, v.Reason()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Bands are named beside the points.
func TestReasonsOfBands(t *testing.T) {
	for _, tt := range []struct {
		operator     alarm.Operator
		value        float64
		reason, data string
	}{
		{
			alarm.OutsideBand, 0, "Thresholds Crossed: 1 out of the last 1 datapoints [0.0 (14/09/26 11:59:00)] was less than the lower thresholds [1.5] or greater than " +
				"the upper thresholds [3.5] (minimum 1 datapoint for OK -> ALARM transition).",
			`"recentDatapoints":[0.0],"recentLowerThresholds":[1.5],"recentUpperThresholds":[3.5],"evaluatedDatapoints":[{"timestamp":"2026-09-14T11:59:00.000+0000","value":0.0}]}`,
		},
		{
			alarm.OutsideBand, 2, "Thresholds Crossed: 1 out of the last 1 datapoints [2.0 (14/09/26 11:59:00)] was not less than the lower thresholds [1.5] or not greater than " +
				"the upper thresholds [3.5] (minimum 1 datapoint for ALARM -> OK transition).",
			`"recentDatapoints":[2.0],"recentLowerThresholds":[1.5],"recentUpperThresholds":[3.5],"evaluatedDatapoints":[{"timestamp":"2026-09-14T11:59:00.000+0000","value":2.0}]}`,
		},
		{
			alarm.GreaterThanUpper, 2, "Thresholds Crossed: 1 out of the last 1 datapoints [2.0 (14/09/26 11:59:00)] was not greater than the upper thresholds [3.5] (minimum 1 datapoint for ALARM -> OK transition).",
			`"recentDatapoints":[2.0],"recentUpperThresholds":[3.5],"evaluatedDatapoints":[{"timestamp":"2026-09-14T11:59:00.000+0000","value":2.0,"threshold":3.5}]}`,
		},
		{
			alarm.LessThanLower, 0, "Thresholds Crossed: 1 out of the last 1 datapoints [0.0 (14/09/26 11:59:00)] was less than the lower thresholds [1.5] (minimum 1 datapoint for OK -> ALARM transition).",
			`"recentDatapoints":[0.0],"recentLowerThresholds":[1.5],"evaluatedDatapoints":[{"timestamp":"2026-09-14T11:59:00.000+0000","value":0.0,"threshold":1.5}]}`,
		},
	} {
		e := evaluator(t, define(func(d *alarm.Definition) { d.Operator, d.Statistic, d.DatapointsToAlarm = tt.operator, "", 1 }))
		v := e.Evaluate(now, []alarm.Point{{Time: now.Add(-time.Minute), Value: tt.value, Lower: 1.5, Upper: 3.5}}, alarm.InsufficientData)
		if diff := cmp.Diff(tt.reason, v.Reason()); diff != "" {
			t.Error(diff)
		}
		want := `{"version":"1.0","queryDate":"2026-09-14T12:00:00.000+0000","startDate":"2026-09-14T11:59:00.000+0000","period":60,` + tt.data
		if diff := cmp.Diff(want, v.ReasonData()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestReasonData(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(d *alarm.Definition)
		points string
		want   string
	}{
		{
			"with gaps, the missing named by their times", func(d *alarm.Definition) { d.EvaluationPeriods, d.DatapointsToAlarm = 3, 3 }, "X-X--",
			`{"version":"1.0","queryDate":"2026-09-14T12:00:00.000+0000","startDate":"2026-09-14T11:55:00.000+0000","statistic":"Average","period":60,"recentDatapoints":[100.0,null,100.0],"threshold":50.0,` +
				`"evaluatedDatapoints":[{"timestamp":"2026-09-14T11:59:00.000+0000"},{"timestamp":"2026-09-14T11:57:00.000+0000","sampleCount":1.0,"value":100.0},` +
				`{"timestamp":"2026-09-14T11:55:00.000+0000","sampleCount":1.0,"value":100.0}]}`,
		},
		{
			"of a unit, without points", func(d *alarm.Definition) { d.Unit, d.Statistic, d.EvaluationPeriods = "Percent", "p99", 2 }, "",
			`{"version":"1.0","queryDate":"2026-09-14T12:00:00.000+0000","unit":"Percent","statistic":"p99","period":60,"recentDatapoints":[],"threshold":50.0,` +
				`"evaluatedDatapoints":[{"timestamp":"2026-09-14T11:59:00.000+0000"},{"timestamp":"2026-09-14T11:58:00.000+0000"}]}`,
		},
		{
			"of an expression", func(d *alarm.Definition) { d.Statistic = "" }, "X",
			`{"version":"1.0","queryDate":"2026-09-14T12:00:00.000+0000","startDate":"2026-09-14T11:59:00.000+0000","period":60,"recentDatapoints":[100.0],"threshold":50.0,` +
				`"evaluatedDatapoints":[{"timestamp":"2026-09-14T11:59:00.000+0000","value":100.0}]}`,
		},
		{
			"good again: the newest that suffice", func(d *alarm.Definition) { d.EvaluationPeriods = 2 }, "00",
			`{"version":"1.0","queryDate":"2026-09-14T12:00:00.000+0000","startDate":"2026-09-14T11:58:00.000+0000","statistic":"Average","period":60,"recentDatapoints":[0.0,0.0],"threshold":50.0,` +
				`"evaluatedDatapoints":[{"timestamp":"2026-09-14T11:59:00.000+0000","sampleCount":1.0,"value":0.0}]}`,
		},
		{"kept", func(d *alarm.Definition) { d.TreatMissingData = alarm.Ignore }, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := evaluator(t, define(tt.change))
			v := e.Evaluate(now, points(e.Window(now), time.Minute, tt.points), alarm.InsufficientData)
			if diff := cmp.Diff(tt.want, v.ReasonData()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A day of points does not make a document that is longer than AWS's.
func TestReasonDataOfManyPointsIsCut(t *testing.T) {
	e := evaluator(t, define(func(d *alarm.Definition) { d.EvaluationPeriods, d.DatapointsToAlarm = 1440, 1440 }))
	v := e.Evaluate(now, points(e.Window(now), time.Minute, strings.Repeat("X", 1440)), alarm.OK)
	if data := v.ReasonData(); len(data) > 4000 || len(data) < 2000 || !strings.HasSuffix(data, `"evaluatedDatapoints":[{"timestamp":"2026-09-14T11:59:00.000+0000","sampleCount":1.0,"value":100.0}]}`) {
		t.Errorf("%d bytes: %s", len(data), data)
	}
}
