package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/servicetest"
)

// set brings an alarm into a state, by hand.
func (a *alarming) set(name, state string) {
	a.t.Helper()
	a.do("SetAlarmState", fmt.Sprintf(`{"AlarmName":%q,"StateValue":%q,"StateReason":"r"}`, name, state))
}

func TestCompositeAlarmsFollowAtOnce(t *testing.T) {
	a := openAlarms(t)
	for _, name := range []string{"a", "b"} {
		a.do("PutMetricAlarm", metricAlarm(name, ""))
		a.set(name, "OK")
	}
	a.do("PutCompositeAlarm", `{"AlarmName":"both","AlarmRule":"ALARM(a) AND ALARM(b)","AlarmActions":["arn:aws:sns:ap-northeast-2:111122223333:t"]}`)
	a.do("PutCompositeAlarm", `{"AlarmName":"top","AlarmRule":"NOT OK(both)"}`)
	servicetest.Diff(t, "a OK, b OK, both OK, top OK", a.states())
	a.set("a", "ALARM")
	servicetest.Diff(t, "a ALARM, b OK, both OK, top OK", a.states())
	servicetest.Diff(t, []string{}, a.carried.taken())
	a.set("b", "ALARM")
	servicetest.Diff(t, "a ALARM, b ALARM, both ALARM, top ALARM", a.states())
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:t"}, a.carried.taken())
	var out struct {
		CompositeAlarms []struct {
			StateReason, StateReasonData string
			StateUpdatedTimestamp        time.Time
		}
		MetricAlarms []struct{ StateUpdatedTimestamp time.Time }
	}
	a.decode(a.do("DescribeAlarms", `{"AlarmNames":["b","both"],"AlarmTypes":["MetricAlarm","CompositeAlarm"]}`), &out)
	both := out.CompositeAlarms[0]
	const own = "arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:"
	servicetest.Diff(t, []string{
		own + "b transitioned to ALARM at TIME",
		`{"triggeringAlarms":[{"arn":"` + own + `a","state":{"value":"ALARM","timestamp":"TIME"}},{"arn":"` + own + `b","state":{"value":"ALARM","timestamp":"TIME"}}]}`,
	}, []string{stamps.ReplaceAllString(both.StateReason, "TIME"), stamps.ReplaceAllString(both.StateReasonData, "TIME")})
	if !both.StateUpdatedTimestamp.Equal(out.MetricAlarms[0].StateUpdatedTimestamp) {
		t.Errorf("the composite alarm followed at %s, its child changed at %s", both.StateUpdatedTimestamp, out.MetricAlarms[0].StateUpdatedTimestamp)
	}
	servicetest.Diff(t, []string{"Alarm updated from OK to ALARM", "Alarm updated from INSUFFICIENT_DATA to OK", `Alarm "both" created`}, a.summaries("both", ""))

	a.do("PutCompositeAlarm", `{"AlarmName":"both","AlarmRule":"FALSE"}`)
	servicetest.Diff(t, "a ALARM, b ALARM, both OK, top OK", a.states())
	a.decode(a.do("DescribeAlarms", `{"AlarmNames":["both"],"AlarmTypes":["CompositeAlarm"]}`), &out)
	servicetest.Diff(t, []string{own + "both was updated and its new alarm rule evaluates to OK", `{"triggeringAlarms":[]}`},
		[]string{out.CompositeAlarms[0].StateReason, out.CompositeAlarms[0].StateReasonData})
}

func TestCompositeAlarmsThatHangOnThemselves(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", metricAlarm("m", ""))
	a.do("PutCompositeAlarm", `{"AlarmName":"x","AlarmRule":"ALARM(m)"}`)
	a.do("PutCompositeAlarm", `{"AlarmName":"y","AlarmRule":"ALARM(x)"}`)
	a.do("PutCompositeAlarm", `{"AlarmName":"x","AlarmRule":"ALARM(y) OR ALARM(m)"}`)
	before := a.states()
	a.set("m", "ALARM")
	servicetest.Diff(t, strings.Replace(before, "m INSUFFICIENT_DATA", "m ALARM", 1), a.states())
	a.do("PutCompositeAlarm", `{"AlarmName":"x","AlarmRule":"ALARM(m)"}`)
	servicetest.Diff(t, "m ALARM, x ALARM, y ALARM", a.states())
}

func TestWhatCompositeAlarmsHangOnStays(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", metricAlarm("m", ""))
	a.do("PutMetricAlarm", metricAlarm("s", ""))
	a.do("PutCompositeAlarm", `{"AlarmName":"x","AlarmRule":"ALARM(m)","ActionsSuppressor":"s","ActionsSuppressorWaitPeriod":1,"ActionsSuppressorExtensionPeriod":1}`)
	a.do("PutCompositeAlarm", `{"AlarmName":"y","AlarmRule":"TRUE"}`)
	for _, name := range []string{"m", "s"} {
		a.refused("DeleteAlarms", fmt.Sprintf(`{"AlarmNames":[%q]}`, name), "ValidationError", "Cannot delete "+name+" as there are composite alarm(s) depending on it.")
	}
	a.refused("DeleteAlarms", `{"AlarmNames":["x","y"]}`, "ValidationError", "composite")
	a.do("DeleteAlarms", `{"AlarmNames":["m","x"]}`)
	servicetest.Diff(t, "s INSUFFICIENT_DATA, y ALARM", a.states())
	a.do("DeleteAlarms", `{"AlarmNames":["s"]}`)
}

func TestBadCompositeAlarms(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", metricAlarm("m", ""))
	for more, text := range map[string]string{
		`"ActionsSuppressor":"m"`:         "must be set",
		`"ActionsSuppressorWaitPeriod":1`: "must be set",
		`"ActionsSuppressor":"none","ActionsSuppressorWaitPeriod":1,"ActionsSuppressorExtensionPeriod":1`: "cannot be its ActionsSuppressor",
		`"ActionsSuppressor":"x","ActionsSuppressorWaitPeriod":1,"ActionsSuppressorExtensionPeriod":1`:    "cannot be its ActionsSuppressor",
		`"ActionsSuppressor":"m","ActionsSuppressorWaitPeriod":-1,"ActionsSuppressorExtensionPeriod":1`:   "must not be negative",
		`"AlarmActions":["arn:aws:automate:eu-west-1:ec2:stop:x"]`:                                        "EC2",
		`"OKActions":["nothing"]`: "Invalid arn syntax: nothing",
	} {
		a.refused("PutCompositeAlarm", `{"AlarmName":"x","AlarmRule":"ALARM(m)",`+more+"}", "ValidationError", text)
	}
	a.refused("PutCompositeAlarm", `{"AlarmName":"m","AlarmRule":"TRUE"}`, "ValidationError", "AlarmName [m] is already used by another alarm of a different type")
	servicetest.Diff(t, "m INSUFFICIENT_DATA", a.states())
}

// suppressed are a composite alarm x on m, and what suppresses its actions: s, waiting for
// 2 and extended by 3 minutes.
func suppressed(t *testing.T) *alarming {
	t.Helper()
	a := openAlarms(t)
	for _, name := range []string{"m", "s"} {
		a.do("PutMetricAlarm", metricAlarm(name, ""))
		a.set(name, "OK")
	}
	a.do("PutCompositeAlarm", `{"AlarmName":"x","AlarmRule":"ALARM(m)","ActionsSuppressor":"s","ActionsSuppressorWaitPeriod":120,"ActionsSuppressorExtensionPeriod":180,`+
		strings.TrimPrefix(topic, ",")+"}")
	a.EvaluateComposites(a.ctx, time.Now().Add(121*time.Second)) // the first OK
	a.carried.taken()
	return a
}

// by returns what suppresses the actions of x.
func (a *alarming) by() string {
	a.t.Helper()
	var out struct {
		CompositeAlarms []struct{ ActionsSuppressedBy string }
	}
	a.decode(a.do("DescribeAlarms", `{"AlarmNames":["x"],"AlarmTypes":["CompositeAlarm"]}`), &out)
	return out.CompositeAlarms[0].ActionsSuppressedBy
}

// The events of the guide: what suppresses actions, when they run, and which.
func TestSuppression(t *testing.T) {
	const alarmTopic, okTopic = "arn:aws:sns:ap-northeast-2:111122223333:t", "arn:aws:sns:ap-northeast-2:111122223333:ok"
	after := func(a *alarming, d time.Duration) { a.EvaluateComposites(a.ctx, time.Now().Add(d)) }
	for _, tt := range []struct {
		name string
		do   func(a *alarming)
		by   string
		runs []string
	}{
		{"a transition waits", func(a *alarming) { a.set("m", "ALARM"); after(a, time.Minute) }, "WaitPeriod", []string{}},
		{"after the wait the action runs", func(a *alarming) { a.set("m", "ALARM"); after(a, 121*time.Second) }, "", []string{alarmTopic}},
		{"it runs once", func(a *alarming) { a.set("m", "ALARM"); after(a, 121*time.Second); after(a, time.Hour) }, "", []string{alarmTopic}},
		{"it is that of the state then", func(a *alarming) { a.set("m", "ALARM"); a.set("m", "OK"); after(a, 121*time.Second) }, "", []string{okTopic}},
		{"a suppressor in ALARM suppresses at once", func(a *alarming) { a.set("s", "ALARM"); a.set("m", "ALARM"); after(a, time.Hour) }, "Alarm", []string{}},
		{"one that comes during the wait ends it", func(a *alarming) { a.set("m", "ALARM"); a.set("s", "ALARM"); after(a, time.Hour) }, "Alarm", []string{}},
		{"when it leaves ALARM, the extension begins", func(a *alarming) {
			a.set("s", "ALARM")
			a.set("m", "ALARM")
			a.set("s", "OK")
			after(a, 179*time.Second)
		}, "ExtensionPeriod", []string{}},
		{"after the extension the action runs", func(a *alarming) {
			a.set("s", "ALARM")
			a.set("m", "ALARM")
			a.set("s", "OK")
			after(a, 181*time.Second)
		}, "", []string{alarmTopic}},
		{"a transition during the extension waits", func(a *alarming) {
			a.set("s", "ALARM")
			a.set("m", "ALARM")
			a.set("s", "OK")
			a.set("m", "OK")
			after(a, 110*time.Second)
		}, "WaitPeriod", []string{}},
		{"a suppressor that comes late changes nothing", func(a *alarming) { a.set("m", "ALARM"); after(a, 121*time.Second); a.set("s", "ALARM") }, "", []string{alarmTopic}},
		{"another suppressor drops what runs", func(a *alarming) {
			a.set("m", "ALARM")
			a.do("PutMetricAlarm", metricAlarm("other", ""))
			a.do("PutCompositeAlarm", `{"AlarmName":"x","AlarmRule":"ALARM(m)","ActionsSuppressor":"other","ActionsSuppressorWaitPeriod":1,"ActionsSuppressorExtensionPeriod":1}`)
			after(a, time.Hour)
		}, "", []string{}},
		{"without actions enabled none runs", func(a *alarming) {
			a.do("DisableAlarmActions", `{"AlarmNames":["x"]}`)
			a.set("m", "ALARM")
			after(a, time.Hour)
		}, "", []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := suppressed(t)
			a.t = t
			tt.do(a)
			servicetest.Diff(t, tt.by, a.by())
			servicetest.Diff(t, tt.runs, a.carried.taken())
		})
	}
}

// When a wait ends, the state counts as updated then, and its transition stays when it was.
func TestTheEndOfAWait(t *testing.T) {
	a := suppressed(t)
	a.set("m", "ALARM")
	a.EvaluateComposites(a.ctx, time.Now().Add(10*time.Minute))
	var out struct {
		CompositeAlarms []struct{ StateUpdatedTimestamp, StateTransitionedTimestamp time.Time }
	}
	a.decode(a.do("DescribeAlarms", `{"AlarmNames":["x"],"AlarmTypes":["CompositeAlarm"]}`), &out)
	one := out.CompositeAlarms[0]
	if got := one.StateUpdatedTimestamp.Sub(one.StateTransitionedTimestamp); got != 2*time.Minute {
		t.Errorf("the state was updated %s after its transition, want the wait exactly", got)
	}
}
