package cloudwatch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/kit/material"
	"github.com/sillok/sillok/internal/service/cloudwatch"
	"github.com/sillok/sillok/internal/servicetest"
)

// sql is a query of Metrics Insights by the minute.
func sql(id, text string, more ...string) string {
	return expr(id, text, append(more, `,"Period":60`)...)
}

// What AWS was seen to answer over data of six metrics.
func TestRecordedInsights(t *testing.T) {
	var recorded struct {
		Series []struct {
			Metric     string
			Dimensions map[string]string
			Minutes    [][2]json.RawMessage
		}
		Queries []struct {
			SQL    string
			Values []float64
		}
		Group struct {
			SQL   string
			Order []string
		} `json:"group_labels"`
	}
	text, err := os.ReadFile(filepath.Join(material.Dir(t), "cases", "metrics_insights.json"))
	if err == nil {
		err = json.Unmarshal(text, &recorded)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, cloudwatch.Computed())
	for _, one := range recorded.Series {
		for _, minute := range one.Minutes {
			var at int
			var samples [][2]float64
			s.decode(string(minute[0]), &at)
			s.decode(string(minute[1]), &samples)
			datum := cloudwatchapi.MetricDatum{MetricName: &one.Metric, Timestamp: new(s.now.Add(time.Duration(at-3) * time.Minute))}
			for _, sample := range samples {
				datum.Values, datum.Counts = append(datum.Values, sample[0]), append(datum.Counts, sample[1])
			}
			for name, value := range one.Dimensions {
				datum.Dimensions = append(datum.Dimensions, cloudwatchapi.Dimension{Name: &name, Value: &value})
			}
			servicetest.Must(s.PutMetricData(s.ctx, &cloudwatchapi.PutMetricDataInput{Namespace: new("NS"), MetricData: []cloudwatchapi.MetricDatum{datum}}))(t)
		}
	}
	if len(recorded.Queries) < 5 {
		t.Errorf("%d queries, want 5 at least", len(recorded.Queries))
	}
	for _, q := range recorded.Queries {
		_, out, err := s.data(&cloudwatchapi.GetMetricDataInput{ScanBy: new("TimestampAscending")}, sql("e", q.SQL))
		if err != nil {
			t.Fatal(err)
		}
		if got := out.MetricDataResults; len(got) != 1 || !slices.EqualFunc(got[0].Values, q.Values, func(a, b float64) bool { return max(a-b, b-a) < 1e-9 }) {
			t.Errorf("%s: %v, want %v", q.SQL, got, q.Values)
		}
	}
	labels := func(text string) (all []string) {
		_, out, err := s.data(&cloudwatchapi.GetMetricDataInput{}, sql("e", text))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.MetricDataResults {
			all = append(all, *r.Label)
		}
		return all
	}
	servicetest.Diff(t, recorded.Group.Order, labels(recorded.Group.SQL))
	servicetest.Diff(t, []string{"1 - Other", "2 - A", "3 - B"}, labels("SELECT MAX(Load) FROM NS GROUP BY Team ORDER BY MAX() DESC"))
	servicetest.Diff(t, []string{"A"}, labels("SELECT AVG(Load) FROM SCHEMA(NS, Zone, Team) WHERE Zone = 'east' GROUP BY Team"))
}

func TestInsights(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	for i, host := range []string{"a", "b"} {
		s.put(fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Value":%d,"Dimensions":[{"Name":"Host","Value":%q}]}`, s.at(2-i), i+1, host))
	}
	const of = "SELECT SUM(m) FROM ns"
	s.wantData("all", []string{`e "e" Complete 2@1 1@2`}, sql("e", of))
	s.wantData("groups in metric math", []string{`f "a" Complete 10@2`, `f "b" Complete 20@1`}, sql("e", of+" GROUP BY Host", `,"ReturnData":false`), expr("f", "e * 10"))
	s.wantData("one in metric math", []string{`e "all" Complete 2@1 1@2`, `f "f" Complete 3@1 2@2`}, sql("e", of, `,"Label":"all"`), expr("f", "e + 1"))
	s.wantData("nothing, without groups", []string{`e "e" Complete`}, sql("e", "SELECT SUM(none) FROM ns"))
	s.wantData("nothing, with groups", nil, sql("e", "SELECT SUM(none) FROM ns GROUP BY Host"))
	s.wantData("seconds are minutes", []string{`e "e" Complete 2@1 1@2`}, expr("e", of, `,"Period":10`))
	_, out, err := s.data(&cloudwatchapi.GetMetricDataInput{}, sql("e", of, `,"ReturnData":false`), expr("f", "FILL(e, 0)"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(out.MetricDataResults[0].Values); n != 61 {
		t.Errorf("%d minutes are filled in, want 61", n)
	}
	for query, want := range map[string]string{
		expr("e", of):                        "Error in expression 'e': Period is a required field",
		expr("e", of, `,"Period":61`):        "must be a multiple of 60",
		sql("e", "SELECT MEDIAN(m) FROM ns"): "Error in expression 'e': The query has an unexpected 'MEDIAN'",
		sql("e", of+" GROUP BY tag.env"):     "Error in expression 'e': Sillok does not query metrics by tags",
		sql("e", of) + "," + sql("f", of):    "Maximum number of queries (1) exceeded",
	} {
		in := &cloudwatchapi.GetMetricDataInput{}
		s.decode("["+query+"]", &in.MetricDataQueries)
		_, _, err := s.data(in)
		code := "ValidationError"
		if strings.Contains(want, "Sillok") {
			code = "UnsupportedOperation"
		}
		servicetest.WantCode(t, err, code, want)
	}
}

// Metrics Insights looks back two weeks, and says where it was asked for more.
func TestInsightsOfLongAgo(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	s.put(fmt.Sprintf(`{"MetricName":"m","Timestamp":%q,"Value":1}`, s.at(1)))
	ask := func(from, to time.Duration) *cloudwatchapi.GetMetricDataOutput {
		in := &cloudwatchapi.GetMetricDataInput{StartTime: new(s.now.Add(-from)), EndTime: new(s.now.Add(-to))}
		s.decode("["+expr("e", "SELECT SUM(m) FROM ns", `,"Period":3600`)+"]", &in.MetricDataQueries)
		return servicetest.Must(s.GetMetricData(s.ctx, in))(t)
	}
	const day = 24 * time.Hour
	recent := ask(20*day, 0)
	if len(recent.Messages) != 1 || *recent.Messages[0].Code != "MaxQueryTimeRangeExceeded" || len(recent.MetricDataResults[0].Values) != 1 {
		t.Errorf("the recent part is %+v", recent)
	}
	old := ask(20*day, 15*day)
	if len(old.Messages) != 0 || *old.MetricDataResults[0].StatusCode != "InternalError" {
		t.Errorf("what is older is %+v", old)
	}
}
