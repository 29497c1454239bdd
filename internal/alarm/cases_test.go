package alarm_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/kit/material"
)

// now is when the tests evaluate: on a minute, so that slots of all periods end there.
var now = time.Date(2026, 9, 14, 12, 0, 0, 0, time.UTC)

// recorded is a cell of the tables in AWS's guide, or an evaluation that AWS was seen to make.
type recorded struct {
	Points            []string
	EvaluationPeriods int
	DatapointsToAlarm int
	Period            int
	TreatMissingData  string
	Filled            *int
	Prior, Expect     string
	Reason            string
	Evaluated         []string
	RecentDatapoints  []*float64
	Threshold         float64
	Operator          string
	Source            string
}

func cases(tb testing.TB) []recorded {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(material.Dir(tb), "cases", "alarms_missing_data.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var file struct{ Cases []recorded }
	if err := json.Unmarshal(text, &file); err != nil {
		tb.Fatal(err)
	}
	return file.Cases
}

// evaluator is that of a case; the tables of the guide name neither operator nor threshold.
func (r *recorded) evaluator(tb testing.TB) *alarm.Evaluator {
	tb.Helper()
	d := alarm.Definition{
		Operator: alarm.Operator(r.Operator), Threshold: r.Threshold, Statistic: "Average", Period: time.Duration(r.Period) * time.Second,
		EvaluationPeriods: r.EvaluationPeriods, DatapointsToAlarm: r.DatapointsToAlarm, TreatMissingData: r.TreatMissingData,
	}
	if d.Operator == "" {
		d.Operator, d.Threshold = alarm.Greater, 50
	}
	return evaluator(tb, d)
}

func evaluator(tb testing.TB, d alarm.Definition) *alarm.Evaluator {
	tb.Helper()
	e, err := alarm.New(d)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// points puts what was read or recorded, the oldest first, at the end of the window:
// 0 is a good point, X one that breaches, - none.
func points(w alarm.Window, period time.Duration, signs string) []alarm.Point {
	var out []alarm.Point
	for i, sign := range signs {
		p := alarm.Point{Time: w.To.Add(-time.Duration(len(signs)-i) * period), Samples: 1}
		switch sign {
		case '0':
			out = append(out, p)
		case 'X':
			p.Value = 100
			out = append(out, p)
		}
	}
	return out
}

func TestWhatAWSWasSeenToEvaluate(t *testing.T) {
	for i, one := range cases(t) {
		name := fmt.Sprintf("%d %s %d of %d %s", i, strings.Join(one.Points, ""), one.DatapointsToAlarm, one.EvaluationPeriods, one.TreatMissingData)
		t.Run(name, func(t *testing.T) {
			e := one.evaluator(t)
			w := e.Window(now)
			if w.Slots != len(one.Points) {
				t.Errorf("%d periods are looked at, want %d", w.Slots, len(one.Points))
			}
			priors := []alarm.State{alarm.OK, alarm.Alarm, alarm.InsufficientData}
			if one.Prior != "" {
				priors = []alarm.State{alarm.State(one.Prior)}
			}
			for _, prior := range priors {
				v := e.Evaluate(now, points(w, e.Definition().Period, strings.Join(one.Points, "")), prior)
				one.judge(t, &v, prior)
			}
		})
	}
}

func (r *recorded) judge(t *testing.T, v *alarm.Verdict, prior alarm.State) {
	t.Helper()
	switch r.Expect {
	case "KEEP":
		if v.State != prior || !v.Kept() {
			t.Errorf("from %s to %s by %s, want it kept", prior, v.State, v.Rule)
		}
	case "NOT_ALARM":
		if v.State == alarm.Alarm && prior != alarm.Alarm {
			t.Errorf("from %s to %s by %s", prior, v.State, v.Rule)
		}
	default:
		if string(v.State) != r.Expect {
			t.Errorf("from %s to %s by %s, want %s", prior, v.State, v.Rule, r.Expect)
		}
	}
	if r.Filled != nil && v.Filled != *r.Filled {
		t.Errorf("%d points are filled, want %d", v.Filled, *r.Filled)
	}
	if r.Reason == "" {
		return
	}
	if got := withoutDates(v.Reason()); got != r.Reason {
		t.Errorf("want %s\ngot  %s", r.Reason, got)
	}
	var data struct {
		RecentDatapoints    []*float64
		EvaluatedDatapoints []struct{ Value *float64 }
	}
	if err := json.Unmarshal([]byte(v.ReasonData()), &data); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, p := range data.EvaluatedDatapoints {
		kinds = append(kinds, map[bool]string{true: "missing", false: "real"}[p.Value == nil])
	}
	if diff := cmp.Diff(r.Evaluated, kinds); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(r.RecentDatapoints, data.RecentDatapoints); diff != "" {
		t.Error(diff)
	}
}

// withoutDates has DATE in the place of each date, as the cases do.
func withoutDates(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "(")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inside, after, _ := strings.Cut(rest, ")")
		if _, err := time.Parse("02/01/06 15:04:05", inside); err == nil {
			inside = "DATE"
		}
		b.WriteString("(" + inside + ")")
		text = after
	}
}
