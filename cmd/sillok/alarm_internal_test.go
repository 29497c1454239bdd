package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	topic   = "arn:aws:sns:us-east-1:111122223333:alerts"
	machine = "arn:aws:automate:us-east-1:ec2:reboot"
)

// aShop is a server with alarms of a shop: a metric that rises twice, and has a gap.
func aShop(t *testing.T) *watchServer {
	t.Helper()
	latency := func(minute time.Time) float64 {
		n := int(minute.Sub(at(10, 0)) / time.Minute)
		switch {
		case n >= 20 && n < 32:
			return 300 + float64(n)
		case n >= 70 && n < 74:
			return 260
		case n >= 90 && n < 100:
			return math.NaN()
		}
		return 100 + 20*math.Sin(float64(n)/10)
	}
	errors := func(minute time.Time) float64 {
		if minute.Minute()%30 == 0 {
			return 5
		}
		return math.NaN()
	}
	w := &watchServer{t: t, now: at(12, 30), metrics: map[string]func(time.Time) float64{"Latency": latency, "Errors": errors}}
	w.alarms = []map[string]any{
		{
			"AlarmName": "slow-cart", "AlarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:slow-cart", "AlarmDescription": "The cart answers slowly.\nCall the shop team.",
			"Namespace": "Shop", "MetricName": "Latency", "Dimensions": []any{map[string]any{"Name": "Page", "Value": "cart"}}, "ExtendedStatistic": "p99",
			"Period": 60, "EvaluationPeriods": 5, "DatapointsToAlarm": 3, "Threshold": 250.0, "ComparisonOperator": "GreaterThanThreshold",
			"StateValue": "OK", "StateReason": "Threshold Crossed: 3 out of the last 5 datapoints [119.8 (29/11/26 11:15:00), 119.9 (29/11/26 11:14:00), 120.0 (29/11/26 11:13:00)] were not greater than the threshold (250.0) (minimum 3 datapoints for ALARM -> OK transition).",
			"StateReasonData":       `{"version":"1.0","queryDate":"2026-11-29T11:17:00.000+0000","evaluatedDatapoints":[{"timestamp":"2026-11-29T11:16:00.000+0000","sampleCount":1.0,"value":98.52},{"timestamp":"2026-11-29T11:15:00.000+0000"}]}`,
			"StateUpdatedTimestamp": at(11, 17), "StateTransitionedTimestamp": at(11, 17), "AlarmConfigurationUpdatedTimestamp": at(7, 0),
			"ActionsEnabled": true, "AlarmActions": []string{topic, machine}, "OKActions": []string{}, "InsufficientDataActions": []string{},
		},
		{
			"AlarmName": "errors", "Namespace": "Shop", "MetricName": "Errors", "Dimensions": []any{}, "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 3.0,
			"ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching", "StateValue": "ALARM", "StateReason": "it was so",
			"StateUpdatedTimestamp": at(12, 1), "ActionsEnabled": false, "AlarmActions": []string{topic}, "OKActions": []string{topic},
		},
		{
			"AlarmName": "idle", "Metrics": []any{
				map[string]any{"Id": "e1", "Expression": "m1 * 2", "Label": "twice", "ReturnData": true},
				map[string]any{"Id": "m1", "ReturnData": false, "MetricStat": map[string]any{"Metric": map[string]any{"Namespace": "Shop", "MetricName": "Latency"}, "Period": 60, "Stat": "Average"}},
			},
			"EvaluationPeriods": 2, "Threshold": 10.5, "ComparisonOperator": "LessThanThreshold", "StateValue": "INSUFFICIENT_DATA", "StateReason": "Unchecked: Initial alarm creation",
			"StateUpdatedTimestamp": at(0, 0).AddDate(0, 0, -3), "ActionsEnabled": true,
		},
		{
			"AlarmName": "shop", "AlarmRule": `ALARM("slow-cart") OR ALARM(errors)`, "AlarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:shop", "StateValue": "ALARM",
			"StateReason":                "arn:aws:cloudwatch:us-east-1:111122223333:alarm:errors transitioned to ALARM at Sunday 29 November, 2026 12:01:00 UTC",
			"StateTransitionedTimestamp": at(12, 1), "ActionsEnabled": true, "AlarmActions": []string{topic}, "ActionsSuppressor": "deploying", "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 120,
		},
	}
	w.history = []map[string]any{
		{
			"AlarmName": "slow-cart", "AlarmType": "MetricAlarm", "HistoryItemType": "Action", "Timestamp": at(10, 23).Add(2 * time.Second), "HistorySummary": "Failed to execute action " + machine,
			"HistoryData": `{"actionState":"Failed","notificationResource":"` + machine + `","error":"nothing is declared for it"}`,
		},
		{
			"AlarmName": "slow-cart", "AlarmType": "MetricAlarm", "HistoryItemType": "Action", "Timestamp": at(10, 23).Add(time.Second), "HistorySummary": "Successfully executed action " + topic,
			"HistoryData": `{"actionState":"Succeeded","notificationResource":"` + topic + `","error":null}`,
		},
		{
			"AlarmName": "slow-cart", "AlarmType": "MetricAlarm", "HistoryItemType": "StateUpdate", "Timestamp": at(10, 23), "HistorySummary": "Alarm updated from OK to ALARM",
			"HistoryData": `{"version":"1.0","oldState":{"stateValue":"OK","stateReason":"all was well"},"newState":{"stateValue":"ALARM","stateReason":"Threshold Crossed"}}`,
		},
		{
			"AlarmName": "slow-cart", "AlarmType": "MetricAlarm", "HistoryItemType": "ConfigurationUpdate", "Timestamp": at(7, 0), "HistorySummary": `Alarm "slow-cart" updated`,
			"HistoryData": `{"version":"1.0","type":"Update","originalUpdatedFields":{"threshold":200.0,"alarmConfigurationUpdatedTimestamp":"x"}}`,
		},
	}
	w.start()
	return w
}

func TestAlarms(t *testing.T) {
	for _, tt := range []struct {
		name string
		args string
	}{
		{"alarm_list", "alarm list --utc"},
		{"alarm_list_colours", "alarm list --utc --since 2h --color always slow"},
		{"alarm_list_state", "alarm list --utc --state ALARM --no-metrics"},
		{"alarm_list_none", "alarm list none-"},
		{"alarm_list_json", "alarm list -o json"},
		{"alarm_list_csv", "alarm list -o csv"},
		{"alarm_show", "alarm show slow-cart --utc"},
		{"alarm_show_narrow", "alarm show slow-cart --utc"},
		{"alarm_replay_narrow", "alarm replay slow-cart --from 2026-11-29T10:00 --to 2026-11-29T12:00 --utc"},
		{"alarm_show_expression", "alarm show idle --utc --since 1h"},
		{"alarm_show_composite", "alarm show shop --utc"},
		{"alarm_show_arn", "alarm show arn:aws:cloudwatch:us-east-1:111122223333:alarm:errors --utc --height 6"},
		{"alarm_show_json", "alarm show errors -o json"},
		{"alarm_show_none", "alarm show none"},
		{"alarm_history", "alarm history slow-cart --utc"},
		{"alarm_history_actions", "alarm history --type action --utc --color always"},
		{"alarm_history_json", "alarm history slow-cart -o json --type state"},
		{"alarm_history_csv", "alarm history slow-cart -o csv"},
		{"alarm_replay", "alarm replay slow-cart --from 2026-11-29T10:00 --to 2026-11-29T12:00 --utc"},
		{"alarm_replay_set", "alarm replay slow-cart --from 2026-11-29T10:00 --to 2026-11-29T12:00 --utc --height 6 --set Threshold=280 --set DatapointsToAlarm=5"},
		{"alarm_replay_all", "alarm replay slow-cart --from 2026-11-29T10:20 --to 2026-11-29T10:26 --utc --height 6 --show all --state OK"},
		{"alarm_replay_json", "alarm replay slow-cart --from 2026-11-29T11:29 --to 2026-11-29T11:31 --utc -o json --set Threshold=100"},
		{"alarm_replay_junit", "alarm replay slow-cart --from 2026-11-29T10:00 --to 2026-11-29T12:00 --utc -o junit --expect ALARM_at_10:20..10:25 --expect no_ALARM_during_11:00..11:30"},
		{"alarm_replay_expect", "alarm replay slow-cart --from 2026-11-29T10:00 --to 2026-11-29T12:00 --utc --height 5 --expect ALARM_at_10:23 --expect OK_during_10:40..11:00 --expect ALARM --expect no_INSUFFICIENT_DATA --expect no_ALARM_at_11:00..12:00 --expect OK_during_10:00..11:00 --expect ALARM_at_10:25..10:30 --expect OK_at_13:00"},
		{"alarm_replay_slides", "alarm replay errors --from 2026-11-29T11:00 --to 2026-11-29T11:45 --utc --height 6"},
		{"alarm_replay_composite", "alarm replay shop --since 1h"},
		{"alarm_replay_old", "alarm replay slow-cart --since 20d"},
		{"alarm_replay_high", "alarm replay slow-cart --since 5h --set Period=10"},
		{"alarm_replay_mistakes", "alarm replay slow-cart --since 1h --set Threshold --set Period=x --set EvaluationPeriods=many --set Colour=red"},
		{"alarm_replay_usage", "alarm replay slow-cart --since 1h --expect sometimes --expect OK_at_noon --expect OK_at_11:00..10:00 --state WELL --show some -o xml --height 2"},
		{"alarm_replay_refused", "alarm replay slow-cart --since 1h --set EvaluationPeriods=2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := aShop(t)
			if strings.HasSuffix(tt.name, "_narrow") {
				w.wide = "50"
			}
			words := strings.Fields(tt.args)
			for i, word := range words {
				if i > 0 && words[i-1] == "--expect" {
					words[i] = strings.ReplaceAll(word, "_", " ")
				}
				if strings.Contains(words[i], "INSUFFICIENT") {
					words[i] = strings.ReplaceAll(words[i], "INSUFFICIENT DATA", "INSUFFICIENT_DATA")
				}
			}
			shown(t, tt.name, w.ran("", words...))
		})
	}
}

func TestAlarmTests(t *testing.T) {
	for _, tt := range []struct {
		name  string
		args  []string
		fails map[string]string
	}{
		{"alarm_test", []string{"slow-cart"}, nil},
		{"alarm_test_fails", []string{"slow-cart"}, map[string]string{machine: "nothing is declared for it"}},
		{"alarm_test_waits", []string{"slow-cart", "--wait", "1s"}, map[string]string{topic: "never"}},
		{"alarm_test_same", []string{"slow-cart", "--state", "OK"}, nil},
		{"alarm_test_disabled", []string{"errors", "--state", "OK"}, nil},
		{"alarm_test_none", []string{"idle"}, nil},
		{"alarm_test_composite", []string{"shop", "--state", "INSUFFICIENT_DATA"}, nil},
		{"alarm_test_usage", []string{"slow-cart", "--state", "BAD", "--wait", "soon"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := aShop(t)
			w.fails = tt.fails
			shown(t, tt.name, w.ran("", append([]string{"alarm", "test"}, tt.args...)...))
		})
	}
}

func TestDefinitions(t *testing.T) {
	const plain = `"Namespace":"Shop","MetricName":"Latency","Statistic":"Average","Period":60,"EvaluationPeriods":1,"Threshold":250,"ComparisonOperator":"GreaterThanThreshold"`
	const queries = `"EvaluationPeriods":1,"Threshold":1,"ComparisonOperator":"LessThanThreshold","Metrics":`
	for _, tt := range []struct {
		name, text, want string // a part of what is said
		args             []string
	}{
		{name: "PutMetricAlarm's members", text: `{"AlarmName":"a",` + plain + `}`, want: "a: Average of Shop Latency > 250 for 1 minute"},
		{name: "without a name", text: `{` + plain + `}`, want: "the alarm: Average of Shop Latency > 250"},
		{name: "a skeleton that was filled in", want: "a: Sum of Shop Latency Page=cart >= 100 for 2 of 3 × 1 minute", text: `{
			"AlarmName":"a","AlarmDescription":"","ActionsEnabled":true,"OKActions":[""],"AlarmActions":[""],"InsufficientDataActions":[""],"MetricName":"Latency","Namespace":"Shop",
			"Statistic":"Sum","ExtendedStatistic":"","Dimensions":[{"Name":"Page","Value":"cart"}],"Period":60,"Unit":"","EvaluationPeriods":3,"DatapointsToAlarm":2,"Threshold":100.0,
			"ComparisonOperator":"GreaterThanOrEqualToThreshold","TreatMissingData":"","EvaluateLowSampleCountPercentile":"",
			"Metrics":[{"Id":"","MetricStat":{"Metric":{"Namespace":"","MetricName":"","Dimensions":[{"Name":"","Value":""}]},"Period":0,"Stat":"","Unit":"Seconds"},"Expression":"","Label":"","ReturnData":true,"Period":0,"AccountId":""}],
			"Tags":[{"Key":"","Value":""}],"ThresholdMetricId":"","EvaluationWindow":{"WallClockWindow":{"Timezone":""},"SlidingWindow":{}},
			"EvaluationCriteria":{"PromQLCriteria":{"Query":"","PendingPeriod":0,"RecoveryPeriod":0}},"EvaluationInterval":0}`},
		{name: "what DescribeAlarms gives", text: `{"MetricAlarms":[{"AlarmName":"b","StateValue":"OK","StateUpdatedTimestamp":"2026-11-29T00:00:00Z",` + plain + `}],"CompositeAlarms":[]}`, want: "b: Average of Shop Latency"},
		{name: "one of several", args: []string{"b"}, text: `{"MetricAlarms":[{"AlarmName":"a"},{"AlarmName":"b",` + plain + `}]}`, want: "b: Average of Shop Latency"},
		{name: "several", text: `{"MetricAlarms":[{"AlarmName":"a"},{"AlarmName":"b"}]}`, want: "it has 2 alarms: give the name of the one that is meant"},
		{name: "none of them", args: []string{"c"}, text: `{"MetricAlarms":[{"AlarmName":"a"},{"AlarmName":"b"}]}`, want: "it has no alarm c; it has a, b"},
		{name: "an expression", want: "twice (m1 * 2) < 1 for 1 minute", text: `{` + queries + `[{"Id":"e1","Expression":"m1 * 2","Label":"twice"},
			{"Id":"m1","ReturnData":false,"Expression":"","MetricStat":{"Metric":{"Namespace":"Shop","MetricName":"Latency"},"Period":60,"Stat":"Sum","Unit":""}}]}`},
		{name: "no JSON", text: `Threshold: 1`, want: "it is no JSON object"},
		{name: "a list", text: `[]`, want: "it is no JSON object"},
		{name: "a number that is text", text: `{` + strings.Replace(plain, "250", `"much"`, 1) + `}`, want: "Threshold: string is no float64"},
		{name: "a member that there is not", text: `{"Treshold":1,` + plain + `}`, want: "Treshold: no such member of PutMetricAlarm"},
		{name: "a composite alarm", text: `{"AlarmRule":"ALARM(a)"}`, want: "it is of a composite alarm"},
		{name: "PromQL", text: `{"EvaluationCriteria":{"PromQLCriteria":{"Query":"up"}}}`, want: "alarms in PromQL are not replayed"},
		{name: "a window of the wall clock", text: `{"EvaluationWindow":{"WallClockWindow":{}},` + plain + `}`, want: "only alarms with a sliding window are replayed"},
		{name: "nothing", text: `{}`, want: "Namespace is missing"},
		{name: "both kinds of statistics", text: `{"ExtendedStatistic":"p90",` + plain + `}`, want: "Statistic and ExtendedStatistic are both given"},
		{name: "a period that AWS refuses", text: `{` + strings.Replace(plain, `"Period":60`, `"Period":45`, 1) + `}`, want: "Period must be 10, 20, 30 or a multiple of 60"},
		{name: "two results", text: `{` + queries + `[{"Id":"a","Expression":"1","Period":60},{"Id":"b","Expression":"2"}]}`, want: "exactly one query must have ReturnData true: a and b have"},
		{name: "no result", text: `{` + queries + `[{"Id":"a","Expression":"1","Period":60,"ReturnData":false}]}`, want: "exactly one query must have ReturnData true"},
		{name: "standard input", args: []string{"-"}, text: `{` + plain + `}`, want: "Average of Shop Latency"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := aShop(t)
			file := filepath.Join(t.TempDir(), "alarm.json")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"alarm", "replay", "--definition", file, "--since", "1h"}
			if len(tt.args) > 0 && tt.args[0] == "-" {
				args[3] = "-"
			} else {
				args = append(args, tt.args...)
			}
			if said := w.ran(tt.text, args...); !strings.Contains(said, tt.want) {
				t.Errorf("want %s\ngot  %s", tt.want, said)
			}
		})
	}
}

// An alarm on several minutes is evaluated at each minute, over periods that begin anew each time; one call
// of GetMetricData is enough for all that begin alike.
func TestReplayAsksOnceForEachWayInWhichPeriodsLie(t *testing.T) {
	w := aShop(t)
	w.ran("", "alarm", "replay", "errors", "--from", "2026-11-29T08:00", "--to", "2026-11-29T12:00", "--utc")
	asked := 0
	for _, operation := range w.asked {
		if operation == "GetMetricData" {
			asked++
		}
	}
	if asked != 5 {
		t.Errorf("asked %d times, want 5: %v", asked, w.asked)
	}
}

func TestPointwiseExpressions(t *testing.T) {
	for expression, want := range map[string]bool{
		"m1 * 2": true, "100 * (m1 / (m1 + m2))": true, "IF(m1 > 3, m1, 0)": true, "FILL(m1, 0) + 1": true, "ABS(m1) AND CEIL (m2)": true, "METRICS()": true, "ANOMALY_DETECTION_BAND(m1, 2)": true,
		"FILL(m1, REPEAT)": false, "RATE(m1)": false, "m1 / MAX(m1)": false, "SUM(METRICS())": false, "SELECT MAX(a) FROM b": false, "SEARCH('a', 'Sum', 60)": false, "RUNNING_SUM(m1)": false,
	} {
		if got := isPointwise(expression); got != want {
			t.Errorf("%s: %t, want %t", expression, got, want)
		}
	}
}

func FuzzDefinition(f *testing.F) {
	f.Add([]byte(`{"MetricAlarms":[{"AlarmName":"a","Metrics":[{"Id":"e","MetricStat":{}}],"Period":0}]}`), "a")
	f.Add([]byte(`{"Metrics":[1,null,{"Id":1}],"Dimensions":{}}`), "")
	f.Fuzz(func(_ *testing.T, text []byte, name string) {
		d, err := readDefinition(text, name)
		if err != nil {
			return
		}
		_, _ = d.evaluator()
		_, _, _ = d.queries()
		_ = d.what() + d.limit() + d.when() + sentence(d) + missingWords(d)
	})
}

func FuzzExpectation(f *testing.F) {
	f.Add("ALARM at 10:05..10:10")
	f.Add("no OK during 2026-11-29T10:00:00Z..23:59:59")
	f.Fuzz(func(t *testing.T, text string) {
		x, err := parseExpectation(text, at(10, 0), at(12, 0), time.UTC)
		if err == nil && x.to.Before(x.from) {
			t.Errorf("%q ends before it begins", text)
		}
	})
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`Latency 12 Page="my \"cart\""`)
	f.Fuzz(func(t *testing.T, line string) {
		words, err := splitWords(line)
		if err != nil {
			return
		}
		for i, word := range words {
			words[i] = quotedWord(word)
		}
		again, err := splitWords(strings.Join(words, " "))
		if err != nil || len(again) != len(words) {
			t.Errorf("%q: %q, %v", line, again, err)
		}
	})
}

func FuzzReasonData(f *testing.F) {
	f.Add(`{"queryDate":"x","evaluatedDatapoints":[{"timestamp":"2026-11-29T11:16:00.000+0000","value":1}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		points, _ := usedPoints(text)
		if len(points) > len(text) {
			t.Errorf("%d points of %d bytes", len(points), len(text))
		}
	})
}
