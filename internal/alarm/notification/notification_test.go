package notification_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/notification"
	"github.com/sillok/sillok/internal/kit/material"
)

const arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"

var (
	configured = time.Date(2026, 9, 14, 11, 18, 47, 129e6, time.UTC)
	changed    = time.Date(2026, 9, 14, 11, 18, 48, 31e6, time.UTC)
)

func named(name, description string) notification.Alarm {
	return notification.Alarm{
		Name: name, Description: &description, ARN: arn + name, Account: "123456789012", Region: "us-east-1", Updated: configured, ActionsEnabled: true,
		AlarmActions: []string{"arn:aws:sns:us-east-1:123456789012:alerts"},
	}
}

func metricAlarm() notification.Alarm {
	a := named("cpu-high", "CPU")
	a.Metric = &notification.Metric{Namespace: "AWS/EC2", Name: "CPUUtilization", Definition: alarm.Definition{
		Operator: alarm.Greater, Threshold: 50, Statistic: "Average", Unit: "Percent", Period: 5 * time.Minute, EvaluationPeriods: 1, DatapointsToAlarm: 1, TreatMissingData: alarm.Ignore,
	}}
	return a
}

func mathAlarm() notification.Alarm {
	a := named("cpu-math", "math")
	a.Metric = &notification.Metric{
		Definition: alarm.Definition{Operator: alarm.Greater, Threshold: 50, Period: time.Minute, EvaluationPeriods: 1, DatapointsToAlarm: 1, TreatMissingData: alarm.Ignore},
		Queries: []notification.Query{
			{ID: "m1", Label: "cpu", Namespace: "AWS/EC2", Name: "CPUUtilization", Stat: "Average", Unit: "Percent", Account: "123456789012", Period: time.Minute},
			{ID: "e1", Label: "sum", Expression: "m1 + 0", ReturnData: true, Period: time.Minute},
		},
	}
	return a
}

func compositeAlarm() notification.Alarm {
	a := named("both", "pair")
	a.Composite = &notification.Composite{Rule: `ALARM("child")`}
	return a
}

func manual() notification.Change {
	return notification.Change{
		Old: notification.Moment{State: alarm.InsufficientData, Reason: alarm.InitialReason, At: configured},
		New: notification.Moment{State: alarm.Alarm, Reason: "observed manual transition to ALARM", At: changed},
	}
}

// What AWS was seen to tell of alarms, byte for byte.
func TestRecordedNotifications(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(material.Dir(t), "cases", "alarm_notifications.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Case, AlarmName, Subject, SMS, Email string
			Message                              json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	child := alarm.Child{ARN: arn + "child", State: alarm.Alarm, Since: time.Date(2026, 9, 14, 11, 18, 48, 496e6, time.UTC)}
	composite := manual()
	composite.Old.State, composite.New.Reason, composite.New.At, composite.Triggering = alarm.OK, alarm.ChildReason(child), child.Since, []alarm.Child{child}
	for _, one := range file.Cases {
		t.Run(one.Case, func(t *testing.T) {
			a, c := metricAlarm(), manual()
			switch one.Case {
			case "math alarm":
				a = mathAlarm()
			case "composite alarm":
				a, c = compositeAlarm(), composite
			}
			if one.AlarmName != "" {
				a.Name = one.AlarmName
			}
			want, got := []string{one.Subject, one.SMS}, []string{notification.Subject(&a, &c), notification.SMS(&a, &c)}
			if one.Message != nil {
				var message bytes.Buffer
				if err := json.Compact(&message, one.Message); err != nil {
					t.Fatal(err)
				}
				want, got = append(want, message.String(), one.Email), append(got, notification.Message(&a, &c), notification.Mail(&a, &c))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if len(file.Cases) < 5 {
		t.Errorf("%d cases", len(file.Cases))
	}
}

// Parts of messages that the recorded ones do not have.
func TestMessages(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(a *notification.Alarm)
		want   []string
	}{
		{"no description", func(a *notification.Alarm) { a.Description = nil }, []string{`"AlarmDescription":null,`}},
		{"text of HTML", func(a *notification.Alarm) { *a.Description = "<a> & b" }, []string{`"AlarmDescription":"<a> & b",`}},
		{"no unit, no count to alarm, no treatment", func(a *notification.Alarm) {
			d := &a.Metric.Definition
			d.Unit, d.DatapointsToAlarm, d.TreatMissingData = "", 0, ""
		}, []string{`"Unit":null,"Dimensions":[],"Period":300,"EvaluationPeriods":1,"ComparisonOperator":"GreaterThanThreshold","Threshold":50.0,"TreatMissingData":"missing",`}},
		{"counts of samples, with dimensions", func(a *notification.Alarm) {
			a.Metric.Definition.Statistic = "SampleCount"
			a.Metric.Dimensions = []notification.Dimension{{Name: "InstanceId", Value: "i-1"}}
		}, []string{`"StatisticType":"Statistic","Statistic":"SAMPLE_COUNT",`, `"Dimensions":[{"value":"i-1","name":"InstanceId"}]`}},
		{"a percentile", func(a *notification.Alarm) { a.Metric.Definition.Statistic = "p99.9" }, []string{`"StatisticType":"ExtendedStatistic","Statistic":"p99.9",`}},
		{"a band", func(a *notification.Alarm) {
			*a = mathAlarm()
			a.Metric.ThresholdMetricID, a.Metric.Definition.Operator = "ad1", alarm.OutsideBand
		}, []string{`"Trigger":{"Period":60,"EvaluationPeriods":1,"DatapointsToAlarm":1,"ComparisonOperator":"LessThanLowerOrGreaterThanUpperThreshold","ThresholdMetricId":"ad1","TreatMissingData":"ignore",`}},
		{"another Region", func(a *notification.Alarm) { a.Region = "eu-west-1" }, []string{`"Region":"EU (Ireland)"`}},
		{"a Region that is not AWS's", func(a *notification.Alarm) { a.Region = "home-1" }, []string{`"Region":"home-1"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, c := metricAlarm(), manual()
			tt.change(&a)
			got := notification.Message(&a, &c)
			for _, part := range tt.want {
				if !strings.Contains(got, part) || !json.Valid([]byte(got)) {
					t.Errorf("want %s in\n%s", part, got)
				}
			}
		})
	}
}

func TestMails(t *testing.T) {
	a, c := metricAlarm(), manual()
	a.Name, a.Description = "a b/ü", nil
	a.Metric.Definition.Unit, a.Metric.Definition.DatapointsToAlarm, a.Metric.Definition.EvaluationPeriods = "", 0, 3
	a.Metric.Dimensions = []notification.Dimension{{Name: "InstanceId", Value: "i-1"}}
	got := notification.Mail(&a, &c)
	for _, want := range []string{
		`Alarm "a b/ü" in the`, "#alarmsV2:alarm/a%20b%2F%C3%BC\n", "- Description:                \n", "for at least 3 of the last 3 period(s)",
		"- Dimensions:                          [InstanceId = i-1]\n", "- Unit:                                not specified\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	composite := compositeAlarm()
	for range 11 {
		c.Triggering = append(c.Triggering, alarm.Child{ARN: arn + "x", State: alarm.InsufficientData, Since: changed})
	}
	got = notification.Mail(&composite, &c)
	if n := strings.Count(got, "alarm:x   INSUFFICIENT_DATA   Monday 14 September, 2026 11:18:48 UTC\n"); n != 10 {
		t.Errorf("%d children in\n%s", n, got)
	}
}

// No name makes a subject of more than a line, or of more than 100 characters.
func TestSubjectsAreOneShortLine(t *testing.T) {
	for _, name := range []string{"a\r\nBcc: x", strings.Repeat("é", 255), strings.Repeat("é-", 127), strings.Repeat("n", 255), "\x00", "\xff"} {
		a, c := metricAlarm(), manual()
		c.New.State = alarm.InsufficientData
		a.Name, a.Region = name, "ap-southeast-6"
		for _, text := range []string{notification.Subject(&a, &c), notification.SMS(&a, &c)} {
			if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%q", text)
			}
		}
		if n := len(notification.Subject(&a, &c)); n > 100 {
			t.Errorf("%q: %d characters", name, n)
		}
	}
}

func TestPublished(t *testing.T) {
	a, c := metricAlarm(), manual()
	var got map[string]string
	if err := json.Unmarshal([]byte(notification.Published(&a, &c)), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"default": notification.Message(&a, &c), "sms": notification.SMS(&a, &c), "email": notification.Mail(&a, &c)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
