package peers_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/remotewrite"
)

// What Prometheus' own package writes in either version is read alike: 1,000 series with two
// samples and a native histogram each.
func TestRemoteWriteOfPrometheus(t *testing.T) {
	now := time.Now().UnixMilli()
	native := &histogram.Histogram{
		Schema: 0, Count: 4, Sum: 10, ZeroThreshold: 0.001, ZeroCount: 1, PositiveSpans: []histogram.Span{{Offset: 1, Length: 2}}, PositiveBuckets: []int64{1, 1},
	}
	var first prompb.WriteRequest
	second := writev2.Request{}
	symbols := writev2.NewSymbolTable()
	for i := range 1000 {
		of := labels.FromStrings("__name__", "requests_total", "instance", fmt.Sprint(i))
		first.Timeseries = append(first.Timeseries, prompb.TimeSeries{
			Labels: prompb.FromLabels(of, nil), Samples: []prompb.Sample{{Value: float64(i), Timestamp: now}, {Value: float64(i + 1), Timestamp: now + 1}},
			Histograms: []prompb.Histogram{prompb.FromIntHistogram(now, native)},
		})
		second.Timeseries = append(second.Timeseries, writev2.TimeSeries{
			LabelsRefs: symbols.SymbolizeLabels(of, nil), Metadata: writev2.Metadata{Type: writev2.Metadata_METRIC_TYPE_COUNTER},
			Samples: []writev2.Sample{{Value: float64(i), Timestamp: now}, {Value: float64(i + 1), Timestamp: now + 1}},
			Histograms: []writev2.Histogram{writev2.FromIntHistogram(0, now, native)},
		})
	}
	second.Symbols = symbols.Symbols()
	for version, message := range map[remotewrite.Version]interface{ Marshal() ([]byte, error) }{remotewrite.V1: &first, remotewrite.V2: &second} {
		body, err := message.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		p, in := remotewrite.New(version), &cloudwatchapi.PutMetricDataInput{}
		if err := p.Decode(nil, &wire.Request{HTTP: &http.Request{Header: http.Header{}}, Body: body}, in); err != nil {
			t.Fatal(err)
		}
		resp, err := p.Encode(nil, nil, "id")
		if err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("X-Prometheus-Remote-Write-Samples-Written") + " " + resp.Header.Get("X-Prometheus-Remote-Write-Histograms-Written"); got != "2000 1000" || resp.Status != http.StatusNoContent {
			t.Errorf("version %d: %d, %s are written", version, resp.Status, got)
		}
		sum, values := 0.0, ""
		for _, e := range in.EntityMetricData {
			for _, d := range e.MetricData {
				if d.StatisticValues != nil {
					values = fmt.Sprint(d.Values, d.Counts, *d.StatisticValues.SampleCount, *d.StatisticValues.Sum)
					continue
				}
				sum += d.Values[0]
			}
		}
		if want := 2*499_500.0 + 1000; sum != want || values != "[0 1.5 3] [1 1 2] 4 10" {
			t.Errorf("version %d: the samples add up to %v, want %v, and a histogram is %s", version, sum, want, values)
		}
	}
}
