package alarm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/alarm"
)

const childARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:child"

func TestReasonsOfCompositeAlarms(t *testing.T) {
	child := alarm.Child{ARN: childARN, State: alarm.Alarm, Since: time.Date(2026, 9, 14, 11, 18, 52, 496e6, time.UTC)}
	got := []string{
		alarm.CreatedReason("arn:own", alarm.OK), alarm.UpdatedReason("arn:own", alarm.Alarm), alarm.ChildReason(child),
		alarm.ChildrenData([]alarm.Child{child}), alarm.ChildrenData(nil),
	}
	want := []string{
		"arn:own was created and its alarm rule evaluates to OK",
		"arn:own was updated and its new alarm rule evaluates to ALARM",
		childARN + " transitioned to ALARM at Monday 14 September, 2026 11:18:52 UTC",
		`{"triggeringAlarms":[{"arn":"` + childARN + `","state":{"value":"ALARM","timestamp":"2026-09-14T11:18:52.496+0000"}}]}`,
		`{"triggeringAlarms":[]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The examples of the guide, as events by the second: a transition of the composite alarm (C), the suppressor
// going to ALARM (S) and to OK (s). Wait is 2 minutes, extension 3. What suppresses is told after each, and when actions run.
func TestSuppression(t *testing.T) {
	for _, tt := range []struct {
		name, events, want string
	}{
		{"the suppressor is in ALARM before", "0S 10C", "0:- 10:Alarm"},
		{"the wait ends", "0C", "0:WaitPeriod 120:run"},
		{"a further transition begins the wait again", "0C 60C", "0:WaitPeriod 60:WaitPeriod 180:run"},
		{"the suppressor goes to ALARM during the wait", "0C 60S", "0:WaitPeriod 60:Alarm"},
		{"then out of it", "0C 60S 100s", "0:WaitPeriod 60:Alarm 100:ExtensionPeriod 280:run"},
		{"a transition while the suppressor is in ALARM", "0S 10C 20C 30s", "0:- 10:Alarm 20:Alarm 30:ExtensionPeriod 210:run"},
		{"a transition during the extension", "0S 10C 30s 50C", "0:- 10:Alarm 30:ExtensionPeriod 50:WaitPeriod 170:run"},
		{"the suppressor comes back during the extension", "0S 10C 30s 50S 60s", "0:- 10:Alarm 30:ExtensionPeriod 50:Alarm 60:ExtensionPeriod 240:run"},
		{"the suppressor is late", "0C 130S 140s 150C", "0:WaitPeriod 120:run 130:- 140:- 150:WaitPeriod 270:run"},
		{"the suppressor goes away though it was not in ALARM", "0C 10s", "0:WaitPeriod 10:WaitPeriod 120:run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := play(t, alarm.Suppressor{Wait: 2 * time.Minute, Extension: 3 * time.Minute}, tt.events); got != tt.want {
				t.Errorf("want %s\ngot  %s", tt.want, got)
			}
		})
	}
	if got := play(t, alarm.Suppressor{}, "0C 10S 20C 30s"); got != "0:run 10:- 20:Alarm 30:run" {
		t.Errorf("without periods: %s", got)
	}
}

func play(t *testing.T, s alarm.Suppressor, events string) string {
	t.Helper()
	var (
		out []string
		by  alarm.Suppression
		run bool
	)
	suppressor := alarm.Child{ARN: childARN, State: alarm.OK, Since: now}
	told := func(at int) {
		word := by.By
		if run {
			word = "run"
		} else if word == "" {
			word = "-"
		}
		out = append(out, fmt.Sprintf("%d:%s", at, word))
	}
	until := func(end int) {
		if !by.Until.IsZero() && by.Until.Before(now.Add(time.Duration(end)*time.Second)) {
			at := by.Until
			if by, run = s.Ended(by, at.Add(-1)); run {
				t.Error("a period ended early")
			}
			by, run = s.Ended(by, at)
			told(int(at.Sub(now).Seconds()))
		}
	}
	for event := range strings.FieldsSeq(events) {
		var seconds int
		var what rune
		if _, err := fmt.Sscanf(event, "%d%c", &seconds, &what); err != nil {
			t.Fatal(err)
		}
		until(seconds)
		at := now.Add(time.Duration(seconds) * time.Second)
		switch what {
		case 'C':
			by, run = s.Transition(at, suppressor)
		case 'S':
			suppressor.State, suppressor.Since = alarm.Alarm, at
			by, run = s.Changed(by, at, suppressor)
		case 's':
			suppressor.State, suppressor.Since = alarm.OK, at
			by, run = s.Changed(by, at, suppressor)
		}
		told(seconds)
		want := map[string]string{
			"": "", alarm.ByWait: "Actions suppressed by WaitPeriod", alarm.ByExtension: "Actions suppressed by ExtensionPeriod",
			alarm.ByAlarm: "Actions suppressed by " + childARN + " transitioned to ALARM at " + alarm.LongDate(suppressor.Since),
		}[by.By]
		if by.Reason != want {
			t.Errorf("%q, want %q", by.Reason, want)
		}
	}
	until(1 << 20)
	return strings.Join(out, " ")
}
