package cloudwatch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
)

// refusal is a call that AWS was seen to refuse, or to take.
type refusal struct {
	Op            string
	Input         map[string]any
	Code, Message string
}

// What AWS was seen to refuse is refused with its code and message, and what it took is
// taken.
func TestRecordedRefusals(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	told := 0
	for i, row := range material.Lines[refusal](t, "cases", "cloudwatch_errors.jsonl") {
		t.Run(fmt.Sprintf("%d %s", i+1, row.Op), func(t *testing.T) {
			err := s.refuse(t, row)
			if errors.Is(err, errOthers) {
				return
			}
			told++
			code, message := "", ""
			if e, ok := errors.AsType[*cloud.Error](err); ok {
				code, message = e.Code, e.Message
			} else if err != nil {
				t.Fatal(err)
			}
			servicetest.Diff(t, [2]string{row.Code, row.Message}, [2]string{queryCode(code), message})
		})
	}
	if told < 51 {
		t.Errorf("%d recorded calls were made, want 51 at least", told)
	}
}

// queryCode is a code as clients of the query protocol see it.
func queryCode(code string) string {
	if code == "MissingRequiredParameterException" {
		return "MissingParameter"
	}
	if code == "ResourceNotFoundException" {
		return code
	}
	return strings.TrimSuffix(code, "Exception")
}

var errOthers = errors.New("this is about what is not here yet")

// refuse makes a recorded call.
func (s *service) refuse(t *testing.T, row refusal) error {
	t.Helper()
	now := time.Now()
	for _, list := range []string{"MetricData"} {
		data, _ := row.Input[list].([]any)
		for _, one := range data {
			if d, ok := one.(map[string]any); ok {
				switch d["Timestamp"] {
				case "now-15d":
					d["Timestamp"] = now.Add(-15 * 24 * time.Hour)
				case "now+3h":
					d["Timestamp"] = now.Add(3 * time.Hour)
				}
			}
		}
	}
	decode := func(to any, without ...string) {
		t.Helper()
		for _, name := range without {
			delete(row.Input, name)
		}
		text, err := json.Marshal(row.Input)
		if err == nil {
			err = json.Unmarshal(text, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	switch row.Op {
	case "PutMetricData":
		in := &cloudwatchapi.PutMetricDataInput{Namespace: new("ns")}
		if text, ok := row.Input["EntityMetricData"].(string); ok {
			entity := cloudwatchapi.EntityMetricData{Entity: &cloudwatchapi.Entity{KeyAttributes: map[string]string{"Type": "Service", "Name": "n"}}, MetricData: []cloudwatchapi.MetricDatum{{MetricName: new("m"), Value: new(1.0)}}}
			if _, kind, ok := strings.Cut(text, "type "); ok {
				entity.Entity.KeyAttributes["Type"] = kind
			}
			in.EntityMetricData = []cloudwatchapi.EntityMetricData{entity}
		}
		decode(in, "EntityMetricData")
		_, err = s.PutMetricData(s.ctx, in)
	case "GetMetricStatistics":
		in := &cloudwatchapi.GetMetricStatisticsInput{Namespace: new("ns"), MetricName: new("m"), Period: new(int32(60)), EndTime: new(now.Truncate(time.Minute))}
		in.StartTime = new(in.EndTime.Add(-time.Hour))
		if seconds, ok := row.Input["range_s"].(json.Number); ok {
			n, _ := seconds.Int64()
			in.StartTime = new(in.EndTime.Add(-time.Duration(n) * time.Second))
		}
		if row.Input["StartTime"] == "t" {
			in.StartTime = in.EndTime
		}
		decode(in, "range_s", "StartTime", "EndTime")
		if in.Statistics == nil && in.ExtendedStatistics == nil {
			in.Statistics = []string{"Sum"}
		}
		_, err = s.GetMetricStatistics(s.ctx, in)
	case "GetMetricData":
		err = s.refuseData(row.Input)
	case "ListMetrics":
		in := &cloudwatchapi.ListMetricsInput{}
		decode(in)
		_, err = s.ListMetrics(s.ctx, in)
	case "PutMetricAlarm", "SetAlarmState", "DescribeAlarmHistory", "DeleteAlarms", "EnableAlarmActions", "TagResource", "UntagResource", "ListTagsForResource":
		err = s.refuseAlarm(t, row)
	default:
		return errOthers // dashboards
	}
	return err
}

// refuseAlarm makes a recorded call about alarms, of which only what is wrong is recorded.
func (s *service) refuseAlarm(t *testing.T, row refusal) error {
	t.Helper()
	const own = `"AlarmName":"exists","MetricName":"m","Namespace":"ns","Period":60,"EvaluationPeriods":1,"Threshold":1,"ComparisonOperator":"GreaterThanThreshold"`
	do := func(operation, in string) error {
		_, err := servicetest.Do(s.ctx, t, s.Service, operation, in)
		return err
	}
	for _, call := range [][2]string{
		{"PutMetricAlarm", "{" + own + `,"Statistic":"Sum"}`},
		{"PutMetricAlarm", "{" + strings.Replace(own, "exists", "NAME", 1) + `,"Statistic":"Sum"}`},
		{"PutCompositeAlarm", `{"AlarmName":"parent","AlarmRule":"ALARM(NAME)"}`},
	} {
		if err := do(call[0], call[1]); err != nil {
			t.Fatal(err)
		}
	}
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf(`{"Key":"k%d","Value":""}`, i)
	}
	tags := `"Tags":[` + strings.Join(many, ",") + "]"
	arn := "arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:exists"
	if row.Input["ResourceARN"] != nil {
		more := map[string]string{"TagResource": `,"Tags":[]`, "UntagResource": `,"TagKeys":[]`}[row.Op]
		return do(row.Op, `{"ResourceARN":"`+arn+`not"`+more+"}")
	}
	text, err := json.Marshal(row.Input)
	if err != nil {
		t.Fatal(err)
	}
	in := strings.NewReplacer(`"exists"`, `"exists"`, `"child of a composite"`, `"NAME"`, `"Tags":"51 tags"`, tags).Replace(string(text))
	switch row.Op {
	case "TagResource":
		return do(row.Op, `{"ResourceARN":"`+arn+`",`+strings.Replace(in, `{"Key":"aws:reserved"}`, `{"Key":"a","Value":""},{"Key":"aws:reserved","Value":""}`, 1)[1:])
	case "SetAlarmState":
		if row.Input["StateValue"] != nil {
			return errOthers // the model refuses it: TestAlarmsInThreeProtocols
		}
		return do(row.Op, `{"StateValue":"OK","StateReason":"","AlarmName":"missing"}`)
	case "PutMetricAlarm":
		alarm := "{" + own
		if row.Input["ExtendedStatistic"] == nil {
			alarm += `,"Statistic":"Sum"`
		}
		switch {
		case row.Input["Metrics"] != nil:
			in = `{"Metrics":[{"Id":"m","MetricStat":{"Metric":{"Namespace":"ns","MetricName":"m"},"Period":60,"Stat":"Sum"}}]}`
		case row.Input["Tags"] != nil:
			alarm = strings.Replace(alarm, "exists", "tagged", 1)
		case row.Input["AlarmName"] != nil:
			alarm, in = strings.Replace(alarm, "exists", "parent", 1), "{}"
		}
		err := do(row.Op, strings.TrimSuffix(alarm+","+in[1:], ",}")+strings.Repeat("}", strings.Count(in, "{}")))
		if e, ok := errors.AsType[*cloud.Error](err); ok {
			e.Message = strings.Replace(e.Message, "[parent]", "[NAME]", 1)
		}
		return err
	}
	return do(row.Op, in)
}

// refuseData makes a recorded GetMetricData, of which only what is wrong is recorded.
func (s *service) refuseData(input map[string]any) error {
	one := func(id string) map[string]any {
		return map[string]any{"Id": id, "MetricStat": map[string]any{"Metric": map[string]any{"Namespace": "ns", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}}
	}
	queries := []map[string]any{one("m")}
	if ids, ok := input["ids"].([]any); ok {
		queries = nil
		for _, id := range ids {
			queries = append(queries, one(fmt.Sprint(id)))
		}
	}
	query, _ := input["query"].(map[string]any)
	for name, value := range query {
		switch name {
		case "Stat":
			if stat, ok := queries[0]["MetricStat"].(map[string]any); ok {
				stat["Stat"] = value
			}
		case "MetricStat":
		default:
			queries[0][name] = value
		}
	}
	if _, both := query["MetricStat"]; query["Expression"] != nil && !both {
		delete(queries[0], "MetricStat")
	}
	var texts []string
	for _, q := range queries {
		text, err := json.Marshal(q)
		if err != nil {
			return err
		}
		texts = append(texts, string(text))
	}
	in := &cloudwatchapi.GetMetricDataInput{}
	if token, ok := input["NextToken"].(string); ok {
		in.NextToken = &token
	}
	_, _, err := s.data(in, texts...)
	return err
}

// labelled are queries, and the labels that AWS gave them.
type labelled struct {
	Queries []struct {
		Metric, Stat, Unit, Label string
		Period                    int32
		ReturnData                *bool
	}
	Labels []string
}

func TestRecordedLabels(t *testing.T) {
	s := open(t, nil)
	for i, row := range material.Lines[labelled](t, "cases", "metric_labels.jsonl") {
		var queries []string
		for _, q := range row.Queries {
			text := fmt.Sprintf(`{"MetricStat":{"Metric":{"Namespace":"ns","MetricName":%q},"Period":%d,"Stat":%q`, q.Metric, q.Period, q.Stat)
			if q.Unit != "" {
				text += fmt.Sprintf(`,"Unit":%q`, q.Unit)
			}
			text += "}"
			if q.Label != "" {
				text += fmt.Sprintf(`,"Label":%q`, q.Label)
			}
			if q.ReturnData != nil {
				text += fmt.Sprintf(`,"ReturnData":%v`, *q.ReturnData)
			}
			queries = append(queries, text+"}")
		}
		_, out, err := s.data(&cloudwatchapi.GetMetricDataInput{}, queries...)
		if err != nil {
			t.Fatal(err)
		}
		var labels []string
		for _, r := range out.MetricDataResults {
			labels = append(labels, *r.Label)
		}
		if !slices.Equal(row.Labels, labels) {
			t.Errorf("%d: labels are %q, want %q", i+1, labels, row.Labels)
		}
	}
}
