package stream

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/sillok/sillok/internal/store/series/summary"
)

// otel writes an ExportMetricsServiceRequest for each update, with its length in front.
func (s *Stream) otel() writer {
	resource := &resourcepb.Resource{Attributes: []*commonpb.KeyValue{
		pair("cloud.provider", "aws"), pair("cloud.account.id", string(s.cfg.Scope.Account)), pair("cloud.region", string(s.cfg.Scope.Region)),
		pair("aws.exporter.arn", s.cfg.ARN),
	}}
	return func(b []byte, u *Update, more []summary.Statistic) []byte {
		point := pointOf(u, more)
		if s.cfg.Format == OpenTelemetry07 {
			point.ProtoReflect().SetUnknown(labels(u))
		} else {
			point.Attributes = attributes(u)
		}
		request := &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{{
			Resource: resource,
			ScopeMetrics: []*metricspb.ScopeMetrics{{
				Scope: &commonpb.InstrumentationScope{},
				Metrics: []*metricspb.Metric{{
					Name: valid("amazonaws.com/" + u.Namespace + "/" + u.Name), Unit: unitOf(u.Unit),
					Data: &metricspb.Metric_Summary{Summary: &metricspb.Summary{DataPoints: []*metricspb.SummaryDataPoint{point}}},
				}},
			}},
		}}}
		size := proto.Size(request)
		out, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(protowire.AppendVarint(b, uint64(size)), request) //nolint:gosec // it is a size
		if err != nil {
			panic(err) // only texts that are not UTF-8 fail, and there are none: see valid
		}
		return out
	}
}

// pointOf returns an update as OpenTelemetry's summary: the least and the greatest are its
// quantiles of 0 and 1.
func pointOf(u *Update, more []summary.Statistic) *metricspb.SummaryDataPoint {
	quantiles := []*metricspb.SummaryDataPoint_ValueAtQuantile{{Quantile: 0, Value: u.Summary.Min}, {Quantile: 1, Value: u.Summary.Max}}
	for _, st := range more {
		share, err := strconv.ParseFloat(strings.TrimPrefix(st.String(), "p"), 64)
		if value, ok := st.Of(u.Summary); ok && err == nil {
			quantiles = append(quantiles, &metricspb.SummaryDataPoint_ValueAtQuantile{Quantile: share / 100, Value: value})
		}
	}
	slices.SortStableFunc(quantiles, func(a, b *metricspb.SummaryDataPoint_ValueAtQuantile) int {
		return cmp.Compare(a.Quantile, b.Quantile)
	})
	start := u.Minute.UnixNano()
	return &metricspb.SummaryDataPoint{
		StartTimeUnixNano: uint64(start), TimeUnixNano: uint64(start + int64(time.Minute)),
		Count: uint64(math.Round(u.Summary.Count)), Sum: u.Summary.Sum, QuantileValues: quantiles,
	}
}

// attributes are those of a point of OpenTelemetry 1.0.
func attributes(u *Update) []*commonpb.KeyValue {
	all := []*commonpb.KeyValue{pair("Namespace", u.Namespace), pair("MetricName", u.Name)}
	if len(u.Dimensions) == 0 {
		return all
	}
	list := &commonpb.KeyValueList{}
	for _, d := range u.Dimensions {
		list.Values = append(list.Values, pair(d.Name, d.Value))
	}
	return append(all, &commonpb.KeyValue{Key: "Dimensions", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: list}}})
}

// labels are those of a point of OpenTelemetry 0.7, whose field the later versions reserve.
func labels(u *Update) (b []byte) {
	label := func(key, value string) {
		var one []byte
		one = protowire.AppendString(protowire.AppendTag(one, 1, protowire.BytesType), valid(key))
		one = protowire.AppendString(protowire.AppendTag(one, 2, protowire.BytesType), valid(value))
		b = protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), one)
	}
	label("Namespace", u.Namespace)
	label("MetricName", u.Name)
	for _, d := range u.Dimensions {
		label(d.Name, d.Value)
	}
	return b
}

func pair(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: valid(key), Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: valid(value)}}}
}

// valid returns a text as UTF-8, which protobuf's texts are.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// units are CloudWatch's units in the words of UCUM.
var units = map[string]string{
	"Seconds": "s", "Microseconds": "us", "Milliseconds": "ms", "Bytes": "By", "Kilobytes": "kBy", "Megabytes": "MBy", "Gigabytes": "GBy",
	"Terabytes": "TBy", "Bits": "bit", "Kilobits": "kbit", "Megabits": "Mbit", "Gigabits": "Gbit", "Terabits": "Tbit", "Percent": "%",
	"Count": "{Count}", "None": "1",
}

func unitOf(unit string) string {
	if of, second := strings.CutSuffix(unit, "/Second"); second {
		return units[of] + "/s"
	}
	return units[unit]
}
