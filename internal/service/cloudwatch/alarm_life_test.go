package cloudwatch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/servicetest"
)

const topic = `,"AlarmActions":["arn:aws:sns:ap-northeast-2:111122223333:t"],"OKActions":["arn:aws:sns:ap-northeast-2:111122223333:ok"]`

// kinds returns the kinds of facts, and what those about configurations say was done.
func (c *carried) kinds(t *testing.T) (all []string) {
	t.Helper()
	all = []string{}
	for _, f := range c.facts {
		var event struct {
			Detail struct {
				Operation string
				State     struct{ Value string }
			}
		}
		if err := json.Unmarshal(f.Data, &event); err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.TrimSuffix(f.Kind+" "+event.Detail.Operation, " ")+" "+event.Detail.State.Value)
	}
	c.facts = nil
	return all
}

func TestTheLifeOfAnAlarm(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", metricAlarm("cpu", topic+`,"Tags":[{"Key":"team","Value":"web"}]`))
	servicetest.Diff(t, "cpu INSUFFICIENT_DATA", a.states())
	a.put(`{"MetricName":"cpu","Value":99,"Timestamp":"` + a.at(0) + `"}`)
	a.EvaluateAll(a.ctx, time.Now())
	servicetest.Diff(t, "cpu ALARM", a.states())
	a.EvaluateAll(a.ctx, time.Now())
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:t"}, a.carried.taken())

	a.do("SetAlarmState", `{"AlarmName":"cpu","StateValue":"OK","StateReason":"by hand","StateReasonData":"{\"a\": 1}"}`)
	a.do("SetAlarmState", `{"AlarmName":"cpu","StateValue":"OK","StateReason":"again"}`)
	a.EvaluateAll(a.ctx, time.Now())
	servicetest.Diff(t, "cpu ALARM", a.states())
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:ok", "arn:aws:sns:ap-northeast-2:111122223333:t"}, a.carried.taken())

	a.do("DisableAlarmActions", `{"AlarmNames":["cpu","none"]}`)
	a.do("SetAlarmState", `{"AlarmName":"cpu","StateValue":"OK","StateReason":""}`)
	servicetest.Diff(t, []string{}, a.carried.taken())
	a.do("EnableAlarmActions", `{"AlarmNames":["cpu"]}`)
	a.do("PutMetricAlarm", metricAlarm("cpu", `,"AlarmDescription":"d"`))
	servicetest.Diff(t, "cpu OK", a.states())
	a.do("DeleteAlarms", `{"AlarmNames":["cpu","none"]}`)
	servicetest.Diff(t, "", a.states())
	servicetest.Diff(t, []string{
		`Alarm "cpu" deleted`, `Alarm "cpu" updated`, `Alarm "cpu" updated`, "Alarm updated from ALARM to OK", `Alarm "cpu" updated`, "Alarm updated from OK to ALARM",
		"Alarm updated from ALARM to OK", "Alarm updated from INSUFFICIENT_DATA to ALARM", `Alarm "cpu" created`,
	}, a.summaries("cpu", ""))
	servicetest.Diff(t, []string{
		"cloudwatch.alarm.configuration create INSUFFICIENT_DATA", "cloudwatch.alarm.state ALARM", "cloudwatch.alarm.state OK", "cloudwatch.alarm.state ALARM",
		"cloudwatch.alarm.configuration update ALARM", "cloudwatch.alarm.state OK", "cloudwatch.alarm.configuration update OK",
		"cloudwatch.alarm.configuration update OK", "cloudwatch.alarm.configuration delete OK",
	}, a.carried.kinds(t))
	a.refused("ListTagsForResource", `{"ResourceARN":"arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:cpu"}`, "ResourceNotFoundException", "")
	a.EvaluateAll(a.ctx, time.Now())
	servicetest.Diff(t, 0, a.Scheduled())
}

// What the history says is JSON as AWS writes it.
func TestHistoryData(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", metricAlarm("cpu", `,"Dimensions":[{"Name":"Host","Value":"a"}]`))
	a.do("PutMetricAlarm", metricAlarm("cpu", `,"AlarmDescription":"d","Threshold":60`))
	a.do("SetAlarmState", `{"AlarmName":"cpu","StateValue":"OK","StateReason":"r","StateReasonData":"{\"a\": 1}"}`)
	a.do("SetAlarmState", `{"AlarmName":"cpu","StateValue":"ALARM","StateReason":"s"}`)
	var out struct {
		AlarmHistoryItems []struct{ HistoryData string }
	}
	a.decode(a.do("DescribeAlarmHistory", `{"AlarmName":"cpu"}`), &out)
	var got []string
	for _, item := range out.AlarmHistoryItems {
		got = append(got, stamps.ReplaceAllString(item.HistoryData, "TIME"))
	}
	const common = `"alarmArn":"arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:cpu","alarmConfigurationUpdatedTimestamp":"TIME","namespace":"ns","metricName":"cpu",` +
		`"extendedStatistic":"AVERAGE","period":60,"dimensions":`
	const rest = `"comparisonOperator":"GreaterThanThreshold","evaluationPeriods":1,"stateValue":"INSUFFICIENT_DATA","stateUpdatedTimestamp":"TIME","actionsEnabled":true,` +
		`"alarmActions":[],"insufficientDataActions":[],"okactions":[]}`
	servicetest.Diff(t, []string{
		`{"version":"1.0","oldState":{"stateValue":"OK","stateReason":"r","stateReasonData":{"a":1}},"newState":{"stateValue":"ALARM","stateReason":"s"}}`,
		`{"version":"1.0","oldState":{"stateValue":"INSUFFICIENT_DATA","stateReason":"Unchecked: Initial alarm creation"},"newState":{"stateValue":"OK","stateReason":"r","stateReasonData":{"a":1}}}`,
		`{"version":"1.0","type":"Update","updatedAlarm":{"alarmName":"cpu","alarmDescription":"d",` + common + `[],"threshold":60.0,` + rest +
			`,"originalUpdatedFields":{"alarmDescription":null,"alarmConfigurationUpdatedTimestamp":"TIME","dimensions":[{"name":"Host","value":"a"}],"threshold":50.0}}`,
		`{"version":"1.0","type":"Create","createdAlarm":{"alarmName":"cpu",` + common + `[{"name":"Host","value":"a"}],"threshold":50.0,` + rest + "}",
	}, got)
}

// Histories are read by either end, by type and by time, in pages.
func TestHistoryInPages(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", metricAlarm("a", ""))
	a.do("PutMetricAlarm", metricAlarm("b", ""))
	a.do("PutCompositeAlarm", `{"AlarmName":"c","AlarmRule":"ALARM(a)"}`)
	for i := range 20 {
		a.do("SetAlarmState", fmt.Sprintf(`{"AlarmName":%q,"StateValue":%q,"StateReason":"%d"}`, []string{"a", "b"}[i%2], []string{"OK", "ALARM"}[i/2%2], i))
	}
	pages := func(in string) (all []string) {
		token := ""
		for {
			var out struct {
				NextToken         string
				AlarmHistoryItems []struct {
					AlarmName, HistorySummary string
					Timestamp                 time.Time
				}
			}
			a.decode(a.do("DescribeAlarmHistory", fmt.Sprintf(`{"MaxRecords":3%s%s}`, in, token)), &out)
			for _, item := range out.AlarmHistoryItems {
				all = append(all, item.AlarmName+" "+item.HistorySummary)
			}
			if out.NextToken == "" {
				return all
			}
			token = fmt.Sprintf(`,"NextToken":%q`, out.NextToken)
		}
	}
	newest := pages("")
	if len(newest) != 22 {
		t.Errorf("%d items of metric alarms, want 22", len(newest))
	}
	oldest := pages(`,"ScanBy":"TimestampAscending"`)
	for i := range oldest {
		if oldest[i] != newest[len(newest)-1-i] {
			t.Fatalf("item %d from the oldest is %q, and from the newest %q", i, oldest[i], newest[len(newest)-1-i])
		}
	}
	servicetest.Diff(t, []string{`b Alarm "b" created`}, pages(`,"AlarmName":"b","HistoryItemType":"ConfigurationUpdate","ScanBy":"TimestampAscending"`))
	if got := pages(`,"AlarmName":"c","AlarmTypes":["CompositeAlarm"]`); len(got) != 11 {
		t.Errorf("the composite alarm has %q", got)
	}
	if got := pages(`,"EndDate":"2020-01-01T00:00:00Z"`); len(got) != 0 {
		t.Errorf("of years ago there are %q", got)
	}
	if got := pages(fmt.Sprintf(`,"AlarmName":"a","StartDate":%q`, time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))); len(got) != 11 {
		t.Errorf("of the last hour there are %q", got)
	}
	a.refused("DescribeAlarmHistory", `{"NextToken":"invalid-token"}`, "InvalidNextToken", "Invalid NextToken : invalid-token")
}

func TestDescribeAlarms(t *testing.T) {
	a := openAlarms(t)
	for _, name := range []string{"web-1", "web-2", "db"} {
		a.do("PutMetricAlarm", metricAlarm(name, map[string]string{"db": `,"AlarmActions":["arn:aws:lambda:ap-northeast-2:111122223333:function:f"]`}[name]))
	}
	a.do("SetAlarmState", `{"AlarmName":"db","StateValue":"ALARM","StateReason":"r"}`)
	a.do("PutCompositeAlarm", `{"AlarmName":"all","AlarmRule":"ALARM(db) OR ALARM(\"web-1\")"}`)
	a.do("PutCompositeAlarm", `{"AlarmName":"above","AlarmRule":"ALARM(all)"}`)
	names := func(in string) string {
		var out struct{ MetricAlarms, CompositeAlarms []struct{ AlarmName string } }
		a.decode(a.do("DescribeAlarms", in), &out)
		var all []string
		for _, one := range append(out.MetricAlarms, out.CompositeAlarms...) {
			all = append(all, one.AlarmName)
		}
		return strings.Join(all, " ")
	}
	for in, want := range map[string]string{
		``:                                     "db web-1 web-2",
		`{"AlarmTypes":["CompositeAlarm"]}`:    "above all",
		`{"AlarmNamePrefix":"web"}`:            "web-1 web-2",
		`{"AlarmNamePrefix":"web-2"}`:          "web-2",
		`{"AlarmNamePrefix":"x"}`:              "",
		`{"AlarmNames":["web-2","db","none"]}`: "db web-2",
		`{"AlarmNames":["web-2","all"],"AlarmTypes":["MetricAlarm","CompositeAlarm"]}`: "web-2 all",
		`{"StateValue":"ALARM"}`:            "db",
		`{"ActionPrefix":"arn:aws:lambda"}`: "db",
		`{"ChildrenOfAlarmName":"all"}`:     "db web-1",
		`{"ChildrenOfAlarmName":"above"}`:   "all",
		`{"ParentsOfAlarmName":"db"}`:       "all",
		`{"ParentsOfAlarmName":"none"}`:     "",
	} {
		servicetest.Diff(t, want, names(in))
	}
	a.refused("DescribeAlarms", `{"AlarmNames":["a"],"AlarmNamePrefix":"b"}`, "InvalidParameterCombinationException", "")
	a.refused("DescribeAlarms", `{"ParentsOfAlarmName":"a","StateValue":"OK"}`, "InvalidParameterCombinationException", "")
	a.refused("DescribeAlarms", `{"NextToken":"x"}`, "InvalidNextToken", "Invalid NextToken : x")
	var page struct {
		NextToken    string
		MetricAlarms []struct{ AlarmName string }
	}
	a.decode(a.do("DescribeAlarms", `{"MaxRecords":2}`), &page)
	a.decode(a.do("DescribeAlarms", fmt.Sprintf(`{"MaxRecords":2,"NextToken":%q}`, page.NextToken)), &page)
	servicetest.Diff(t, "web-2", page.MetricAlarms[0].AlarmName)

	got := stamps.ReplaceAllString(a.do("DescribeAlarms", `{"AlarmNames":["web-1"]}`), "TIME")
	got = isoTimes.ReplaceAllString(got, "TIME")
	servicetest.Diff(t, `{"CompositeAlarms":[],"MetricAlarms":[{"ActionsEnabled":true,"AlarmActions":[],"AlarmArn":"arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:web-1",`+
		`"AlarmConfigurationUpdatedTimestamp":"TIME","AlarmName":"web-1","ComparisonOperator":"GreaterThanThreshold","Dimensions":[],"EvaluationPeriods":1,`+
		`"InsufficientDataActions":[],"MetricName":"web-1","Namespace":"ns","OKActions":[],"Period":60,"StateReason":"Unchecked: Initial alarm creation",`+
		`"StateTransitionedTimestamp":"TIME","StateUpdatedTimestamp":"TIME","StateValue":"INSUFFICIENT_DATA","Statistic":"Average","Threshold":50}]}`, got)
}

func TestDescribeAlarmsForMetric(t *testing.T) {
	a := openAlarms(t)
	put := func(name, more string) {
		a.do("PutMetricAlarm", strings.Replace(metricAlarm("m", more), `"AlarmName":"m"`, fmt.Sprintf(`"AlarmName":%q`, name), 1))
	}
	put("plain", "")
	put("host", `,"Dimensions":[{"Name":"Host","Value":"a"},{"Name":"Disk","Value":"b"}],"Unit":"Percent"`)
	put("sum", `,"Statistic":"Sum"`)
	names := func(more string) string {
		var out struct{ MetricAlarms []struct{ AlarmName string } }
		a.decode(a.do("DescribeAlarmsForMetric", `{"Namespace":"ns","MetricName":"m"`+more+"}"), &out)
		var all []string
		for _, one := range out.MetricAlarms {
			all = append(all, one.AlarmName)
		}
		return strings.Join(all, " ")
	}
	for more, want := range map[string]string{
		"":                   "plain sum",
		`,"Statistic":"Sum"`: "sum",
		`,"Period":300`:      "",
		`,"Unit":"Percent"`:  "",
		`,"Dimensions":[{"Name":"Disk","Value":"b"},{"Name":"Host","Value":"a"}]`: "host",
		`,"Dimensions":[{"Name":"Host","Value":"a"}]`:                             "",
	} {
		servicetest.Diff(t, want, names(more))
	}
	a.do("DeleteAlarms", `{"AlarmNames":["plain"]}`)
	a.do("PutMetricAlarm", metricAlarm("sum", ""))
	servicetest.Diff(t, "", names(""))
}
