package eventstream_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	codec "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/lambdaapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/awsjson"
	"github.com/sillok/sillok/internal/wire/cbor"
	"github.com/sillok/sillok/internal/wire/eventstream"
	"github.com/sillok/sillok/internal/wire/restjson"
	"github.com/sillok/sillok/internal/wire/restxml"
)

// sequence yields the events, and then the error when there is one.
func sequence[E any](err error, events ...E) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		for _, event := range events {
			if !yield(event, nil) {
				return
			}
		}
		var none E
		if err != nil && yield(none, err) {
			yield(none, errors.New("the sequence went on after its error"))
		}
	}
}

// allTypes is an event with every type that a header may have.
type allTypes struct {
	Yes    *bool      `aws:",,header=yes"`
	Short  *int32     `aws:",,header=short"`
	Long   *int64     `aws:",,header=long"`
	Text   *string    `aws:",,header=text"`
	Bytes  []byte     `aws:",,header=bytes"`
	When   *time.Time `aws:",,header=when"`
	Absent *string    `aws:",,header=absent"`
	Rest   *string    `aws:"rest"`
}

type textEvent struct {
	Payload *string `aws:",,payload"`
}

type badHeader struct {
	Number *float64 `aws:",,header=number"`
}

type slowDownException struct {
	Message *string `aws:"message"`
	Seconds *int64  `aws:"seconds"`
}

type union struct {
	All      *allTypes  `aws:"all"`
	Text     *textEvent `aws:"text"`
	Bad      *badHeader
	SlowDown *slowDownException `aws:"slowDown"`
}

type output struct {
	Session *string                 `aws:"session"`
	Events  iter.Seq2[union, error] `aws:"events"`
}

func made() *api.Service {
	return &api.Service{ID: "made", Operations: []api.Operation{{Name: "Listen", In: (*textEvent)(nil), Out: (*output)(nil), Errors: []string{"InternalServerException"}}}}
}

// line returns a message as text: its headers, then its payload.
func line(m eventstream.Message) string {
	var b strings.Builder
	for _, header := range m.Headers {
		fmt.Fprintf(&b, "%s=%v ", header.Name, header.Value)
	}
	return b.String() + string(m.Payload)
}

// messages returns the messages of an answer as AWS's decoder reads them, and
// the error of the last one.
func messages(t *testing.T, resp *wire.Response) (lines []string, last error) {
	t.Helper()
	for b, err := range resp.Events {
		last = err
		m, err := codec.NewDecoder().Decode(bytes.NewReader(b), nil)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line(m))
		for again, err := range eventstream.Read(iotest.OneByteReader(bytes.NewReader(b))) {
			if diff := cmp.Diff(line(m), line(again)); diff != "" || err != nil {
				t.Errorf("read with error %v, and otherwise (-decoder +ours):\n%s", err, diff)
			}
		}
	}
	return lines, last
}

func TestEvents(t *testing.T) {
	cborProtocol, err := cbor.New()
	if err != nil {
		t.Fatal(err)
	}
	when := time.Date(2026, 11, 29, 8, 0, 0, 250e6, time.UTC)
	disk := errors.New("the disk said /secret/path")
	const event, records = ":message-type=event :event-type=", ":message-type=event :event-type=Records :content-type=application/octet-stream "
	for _, tt := range []struct {
		name     string
		protocol wire.Protocol
		service  *api.Service
		op       string
		out      any
		header   http.Header
		want     []string
		err      error
	}{
		{
			name: "REST-XML", protocol: restxml.Protocol{}, service: s3api.Service, op: "SelectObjectContent",
			out: &s3api.SelectObjectContentOutput{Payload: sequence(nil,
				s3api.SelectObjectContentEventStream{Records: &s3api.RecordsEvent{Payload: []byte("a,b\n")}},
				s3api.SelectObjectContentEventStream{Cont: &s3api.ContinuationEvent{}},
				s3api.SelectObjectContentEventStream{Stats: &s3api.StatsEvent{Details: &s3api.Stats{BytesScanned: new(int64(512)), BytesReturned: new(int64(4))}}},
				s3api.SelectObjectContentEventStream{End: &s3api.EndEvent{}},
			)},
			header: http.Header{"Content-Type": {eventstream.ContentType}},
			want: []string{
				records + "a,b\n", event + "Cont ",
				event + "Stats :content-type=text/xml " + `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Stats><BytesScanned>512</BytesScanned><BytesReturned>4</BytesReturned></Stats>",
				event + "End ",
			},
		},
		{
			name: "REST-XML: error", protocol: restxml.Protocol{}, service: s3api.Service, op: "SelectObjectContent",
			out: &s3api.SelectObjectContentOutput{Payload: sequence(
				cloud.Errorf(cloud.Invalid, "OverMaxRecordSize", "a record is too long"),
				s3api.SelectObjectContentEventStream{Records: &s3api.RecordsEvent{Payload: []byte("a")}},
			)},
			header: http.Header{"Content-Type": {eventstream.ContentType}},
			want:   []string{records + "a", ":message-type=error :error-code=OverMaxRecordSize :error-message=a record is too long "},
			err:    cloud.Errorf(cloud.Invalid, "OverMaxRecordSize", "a record is too long"),
		},
		{
			name: "REST-JSON", protocol: restjson.Protocol{}, service: lambdaapi.Service, op: "InvokeWithResponseStream",
			out: &lambdaapi.InvokeWithResponseStreamOutput{StatusCode: new(int32(200)), ExecutedVersion: new("$LATEST"), EventStream: sequence(nil,
				lambdaapi.InvokeWithResponseStreamResponseEvent{PayloadChunk: &lambdaapi.InvokeResponseStreamUpdate{Payload: []byte("\x00\xff")}},
				lambdaapi.InvokeWithResponseStreamResponseEvent{InvokeComplete: &lambdaapi.InvokeWithResponseStreamCompleteEvent{ErrorCode: new("E")}},
			)},
			header: http.Header{"Content-Type": {eventstream.ContentType}, "X-Amz-Executed-Version": {"$LATEST"}},
			want: []string{
				event + "PayloadChunk :content-type=application/octet-stream \x00\xff",
				event + `InvokeComplete :content-type=application/json {"ErrorCode":"E"}`,
			},
		},
		{
			name: "JSON", protocol: awsjson.Protocol{Version: "1.1"}, service: logsapi.Service, op: "StartLiveTail",
			out: &logsapi.StartLiveTailOutput{ResponseStream: sequence(nil,
				logsapi.StartLiveTailResponseStream{SessionStart: &logsapi.LiveTailSessionStart{SessionId: new("s"), LogGroupIdentifiers: []string{"g"}}},
				logsapi.StartLiveTailResponseStream{SessionUpdate: &logsapi.LiveTailSessionUpdate{SessionResults: []logsapi.LiveTailSessionLogEvent{{Message: new("m")}}}},
			)},
			header: http.Header{"Content-Type": {eventstream.ContentType}},
			want: []string{
				event + "initial-response :content-type=application/x-amz-json-1.1 {}",
				event + `sessionStart :content-type=application/json {"sessionId":"s","logGroupIdentifiers":["g"]}`,
				event + `sessionUpdate :content-type=application/json {"sessionResults":[{"message":"m"}]}`,
			},
		},
		{
			name: "JSON: exception", protocol: awsjson.Protocol{Version: "1.1"}, service: logsapi.Service, op: "StartLiveTail",
			out: &logsapi.StartLiveTailOutput{ResponseStream: sequence[logsapi.StartLiveTailResponseStream](
				cloud.Errorf(cloud.Unavailable, "SessionTimeoutException", "three hours are over"),
			)},
			header: http.Header{"Content-Type": {eventstream.ContentType}},
			want: []string{
				event + "initial-response :content-type=application/x-amz-json-1.1 {}",
				`:message-type=exception :exception-type=SessionTimeoutException :content-type=application/json {"message":"three hours are over"}`,
			},
			err: cloud.Errorf(cloud.Unavailable, "SessionTimeoutException", "three hours are over"),
		},
		{
			name: "JSON: no events", protocol: awsjson.Protocol{Version: "1.1"}, service: logsapi.Service, op: "StartLiveTail",
			out: &logsapi.StartLiveTailOutput{}, header: http.Header{"Content-Type": {eventstream.ContentType}},
			want: []string{event + "initial-response :content-type=application/x-amz-json-1.1 {}"},
		},
		{
			name: "JSON: headers, text, other members", protocol: awsjson.Protocol{Version: "1.0"}, service: made(), op: "Listen",
			out: &output{Session: new("s"), Events: sequence(nil,
				union{All: &allTypes{
					Yes: new(true), Short: new(int32(-1)), Long: new(int64(1 << 40)), Text: new("t"), Bytes: []byte{1}, When: &when, Rest: new("r"),
				}},
				union{Text: &textEvent{Payload: new("héllo")}},
				union{Text: &textEvent{}},
			)},
			header: http.Header{"Content-Type": {eventstream.ContentType}},
			want: []string{
				event + `initial-response :content-type=application/x-amz-json-1.0 {"session":"s"}`,
				event + `all yes=true short=0x-0000001 long=0x0000010000000000 text=t bytes=AQ== when=` + codec.TimestampValue(when).String() +
					` :content-type=application/json {"rest":"r"}`,
				event + "text :content-type=text/plain héllo",
				event + "text ",
			},
		},
		{
			name: "CBOR", protocol: cborProtocol, service: made(), op: "Listen",
			out: &output{Session: new("s"), Events: sequence(
				(&cloud.Error{Kind: cloud.Throttled, Code: "slowDownException", Message: "later", Fields: map[string]any{"seconds": int64(5)}}),
				union{All: &allTypes{Rest: new("r")}},
			)},
			header: http.Header{"Content-Type": {eventstream.ContentType}, "Smithy-Protocol": {"rpc-v2-cbor"}},
			want: []string{
				event + "initial-response :content-type=application/cbor \xa1\x67session\x61s",
				event + "all :content-type=application/cbor \xa1\x64rest\x61r",
				":message-type=exception :exception-type=slowDown :content-type=application/cbor \xa2\x67message\x65later\x67seconds\x05",
			},
			err: &cloud.Error{Kind: cloud.Throttled, Code: "slowDownException", Message: "later", Fields: map[string]any{"seconds": int64(5)}},
		},
		{
			name: "an error of ours is not shown", protocol: awsjson.Protocol{Version: "1.0"}, service: made(), op: "Listen",
			out:    &output{Events: sequence[union](disk)},
			header: http.Header{"Content-Type": {eventstream.ContentType}},
			want: []string{
				event + "initial-response :content-type=application/x-amz-json-1.0 {}",
				":message-type=error :error-code=InternalServerException " +
					":error-message=The request processing has failed because of an internal error. Request ID: ID ",
			},
			err: disk,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			op := wire.Compile(tt.service).Operation(tt.op)
			resp, err := tt.protocol.Encode(op, tt.out, "ID")
			if err != nil {
				t.Fatal(err)
			}
			tt.header.Set(wire.RequestIDHeader, "ID")
			if tt.service == s3api.Service {
				tt.header = wire.NewS3Response(0, tt.header.Get("Content-Type"), "ID", nil).Header
			}
			if diff := cmp.Diff(tt.header, resp.Header); diff != "" || resp.Status != 200 || resp.Body != nil || resp.Stream != nil {
				t.Errorf("answer %+v, headers (-want +got):\n%s", resp, diff)
			}
			lines, last := messages(t, resp)
			if diff := cmp.Diff(tt.want, lines); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if fmt.Sprint(last) != fmt.Sprint(tt.err) {
				t.Errorf("error %v, want %v", last, tt.err)
			}
		})
	}
}

// TestEventsOfNoForm ends a stream that the service cannot have meant.
func TestEventsOfNoForm(t *testing.T) {
	for _, tt := range []struct {
		name  string
		event union
		want  string
	}{
		{"nothing", union{}, "an event of Listen has no member"},
		{"two members", union{All: &allTypes{}, Text: &textEvent{}}, "an event of Listen is both all and text"},
		{"header of a type that headers have not", union{Bad: &badHeader{Number: new(1.5)}}, "event Bad: Number: a float64 is no header of an event"},
		{"header too long", union{All: &allTypes{Text: new(strings.Repeat("x", 1<<16))}}, "event stream: "},
		{"message too large", union{Text: &textEvent{Payload: new(strings.Repeat("x", 17<<20))}}, "event stream: a message has 17825876 bytes, which is more than 16777216"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := &output{Events: sequence(nil, tt.event, union{Text: &textEvent{}})}
			resp, err := awsjson.Protocol{Version: "1.0"}.Encode(wire.Compile(made()).Operation("Listen"), out, "ID")
			if err != nil {
				t.Fatal(err)
			}
			lines, last := messages(t, resp)
			if len(lines) != 2 || !strings.HasPrefix(lines[1], ":message-type=error :error-code=InternalServerException ") {
				t.Errorf("messages %q", lines)
			}
			if last == nil || !strings.HasPrefix(last.Error(), tt.want) {
				t.Errorf("error %v, want %s", last, tt.want)
			}
		})
	}
}

func TestLongErrorsAreCut(t *testing.T) {
	out := &output{Events: sequence[union](cloud.Errorf(cloud.Invalid, "TooLong", "%s", strings.Repeat("한", 1<<16)))}
	resp, err := awsjson.Protocol{Version: "1.0"}.Encode(wire.Compile(made()).Operation("Listen"), out, "ID")
	if err != nil {
		t.Fatal(err)
	}
	lines, _ := messages(t, resp)
	if want := ":message-type=error :error-code=TooLong :error-message=" + strings.Repeat("한", 8192/3) + " "; lines[1] != want {
		t.Errorf("message of %d bytes, want %d", len(lines[1]), len(want))
	}
}

// TestClientLeaves stops in the middle: the service's sequence must end.
func TestClientLeaves(t *testing.T) {
	ended := false
	out := &output{Events: func(yield func(union, error) bool) {
		defer func() { ended = true }()
		for yield(union{Text: &textEvent{Payload: new("x")}}, nil) {
		}
	}}
	resp, err := awsjson.Protocol{Version: "1.0"}.Encode(wire.Compile(made()).Operation("Listen"), out, "ID")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range resp.Events {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	if !ended {
		t.Error("the service's sequence has not ended")
	}
}

// TestSDKReadsEvents has the SDK's S3 client read what is answered.
func TestSDKReadsEvents(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		op := wire.Compile(s3api.Service).Operation("SelectObjectContent")
		resp, err := restxml.Protocol{}.Encode(op, &s3api.SelectObjectContentOutput{Payload: sequence(
			cloud.Errorf(cloud.Invalid, "OverMaxRecordSize", "a record is too long"),
			s3api.SelectObjectContentEventStream{Records: &s3api.RecordsEvent{Payload: []byte("a,b\n")}},
			s3api.SelectObjectContentEventStream{Cont: &s3api.ContinuationEvent{}},
			s3api.SelectObjectContentEventStream{Progress: &s3api.ProgressEvent{Details: &s3api.Progress{BytesScanned: new(int64(1))}}},
			s3api.SelectObjectContentEventStream{Stats: &s3api.StatsEvent{Details: &s3api.Stats{BytesScanned: new(int64(512))}}},
		)}, "ID")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		maps.Copy(w.Header(), resp.Header)
		for message, err := range resp.Events {
			if _, writeErr := w.Write(message); writeErr != nil {
				t.Error(writeErr, err)
			}
		}
	}))
	defer server.Close()
	client := s3.New(s3.Options{BaseEndpoint: aws.String(server.URL), UsePathStyle: true, Region: "us-east-1", Credentials: aws.AnonymousCredentials{}})
	out, err := client.SelectObjectContent(context.WithoutCancel(t.Context()), &s3.SelectObjectContentInput{
		Bucket: aws.String("b"), Key: aws.String("k"), Expression: aws.String("SELECT 1"), ExpressionType: s3types.ExpressionTypeSql,
		InputSerialization: &s3types.InputSerialization{}, OutputSerialization: &s3types.OutputSerialization{},
	})
	if err != nil {
		t.Fatal(err)
	}
	stream := out.GetStream()
	got := slices.Collect(func(yield func(any) bool) {
		for event := range stream.Events() {
			if !yield(event) {
				return
			}
		}
	})
	want := []any{
		&s3types.SelectObjectContentEventStreamMemberRecords{Value: s3types.RecordsEvent{Payload: []byte("a,b\n")}},
		&s3types.SelectObjectContentEventStreamMemberCont{},
		&s3types.SelectObjectContentEventStreamMemberProgress{Value: s3types.ProgressEvent{Details: &s3types.Progress{BytesScanned: aws.Int64(1)}}},
		&s3types.SelectObjectContentEventStreamMemberStats{Value: s3types.StatsEvent{Details: &s3types.Stats{BytesScanned: aws.Int64(512)}}},
	}
	unexported := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore())
	if diff := cmp.Diff(want, got, unexported); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if err := stream.Err(); err == nil || !strings.Contains(err.Error(), "OverMaxRecordSize: a record is too long") {
		t.Errorf("error %v", err)
	}
}

func TestRead(t *testing.T) {
	var m eventstream.Message
	m.Headers.Set(":event-type", codec.StringValue("Records"))
	m.Payload = []byte("hello")
	whole, err := eventstream.Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(i int) []byte {
		b := slices.Clone(whole)
		b[i] ^= 1
		return b
	}
	for _, tt := range []struct {
		name string
		body []byte
		n    int
		err  string // how it begins; empty for none
	}{
		{"nothing", nil, 0, ""},
		{"two messages", append(slices.Clone(whole), whole...), 2, ""},
		{"cut in the prelude", whole[:7], 0, "unexpected EOF"},
		{"cut after the prelude", whole[:12], 0, "unexpected EOF"},
		{"cut in the payload of the second", append(slices.Clone(whole), whole[:len(whole)-6]...), 1, "unexpected EOF"},
		{"flipped bit in the prelude", flipped(3), 0, "event stream: "},
		{"flipped bit in a header", flipped(14), 0, "event stream: "},
		{"flipped bit in the payload", flipped(len(whole) - 5), 0, "event stream: message checksum mismatch"},
		{"length of 4 GiB", append([]byte{0xff, 0xff, 0xff, 0xff}, whole[4:]...), 0, "event stream: a message says that it has 4294967295 bytes"},
		{"length of nothing", append([]byte{0, 0, 0, 0}, whole[4:]...), 0, "event stream: a message says that it has 0 bytes"},
		{"headers longer than the message", append(slices.Clone(whole[:4]), append([]byte{0, 0, 1, 0}, whole[8:]...)...), 0, "event stream: a message says that it has"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, last := 0, error(nil)
			for got, err := range eventstream.Read(bytes.NewReader(tt.body)) {
				if last = err; err != nil {
					break
				}
				if diff := cmp.Diff(m, got); diff != "" {
					t.Errorf("message (-want +got):\n%s", diff)
				}
				n++
			}
			if n != tt.n || (last == nil) != (tt.err == "") || last != nil && !strings.HasPrefix(last.Error(), tt.err) {
				t.Errorf("%d messages and error %v, want %d and %q", n, last, tt.n, tt.err)
			}
		})
	}
	for _, err := range eventstream.Read(iotest.ErrReader(iotest.ErrTimeout)) {
		if !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("error %v of a broken connection", err)
		}
	}
}

func FuzzRead(f *testing.F) {
	seed, err := base64.StdEncoding.DecodeString("AAAAHQAAAA38BlJKBWV2ZW50BwAAT+mQ")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	var m eventstream.Message
	m.Headers.Set("a", codec.Int64Value(5))
	whole, err := eventstream.Append(nil, m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, body []byte) {
		var again []byte
		for m, err := range eventstream.Read(bytes.NewReader(body)) {
			if err != nil {
				return
			}
			if again, err = eventstream.Append(again, m); err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range eventstream.Read(io.LimitReader(bytes.NewReader(again), int64(len(again)))) {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
