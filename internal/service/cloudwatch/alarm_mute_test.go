package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/servicetest"
)

// muteFor makes a rule that mutes an alarm from a minute ago on, for so many minutes.
func (a *alarming) muteFor(rule, alarm string, minutes int) {
	a.t.Helper()
	a.do("PutAlarmMuteRule", fmt.Sprintf(`{"Name":%q,"Rule":{"Schedule":{"Expression":"at(%s)","Duration":"PT%dM"}},"MuteTargets":{"AlarmNames":[%q]}}`,
		rule, time.Now().UTC().Add(-time.Minute).Format("2006-01-02T15:04"), minutes, alarm))
}

// afterMute returns what the messages that were sent say of a window.
func (c *carried) afterMute() (all []bool) {
	for _, d := range c.deliveries {
		all = append(all, strings.Contains(string(d.Payload), `\"ActionExecutedAfterMuteWindow\\\":true`) || strings.Contains(string(d.Payload), `ActionExecutedAfterMuteWindow\\\":true`))
	}
	return all
}

func TestMutedActionsWait(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", metricAlarm("m", topic))
	a.muteFor("quiet", "m", 10)
	a.set("m", "ALARM")
	a.set("m", "OK")
	servicetest.Diff(t, "m OK", a.states())
	servicetest.Diff(t, []string{}, a.carried.taken())
	a.EvaluateComposites(a.ctx, time.Now().Add(5*time.Minute))
	servicetest.Diff(t, []string{}, a.carried.taken())
	a.EvaluateComposites(a.ctx, time.Now().Add(11*time.Minute))
	servicetest.Diff(t, []bool{true}, a.carried.afterMute())
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:ok"}, a.carried.taken())
	a.EvaluateComposites(a.ctx, time.Now().Add(12*time.Minute))
	servicetest.Diff(t, []string{}, a.carried.taken())
}

func TestActionsRunWhenTheirRuleIsGone(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", metricAlarm("m", topic))
	a.muteFor("one", "m", 10)
	a.muteFor("two", "m", 20)
	a.set("m", "ALARM")
	a.do("DeleteAlarmMuteRule", `{"AlarmMuteRuleName":"one"}`)
	a.EvaluateComposites(a.ctx, time.Now())
	servicetest.Diff(t, []string{}, a.carried.taken())
	a.do("DeleteAlarmMuteRule", `{"AlarmMuteRuleName":"two"}`)
	a.EvaluateComposites(a.ctx, time.Now())
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:t"}, a.carried.taken())
	a.do("DeleteAlarmMuteRule", `{"AlarmMuteRuleName":"two"}`)
}

func TestMuteRules(t *testing.T) {
	a := openAlarms(t)
	a.do("PutAlarmMuteRule", `{"Name":"nights","Description":"d","Rule":{"Schedule":{"Expression":"cron(0 2 * * 1-5)","Duration":"PT2H30M","Timezone":"Asia/Seoul"}},`+
		`"MuteTargets":{"AlarmNames":["m","n","m"]},"Tags":[{"Key":"k","Value":"v"}],"StartDate":"2099-01-01T00:00:00Z"}`)
	a.muteFor("now", "m", 10)
	a.do("PutAlarmMuteRule", `{"Name":"past","Rule":{"Schedule":{"Expression":"at(2020-01-01T00:00)","Duration":"P1D"}}}`)
	const arn = "arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm-mute-rule:"
	list := func(in string) string {
		var out struct {
			AlarmMuteRuleSummaries []struct{ AlarmMuteRuleArn, Status, MuteType string }
		}
		a.decode(a.do("ListAlarmMuteRules", in), &out)
		var all []string
		for _, one := range out.AlarmMuteRuleSummaries {
			all = append(all, strings.TrimPrefix(one.AlarmMuteRuleArn, arn)+" "+one.MuteType)
		}
		return strings.Join(all, ", ")
	}
	servicetest.Diff(t, "nights RECURRING, now ONE_TIME, past ONE_TIME", list(""))
	servicetest.Diff(t, "now ONE_TIME", list(`{"AlarmName":"m","Statuses":["ACTIVE"]}`))
	servicetest.Diff(t, "past ONE_TIME", list(`{"Statuses":["EXPIRED"]}`))
	servicetest.Diff(t, "nights RECURRING", list(`{"AlarmName":"n"}`))
	servicetest.Diff(t, `{"Tags":[{"Key":"k","Value":"v"}]}`, a.do("ListTagsForResource", `{"ResourceARN":"`+arn+`nights"}`))
	var one struct {
		Name, AlarmMuteRuleArn, Description, MuteType string
		Rule                                          struct {
			Schedule struct{ Expression, Duration, Timezone string }
		}
		MuteTargets struct{ AlarmNames []string }
	}
	a.decode(a.do("GetAlarmMuteRule", `{"AlarmMuteRuleName":"nights"}`), &one)
	servicetest.Diff(t, `{nights `+arn+`nights d RECURRING {{cron(0 2 * * 1-5) PT2H30M Asia/Seoul}} {[m n]}}`, fmt.Sprint(one))
	a.refused("GetAlarmMuteRule", `{"AlarmMuteRuleName":"none"}`, "ResourceNotFoundException", "")
	for schedule, text := range map[string]string{
		`"Expression":"every day","Duration":"PT1H"`:                              "cron(",
		`"Expression":"cron(0 2 * *)","Duration":"PT1H"`:                          "five fields",
		`"Expression":"cron(0 2 1 * 1)","Duration":"PT1H"`:                        "both",
		`"Expression":"cron(61 2 * * *)","Duration":"PT1H"`:                       "no cron expression",
		`"Expression":"at(tomorrow)","Duration":"PT1H"`:                           "at(",
		`"Expression":"cron(0 2 * * *)","Duration":"PT30S"`:                       "no duration",
		`"Expression":"cron(0 2 * * *)","Duration":"P16D"`:                        "between PT1M and P15D",
		`"Expression":"cron(0 2 * * *)","Duration":"P"`:                           "between PT1M and P15D",
		`"Expression":"cron(0 2 * * *)","Duration":"PT1H","Timezone":"Mars/Base"`: "Mars/Base",
	} {
		a.refused("PutAlarmMuteRule", `{"Name":"bad","Rule":{"Schedule":{`+schedule+"}}}", "ValidationError", text)
	}
	a.refused("PutAlarmMuteRule", `{"Name":"bad","Rule":{"Schedule":{"Expression":"cron(0 2 * * *)","Duration":"PT1H"}},"StartDate":"2026-01-02T00:00:00Z","ExpireDate":"2026-01-01T00:00:00Z"}`,
		"ValidationError", "StartDate")
}
