package cloudwatch_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
)

const (
	limits = `"EvaluationPeriods":1,"Threshold":50,"ComparisonOperator":"GreaterThanThreshold"`
	m1     = `{"Id":"m1","ReturnData":false,"MetricStat":{"Metric":{"Namespace":"ns","MetricName":"errors"},"Period":60,"Stat":"Sum"}}`
	m2     = `{"Id":"m2","ReturnData":false,"MetricStat":{"Metric":{"Namespace":"ns","MetricName":"requests"},"Period":60,"Stat":"Sum"}}`
)

func TestAlarmsOnExpressions(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", `{"AlarmName":"share","Metrics":[`+m1+","+m2+`,{"Id":"e","Expression":"100*m1/m2"}],`+limits+"}")
	a.do("PutMetricAlarm", `{"AlarmName":"one","Metrics":[`+strings.Replace(m1, "false", "true", 1)+`],`+limits+"}")
	for _, one := range [][2]any{{"errors", 60}, {"requests", 100}} {
		a.put(fmt.Sprintf(`{"MetricName":%q,"Value":%d,"Timestamp":%q}`, one[0], one[1], a.at(0)))
	}
	a.EvaluateAll(a.ctx, a.now.Add(time.Minute))
	servicetest.Diff(t, "one ALARM, share ALARM", a.states())
	var out struct {
		MetricAlarms []struct{ StateReason, StateReasonData string }
	}
	a.decode(a.do("DescribeAlarms", `{"AlarmNames":["share"]}`), &out)
	servicetest.Diff(t, "Threshold Crossed: 1 datapoint [60.0 (DATE)] was greater than the threshold (50.0).", dates.ReplaceAllString(out.MetricAlarms[0].StateReason, "(DATE)"))
	if data := out.MetricAlarms[0].StateReasonData; strings.Contains(data, "sampleCount") || strings.Contains(data, "statistic") {
		t.Errorf("an expression has no samples: %s", data)
	}
}

// An alarm on expressions of high resolution looks at the periods of its window, wherever
// they begin on the clock.
func TestAlarmsOnExpressionsOfHighResolution(t *testing.T) {
	a := openAlarms(t)
	metric := strings.Replace(m1, `"Period":60`, `"Period":20`, 1)
	a.do("PutMetricAlarm", `{"AlarmName":"a","Metrics":[`+metric+`,{"Id":"e","Expression":"m1"}],`+limits+"}")
	end := a.now.Add(50 * time.Second)
	a.put(fmt.Sprintf(`{"MetricName":"errors","Value":99,"StorageResolution":1,"Timestamp":%q}`, end.Add(-20*time.Second).Format(time.RFC3339)))
	a.EvaluateAll(a.ctx, end)
	servicetest.Diff(t, "a ALARM", a.states())
}

func TestAlarmsThatCannotBeEvaluated(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", `{"AlarmName":"a","Metrics":[`+m1+","+m2+`,{"Id":"e","Expression":"METRICS()"}],`+limits+"}")
	a.EvaluateAll(a.ctx, time.Now())
	if got := a.do("DescribeAlarms", ""); !strings.Contains(got, `"EvaluationState":"EVALUATION_ERROR"`) {
		t.Errorf("the alarm is %s", got)
	}
	a.do("PutMetricAlarm", `{"AlarmName":"a","Metrics":[`+m1+","+m2+`,{"Id":"e","Expression":"SUM(METRICS())"}],`+limits+"}")
	a.EvaluateAll(a.ctx, time.Now())
	if got := a.do("DescribeAlarms", ""); strings.Contains(got, "EvaluationState") {
		t.Errorf("the alarm is %s", got)
	}
	servicetest.Diff(t, "a INSUFFICIENT_DATA", a.states())
}

// Each group of a query has a state of its own, and the alarm is in ALARM as long as one is.
func TestContributors(t *testing.T) {
	a := openAlarms(t)
	a.do("PutMetricAlarm", `{"AlarmName":"hosts","Metrics":[{"Id":"q","Period":60,"Expression":"SELECT MAX(cpu) FROM \"ns\" GROUP BY Host ORDER BY MAX() DESC"}],`+limits+
		topic+`}`)
	put := func(minutes int, values map[string]int) {
		for host, value := range values {
			a.put(fmt.Sprintf(`{"MetricName":"cpu","Value":%d,"Timestamp":%q,"Dimensions":[{"Name":"Host","Value":%q}]}`, value, a.at(minutes), host))
		}
	}
	in := func() string {
		var out struct {
			AlarmContributors []struct {
				ContributorID         string `json:"ContributorId"`
				ContributorAttributes map[string]string
				StateReason           string
			}
		}
		a.decode(a.do("DescribeAlarmContributors", `{"AlarmName":"hosts"}`), &out)
		hosts := map[string]bool{}
		for _, one := range out.AlarmContributors {
			hosts[one.ContributorAttributes["Host"]] = true
			if len(one.ContributorID) != 16 || !strings.HasPrefix(one.StateReason, "Threshold Crossed: 1 datapoint [") {
				t.Errorf("a contributor is %+v", one)
			}
		}
		return fmt.Sprint(hosts)
	}
	put(3, map[string]int{"a": 90, "b": 10, "c": 70})
	a.EvaluateAll(a.ctx, a.now.Add(-2*time.Minute))
	servicetest.Diff(t, "map[a:true c:true] hosts ALARM", in()+" "+a.states())
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:t", "arn:aws:sns:ap-northeast-2:111122223333:t"}, a.carried.taken())
	put(2, map[string]int{"a": 90, "b": 10, "c": 10})
	a.EvaluateAll(a.ctx, a.now.Add(-time.Minute))
	servicetest.Diff(t, "map[a:true] hosts ALARM", in()+" "+a.states())
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:ok"}, a.carried.taken())
	put(1, map[string]int{"a": 10, "b": 10, "c": 10})
	a.EvaluateAll(a.ctx, a.now)
	servicetest.Diff(t, "map[] hosts OK", in()+" "+a.states())
	servicetest.Diff(t, []string{"arn:aws:sns:ap-northeast-2:111122223333:ok"}, a.carried.taken())
	if got := len(a.summaries("hosts", `,"HistoryItemType":"AlarmContributorStateUpdate"`)); got != 4 {
		t.Errorf("the history has %d changes of contributors, want 4", got)
	}
	a.EvaluateAll(a.ctx, a.now.Add(time.Hour))
	servicetest.Diff(t, "hosts INSUFFICIENT_DATA", a.states())
	a.refused("DescribeAlarmContributors", `{"AlarmName":"none"}`, "ResourceNotFoundException", "")
}

// flat is a band that is the same at all times.
type flat struct{ lower, upper float64 }

// Band implements cloudwatch.Band.
func (f flat) Band(_ context.Context, of *cloudwatchapi.MetricStat, deviations float64, times []time.Time) (lower, upper []float64, err error) {
	if *of.Metric.MetricName != "errors" || deviations != 3 {
		return nil, nil, fmt.Errorf("asked for %s and %v", *of.Metric.MetricName, deviations)
	}
	for range times {
		lower, upper = append(lower, f.lower), append(upper, f.upper)
	}
	return lower, upper, nil
}

func TestAlarmsOnBands(t *testing.T) {
	const band = `{"AlarmName":"a","Metrics":[{"Id":"m1","MetricStat":{"Metric":{"Namespace":"ns","MetricName":"errors"},"Period":60,"Stat":"Sum"}},` +
		`{"Id":"ad1","Expression":"ANOMALY_DETECTION_BAND(m1, 3)"}],"ThresholdMetricId":"ad1","EvaluationPeriods":1,"ComparisonOperator":"LessThanLowerOrGreaterThanUpperThreshold"}`
	without := openAlarms(t)
	s, err := cloudwatch.Open(t.Context(), cloudwatch.Config{
		Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), Expressions: cloudwatch.Computed(), Band: flat{10, 20}, Carrier: without.carried,
	}, servicetest.Store(t))
	if err != nil {
		t.Fatal(err)
	}
	a := &alarming{&service{s, t, servicetest.Call(t), without.now}, without.carried}
	a.do("PutMetricAlarm", band)
	a.put(`{"MetricName":"errors","Value":25,"Timestamp":"` + a.at(0) + `"}`)
	a.EvaluateAll(a.ctx, a.now.Add(time.Minute))
	servicetest.Diff(t, "a ALARM", a.states())
	var out struct {
		MetricAlarms []struct{ StateReason string }
	}
	a.decode(a.do("DescribeAlarms", ""), &out)
	servicetest.Diff(t, "Thresholds Crossed: 1 datapoint [25.0 (DATE)] was less than the lower thresholds [10.0] or greater than the upper thresholds [20.0].",
		dates.ReplaceAllString(out.MetricAlarms[0].StateReason, "(DATE)"))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// What AWS refuses of an alarm is refused, and nothing of it is kept.
func TestBadAlarms(t *testing.T) {
	a := openAlarms(t)
	own := func(change ...string) string {
		return strings.NewReplacer(change...).Replace(metricAlarm("m", ""))
	}
	list := func(queries string) string { return `{"AlarmName":"m","Metrics":[` + queries + "]," + limits + "}" }
	back := strings.Replace(m1, "false", "true", 1)
	for _, tt := range []struct{ in, code, text string }{
		{own(`"Period":60`, `"Period":45`), "ValidationError", "Period must be 10, 20, 30 or a multiple of 60"},
		{own(`"Period":60`, `"Period":1`), "ValidationError", "Period must be 10, 20, 30 or a multiple of 60"},
		{own(`"EvaluationPeriods":1`, `"EvaluationPeriods":1441`), "ValidationError", "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for alarms using period < 3600"},
		{own(`"EvaluationPeriods":1`, `"EvaluationPeriods":0`), "ValidationError", "EvaluationPeriods"},
		{own(`"EvaluationPeriods":1`, `"EvaluationPeriods":1,"DatapointsToAlarm":2`), "ValidationError", "DatapointsToAlarm must be less than or equal to EvaluationPeriods"},
		{own(`"EvaluationPeriods":1`, `"EvaluationPeriods":1,"DatapointsToAlarm":0`), "ValidationError", "DatapointsToAlarm must be greater"},
		{own(`"Threshold":50`, `"Threshold":50,"TreatMissingData":"bad"`), "ValidationError", "Supported values for TreatMissingData are breaching, notBreaching, ignore, and missing."},
		{own(`"Threshold":50`, `"Threshold":50,"TreatMissingData":""`), "ValidationError", "Supported values for TreatMissingData are breaching, notBreaching, ignore, and missing."},
		{own(`"Threshold":50,`, ""), "ValidationError", "Threshold must not be null"},
		{own(`"Period":60,`, ""), "ValidationError", "Period must not be null"},
		{own(`"Namespace":"ns",`, ""), "ValidationError", "Namespace must not be null"},
		{own(`"EvaluationPeriods":1,`, ""), "ValidationError", "EvaluationPeriods must not be null"},
		{own(`"GreaterThanThreshold"`, `"Above"`), "ValidationError", "Supported values for ComparisonOperator"},
		{own(`"GreaterThanThreshold"`, `"GreaterThanUpperThreshold"`), "ValidationError", "ThresholdMetricId must be set"},
		{own(`"Statistic":"Average"`, `"Statistic":"Median"`), "InvalidParameterValueException", "Statistic"},
		{own(`"Statistic":"Average"`, `"ExtendedStatistic":"Sum"`), "InvalidParameterValueException", "The value Sum for parameter ExtendedStatistic is not supported."},
		{own(`"Statistic":"Average"`, `"Statistic":"Average","Unit":"Parsec"`), "InvalidParameterValueException", "Unit"},
		{
			own(`"Statistic":"Average"`, `"ExtendedStatistic":"p90","EvaluateLowSampleCountPercentile":"unknown"`), "ValidationError",
			"Option unknown is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.",
		},
		{own(`"Statistic":"Average"`, `"Statistic":"Average","EvaluateLowSampleCountPercentile":"ignore"`), "ValidationError", "percentiles"},
		{own(`"Statistic":"Average"`, `"Statistic":"Average","Dimensions":[{"Name":"A","Value":"1"},{"Name":"A","Value":"2"}]`), "InvalidParameterValueException", "No metric may specify the same dimension name twice."},
		{own(`"Statistic":"Average"`, `"Statistic":"Average","EvaluationInterval":60`), "UnsupportedOperation", "PromQL"},
		{list(m1), "ValidationError", "Exactly one metric query must have ReturnData set to true."},
		{list(back + `,{"Id":"e","Expression":"m1"}`), "ValidationError", "Exactly one metric query must have ReturnData set to true."},
		{list(back + "," + back), "ValidationError", "not unique"},
		{list(m1 + `,{"Id":"e","Expression":"m9"}`), "ValidationError", "m9"},
		{list(m1 + `,{"Id":"e","Expression":"NOPE(m1)"}`), "ValidationError", "Error in expression 'e': Function 'NOPE' not found"},
		{list(m1 + `,{"Id":"e","Expression":"SUM(SEARCH('{ns}', 'Sum', 60))"}`), "ValidationError", "SEARCH is not supported on Metric Alarms."},
		{list(m1 + "," + strings.Replace(m2, `"Period":60`, `"Period":300`, 1) + `,{"Id":"e","Expression":"m1+m2"}`), "ValidationError", "same period"},
		{list(strings.Replace(back, `"Sum"`, `"nope"`, 1)), "ValidationError", "is not a valid statistic"},
		{list(`{"Id":"q","Expression":"SELECT MAX(cpu) FROM"}`), "ValidationError", "Error in expression 'q'"},
		{list(`{"Id":"q","Expression":"SELECT MAX(cpu) FROM ns"}`), "ValidationError", "Period"},
		{list(`{"Id":"Q","Expression":"1"}`), "ValidationError", "pattern"},
		{list(`{"Id":"q"}`), "ValidationError", "MetricStat is required"},
		{list(strings.Replace(back, `"Id":"m1"`, `"Id":"m1","AccountId":"444455556666"`, 1)), "UnsupportedOperation", "444455556666"},
		{strings.Replace(list(back), `"EvaluationPeriods"`, `"Namespace":"ns","EvaluationPeriods"`, 1), "ValidationError", "Namespace should not be set if list of Metrics is set."},
		{strings.Replace(list(back), `"Threshold":50`, fmt.Sprintf(`"Threshold":50,"ThresholdMetricId":%q`, "m1"), 1), "ValidationError", ""},
		{own(`"Threshold":50`, `"Threshold":50,"OKActions":["x"]`), "ValidationError", "Invalid arn syntax: x"},
	} {
		a.refused("PutMetricAlarm", tt.in, tt.code, tt.text)
	}
	in := &cloudwatchapi.PutMetricAlarmInput{}
	a.decode(own(), in)
	in.Threshold = new(math.NaN())
	_, err := a.PutMetricAlarm(a.ctx, in)
	servicetest.WantCode(t, err, "ValidationError", "Threshold")
	servicetest.Diff(t, "", a.states())
}
