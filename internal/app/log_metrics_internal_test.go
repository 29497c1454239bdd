package app

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/logs"
)

// What is made of log events is read from CloudWatch.
func TestMetricsOfLogs(t *testing.T) {
	h := newHouse(t)
	now := time.Now().UTC().Truncate(time.Minute)
	h.must(logMetrics{h.app.metrics}.Put(h.ctx, ours, "eu-west-1", "Shop", []logs.Datum{
		{Name: "Slow", Dimensions: map[string]string{"Page": "cart", "App": "web"}, Time: now, Resolution: 60, Count: 3, Sum: 7, Min: 1, Max: 4, Values: []float64{1, 2, 4}, Counts: []float64{1, 1, 1}},
		{Name: "Slow", Dimensions: map[string]string{"Page": "cart", "App": "web"}, Time: now, Resolution: 60, Count: 2, Sum: 5, Min: 2, Max: 3},
	}))
	ctx := cloud.WithCall(h.ctx, cloud.Call{Account: ours, Region: "eu-west-1", Principal: cloud.RootOf(ours)})
	out, err := h.app.metrics.GetMetricStatistics(ctx, &cloudwatchapi.GetMetricStatisticsInput{
		Namespace: new("Shop"), MetricName: new("Slow"), Dimensions: []cloudwatchapi.Dimension{{Name: new("App"), Value: new("web")}, {Name: new("Page"), Value: new("cart")}},
		StartTime: &now, EndTime: new(now.Add(time.Minute)), Period: new(int32(60)), Statistics: []string{"SampleCount", "Sum", "Minimum", "Maximum"},
	})
	h.must(err)
	want := []cloudwatchapi.Datapoint{{Timestamp: &now, SampleCount: new(5.0), Sum: new(12.0), Minimum: new(1.0), Maximum: new(4.0), Unit: new("None")}}
	if diff := cmp.Diff(want, out.Datapoints); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := (logMetrics{h.app.metrics}).Put(h.ctx, ours, "eu-west-1", "Shop", []logs.Datum{{Name: "Old", Time: now.Add(-30 * 24 * time.Hour), Count: 1, Values: []float64{1}}}); cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("data that are too old: %v, want an error of kind invalid", err)
	}
}
