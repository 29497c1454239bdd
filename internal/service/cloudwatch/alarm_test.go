package cloudwatch_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

// carried is a Carrier that keeps what it is given.
type carried struct {
	facts      []bus.Fact
	deliveries []bus.Delivery
	nobody     bool // takes anything
}

// Publish implements cloudwatch.Carrier.
func (c *carried) Publish(tx state.Tx, f bus.Fact) error {
	tx.AfterCommit(func() { c.facts = append(c.facts, f) })
	return nil
}

// Deliver implements cloudwatch.Carrier.
func (c *carried) Deliver(tx state.Tx, d bus.Delivery) (string, error) {
	tx.AfterCommit(func() { c.deliveries = append(c.deliveries, d) })
	return "", nil
}

// Takes implements cloudwatch.Carrier.
func (c *carried) Takes(cloud.ARN) bool { return !c.nobody }

// taken returns the targets of the deliveries, and forgets them.
func (c *carried) taken() (targets []string) {
	targets = []string{}
	for _, d := range c.deliveries {
		targets = append(targets, d.Target.String())
	}
	c.deliveries = nil
	return targets
}

// alarming is CloudWatch as an account has it, with alarms that tell a Carrier.
type alarming struct {
	*service

	carried *carried
}

func openAlarms(tb testing.TB) *alarming {
	tb.Helper()
	c := &carried{}
	s, err := cloudwatch.Open(tb.Context(), cloudwatch.Config{
		Log: slog.New(slog.DiscardHandler), Dir: tb.TempDir(), Expressions: cloudwatch.Computed(), Carrier: c,
	}, servicetest.Store(tb))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return &alarming{&service{s, tb, servicetest.Call(tb), time.Now().UTC().Truncate(time.Minute).Add(-time.Minute)}, c}
}

// do calls an operation, and returns its output as JSON.
func (a *alarming) do(operation, in string) string {
	a.t.Helper()
	out, err := servicetest.Do(a.ctx, a.t, a.Service, operation, in)
	if err != nil {
		a.t.Fatalf("%s %s: %v", operation, in, err)
	}
	return string(out)
}

// refused calls an operation, and wants it refused with a code and a text.
func (a *alarming) refused(operation, in, code, text string) {
	a.t.Helper()
	_, err := servicetest.Do(a.ctx, a.t, a.Service, operation, in)
	servicetest.WantCode(a.t, err, code, text)
}

// metricAlarm is the input of PutMetricAlarm, with more members.
func metricAlarm(name, more string) string {
	return fmt.Sprintf(`{"AlarmName":%q,"Namespace":"ns","MetricName":%q,"Statistic":"Average","Period":60,"EvaluationPeriods":1,"Threshold":50,`+
		`"ComparisonOperator":"GreaterThanThreshold"%s}`, name, name, more)
}

// states returns the states of alarms, by their names.
func (a *alarming) states() string {
	a.t.Helper()
	var out struct {
		MetricAlarms, CompositeAlarms []struct{ AlarmName, StateValue string }
	}
	a.decode(a.do("DescribeAlarms", `{"AlarmTypes":["MetricAlarm","CompositeAlarm"]}`), &out)
	var all []string
	for _, one := range append(out.MetricAlarms, out.CompositeAlarms...) {
		all = append(all, one.AlarmName+" "+one.StateValue)
	}
	return strings.Join(all, ", ")
}

// summaries returns what the history of an alarm says, newest first.
func (a *alarming) summaries(name, types string) []string {
	a.t.Helper()
	var out struct {
		AlarmHistoryItems []struct{ HistorySummary string }
	}
	a.decode(a.do("DescribeAlarmHistory", fmt.Sprintf(`{"AlarmName":%q,"AlarmTypes":["MetricAlarm","CompositeAlarm"]%s}`, name, types)), &out)
	all := []string{}
	for _, item := range out.AlarmHistoryItems {
		all = append(all, item.HistorySummary)
	}
	return all
}

// evaluated is a case of AWS's guide, or one that AWS was seen to evaluate.
type evaluated struct {
	Points                                            []string
	EvaluationPeriods, DatapointsToAlarm, Period      int
	TreatMissingData, Prior, Expect, Reason, Operator string
	Threshold                                         float64
	Evaluated                                         []string
	RecentDatapoints                                  []*float64
}

var dates = regexp.MustCompile(`\(\d\d/\d\d/\d\d \d\d:\d\d:\d\d\)`)

// What AWS was seen to make of points that are missing is made of metrics that are put.
func TestAlarmsOnMetricsWithGaps(t *testing.T) {
	a := openAlarms(t)
	text, err := os.ReadFile(filepath.Join(material.Dir(t), "cases", "alarms_missing_data.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []evaluated }
	a.decode(string(text), &file)
	now := time.Now().UTC().Truncate(time.Minute)
	told := 0
	for i, one := range file.Cases {
		priors := []string{"OK", "ALARM", "INSUFFICIENT_DATA"}
		if one.Prior != "" {
			priors = []string{one.Prior}
		}
		if one.Operator == "" {
			one.Operator, one.Threshold = "GreaterThanThreshold", 50
		}
		for _, prior := range priors {
			name := fmt.Sprintf("case %d from %s", i, prior)
			end := now
			if one.Period < 60 {
				end = end.Add(-10 * time.Second) // what is late is waited for
			}
			resolution := 60
			if one.Period < 60 {
				resolution = 1
			}
			for n, sign := range one.Points {
				value := map[string]int{"0": 0, "X": 100}[sign]
				if sign != "-" {
					at := end.Add(-time.Duration((len(one.Points)-n)*one.Period) * time.Second).Format(time.RFC3339)
					a.put(fmt.Sprintf(`{"MetricName":%q,"Value":%d,"Timestamp":%q,"StorageResolution":%d}`, name, value, at, resolution))
				}
			}
			a.do("PutMetricAlarm", fmt.Sprintf(`{"AlarmName":%q,"Namespace":"ns","MetricName":%q,"Statistic":"Average","Period":%d,"EvaluationPeriods":%d,`+
				`"DatapointsToAlarm":%d,"Threshold":%v,"ComparisonOperator":%q,"TreatMissingData":%q}`,
				name, name, one.Period, one.EvaluationPeriods, one.DatapointsToAlarm, one.Threshold, one.Operator, one.TreatMissingData))
			a.do("SetAlarmState", fmt.Sprintf(`{"AlarmName":%q,"StateValue":%q,"StateReason":"before"}`, name, prior))
			told++
		}
	}
	a.EvaluateAll(a.ctx, now)
	for i, one := range file.Cases {
		for _, prior := range []string{"OK", "ALARM", "INSUFFICIENT_DATA"} {
			if one.Prior == "" || one.Prior == prior {
				a.judge(fmt.Sprintf("case %d from %s", i, prior), prior, one)
			}
		}
	}
	if told < 100 {
		t.Errorf("%d alarms were evaluated, want 100 at least", told)
	}
}

func (a *alarming) judge(name, prior string, one evaluated) {
	a.t.Helper()
	var out struct {
		MetricAlarms []struct{ StateValue, StateReason, StateReasonData string }
	}
	a.decode(a.do("DescribeAlarms", fmt.Sprintf(`{"AlarmNames":[%q]}`, name)), &out)
	got := out.MetricAlarms[0]
	switch one.Expect {
	case "KEEP":
		one.Expect = prior
	case "NOT_ALARM":
		if got.StateValue == "ALARM" && prior != "ALARM" {
			a.t.Errorf("%s %v: %s", name, one.Points, got.StateValue)
		}
		return
	}
	if got.StateValue != one.Expect {
		a.t.Errorf("%s %v: is in %s, want %s", name, one.Points, got.StateValue, one.Expect)
	}
	if one.Reason == "" || prior == one.Expect {
		return
	}
	var data struct {
		RecentDatapoints    []*float64
		EvaluatedDatapoints []struct{ Value *float64 }
	}
	a.decode(got.StateReasonData, &data)
	var kinds []string
	for _, p := range data.EvaluatedDatapoints {
		kinds = append(kinds, map[bool]string{true: "missing", false: "real"}[p.Value == nil])
	}
	servicetest.Diff(a.t, []any{one.Reason, one.Evaluated, one.RecentDatapoints}, []any{dates.ReplaceAllString(got.StateReason, "(DATE)"), kinds, data.RecentDatapoints})
}

// A rule that AWS was seen to take is taken, and one that it refused is refused in its words.
func TestRulesThatAWSWasSeenToTake(t *testing.T) {
	a := openAlarms(t)
	a.ctx = servicetest.As(t, "123456789012", "us-east-1")
	for _, name := range []string{"metric", "second"} {
		a.do("PutMetricAlarm", metricAlarm(name, ""))
	}
	a.do("PutCompositeAlarm", `{"AlarmName":"composite","AlarmRule":"FALSE"}`)
	type rule struct {
		Rule, Message string
		OK            bool
	}
	told := 0
	for _, one := range material.Lines[rule](t, "cases", "alarm_rules.jsonl") {
		if one.Rule == "" {
			continue
		}
		told++
		in, err := json.Marshal(map[string]string{"AlarmName": "composite", "AlarmRule": one.Rule})
		if err != nil {
			t.Fatal(err)
		}
		if one.OK {
			a.do("PutCompositeAlarm", string(in))
		} else {
			_, err := servicetest.Do(a.ctx, t, a.Service, "PutCompositeAlarm", string(in))
			servicetest.Diff(t, "ValidationError: "+one.Message, fmt.Sprint(err))
		}
	}
	if told < 38 {
		t.Errorf("%d rules were put, want 38 at least", told)
	}
}

// notified is a change that AWS was seen to tell SNS of.
type notified struct {
	Case, Subject, SMS, Email, AlarmName string
	Message                              json.RawMessage
}

// isoTimes are times as this test reads them.
var isoTimes = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

var stamps = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+]0000|[A-Z][a-z]+ \d\d [A-Z][a-z]+, \d{4} \d\d:\d\d:\d\d UTC`)

// The messages that AWS was seen to send are sent, byte for byte but for their times.
func TestMessagesThatAWSWasSeenToSend(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(material.Dir(t), "cases", "alarm_notifications.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []notified }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	const topic = `,"AlarmActions":["arn:aws:sns:us-east-1:123456789012:alerts"]`
	plain := `"Namespace":"AWS/EC2","MetricName":"CPUUtilization","Statistic":"Average","Unit":"Percent","Period":300,`
	limits := `"EvaluationPeriods":1,"DatapointsToAlarm":1,"Threshold":50,"ComparisonOperator":"GreaterThanThreshold","TreatMissingData":"ignore"` + topic + "}"
	puts := map[string][][2]string{
		"metric alarm": {{"PutMetricAlarm", `{"AlarmName":"cpu-high","AlarmDescription":"CPU",` + plain + limits}},
		"math alarm": {{"PutMetricAlarm", `{"AlarmName":"cpu-math","AlarmDescription":"math","Metrics":[{"Id":"m1","Label":"cpu","ReturnData":false,` +
			`"MetricStat":{"Metric":{"Namespace":"AWS/EC2","MetricName":"CPUUtilization"},"Period":60,"Stat":"Average","Unit":"Percent"}},` +
			`{"Id":"e1","Expression":"m1 + 0","Label":"sum","ReturnData":true}],` + limits}},
		"composite alarm": {
			{"PutMetricAlarm", metricAlarm("child", "")},
			{"SetAlarmState", `{"AlarmName":"child","StateValue":"OK","StateReason":""}`},
			{"PutCompositeAlarm", `{"AlarmName":"both","AlarmDescription":"pair","AlarmRule":"ALARM(\"child\")"` + topic + "}"},
		},
	}
	names := map[string]string{"metric alarm": "cpu-high", "math alarm": "cpu-math", "composite alarm": "child"}
	for _, one := range file.Cases {
		t.Run(one.Case, func(t *testing.T) {
			a := openAlarms(t)
			a.ctx = servicetest.As(t, "123456789012", "us-east-1")
			name := names[one.Case]
			if one.AlarmName != "" {
				name = one.AlarmName
				puts[one.Case] = [][2]string{{"PutMetricAlarm", metricAlarm(name, topic)}}
			}
			for _, call := range puts[one.Case] {
				a.do(call[0], call[1])
			}
			in, err := json.Marshal(map[string]string{"AlarmName": name, "StateValue": "ALARM", "StateReason": "observed manual transition to ALARM"})
			if err != nil {
				t.Fatal(err)
			}
			a.do("SetAlarmState", string(in))
			if len(a.carried.deliveries) != 1 {
				t.Fatalf("%d actions were sent", len(a.carried.deliveries))
			}
			var message struct{ Subject, Message, MessageStructure string }
			a.decode(string(a.carried.deliveries[0].Payload), &message)
			var forms struct{ Default, SMS, Email string }
			a.decode(message.Message, &forms)
			untimed := func(text string) string { return stamps.ReplaceAllString(text, "TIME") }
			servicetest.Diff(t, []string{one.Subject, one.SMS, "json"}, []string{message.Subject, forms.SMS, message.MessageStructure})
			if one.Message == nil {
				return
			}
			var want strings.Builder
			for line := range strings.Lines(string(one.Message)) {
				want.WriteString(strings.TrimSpace(line))
			}
			compact := regexp.MustCompile(`": `).ReplaceAllString(want.String(), `":`)
			servicetest.Diff(t, []string{untimed(compact), untimed(one.Email)}, []string{untimed(forms.Default), untimed(forms.Email)})
		})
	}
}
