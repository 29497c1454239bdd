package otlp_test

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/otlp"
	"github.com/sillok/sillok/internal/wire/samples"
)

// metrics is a request with metrics of one resource.
func metrics(attributes []*commonpb.KeyValue, all ...*metricspb.Metric) *metricspb.MetricsData {
	return &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{{
		Resource: &resourcepb.Resource{Attributes: attributes}, ScopeMetrics: []*metricspb.ScopeMetrics{{Metrics: all}},
	}}}
}

func decodeMetrics(tb testing.TB, header, contentType string, body []byte) (*otlp.Metrics, *cloudwatchapi.PutMetricDataInput, error) {
	tb.Helper()
	media, ok := otlp.MediaOf(contentType)
	if !ok {
		tb.Fatal(contentType)
	}
	m, in := otlp.NewMetrics(media), &cloudwatchapi.PutMetricDataInput{}
	r := &http.Request{Header: http.Header{}}
	if header != "" {
		r.Header.Set(samples.Header, header)
	}
	return m, in, m.Decode(nil, &wire.Request{HTTP: r, Body: body}, in)
}

// lines shows what an input has: the namespace, whether it is a total and since when, and
// the datum.
func lines(in *cloudwatchapi.PutMetricDataInput) (out []string) {
	for _, e := range in.EntityMetricData {
		for _, d := range e.MetricData {
			line := e.Entity.Attributes[samples.Namespace]
			if total, ok := e.Entity.Attributes[samples.Total]; ok {
				line += " total since " + total
			}
			line += " " + *d.MetricName
			for _, dimension := range d.Dimensions {
				line += " " + *dimension.Name + "=" + *dimension.Value
			}
			line += fmt.Sprintf(" %s %v", unit(d.Unit), d.Values)
			if d.Counts != nil {
				line += fmt.Sprintf("×%v", d.Counts)
			}
			if set := d.StatisticValues; set != nil {
				line += fmt.Sprintf(" n=%v sum=%v min=%v max=%v", *set.SampleCount, *set.Sum, *set.Minimum, *set.Maximum)
			}
			out = append(out, line)
		}
	}
	return out
}

var now = uint64(time.Now().UnixNano())

func gauge(name, unit string, points ...*metricspb.NumberDataPoint) *metricspb.Metric {
	return &metricspb.Metric{Name: name, Unit: unit, Data: &metricspb.Metric_Gauge{Gauge: &metricspb.Gauge{DataPoints: points}}}
}

func number(v float64, attributes ...*commonpb.KeyValue) *metricspb.NumberDataPoint {
	return &metricspb.NumberDataPoint{TimeUnixNano: now, StartTimeUnixNano: 7, Attributes: attributes, Value: &metricspb.NumberDataPoint_AsDouble{AsDouble: v}}
}

const (
	added = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
	total = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
)

func TestMetrics(t *testing.T) {
	service := []*commonpb.KeyValue{pair("service.name", text("cart")), pair("service.namespace", text("shop")), pair("host.name", text("h"))}
	sum := func(name string, monotonic bool, of metricspb.AggregationTemporality) *metricspb.Metric {
		return &metricspb.Metric{Name: name, Unit: "{requests}", Data: &metricspb.Metric_Sum{Sum: &metricspb.Sum{
			IsMonotonic: monotonic, AggregationTemporality: of,
			DataPoints: []*metricspb.NumberDataPoint{{TimeUnixNano: now, StartTimeUnixNano: 7, Value: &metricspb.NumberDataPoint_AsInt{AsInt: 5}}},
		}}}
	}
	histogram := func(p *metricspb.HistogramDataPoint) *metricspb.Metric {
		p.TimeUnixNano = now
		return &metricspb.Metric{Name: "h", Unit: "ms", Data: &metricspb.Metric_Histogram{Histogram: &metricspb.Histogram{AggregationTemporality: added, DataPoints: []*metricspb.HistogramDataPoint{p}}}}
	}
	exponential := &metricspb.Metric{Name: "e", Unit: "s", Data: &metricspb.Metric_ExponentialHistogram{ExponentialHistogram: &metricspb.ExponentialHistogram{
		AggregationTemporality: total,
		DataPoints: []*metricspb.ExponentialHistogramDataPoint{{
			TimeUnixNano: now, Count: 7, Sum: new(20.0), ZeroCount: 1, Positive: &metricspb.ExponentialHistogramDataPoint_Buckets{Offset: 1, BucketCounts: []uint64{2, 0, 3}},
			Negative: &metricspb.ExponentialHistogramDataPoint_Buckets{BucketCounts: []uint64{1}},
		}},
	}}}
	summary := &metricspb.Metric{Name: "s", Data: &metricspb.Metric_Summary{Summary: &metricspb.Summary{DataPoints: []*metricspb.SummaryDataPoint{
		{TimeUnixNano: now, StartTimeUnixNano: 9, Count: 4, Sum: 20, QuantileValues: []*metricspb.SummaryDataPoint_ValueAtQuantile{{Quantile: 0.5, Value: 3}, {Quantile: 0.99, Value: 12}}},
	}}}}
	gone := number(1)
	gone.Flags = 1
	for _, tt := range []struct {
		name   string
		header string
		data   *metricspb.MetricsData
		want   []string
		reject string
	}{
		{name: "a gauge", data: metrics(service, gauge("g", "By", number(1.5, pair("a", text("x")), pair("n", &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: 3}}), pair("none", text(""))))), want: []string{"shop/cart g a=x n=3 Bytes [1.5]"}},
		{name: "of no service", data: metrics(nil, gauge("g", "1", number(1))), want: []string{"default g  [1]"}},
		{name: "with a header", header: "Mine", data: metrics(service, gauge("g", "furlong", number(1))), want: []string{"Mine g  [1]"}},
		{name: "a counter of deltas", data: metrics(service, sum("c", true, added)), want: []string{"shop/cart c Count [5]"}},
		{name: "a counter of totals", data: metrics(service, sum("c", true, total)), want: []string{"shop/cart total since 7 c Count [5]"}},
		{name: "what goes up and down", data: metrics(service, sum("c", false, total)), want: []string{"shop/cart c Count [5]"}},
		{
			name: "a histogram", data: metrics(service, histogram(&metricspb.HistogramDataPoint{Count: 10, Sum: new(61.5), Min: new(1.0), Max: new(30.0), ExplicitBounds: []float64{5, 10, 20}, BucketCounts: []uint64{6, 0, 3, 1}})),
			want: []string{"shop/cart h Milliseconds [3 15 25]×[6 3 1] n=10 sum=61.5 min=1 max=30"},
		},
		{
			name: "a histogram without ends", data: metrics(service, histogram(&metricspb.HistogramDataPoint{Count: 10, Sum: new(61.5), ExplicitBounds: []float64{5, 10}, BucketCounts: []uint64{6, 3, 1}})),
			want: []string{"shop/cart h Milliseconds [2.5 7.5 10]×[6 3 1] n=10 sum=61.5 min=2.5 max=10"},
		},
		{
			name: "a histogram without buckets", data: metrics(service, histogram(&metricspb.HistogramDataPoint{Count: 2, Sum: new(6.0)})),
			want: []string{"shop/cart h Milliseconds [] n=2 sum=6 min=3 max=3"},
		},
		{name: "an empty histogram", data: metrics(service, histogram(&metricspb.HistogramDataPoint{}))},
		{name: "an exponential histogram", data: metrics(service, exponential), want: []string{"shop/cart total since 0 e Seconds [-1.5 0 3 12]×[1 1 2 3] n=7 sum=20 min=-1.5 max=12"}},
		{name: "a summary", data: metrics(service, summary), want: []string{"shop/cart total since 9 s  [] n=4 sum=20 min=3 max=12"}},
		{name: "a series that is no more", data: metrics(service, gauge("g", "", gone))},
		{name: "NaN beside others", data: metrics(service, gauge("g", "", number(math.NaN()), number(1), number(math.Inf(1)))), want: []string{"shop/cart g  [1]"}, reject: "2 metric g: NaN is no value of a metric"},
		{name: "AWS's namespace", header: "AWS/EC2", data: metrics(service, gauge("g", "", number(1))), reject: "1 the namespace AWS/EC2 is AWS's own"},
		{name: "an attribute twice", data: metrics(service, gauge("g", "", number(1, pair("a", text("x")), pair("a", text("y"))))), reject: "1 metric g: a dimension is there twice"},
		{name: "a long name", data: metrics(service, gauge(strings.Repeat("n", 256), "", number(1))), reject: "1 the name of a metric has 1 to 255 bytes"},
		{name: "a long value", data: metrics(service, gauge("g", "", number(1, pair("a", text(strings.Repeat("x", 1025)))))), reject: "1 metric g: dimension a has a value of more than 1024 bytes"},
		{name: "a least that is greater", data: metrics(service, histogram(&metricspb.HistogramDataPoint{Count: 1, Sum: new(6.0), Min: new(9.0), Max: new(1.0)})), reject: "1 metric h: the least value is greater than the greatest"},
		{name: "long ago", data: metrics(service, gauge("g", "", &metricspb.NumberDataPoint{TimeUnixNano: 1})), reject: "1 metric g: the time is more than two weeks ago"},
		{name: "far ahead", data: metrics(service, gauge("g", "", &metricspb.NumberDataPoint{TimeUnixNano: math.MaxUint64})), reject: "1 metric g: the time is more than two hours ahead"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inProtobuf, err := proto.Marshal(tt.data)
			if err != nil {
				t.Fatal(err)
			}
			inJSON, err := protojson.Marshal(tt.data)
			if err != nil {
				t.Fatal(err)
			}
			for contentType, body := range map[string][]byte{asProtobuf: inProtobuf, asJSON: inJSON} {
				m, in, err := decodeMetrics(t, tt.header, contentType, body)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, lines(in)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", contentType, diff)
				}
				if m.Empty() != (tt.want == nil) {
					t.Errorf("it says that it is empty: %v", m.Empty())
				}
				resp, err := m.Encode(nil, nil, "id")
				if err != nil || resp.Status != http.StatusOK {
					t.Fatalf("%v %v", resp, err)
				}
				if contentType == asProtobuf {
					continue
				}
				want := "{}"
				if n, why, ok := strings.Cut(tt.reject, " "); ok {
					want = fmt.Sprintf(`{"partialSuccess":{"rejectedDataPoints":%s,"errorMessage":%q}}`, n, why)
				}
				if got := string(resp.Body); got != want {
					t.Errorf("it answers %s, want %s", got, want)
				}
			}
		})
	}
}

// Who sends totals is told apart, and who sends what was added is not.
func TestSourcesOfTotals(t *testing.T) {
	of := func(host string) *metricspb.ResourceMetrics {
		c := &metricspb.Metric{Name: "c", Data: &metricspb.Metric_Sum{Sum: &metricspb.Sum{IsMonotonic: true, AggregationTemporality: total, DataPoints: []*metricspb.NumberDataPoint{number(1)}}}}
		return metrics([]*commonpb.KeyValue{pair("host", text(host))}, c, gauge("g", "", number(1))).ResourceMetrics[0]
	}
	body, err := proto.Marshal(&metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{of("a"), of("b"), of("a")}})
	if err != nil {
		t.Fatal(err)
	}
	_, in, err := decodeMetrics(t, "", asProtobuf, body)
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]int{}
	for _, e := range in.EntityMetricData {
		sources[e.Entity.Attributes[samples.Source]] += len(e.MetricData)
	}
	if got := slices.Sorted(maps.Values(sources)); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("sources have %v points", got)
	}
}

func TestTooManyPoints(t *testing.T) {
	points := make([]*metricspb.NumberDataPoint, samples.MostPoints+1)
	for i := range points {
		points[i] = number(1)
	}
	body, err := proto.Marshal(metrics(nil, gauge("g", "", points...)))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = decodeMetrics(t, "", asProtobuf, body)
	if err == nil || err.Error() != "InvalidParameterException: The request has more than 50000 data points." {
		t.Errorf("%v", err)
	}
	buckets := &metricspb.Metric{Name: "e", Data: &metricspb.Metric_ExponentialHistogram{ExponentialHistogram: &metricspb.ExponentialHistogram{
		DataPoints: []*metricspb.ExponentialHistogramDataPoint{{TimeUnixNano: now, Count: 1, Positive: &metricspb.ExponentialHistogramDataPoint_Buckets{BucketCounts: make([]uint64, 10<<20)}}},
	}}}
	if body, err = proto.Marshal(metrics(nil, buckets)); err != nil {
		t.Fatal(err)
	}
	if _, _, err = decodeMetrics(t, "", asProtobuf, body); err == nil || err.Error() != "InvalidParameterException: The request has more than 524288 objects." {
		t.Errorf("ten million buckets: %v", err)
	}
	if err := otlp.NewMetrics(otlp.Media{}).Decode(nil, &wire.Request{}, &struct{}{}); cloud.KindOf(err) != cloud.Invalid {
		t.Errorf("another operation: %v", err)
	}
}

func FuzzMetrics(f *testing.F) {
	body, err := proto.Marshal(metrics([]*commonpb.KeyValue{pair("service.name", text("a"))}, gauge("g", "By", number(1, pair("a", text("b"))))))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(false, body)
	f.Add(true, []byte(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"count":"3","sum":4,"explicitBounds":[1],"bucketCounts":["1","2"]}]}}]}]}]}`))
	f.Add(true, []byte(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"e","exponentialHistogram":{"dataPoints":[{"count":"3","scale":-11,"positive":{"offset":2000000000,"bucketCounts":["1"]}}]}}]}]}]}`))
	f.Fuzz(func(t *testing.T, isJSON bool, body []byte) {
		contentType := asProtobuf
		if isJSON {
			contentType = asJSON
		}
		_, in, err := decodeMetrics(t, "", contentType, body)
		if err != nil {
			if cloud.KindOf(err) != cloud.Invalid {
				t.Fatal(err)
			}
			return
		}
		for _, e := range in.EntityMetricData {
			for _, d := range e.MetricData {
				for _, v := range d.Values {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Fatalf("%v is a value", v)
					}
				}
			}
		}
	})
}

func unit(u *string) string {
	if u == nil {
		return ""
	}
	return *u
}
