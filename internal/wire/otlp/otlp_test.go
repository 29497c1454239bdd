package otlp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/otlp"
)

const (
	asJSON     = "application/json; charset=utf-8"
	asProtobuf = "application/x-protobuf"
)

// decode reads a request for the group g and the stream s.
func decode(tb testing.TB, contentType string, body []byte) (*otlp.Logs, *logsapi.PutLogEventsInput, error) {
	tb.Helper()
	media, ok := otlp.MediaOf(contentType)
	if !ok {
		tb.Fatalf("%s is no form of OpenTelemetry's", contentType)
	}
	r := &http.Request{Header: http.Header{}}
	r.Header.Set("x-aws-log-group", "g")
	r.Header.Set("x-aws-log-stream", "s")
	in, l := &logsapi.PutLogEventsInput{}, otlp.NewLogs(media)
	err := l.Decode(nil, &wire.Request{HTTP: r, Body: body}, in)
	return l, in, err
}

func text(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func pair(key string, value *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: value}
}

// request is one of a resource and a scope.
func request(tb testing.TB, records ...*logspb.LogRecord) []byte {
	tb.Helper()
	return marshal(tb, &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{
		Resource:  &resourcepb.Resource{Attributes: []*commonpb.KeyValue{pair("service.name", text("shop"))}},
		ScopeLogs: []*logspb.ScopeLogs{{Scope: &commonpb.InstrumentationScope{Name: "cart"}, LogRecords: records}},
	}}})
}

func marshal(tb testing.TB, m proto.Message) []byte {
	tb.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

const begin = `{"resource":{"attributes":{"service.name":"shop"}},"scope":{"name":"cart"},`

// A record is the same event, whichever form it came in.
func TestRecordsBecomeEvents(t *testing.T) {
	for _, tt := range []struct {
		name   string
		record *logspb.LogRecord
		json   string
		want   string
		time   int64
	}{
		{
			"a line", &logspb.LogRecord{
				TimeUnixNano: 1741900000123456789, ObservedTimeUnixNano: 1741900000123456790, SeverityNumber: 9, SeverityText: "INFO", Body: text("User \"logged\" in <ok>"),
				Attributes: []*commonpb.KeyValue{pair("user.id", text("12345"))}, Flags: 1,
				TraceId: []byte("\x5b\x8e\xff\xf7\x98\x03\x81\x03\xd2\x69\xb6\x33\x81\x3f\xc6\x0c"), SpanId: []byte("\xee\xe1\x9b\x7e\xc3\xc1\xb1\x74"),
			},
			`{"timeUnixNano":"1741900000123456789","observedTimeUnixNano":1741900000123456790,"severityNumber":9,"severityText":"INFO","body":{"stringValue":"User \"logged\" in <ok>"},` +
				`"attributes":[{"key":"user.id","value":{"stringValue":"12345"}}],"flags":1,"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174"}`,
			`"timeUnixNano":1741900000123456789,"observedTimeUnixNano":1741900000123456790,"severityNumber":9,"severityText":"INFO","body":"User \"logged\" in <ok>",` +
				`"attributes":{"user.id":"12345"},"flags":1,"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}`,
			1741900000123,
		},
		{
			"every kind of value", &logspb.LogRecord{
				TimeUnixNano: 1e9, EventName: "paid", DroppedAttributesCount: 2,
				Body: &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: []*commonpb.KeyValue{
					pair("yes", &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}}),
					pair("n", &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: math.MinInt64}}),
					pair("f", &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: 0.5}}),
					pair("nan", &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: math.NaN()}}),
					pair("b", &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte{0, 255}}}),
					pair("list", &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: []*commonpb.AnyValue{text("a"), text("")}}}}),
					pair("none", nil),
				}}}},
			},
			`{"timeUnixNano":"1000000000","eventName":"paid","droppedAttributesCount":2,"unknown":[{}],"body":{"kvlistValue":{"values":[{"key":"yes","value":{"boolValue":true}},` +
				`{"key":"n","value":{"intValue":"-9223372036854775808"}},{"key":"f","value":{"doubleValue":0.5}},{"key":"nan","value":{"doubleValue":"NaN"}},` +
				`{"key":"b","value":{"bytesValue":"AP8="}},{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":""}]}}},{"key":"none"}]}}}`,
			`"timeUnixNano":1000000000,"observedTimeUnixNano":0,"severityNumber":0,"severityText":"","body":{"yes":true,"n":-9223372036854775808,"f":0.5,"nan":"NaN","b":"AP8=",` +
				`"list":["a",""],"none":null},"attributes":{},"droppedAttributesCount":2,"eventName":"paid","flags":0}`,
			1000,
		},
		{
			"seen, and of no time", &logspb.LogRecord{ObservedTimeUnixNano: 2e9}, `{"observedTimeUnixNano":"2000000000"}`,
			`"timeUnixNano":0,"observedTimeUnixNano":2000000000,"severityNumber":0,"severityText":"","attributes":{},"flags":0}`, 2000,
		},
	} {
		for contentType, body := range map[string][]byte{
			asProtobuf: request(t, tt.record),
			asJSON: []byte(`{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"scope":{"name":"cart"},"logRecords":[` +
				tt.json + `]}]}]}`),
		} {
			t.Run(tt.name+" as "+contentType, func(t *testing.T) {
				_, in, err := decode(t, contentType, body)
				if err != nil {
					t.Fatal(err)
				}
				want := &logsapi.PutLogEventsInput{
					LogGroupName: new("g"), LogStreamName: new("s"), LogEvents: []logsapi.InputLogEvent{{Timestamp: &tt.time, Message: new(begin + tt.want)}},
				}
				if diff := cmp.Diff(want, in); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if !json.Valid([]byte(*in.LogEvents[0].Message)) {
					t.Error("it is no JSON")
				}
			})
		}
	}
}

func TestTheTimeOfARecordWithoutOneIsWhenItCame(t *testing.T) {
	before := time.Now().UnixMilli()
	_, in, err := decode(t, asProtobuf, request(t, &logspb.LogRecord{Body: text("a")}))
	if err != nil || *in.LogEvents[0].Timestamp < before || *in.LogEvents[0].Timestamp > time.Now().UnixMilli() {
		t.Errorf("%v %v", in, err)
	}
}

// AWS puts records in the order of their times; those of one time stay as they came.
func TestEventsAreInOrder(t *testing.T) {
	var records []*logspb.LogRecord
	for _, at := range []uint64{3e9, 1e9, 2e9, 1e9} {
		records = append(records, &logspb.LogRecord{TimeUnixNano: at, Body: text(string('a' + rune(len(records))))})
	}
	_, in, err := decode(t, asProtobuf, request(t, records...))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, e := range in.LogEvents {
		var event struct{ Body string }
		if err := json.Unmarshal([]byte(*e.Message), &event); err != nil {
			t.Fatal(err)
		}
		got.WriteString(event.Body)
	}
	if got.String() != "bdca" {
		t.Errorf("in the order %s", got.String())
	}
}

// What AWS refuses is refused whole.
func TestBadRequests(t *testing.T) {
	empty := func(n int) []byte { // n records that take two bytes each
		scope := bytes.Repeat(protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), nil), n)
		resource := protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), scope)
		return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), resource)
	}
	entity := func(n int) []byte { // a resource with n names of an entity that take two bytes each
		keys := bytes.Repeat(protowire.AppendBytes(protowire.AppendTag(nil, 3, protowire.BytesType), nil), n)
		entity := protowire.AppendBytes(protowire.AppendTag(nil, 3, protowire.BytesType), keys)
		resource := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), entity)
		return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), resource)
	}
	deep := &commonpb.AnyValue{}
	for range 200 {
		deep = &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: []*commonpb.AnyValue{deep}}}}
	}
	megabyte := strings.Repeat("x", 1<<20-1000)
	var many []*logspb.LogRecord
	for range 21 {
		many = append(many, &logspb.LogRecord{Body: text(megabyte)})
	}
	for _, tt := range []struct{ name, contentType, body, want string }{
		{"no protobuf", asProtobuf, "\xff\xff\xff", "The body is not OpenTelemetry's protobuf in UTF-8."},
		{"cut protobuf", asProtobuf, string(request(t, &logspb.LogRecord{Body: text("abc")})[:20]), "The body is not OpenTelemetry's protobuf in UTF-8."},
		{"invalid UTF-8", asProtobuf, strings.Replace(string(request(t, &logspb.LogRecord{Body: text("abc")})), "abc", "a\xffc", 1), "The body is not OpenTelemetry's protobuf in UTF-8."},
		{"nested 200 deep", asProtobuf, string(request(t, &logspb.LogRecord{Body: deep})), "The body is not OpenTelemetry's protobuf in UTF-8."},
		{"no JSON", asJSON, "{", "The body is not OpenTelemetry's JSON."},
		{"a list", asJSON, "[]", "The body is not OpenTelemetry's JSON."},
		{"JSON nested 200 deep", asJSON, strings.Repeat(`{"resourceLogs":[`, 200), "The body is not OpenTelemetry's JSON."},
		{"10,001 records", asProtobuf, string(empty(10_001)), "The request has more than 10000 log records."},
		{"ten million records of two bytes", asProtobuf, string(empty(10 << 20)), "The request has more than 524288 objects."},
		{"a million texts of two bytes", asProtobuf, string(entity(1 << 20)), "The request has more than 524288 objects."},
		{"a million texts", asJSON, `{"resourceLogs":[{"resource":{"entityRefs":[{"idKeys":["` + strings.Repeat(`","`, 1<<20) + `"]}]}}]}`, "The request has more than 524288 objects."},
		{"a million objects", asJSON, `{"resourceLogs":[` + strings.Repeat("{},", 1<<20) + "{}]}", "The request has more than 524288 objects."},
		{"a resource of 16 KB", asJSON, `{"resourceLogs":[{"resource":{"attributes":[{"key":"` + strings.Repeat("k", 16<<10) + `"}]},"scopeLogs":[{"logRecords":[{}]}]}]}`, "A resource and its scope are larger than 16384 bytes."},
		{"more than 20 MB of events", asProtobuf, string(request(t, many...)), "The log records of the request are larger than 20971520 bytes."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := decode(t, tt.contentType, []byte(tt.body))
			e, ok := errors.AsType[*cloud.Error](err)
			if !ok || e.Code != "InvalidParameterException" || e.Message != tt.want {
				t.Errorf("%v", err)
			}
		})
	}
	l := otlp.NewLogs(otlp.Media{})
	r := &http.Request{Header: http.Header{"X-Aws-Log-Stream": {"s"}}}
	if err := l.Decode(nil, &wire.Request{HTTP: r}, &logsapi.PutLogEventsInput{}); err == nil || !strings.Contains(err.Error(), "The header x-aws-log-group is required.") {
		t.Errorf("without a group: %v", err)
	}
}

// What was not taken is told: by AWS's names, and what is larger than an event by ours.
func TestAnswers(t *testing.T) {
	records := []*logspb.LogRecord{{TimeUnixNano: 1e9}, {TimeUnixNano: 2e9}, {TimeUnixNano: 3e9}, {TimeUnixNano: 4e9}, {TimeUnixNano: 5e9}}
	large := &logspb.LogRecord{TimeUnixNano: 1e9, Body: text(strings.Repeat("x", 1<<20))}
	for _, tt := range []struct {
		name, contentType string
		body              []byte
		out               *logsapi.PutLogEventsOutput
		empty             bool
		want              string
	}{
		{"all, in JSON", asJSON, []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}`), &logsapi.PutLogEventsOutput{NextSequenceToken: new("49")}, false, "{}"},
		{"all, in protobuf", asProtobuf, request(t, records...), &logsapi.PutLogEventsOutput{}, false, ""},
		{"nothing was sent", asProtobuf, nil, &logsapi.PutLogEventsOutput{}, true, ""},
		{
			"some of each kind", asProtobuf, request(t, append(records, large)...), &logsapi.PutLogEventsOutput{RejectedLogEventsInfo: &logsapi.RejectedLogEventsInfo{
				TooOldLogEventEndIndex: new(int32(1)), ExpiredLogEventEndIndex: new(int32(3)), TooNewLogEventStartIndex: new(int32(4)),
			}}, false,
			"\n\x71\x08\x05\x12\x6d" + `{"tooOldLogEventCount":1,"tooNewLogEventCount":1,"expiredLogEventCount":2,"tooLargeLogEventCount":1}`,
		},
		{
			"too old, in JSON", asJSON, []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}`),
			&logsapi.PutLogEventsOutput{RejectedLogEventsInfo: &logsapi.RejectedLogEventsInfo{TooOldLogEventEndIndex: new(int32(1))}}, false,
			`{"partialSuccess":{"rejectedLogRecords":1,"errorMessage":"{\"tooOldLogEventCount\":1,\"tooNewLogEventCount\":0,\"expiredLogEventCount\":0}"}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, _, err := decode(t, tt.contentType, tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if l.Empty() != tt.empty {
				t.Errorf("it says that it is empty: %v", l.Empty())
			}
			resp, err := l.Encode(nil, tt.out, "id")
			if err != nil {
				t.Fatal(err)
			}
			kind, _, _ := strings.Cut(tt.contentType, ";")
			if resp.Status != http.StatusOK || resp.Header.Get("Content-Type") != kind || resp.Header.Get("X-Amzn-Requestid") != "id" {
				t.Errorf("%d %v", resp.Status, resp.Header)
			}
			got := string(resp.Body)
			if tt.name == "some of each kind" { // the lengths are told by the parts
				got, tt.want = got[strings.IndexByte(got, '{'):], tt.want[strings.IndexByte(tt.want, '{'):]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is larger than an event is not written to its end: each control character would take
// six bytes.
func TestLargeRecordsTakeLittle(t *testing.T) {
	controls := strings.Repeat("\x01", 2<<20)
	many := make([]*commonpb.AnyValue, 100_000)
	for i := range many {
		many[i] = text(controls[:16])
	}
	for name, value := range map[string]*commonpb.AnyValue{
		"a text":  text(controls),
		"bytes":   {Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte(controls)}},
		"a list":  {Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: many}}},
		"a pair":  {Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: []*commonpb.KeyValue{pair(controls, nil), pair("b", text(controls))}}}},
		"a title": nil,
	} {
		record := &logspb.LogRecord{Body: value}
		if value == nil {
			record.SeverityText, record.EventName = controls, controls
		}
		l, in, err := decode(t, asProtobuf, request(t, record, record, record, record, &logspb.LogRecord{TimeUnixNano: 1e9}))
		if err != nil || len(in.LogEvents) != 1 || l.Empty() {
			t.Errorf("%s: %d events (%v), want one", name, len(in.LogEvents), err)
		}
	}
}

func FuzzLogs(f *testing.F) {
	f.Add(false, request(f, &logspb.LogRecord{TimeUnixNano: 1e9, Body: text("a"), TraceId: []byte("0123456789abcdef")}))
	f.Add(true, []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","traceId":"5B8EFFF798038103D269B633813FC60C","body":{"stringValue":"a"}}]}]}]}`))
	f.Fuzz(func(t *testing.T, isJSON bool, body []byte) {
		contentType := asProtobuf
		if isJSON {
			contentType = asJSON
		}
		_, in, err := decode(t, contentType, body)
		if err != nil {
			if cloud.KindOf(err) != cloud.Invalid {
				t.Fatal(err)
			}
			return
		}
		last := int64(math.MinInt64)
		for _, e := range in.LogEvents {
			if !json.Valid([]byte(*e.Message)) {
				t.Fatalf("%q is no JSON", *e.Message)
			}
			if *e.Timestamp < last {
				t.Fatal("the events are not in order")
			}
			last = *e.Timestamp
		}
	})
}
