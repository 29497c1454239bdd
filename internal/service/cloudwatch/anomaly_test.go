package cloudwatch_test

import (
	"fmt"
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

// saw is a value that goes up with the hour of the day, and is up to 4 off that as if by chance.
func saw(t time.Time) float64 {
	return 102 + 10*float64(t.UTC().Hour()) + 4*math.Sin(12.9898*float64(t.Unix()/300%9973))
}

// fill puts a metric of two weeks, by five minutes, until the hour.
func (s *service) fill(name string, of func(time.Time) float64) {
	s.t.Helper()
	end := s.now.Truncate(time.Hour)
	var data []metric.Datum
	for at := end.Add(-14*24*time.Hour + time.Hour); at.Before(end); at = at.Add(5 * time.Minute) {
		data = append(data, metric.Datum{Name: name, Time: at, Values: []float64{of(at)}})
	}
	if err := s.Put(s.ctx, cloud.CallOf(s.ctx).Scope(), "ns", data); err != nil {
		s.t.Fatal(err)
	}
}

func five(name string) *cloudwatchapi.MetricStat {
	return &cloudwatchapi.MetricStat{Metric: &cloudwatchapi.Metric{Namespace: new("ns"), MetricName: &name}, Stat: new("Average"), Period: new(int32(300))}
}

// The band is around what is usual at that time of the day, with a detector and without.
func TestBand(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	s.fill("m", saw)
	s.fill("n", func(time.Time) float64 { return 2 })
	times := []time.Time{}
	for h := range 24 { // in the middle of each hour of the day, before and after now
		times = append(times, s.now.Truncate(24*time.Hour).Add(time.Duration(h)*time.Hour+30*time.Minute))
	}
	check := func(what string, lower, upper []float64, factor, deviations float64) {
		t.Helper()
		for i, at := range times {
			mean := factor * (102 + 10*float64(at.Hour()))
			if !(math.Abs(lower[i]+upper[i]-2*mean) < 4*factor || at.Hour()%23 == 0) || upper[i]-lower[i] < 4*deviations*factor || upper[i]-lower[i] > 8*deviations*factor && at.Hour()%23 > 0 {
				t.Errorf("%s at %v: from %v to %v, where %v is usual", what, at.Format(time.TimeOnly), lower[i], upper[i], mean)
			}
		}
	}
	lower, upper, err := s.Band(s.ctx, five("m"), 2, times)
	if err != nil {
		t.Fatal(err)
	}
	check("a metric", lower, upper, 1, 2)
	queries := []cloudwatchapi.MetricDataQuery{
		{Id: new("m1"), MetricStat: five("m")},
		{Id: new("m2"), MetricStat: five("n")},
		{Id: new("e"), Expression: new("m1 * half")},
		{Id: new("half"), Expression: new("m2 / 4")},
	}
	lower, upper, err = s.BandOf(s.ctx, queries, "e", 3, times)
	if err != nil {
		t.Fatal(err)
	}
	check("an expression", lower, upper, 0.5, 3)

	// Another account and region, a metric that is none, and one of few data know nothing.
	for _, other := range []*service{s.in("444455556666", servicetest.Region), s.in(servicetest.Account, "eu-west-1")} {
		if lower, upper, err = other.Band(other.ctx, five("m"), 2, times); err != nil || !math.IsNaN(lower[0]) || !math.IsNaN(upper[0]) {
			t.Errorf("elsewhere it is from %v to %v: %v", lower[0], upper[0], err)
		}
	}
	s.put(`{"MetricName":"new","Value":1}`)
	if lower, upper, err = s.Band(s.ctx, five("new"), 2, times[:1]); err != nil || !math.IsNaN(lower[0]) || !math.IsNaN(upper[0]) {
		t.Errorf("of a new metric it is from %v to %v: %v", lower[0], upper[0], err)
	}
	if lower, upper, err = s.Band(s.ctx, five("m"), 2, nil); err != nil || len(lower)+len(upper) > 0 {
		t.Errorf("of no times it is %v %v: %v", lower, upper, err)
	}
	second := five("m")
	second.Period = new(int32(10))
	_, _, err = s.Band(s.ctx, second, 2, times)
	servicetest.WantCode(t, err, "ValidationError", "by a minute and more")
}

// A detector's configuration counts for the band of its metric from the moment that it is put.
func TestBandOfADetector(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	// It was 500 for the first half, and is 100 for the second.
	half := s.now.Add(-7 * 24 * time.Hour)
	s.fill("m", func(at time.Time) float64 {
		if at.Before(half) {
			return 500
		}
		return 100
	})
	upper := func() float64 {
		t.Helper()
		_, upper, err := s.Band(s.ctx, five("m"), 2, []time.Time{s.now})
		if err != nil {
			t.Fatal(err)
		}
		return math.Round(upper[0])
	}
	before := upper()
	put := &cloudwatchapi.PutAnomalyDetectorInput{
		Namespace: new("ns"), MetricName: new("m"), Stat: new("Average"),
		Configuration: &cloudwatchapi.AnomalyDetectorConfiguration{ExcludedTimeRanges: []cloudwatchapi.Range{{StartTime: new(half.Add(-8 * 24 * time.Hour)), EndTime: &half}}},
	}
	servicetest.Must(s.PutAnomalyDetector(s.ctx, put))(t)
	if with := upper(); with != 100 || with == before {
		t.Errorf("up to %v is expected with an excluded range, and was %v", with, before)
	}
	// Another statistic of the metric has no detector.
	put.Configuration.ExcludedTimeRanges[0].StartTime, put.Configuration.ExcludedTimeRanges[0].EndTime = &half, new(half.Add(8*24*time.Hour))
	servicetest.Must(s.PutAnomalyDetector(s.ctx, put))(t)
	if with := upper(); with < 499 {
		t.Errorf("up to %v is expected where the second half is excluded", with)
	}
	servicetest.Must(s.DeleteAnomalyDetector(s.ctx, &cloudwatchapi.DeleteAnomalyDetectorInput{Namespace: new("ns"), MetricName: new("m"), Stat: new("Average")}))(t)
	if with := upper(); with != before {
		t.Errorf("up to %v is expected without a detector, and was %v", with, before)
	}
}

// Metric math has the band: two results, of which the first is the upper end.
func TestBandInMetricMath(t *testing.T) {
	s := open(t, cloudwatch.Computed())
	s.fill("m", saw)
	query := func(expression string) string { return fmt.Sprintf(`{"Id":"e","Expression":%q}`, expression) }
	m := `{"Id":"m","ReturnData":false,"MetricStat":{"Metric":{"Namespace":"ns","MetricName":"m"},"Period":300,"Stat":"Average"}}`
	_, out, err := s.data(&cloudwatchapi.GetMetricDataInput{}, m, query("ANOMALY_DETECTION_BAND(m, 2)"), `{"Id":"wide","Expression":"FIRST(ANOMALY_DETECTION_BAND(m)) - LAST(ANOMALY_DETECTION_BAND(m))"}`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range out.MetricDataResults {
		got = append(got, fmt.Sprintf("%s %q %d", *r.Id, *r.Label, len(r.Values)))
	}
	servicetest.Diff(t, []string{`e "m (expected) high" 13`, `e "m (expected) low" 13`, `wide "wide" 13`}, got)
	for i, at := range out.MetricDataResults[0].Timestamps {
		high, low, wide := out.MetricDataResults[0].Values[i], out.MetricDataResults[1].Values[i], out.MetricDataResults[2].Values[i]
		if v := saw(at); at.Minute() > 10 && at.Minute() < 50 && (v < low || v > high) || math.Abs(high-low-wide) > 1e-9 || wide > 40 {
			t.Errorf("%v: %v is usual, the band is from %v to %v, %v wide", at, v, low, high, wide)
		}
	}
	for text, want := range map[string]string{
		"ANOMALY_DETECTION_BAND(FIRST(METRICS()))":                                                           "does not take what METRICS returns",
		"ANOMALY_DETECTION_BAND(FIRST(SEARCH('m', 'Sum', 300)))":                                             "does not take what SEARCH returns",
		"ANOMALY_DETECTION_BAND(FIRST(ANOMALY_DETECTION_BAND(m)))":                                           "does not take what ANOMALY_DETECTION_BAND returns",
		"ANOMALY_DETECTION_BAND(m, -1)":                                                                      "must be a number from above 0 to 1000",
		"ANOMALY_DETECTION_BAND(none)":                                                                       "There is no metric or expression with the id 'none'",
		"[" + strings.Repeat("FIRST(ANOMALY_DETECTION_BAND(m)),", 100) + "FIRST(ANOMALY_DETECTION_BAND(m))]": "There are more than 100 bands",
	} {
		_, _, err := s.data(&cloudwatchapi.GetMetricDataInput{}, m, query(text))
		servicetest.WantCode(t, err, "ValidationError", want)
	}
	_, _, err = s.data(&cloudwatchapi.GetMetricDataInput{}, `{"Id":"i","Period":300,"Expression":"SELECT AVG(m) FROM ns"}`, query("ANOMALY_DETECTION_BAND(i)"))
	servicetest.WantCode(t, err, "ValidationError", "does not take a query of Metrics Insights")
}
