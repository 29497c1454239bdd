package notification_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/alarm"
	"github.com/sillok/sillok/internal/alarm/notification"
)

const (
	states = `"state":{"value":"ALARM","reason":"observed manual transition to ALARM","reasonData":"{\"a\":1}","timestamp":"2026-09-14T11:18:48.031+0000"},` +
		`"previousState":{"value":"INSUFFICIENT_DATA","reason":"Unchecked: Initial alarm creation","timestamp":"2026-09-14T11:18:47.129+0000"},`
	metrics = `"metrics":[{"id":"UUID","metricStat":{"metric":{"namespace":"AWS/EC2","name":"CPUUtilization","dimensions":{"InstanceId":"i-1"}},"period":300,"stat":"Average","unit":"Percent"},"returnData":true}]`
	mathed  = `"metrics":[{"id":"m1","label":"cpu","metricStat":{"metric":{"namespace":"AWS/EC2","name":"CPUUtilization","dimensions":{}},"period":60,"stat":"Average","unit":"Percent"},"returnData":false},` +
		`{"id":"e1","expression":"m1 + 0","label":"sum","returnData":true}]`
	head = `{"version":"0","id":"ID","detail-type":"CloudWatch Alarm State Change","source":"aws.cloudwatch","account":"123456789012","time":"2026-09-14T11:18:48Z","region":"us-east-1","resources":["` + arn
)

// withoutID has UUID in the place of the metric's own.
func withoutID(text string) string {
	before, rest, found := strings.Cut(text, `"metrics":[{"id":"`)
	if id, after, _ := strings.Cut(rest, `"`); found && len(id) == 36 && id[14] == '8' {
		return before + `"metrics":[{"id":"UUID"` + withoutID(after)
	}
	return text
}

func TestEvents(t *testing.T) {
	c := manual()
	c.New.ReasonData = `{"a":1}`
	plain := metricAlarm()
	plain.Metric.Dimensions = []notification.Dimension{{Name: "InstanceId", Value: "i-1"}}
	math, composite := mathAlarm(), compositeAlarm()
	suppressed := compositeAlarm()
	suppressed.Composite.Suppressor, suppressed.Composite.Wait, suppressed.Composite.Extension = arn+"s", 2*time.Minute, 0
	waiting := c
	waiting.New.SuppressedBy, waiting.New.SuppressedReason = alarm.ByWait, "Actions suppressed by WaitPeriod"
	for _, tt := range []struct {
		name string
		a    *notification.Alarm
		c    *notification.Change
		want string
	}{
		{"metric", &plain, &c, head + `cpu-high"],"detail":{"alarmName":"cpu-high",` + states + `"configuration":{"description":"CPU",` + metrics + `}}}`},
		{"math", &math, &c, head + `cpu-math"],"detail":{"alarmName":"cpu-math",` + states + `"configuration":{"description":"math",` + mathed + `}}}`},
		{"composite", &composite, &c, head + `both"],"detail":{"alarmName":"both",` + states + `"configuration":{"description":"pair","alarmRule":"ALARM(\"child\")"}}}`},
		{"suppressed", &suppressed, &waiting, head + `both"],"detail":{"alarmName":"both",` +
			strings.Replace(states, `031+0000"}`, `031+0000","actionsSuppressedBy":"WaitPeriod","actionsSuppressedReason":"Actions suppressed by WaitPeriod"}`, 1) +
			`"configuration":{"description":"pair","alarmRule":"ALARM(\"child\")","actionsSuppressor":"` + arn + `s","actionsSuppressorWaitPeriod":120,"actionsSuppressorExtensionPeriod":0}}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, withoutID(notification.Event(tt.a, tt.c, "ID"))); diff != "" {
				t.Error(diff)
			}
		})
	}
	first := notification.Event(&plain, &c, "ID")
	if again := notification.Event(&plain, &c, "ID"); first != again {
		t.Error("the ID of a metric is another in each event")
	}
}

func TestPayload(t *testing.T) {
	a, c := metricAlarm(), manual()
	a.Metric.Dimensions = []notification.Dimension{{Name: "InstanceId", Value: "i-1"}}
	c.New.ReasonData = `{"a":1}`
	want := `{"source":"aws.cloudwatch","alarmArn":"` + arn + `cpu-high","accountId":"123456789012","time":"2026-09-14T11:18:48.031+0000","region":"us-east-1",` +
		`"alarmData":{"alarmName":"cpu-high",` + states + `"configuration":{"description":"CPU",` + metrics + `}}}`
	if diff := cmp.Diff(want, withoutID(notification.Payload(&a, &c))); diff != "" {
		t.Error(diff)
	}
}

func TestConfigurationEvents(t *testing.T) {
	a := metricAlarm()
	a.Metric.Dimensions = []notification.Dimension{{Name: "InstanceId", Value: "i-1"}}
	before := a
	m := *a.Metric
	m.Definition.Threshold = 40
	before.Metric = &m
	now := notification.Moment{State: alarm.OK, Reason: "why", At: changed}
	whole := func(threshold string) string {
		return `{"description":"CPU",` + metrics + `,"evaluationPeriods":1,"datapointsToAlarm":1,"threshold":` + threshold + `,"comparisonOperator":"GreaterThanThreshold","treatMissingData":"ignore",` +
			`"alarmName":"cpu-high","actionsEnabled":true,"timestamp":"2026-09-14T11:18:47.129+0000","okActions":[],"alarmActions":["arn:aws:sns:us-east-1:123456789012:alerts"],"insufficientDataActions":[]}`
	}
	for _, tt := range []struct{ operation, want string }{
		{notification.Create, whole("50.0") + "}}"},
		{notification.Update, whole("50.0") + `,"previousConfiguration":` + whole("40.0") + "}}"},
		{notification.Delete, whole("50.0") + "}}"},
	} {
		want := strings.Replace(head, "State Change", "Configuration Change", 1) + `cpu-high"],"detail":{"alarmName":"cpu-high","operation":"` + tt.operation +
			`","state":{"value":"OK","reason":"why","timestamp":"2026-09-14T11:18:48.031+0000"},"configuration":` + tt.want
		if diff := cmp.Diff(want, withoutID(notification.ConfigurationEvent(&a, now, tt.operation, &before, changed, "ID"))); diff != "" {
			t.Error(diff)
		}
	}
}
