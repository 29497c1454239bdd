package stream_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/metrics/stream"
	"github.com/sillok/sillok/internal/store/series/summary"
)

var at = time.UnixMilli(1611929698000).UTC()

func config(f stream.Format, more ...stream.Statistics) stream.Config {
	return stream.Config{
		Name: "s", ARN: "arn:aws:cloudwatch:us-east-1:123456789012:metric-stream/s", Scope: cloud.Scope{Account: "123456789012", Region: "us-east-1"},
		Format: f, More: more,
	}
}

// update is a minute of AWS/EC2 DiskWriteOps of three samples.
func update(dimensions ...metric.Dimension) stream.Update {
	var all summary.Summary
	for _, v := range []float64{0, 2, 18} {
		all.Add(v, 1)
	}
	return stream.Update{ID: &metric.ID{Namespace: "AWS/EC2", Name: "DiskWriteOps", Dimensions: dimensions}, Unit: "Seconds", Minute: at, Summary: &all}
}

func of(names ...string) stream.Statistics {
	return stream.Statistics{Metrics: []stream.Name{{Namespace: "AWS/EC2", Name: "DiskWriteOps"}}, Names: names}
}

func TestJSON(t *testing.T) {
	for _, tt := range []struct {
		name   string
		update stream.Update
		more   []stream.Statistics
		want   string
	}{
		{
			"as AWS writes it", update(metric.Dimension{Name: "InstanceId", Value: "i-1"}), nil,
			`{"metric_stream_name":"s","account_id":"123456789012","region":"us-east-1","namespace":"AWS/EC2","metric_name":"DiskWriteOps",` +
				`"dimensions":{"InstanceId":"i-1"},"timestamp":1611929698000,"value":{"count":3.0,"sum":20.0,"max":18.0,"min":0.0},"unit":"Seconds"}` + "\n",
		},
		{
			"with statistics", update(),
			[]stream.Statistics{of("p50", "TC(10:20)"), of("p50")},
			`{"metric_stream_name":"s","account_id":"123456789012","region":"us-east-1","namespace":"AWS/EC2","metric_name":"DiskWriteOps",` +
				`"dimensions":{},"timestamp":1611929698000,"value":{"count":3.0,"sum":20.0,"max":18.0,"min":0.0,"p50":2.0438317370604793,"TC(10:20)":1.0},"unit":"Seconds"}` + "\n",
		},
		{
			"with signs", update(metric.Dimension{Name: "a\"b", Value: "실록\n"}, metric.Dimension{Name: "b", Value: "\\"}), nil,
			`{"metric_stream_name":"s","account_id":"123456789012","region":"us-east-1","namespace":"AWS/EC2","metric_name":"DiskWriteOps",` +
				`"dimensions":{"a\"b":"실록\n","b":"\\"},"timestamp":1611929698000,"value":{"count":3.0,"sum":20.0,"max":18.0,"min":0.0},"unit":"Seconds"}` + "\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := stream.New(config(stream.JSON, tt.more...)).Records([]stream.Update{tt.update})
			if diff := cmp.Diff(tt.want, string(got.Data[0])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !json.Valid(got.Data[0]) {
				t.Error("it is no JSON")
			}
		})
	}
}

func text(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

// requests takes a record apart by OpenTelemetry's own package: a MetricsData is on the wire
// what an ExportMetricsServiceRequest is.
func requests(t *testing.T, record []byte) (all []*metricspb.MetricsData) {
	t.Helper()
	for len(record) > 0 {
		size, n := protowire.ConsumeVarint(record)
		if n < 0 || uint64(len(record)-n) < size {
			t.Fatal("the record is cut")
		}
		var r metricspb.MetricsData
		if err := proto.Unmarshal(record[n:n+int(size)], &r); err != nil {
			t.Fatal(err)
		}
		all, record = append(all, &r), record[n+int(size):]
	}
	return all
}

func TestOpenTelemetry(t *testing.T) {
	point := func(attributes ...*commonpb.KeyValue) *metricspb.SummaryDataPoint {
		return &metricspb.SummaryDataPoint{
			Attributes: attributes, StartTimeUnixNano: 1611929698000000000, TimeUnixNano: 1611929758000000000, Count: 3, Sum: 20,
			QuantileValues: []*metricspb.SummaryDataPoint_ValueAtQuantile{{}, {Quantile: 0.5, Value: 2.0438317370604793}, {Quantile: 1, Value: 18}},
		}
	}
	request := func(p *metricspb.SummaryDataPoint) *metricspb.MetricsData {
		return &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{{
			Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{
				{Key: "cloud.provider", Value: text("aws")},
				{Key: "cloud.account.id", Value: text("123456789012")},
				{Key: "cloud.region", Value: text("us-east-1")},
				{Key: "aws.exporter.arn", Value: text("arn:aws:cloudwatch:us-east-1:123456789012:metric-stream/s")},
			}},
			ScopeMetrics: []*metricspb.ScopeMetrics{{Scope: &commonpb.InstrumentationScope{}, Metrics: []*metricspb.Metric{{
				Name: "amazonaws.com/AWS/EC2/DiskWriteOps", Unit: "s",
				Data: &metricspb.Metric_Summary{Summary: &metricspb.Summary{DataPoints: []*metricspb.SummaryDataPoint{p}}},
			}}}},
		}}}
	}
	named := []*commonpb.KeyValue{{Key: "Namespace", Value: text("AWS/EC2")}, {Key: "MetricName", Value: text("DiskWriteOps")}}
	old := point()
	old.ProtoReflect().SetUnknown([]byte("\n\x14\n\tNamespace\x12\x07AWS/EC2\n\x1a\n\nMetricName\x12\x0cDiskWriteOps\n\x11\n\nInstanceId\x12\x03i-1"))
	for _, tt := range []struct {
		name   string
		format stream.Format
		update stream.Update
		want   *metricspb.MetricsData
	}{
		{
			"1.0", stream.OpenTelemetry10, update(metric.Dimension{Name: "InstanceId", Value: "i-1"}),
			request(point(append(named, &commonpb.KeyValue{Key: "Dimensions", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{
				KvlistValue: &commonpb.KeyValueList{Values: []*commonpb.KeyValue{{Key: "InstanceId", Value: text("i-1")}}},
			}}})...)),
		},
		{"1.0 without dimensions", stream.OpenTelemetry10, update(), request(point(named...))},
		{"0.7", stream.OpenTelemetry07, update(metric.Dimension{Name: "InstanceId", Value: "i-1"}), request(old)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := stream.New(config(tt.format, of("p50", "TM(10%:90%)"))).Records([]stream.Update{tt.update, tt.update})
			want := []*metricspb.MetricsData{tt.want, tt.want}
			if diff := cmp.Diff(want, requests(t, got.Data[0]), protocmp.Transform()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Updates != 2 || got.Billed != 4 {
				t.Errorf("%d updates, %d billed", got.Updates, got.Billed)
			}
		})
	}
	broken := update(metric.Dimension{Name: "a", Value: "\xff"})
	requests(t, stream.New(config(stream.OpenTelemetry10)).Records([]stream.Update{broken}).Data[0])
	requests(t, stream.New(config(stream.OpenTelemetry07)).Records([]stream.Update{broken}).Data[0])
}

// Every unit of CloudWatch has one of OpenTelemetry.
func TestUnits(t *testing.T) {
	var got []string
	for _, unit := range metric.Units() {
		u := update()
		u.Unit = unit
		r := requests(t, stream.New(config(stream.OpenTelemetry10)).Records([]stream.Update{u}).Data[0])
		got = append(got, r[0].ResourceMetrics[0].ScopeMetrics[0].Metrics[0].Unit)
	}
	want := "s us ms By kBy MBy GBy TBy bit kbit Mbit Gbit Tbit % {Count} By/s kBy/s MBy/s GBy/s TBy/s bit/s kbit/s Mbit/s Gbit/s Tbit/s {Count}/s 1"
	if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWants(t *testing.T) {
	ec2, some := stream.Filter{Namespace: "AWS/EC2"}, stream.Filter{Namespace: "Shop", Names: []string{"Latency", "Errors"}}
	for _, tt := range []struct {
		name             string
		include, exclude []stream.Filter
		want             []string // of the metrics below
	}{
		{"all", nil, nil, []string{"AWS/EC2 CPU", "Shop Latency", "Shop Orders", "shop Latency"}},
		{"included", []stream.Filter{ec2, some}, nil, []string{"AWS/EC2 CPU", "Shop Latency"}},
		{"not excluded", nil, []stream.Filter{ec2, some}, []string{"Shop Orders", "shop Latency"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(stream.JSON)
			cfg.Include, cfg.Exclude = tt.include, tt.exclude
			s := stream.New(cfg)
			var got []string
			var updates []stream.Update
			for _, m := range [][2]string{{"AWS/EC2", "CPU"}, {"Shop", "Latency"}, {"Shop", "Orders"}, {"shop", "Latency"}} {
				if s.Wants(m[0], m[1]) {
					got = append(got, m[0]+" "+m[1])
				}
				u := update()
				u.ID = &metric.ID{Namespace: m[0], Name: m[1]}
				updates = append(updates, u)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := s.Records(updates).Updates; n != len(tt.want) {
				t.Errorf("%d updates are sent", n)
			}
		})
	}
}

// Many updates are several records, and none is lost between them.
func TestRecords(t *testing.T) {
	updates := make([]stream.Update, 5000)
	for i := range updates {
		updates[i] = update(metric.Dimension{Name: "n", Value: fmt.Sprint(i)})
	}
	updates[7].Summary = &summary.Summary{} // without samples
	got := stream.New(config(stream.JSON)).Records(updates)
	lines := 0
	for _, record := range got.Data {
		if len(record) > 101<<10 {
			t.Errorf("a record has %d bytes", len(record))
		}
		lines += strings.Count(string(record), "\n")
	}
	if lines != 4999 || got.Updates != 4999 || got.Billed != 4999 || len(got.Data) < 10 {
		t.Errorf("%d lines, %d updates, %d billed, %d records", lines, got.Updates, got.Billed, len(got.Data))
	}
	if none := stream.New(config(stream.JSON)).Records(nil); none.Data != nil {
		t.Errorf("of nothing there are %d records", len(none.Data))
	}
}

func BenchmarkRecords(b *testing.B) {
	for _, f := range []stream.Format{stream.JSON, stream.OpenTelemetry07, stream.OpenTelemetry10} {
		b.Run(string(f), func(b *testing.B) {
			s, u := stream.New(config(f)), []stream.Update{update(metric.Dimension{Name: "InstanceId", Value: "i-1"})}
			for b.Loop() {
				s.Records(u)
			}
		})
	}
}
