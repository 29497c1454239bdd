package remotewrite_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sillok/sillok/internal/api/cloudwatchapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/remotewrite"
	"github.com/sillok/sillok/internal/wire/samples"
)

const (
	typeV1 = "application/x-protobuf"
	typeV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
)

func decode(tb testing.TB, contentType string, body []byte) (*remotewrite.Protocol, *cloudwatchapi.PutMetricDataInput, error) {
	tb.Helper()
	version, ok := remotewrite.VersionOf(contentType)
	if !ok {
		tb.Fatal(contentType)
	}
	p, in := remotewrite.New(version), &cloudwatchapi.PutMetricDataInput{}
	return p, in, p.Decode(nil, &wire.Request{HTTP: &http.Request{Header: http.Header{}}, Body: body}, in)
}

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
			line += fmt.Sprintf(" %s %v@%d", unit(d.Unit), d.Values, d.Timestamp.UnixMilli()-at)
			if set := d.StatisticValues; set != nil {
				line += fmt.Sprintf(" ×%v n=%v sum=%v min=%v max=%v", d.Counts, *set.SampleCount, *set.Sum, *set.Minimum, *set.Maximum)
			}
			out = append(out, line)
		}
	}
	return out
}

var at = time.Now().Truncate(time.Second).UnixMilli()

// message is a message of protobuf that is being written.
type message []byte

func (m message) bytes(n protowire.Number, b []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, n, protowire.BytesType), b)
}

func (m message) text(n protowire.Number, s string) message { return m.bytes(n, []byte(s)) }

func (m message) int(n protowire.Number, v int64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, n, protowire.VarintType), uint64(v))
}

func (m message) double(n protowire.Number, v float64) message {
	return protowire.AppendFixed64(protowire.AppendTag(m, n, protowire.Fixed64Type), math.Float64bits(v))
}

func packed(values ...int64) (b []byte) {
	for _, v := range values {
		b = protowire.AppendVarint(b, uint64(v))
	}
	return b
}

func zigzag(values ...int64) (b []byte) {
	for _, v := range values {
		b = protowire.AppendVarint(b, protowire.EncodeZigZag(v))
	}
	return b
}

func value(v float64, after int64) message { return message{}.double(1, v).int(2, at+after) }

// seriesV1 is a series with labels, names and values in turn.
func seriesV1(labels []string, parts ...func(message) message) message {
	var s message
	for i := 0; i < len(labels); i += 2 {
		s = s.bytes(1, message{}.text(1, labels[i]).text(2, labels[i+1]))
	}
	for _, part := range parts {
		s = part(s)
	}
	return message{}.bytes(1, s)
}

func with(n protowire.Number, b message) func(message) message {
	return func(m message) message { return m.bytes(n, b) }
}

// native is a histogram of 10 values: one of zero, three in (1, 2], two in (4, 8], three of
// -2 to -1, and one far up.
func native() message {
	span := func(offset, length int64) message {
		return message{}.bytes(0xF, nil).int(1, int64(protowire.EncodeZigZag(offset))).int(2, length)
	}
	return message{}.int(1, 10).double(3, 50).int(4, int64(protowire.EncodeZigZag(0))).int(6, 1).
		bytes(8, span(1, 1)).bytes(9, zigzag(3)).
		bytes(11, span(1, 1)).bytes(11, span(1, 1)).bytes(11, span(2, 1)).bytes(12, zigzag(3, -1, -1)).int(15, at)
}

func TestVersion1(t *testing.T) {
	stale := math.Float64frombits(0x7ff0000000000002)
	for _, tt := range []struct {
		name    string
		body    message
		want    []string
		status  int
		written string // samples, histograms
		answer  string
	}{
		{"a gauge", seriesV1([]string{"__name__", "up", "job", "x", "empty", ""}, with(2, value(1, 0)), with(2, value(0, 15))), []string{"Prometheus up job=x  [1]@0", "Prometheus up job=x  [0]@15"}, 204, "2 0", ""},
		{"a counter by its name", seriesV1([]string{"__name__", "requests_total"}, with(2, value(7, 0))), []string{"Prometheus total since 0 requests_total  [7]@0"}, 204, "1 0", ""},
		{"a bucket", seriesV1([]string{"__name__", "h_bucket", "le", "+Inf"}, with(2, value(7, 0))), []string{"Prometheus total since 0 h_bucket le=+Inf  [7]@0"}, 204, "1 0", ""},
		{"a series that is no more, and NaN", seriesV1([]string{"__name__", "up"}, with(2, value(stale, 0)), with(2, value(math.NaN(), 1)), with(2, value(3, 2))), []string{"Prometheus up  [3]@2"}, 204, "1 0", ""},
		{"infinity", seriesV1([]string{"__name__", "up"}, with(2, value(math.Inf(1), 0)), with(2, value(3, 2))), []string{"Prometheus up  [3]@2"}, 400, "1 0", "1 samples are not taken, all others are: metric up: +Inf is no value of a metric\n"},
		{"without a name", seriesV1([]string{"a", "b"}, with(2, value(1, 0))), nil, 400, "0 0", "1 samples are not taken, all others are: the name of a metric has 1 to 255 bytes\n"},
		{"a histogram", seriesV1([]string{"__name__", "h"}, with(4, native())), []string{"Prometheus total since 0 h  [-1.5 0 1.5 6 48]@0 ×[3 1 3 2 1] n=10 sum=50 min=-1.5 max=48"}, 204, "0 1", ""},
		{"exemplars and metadata", append(seriesV1([]string{"__name__", "up"}, with(2, value(1, 0)), with(3, message{}.double(2, 1))), message{}.bytes(3, message{}.int(1, 1).text(2, "up"))...), []string{"Prometheus up  [1]@0"}, 204, "1 0", ""},
		{"nothing", nil, nil, 204, "0 0", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(t, typeV1, tt.body, tt.want, tt.status, tt.written, tt.answer)
		})
	}
}

func check(t *testing.T, contentType string, body message, want []string, status int, written, answer string) {
	t.Helper()
	p, in, err := decode(t, contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, lines(in)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p.Empty() != (want == nil) {
		t.Errorf("it says that it is empty: %v", p.Empty())
	}
	resp, err := p.Encode(nil, nil, "id")
	if err != nil {
		t.Fatal(err)
	}
	got := resp.Header.Get("X-Prometheus-Remote-Write-Samples-Written") + " " + resp.Header.Get("X-Prometheus-Remote-Write-Histograms-Written")
	if resp.Status != status || got != written || string(resp.Body) != answer || resp.Header.Get("X-Prometheus-Remote-Write-Exemplars-Written") != "0" {
		t.Errorf("it answers %d %q %q", resp.Status, got, resp.Body)
	}
}

func TestVersion2(t *testing.T) {
	symbols := func() (m message) {
		for _, s := range []string{"", "__name__", "reqs", "job", "x", "bytes"} {
			m = m.text(4, s)
		}
		return m
	}
	series := func(kind int64, parts ...func(message) message) message {
		s := message{}.bytes(1, packed(1, 2, 3, 4))
		for _, part := range parts {
			s = part(s)
		}
		return symbols().bytes(5, s.bytes(5, message{}.int(1, kind).int(4, 5)))
	}
	started := func(m message) message { return m.int(6, 42) }
	custom := message{}.int(1, 4).double(3, 9).int(4, int64(protowire.EncodeZigZag(-53))).
		bytes(11, message{}.int(2, 3)).bytes(12, zigzag(1, 1, -1)).int(14, 3).int(15, at).
		bytes(16, protowire.AppendFixed64(protowire.AppendFixed64(nil, math.Float64bits(2)), math.Float64bits(4)))
	for _, tt := range []struct {
		name    string
		body    message
		want    []string
		written string
	}{
		{"a counter", series(1, started, with(2, value(7, 0))), []string{"Prometheus total since 42000000 reqs job=x Bytes [7]@0"}, "1 0"},
		{"a gauge", series(2, with(2, value(7, 0))), []string{"Prometheus reqs job=x Bytes [7]@0"}, "1 0"},
		{"a sample that says since when", series(1, with(2, value(7, 0).int(3, 43))), []string{"Prometheus total since 43000000 reqs job=x Bytes [7]@0"}, "1 0"},
		{"a histogram of its own bounds", series(4, with(3, custom)), []string{"Prometheus reqs job=x Bytes [1 3 4]@0 ×[1 2 1] n=4 sum=9 min=1 max=4"}, "0 1"},
	} {
		t.Run(tt.name, func(t *testing.T) { check(t, typeV2, tt.body, tt.want, 204, tt.written, "") })
	}
}

func TestWhatIsNoRequest(t *testing.T) {
	many := message{}
	for range 100 {
		many = append(many, seriesV1([]string{"__name__", "up"}, func(m message) message {
			for range 1000 {
				m = m.bytes(2, value(1, 0))
			}
			return m
		})...)
	}
	for _, tt := range []struct {
		name, contentType string
		body              []byte
		want              string
	}{
		{"no protobuf", typeV1, []byte("hello"), "The body is not a request of Prometheus' remote write."},
		{"one that is cut", typeV1, seriesV1([]string{"__name__", "up"}, with(2, value(1, 0)))[:9], "The body is not a request of Prometheus' remote write."},
		{"a symbol that is not there", typeV2, message{}.bytes(5, message{}.bytes(1, packed(1, 2))), "The body is not a request of Prometheus' remote write."},
		{"half a label", typeV2, message{}.text(4, "").bytes(5, message{}.bytes(1, packed(0))), "The body is not a request of Prometheus' remote write."},
		{"100,000 samples", typeV1, many, "The request has more than 50000 samples, or 524288 labels and other parts."},
		{"a million labels", typeV1, message{}.bytes(1, []byte(strings.Repeat("\n\x00", 1<<20))), "The request has more than 50000 samples, or 524288 labels and other parts."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _, err := decode(t, tt.contentType, tt.body)
			if cloud.KindOf(err) != cloud.Invalid || !strings.HasSuffix(err.Error(), ": "+tt.want) {
				t.Errorf("%v", err)
			}
			resp := p.EncodeError(nil, &wire.Failure{Status: 429, Name: "ThrottlingException", Message: "Rate exceeded", RequestID: "id"})
			if resp.Status != 429 || resp.Header.Get("Retry-After") != "1" || string(resp.Body) != "ThrottlingException: Rate exceeded\n" || resp.Header.Get("X-Prometheus-Remote-Write-Samples-Written") != "0" {
				t.Errorf("a failure is %v", resp)
			}
		})
	}
	for contentType, want := range map[string]bool{
		typeV1: true, typeV2: true, "application/x-protobuf;proto=prometheus.WriteRequest": true, "application/x-protobuf;proto=other": false, "application/json": false,
	} {
		if _, ok := remotewrite.VersionOf(contentType); ok != want {
			t.Errorf("%s is taken: %v", contentType, ok)
		}
	}
}

func FuzzRemoteWrite(f *testing.F) {
	f.Add(false, []byte(seriesV1([]string{"__name__", "h"}, with(4, native()), with(2, value(1, 0)))))
	f.Add(true, []byte(message{}.text(4, "").text(4, "__name__").text(4, "m").bytes(5, message{}.bytes(1, packed(1, 2)).bytes(2, value(1, 0)).bytes(3, native()))))
	f.Fuzz(func(t *testing.T, second bool, body []byte) {
		contentType := typeV1
		if second {
			contentType = typeV2
		}
		_, in, err := decode(t, contentType, body)
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
