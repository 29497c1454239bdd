package cloudwatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
)

// service is CloudWatch as an account has it.
type service struct {
	*cloudwatch.Service
	t   testing.TB
	ctx context.Context //nolint:containedctx // of the test
	now time.Time       // the minute before this one
}

func open(t *testing.T, expressions cloudwatch.Expressions) *service {
	t.Helper()
	s, err := cloudwatch.Open(t.Context(), cloudwatch.Config{Log: slog.New(slog.DiscardHandler), Dir: t.TempDir(), Expressions: expressions}, servicetest.Store(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &service{s, t, servicetest.Call(t), time.Now().UTC().Truncate(time.Minute).Add(-time.Minute)}
}

// put puts data of a namespace "ns", as JSON.
func (s *service) put(data ...string) {
	s.t.Helper()
	in := &cloudwatchapi.PutMetricDataInput{Namespace: new("ns")}
	s.decode("["+strings.Join(data, ",")+"]", &in.MetricData)
	servicetest.Must(s.PutMetricData(s.ctx, in))(s.t)
}

func (s *service) decode(text string, to any) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(text), to); err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
}

// at is a time so many minutes ago, as JSON has it.
func (s *service) at(minutes int) string {
	return s.now.Add(-time.Duration(minutes) * time.Minute).Format(time.RFC3339)
}

// data asks GetMetricData for the last hour by queries, each as JSON without its Id where
// it has none, and returns a line for each result.
func (s *service) data(in *cloudwatchapi.GetMetricDataInput, queries ...string) (lines []string, out *cloudwatchapi.GetMetricDataOutput, err error) {
	s.t.Helper()
	in.StartTime, in.EndTime = new(s.now.Add(-time.Hour)), new(s.now.Add(time.Minute))
	for i, q := range queries {
		if !strings.Contains(q, `"Id"`) {
			q = fmt.Sprintf(`{"Id":"q%d",%s`, i+1, q[1:])
		}
		var query cloudwatchapi.MetricDataQuery
		s.decode(q, &query)
		in.MetricDataQueries = append(in.MetricDataQueries, query)
	}
	if out, err = s.GetMetricData(s.ctx, in); err != nil {
		return nil, nil, err
	}
	for _, r := range out.MetricDataResults {
		text := fmt.Sprintf("%s %q %s", *r.Id, *r.Label, *r.StatusCode)
		for i := range r.Values {
			text += fmt.Sprintf(" %v@%v", r.Values[i], s.now.Sub(r.Timestamps[i]).Minutes())
		}
		for _, m := range r.Messages {
			text += fmt.Sprintf(" (%s: %s)", *m.Code, *m.Value)
		}
		lines = append(lines, text)
	}
	return lines, out, nil
}

func stat(name, stat string, more ...string) string {
	return fmt.Sprintf(`{"MetricStat":{"Metric":{"Namespace":"ns","MetricName":%q},"Period":60,"Stat":%q}%s}`, name, stat, strings.Join(more, ""))
}

func (s *service) wantData(what string, want []string, queries ...string) {
	s.t.Helper()
	got, _, err := s.data(&cloudwatchapi.GetMetricDataInput{}, queries...)
	if err != nil {
		s.t.Errorf("%s: %v", what, err)
		return
	}
	servicetest.Diff(s.t, want, got)
}

func TestGetMetricData(t *testing.T) {
	s := open(t, nil)
	s.put(`{"MetricName":"m","Timestamp":"`+s.at(2)+`","Values":[1,3],"Counts":[1,2]}`, `{"MetricName":"m","Timestamp":"`+s.at(0)+`","Value":7}`,
		`{"MetricName":"u","Timestamp":"`+s.at(1)+`","Value":1,"Unit":"Seconds"}`, `{"MetricName":"u","Timestamp":"`+s.at(1)+`","Value":2,"Unit":"Milliseconds"}`,
		`{"MetricName":"negative","Timestamp":"`+s.at(1)+`","Value":-2}`)
	s.wantData("newest first", []string{`q1 "m" Complete 7@0 7@2`}, stat("m", "Sum"))
	s.wantData("several", []string{`q1 "m Sum" Complete 7@0 7@2`, `q2 "m Minimum" Complete 7@0 1@2`, `q3 "none" Complete`}, stat("m", "Sum"), stat("m", "Minimum"), stat("none", "Sum"))
	s.wantData("not shown", []string{`q2 "m" Complete 1@0 3@2`}, stat("m", "Sum", `,"ReturnData":false`), stat("m", "SampleCount"))
	s.wantData("two units", []string{`q1 "u" Complete 2@1 (MultipleUnits: Multiple units returned: '[Milliseconds, Seconds]')`}, stat("u", "Sum"))
	s.wantData("one unit", []string{`q1 "u" Complete 1@1`}, strings.Replace(stat("u", "Sum"), `"Stat"`, `"Unit":"Seconds","Stat"`, 1))
	s.wantData("no percentile", []string{`q1 "negative" Complete`}, stat("negative", "p50"))
	s.wantData("of another account", []string{`q1 "m" Forbidden (Forbidden: Access denied when getting data - please check that this account and the requested metric account are linked)`},
		stat("m", "Sum", `,"AccountId":"999999999999"`))
	got, _, err := s.data(&cloudwatchapi.GetMetricDataInput{ScanBy: new("TimestampAscending")}, stat("m", "Sum"))
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Diff(t, []string{`q1 "m" Complete 7@2 7@0`}, got)
	of := *s
	of.ctx = servicetest.As(t, "444455556666", servicetest.Region)
	of.wantData("asked by another account", []string{`q1 "m" Complete`}, stat("m", "Sum"))
}

func TestPagesOfGetMetricData(t *testing.T) {
	s := open(t, nil)
	for i := range 10 {
		s.put(fmt.Sprintf(`{"MetricName":"m","Timestamp":"%s","Value":%d}`, s.at(i), i), fmt.Sprintf(`{"MetricName":"n","Timestamp":"%s","Value":%d}`, s.at(i), 10*i))
	}
	for _, by := range []string{"TimestampDescending", "TimestampAscending"} {
		whole, _, err := s.data(&cloudwatchapi.GetMetricDataInput{ScanBy: &by}, stat("m", "Sum"), stat("hidden", "Sum"), stat("n", "Sum"))
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int32{1, 3, 7, 10, 19, 20, 21} {
			joined := make([]string, 3)
			pages := 0
			for token := (*string)(nil); ; pages++ {
				lines, out, err := s.data(&cloudwatchapi.GetMetricDataInput{ScanBy: &by, MaxDatapoints: &size, NextToken: token}, stat("m", "Sum"), stat("hidden", "Sum"), stat("n", "Sum"))
				if err != nil {
					t.Fatal(err)
				}
				for i, line := range lines {
					head, values, complete := strings.Cut(line, "Complete")
					if !complete {
						head, values, _ = strings.Cut(line, "PartialData")
					}
					if joined[i] == "" {
						joined[i] = head + "Complete"
					}
					joined[i] += values
				}
				if token = out.NextToken; token == nil {
					break
				}
			}
			if want := (20+int(size)-1)/int(size) - 1; pages != want {
				t.Errorf("%d more pages of %d, want %d", pages, size, want)
			}
			servicetest.Diff(t, whole, joined)
		}
	}
}

func TestGetMetricStatistics(t *testing.T) {
	s := open(t, nil)
	s.put(`{"MetricName":"m","Timestamp":"`+s.at(3)+`","Values":[2,10],"Counts":[2,3]}`, `{"MetricName":"m","Timestamp":"`+s.at(3)+`","Value":4,"Unit":"Count"}`,
		`{"MetricName":"m","Timestamp":"`+s.at(1)+`","StatisticValues":{"SampleCount":2,"Sum":5,"Minimum":1,"Maximum":4}}`)
	ask := func(end time.Time, period int32, unit *string, statistics, extended []string) string {
		t.Helper()
		out := servicetest.Must(s.GetMetricStatistics(s.ctx, &cloudwatchapi.GetMetricStatisticsInput{
			Namespace: new("ns"), MetricName: new("m"), StartTime: new(s.now.Add(-5*time.Minute + 30*time.Second)), EndTime: &end, Period: &period, Unit: unit, Statistics: statistics, ExtendedStatistics: extended,
		}))(t)
		for i := range out.Datapoints {
			out.Datapoints[i].Timestamp = nil
		}
		text, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(strings.NewReplacer("null", "", `"`, "").Replace(string(text)), "Timestamp:,", "")
	}
	all := []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
	servicetest.Diff(t, `{Label:m,Datapoints:[`+
		`{SampleCount:1,Average:4,Sum:4,Minimum:4,Maximum:4,Unit:Count,ExtendedStatistics:{p90:4}},`+
		`{SampleCount:5,Average:6.8,Sum:34,Minimum:2,Maximum:10,Unit:None,ExtendedStatistics:{p90:9.974797183077614}},`+
		`{SampleCount:2,Average:2.5,Sum:5,Minimum:1,Maximum:4,Unit:None,ExtendedStatistics:}]}`, ask(s.now, 60, nil, all, []string{"p90"}))
	servicetest.Diff(t, `{Label:m,Datapoints:[{SampleCount:,Average:,Sum:4,Minimum:,Maximum:,Unit:Count,ExtendedStatistics:}]}`, ask(s.now, 300, new("Count"), []string{"Sum"}, nil))
	servicetest.Diff(t, `{Label:m,Datapoints:[]}`, ask(s.now, 60, new("Bytes"), []string{"Sum"}, nil))
	// A minute that has only begun at the end is not a part of it.
	servicetest.Diff(t, `{Label:m,Datapoints:[{SampleCount:,Average:,Sum:34,Minimum:,Maximum:,Unit:None,ExtendedStatistics:}]}`, ask(s.now.Add(-time.Minute+time.Second), 60, new("None"), []string{"Sum"}, nil))
}

func TestListMetrics(t *testing.T) {
	s := open(t, nil)
	for i := range 600 {
		s.put(fmt.Sprintf(`{"MetricName":"many","Value":1,"Dimensions":[{"Name":"i","Value":"%d"}]}`, i))
	}
	s.put(`{"MetricName":"old","Value":1,"Timestamp":"` + s.at(5*60) + `","Dimensions":[{"Name":"b","Value":"2"},{"Name":"a","Value":"1"}]}`)
	list := func(in *cloudwatchapi.ListMetricsInput) (sizes []int, last *cloudwatchapi.ListMetricsOutput) {
		t.Helper()
		for {
			last = servicetest.Must(s.ListMetrics(s.ctx, in))(t)
			sizes = append(sizes, len(last.Metrics))
			if in.NextToken = last.NextToken; in.NextToken == nil {
				return sizes, last
			}
		}
	}
	pages, _ := list(&cloudwatchapi.ListMetricsInput{})
	servicetest.Diff(t, []int{500, 101}, pages)
	pages, _ = list(&cloudwatchapi.ListMetricsInput{RecentlyActive: new("PT3H"), MetricName: new("old")})
	servicetest.Diff(t, []int{0}, pages)
	_, out := list(&cloudwatchapi.ListMetricsInput{Dimensions: []cloudwatchapi.DimensionFilter{{Name: new("a")}}, IncludeLinkedAccounts: new(true)})
	servicetest.Diff(t, &cloudwatchapi.ListMetricsOutput{OwningAccounts: []string{string(servicetest.Account)}, Metrics: []cloudwatchapi.Metric{{
		Namespace: new("ns"), MetricName: new("old"), Dimensions: []cloudwatchapi.Dimension{{Name: new("a"), Value: new("1")}, {Name: new("b"), Value: new("2")}},
	}}}, out)
	pages, _ = list(&cloudwatchapi.ListMetricsInput{OwningAccount: new("999999999999")})
	servicetest.Diff(t, []int{0}, pages)
	pages, _ = list(&cloudwatchapi.ListMetricsInput{OwningAccount: new(string(servicetest.Account)), Dimensions: []cloudwatchapi.DimensionFilter{{Name: new("i"), Value: new("7")}}})
	servicetest.Diff(t, []int{1}, pages)
}

// Other parts of the server put what they measure into AWS's namespaces, by the rules of
// clients.
func TestPutOfTheServersOwn(t *testing.T) {
	s := open(t, nil)
	var putter metric.Putter = s.Service
	scope := cloud.Scope{Account: servicetest.Account, Region: servicetest.Region}
	good := metric.Datum{Name: "IncomingBytes", Time: s.now, Unit: "Bytes", Values: []float64{1, 2}, Dimensions: []metric.Dimension{{Name: "LogGroupName", Value: "g"}}}
	if err := putter.Put(t.Context(), scope, "AWS/Logs", []metric.Datum{good}); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*metric.Datum){
		"a unit that is none": func(d *metric.Datum) { d.Unit = "Miles" },
		"no number":           func(d *metric.Datum) { d.Values = []float64{math.NaN()} },
		"counts":              func(d *metric.Datum) { d.Counts = []float64{1} },
		"too old":             func(d *metric.Datum) { d.Time = s.now.Add(-15 * 24 * time.Hour) },
		"a set of nothing":    func(d *metric.Datum) { d.Set = &metric.Set{} },
	} {
		bad := good
		change(&bad)
		if err := putter.Put(t.Context(), scope, "AWS/Logs", []metric.Datum{good, bad}); cloud.KindOf(err) != cloud.Invalid {
			t.Errorf("%s: %v, want an error of kind invalid", what, err)
		}
	}
	out := servicetest.Must(s.GetMetricStatistics(s.ctx, &cloudwatchapi.GetMetricStatisticsInput{
		Namespace: new("AWS/Logs"), MetricName: new("IncomingBytes"), Dimensions: []cloudwatchapi.Dimension{{Name: new("LogGroupName"), Value: new("g")}},
		StartTime: &s.now, EndTime: new(s.now.Add(time.Hour)), Period: new(int32(60)), Statistics: []string{"Sum"},
	}))(t)
	servicetest.Diff(t, []cloudwatchapi.Datapoint{{Timestamp: &s.now, Sum: new(3.0), Unit: new("Bytes")}}, out.Datapoints)
}

func TestTagsOfNothing(t *testing.T) {
	s := open(t, nil)
	arn := new("arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:none")
	_, err := s.ListTagsForResource(s.ctx, &cloudwatchapi.ListTagsForResourceInput{ResourceARN: arn})
	servicetest.WantCode(t, err, "ResourceNotFoundException")
	_, err = s.TagResource(s.ctx, &cloudwatchapi.TagResourceInput{ResourceARN: arn, Tags: []cloudwatchapi.Tag{{Key: new("k"), Value: new("v")}}})
	servicetest.WantCode(t, err, "ResourceNotFoundException")
	_, err = s.UntagResource(s.ctx, &cloudwatchapi.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"k"}})
	servicetest.WantCode(t, err, "ResourceNotFoundException")
}
