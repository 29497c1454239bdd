package wire_test

import (
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/ec2api"
	"github.com/sillok/sillok/internal/api/lambdaapi"
	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/awsjson"
	"github.com/sillok/sillok/internal/wire/cbor"
	"github.com/sillok/sillok/internal/wire/restjson"
	"github.com/sillok/sillok/internal/wire/restxml"
)

func TestWhichOperationsStream(t *testing.T) {
	for _, tt := range []struct {
		service        *api.Service
		op             string
		reads, answers bool
	}{
		{s3api.Service, "PutObject", true, false},
		{s3api.Service, "UploadPart", true, false},
		{s3api.Service, "CompleteMultipartUpload", false, false},
		{s3api.Service, "GetObject", false, true},
		{s3api.Service, "HeadObject", false, false},
		{s3api.Service, "SelectObjectContent", false, true},
		{lambdaapi.Service, "Invoke", false, false},
		{lambdaapi.Service, "InvokeWithResponseStream", false, true},
		{logsapi.Service, "StartLiveTail", false, true},
		{logsapi.Service, "PutLogEvents", false, false},
		{ec2api.Service, "AcceptAddressTransfer", false, false}, // known by name alone
	} {
		op := operation(t, tt.service, tt.op)
		if op.Streams() != tt.reads || op.AnswersStream() != tt.answers {
			t.Errorf("%s: streams %v and answers a stream %v, want %v and %v", tt.op, op.Streams(), op.AnswersStream(), tt.reads, tt.answers)
		}
	}
}

func TestStreamIsNotReadByDecode(t *testing.T) {
	op := operation(t, s3api.Service, "PutObject")
	for _, tt := range []struct {
		name   string
		stream io.Reader
		want   io.Reader
	}{
		{"body", iotest.ErrReader(errors.New("read")), iotest.ErrReader(errors.New("read"))},
		{"none", nil, http.NoBody},
	} {
		in, _ := op.NewInput().(*s3api.PutObjectInput)
		r := post(t)
		r.Header.Set("Content-Length", "5")
		err := restxml.Protocol{}.Decode(op, &wire.Request{HTTP: r, Stream: tt.stream, Labels: map[string]string{"Bucket": "b", "Key": "k"}}, in)
		if err != nil {
			t.Fatal(err)
		}
		if tt.stream != nil && in.Body != tt.stream || tt.stream == nil && in.Body != http.NoBody {
			t.Errorf("%s: the input has the body %v", tt.name, in.Body)
		}
		if *in.Bucket != "b" || *in.Key != "k" || *in.ContentLength != 5 {
			t.Errorf("%s: the input is %+v", tt.name, in)
		}
	}
}

// closing is a stream that tells whether it was closed.
type closing struct {
	io.Reader

	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestStreamIsAnswered(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, tt := range []struct {
		name   string
		out    s3api.GetObjectOutput
		body   io.Reader
		status int
		header http.Header
		read   string
		err    error
	}{
		{
			name: "whole", out: s3api.GetObjectOutput{ContentLength: new(int64(5)), ContentType: new("text/plain"), ETag: new(`"e"`)},
			body: strings.NewReader("hello"), status: 200, read: "hello",
			header: http.Header{"Content-Length": {"5"}, "Content-Type": {"text/plain"}, "Etag": {`"e"`}},
		},
		{
			name: "of unknown length", body: strings.NewReader("hello"), status: 200, read: "hello",
			header: http.Header{"Content-Type": {"application/octet-stream"}},
		},
		{
			name: "range", out: s3api.GetObjectOutput{ContentLength: new(int64(2)), ContentRange: new("bytes 0-1/5"), AcceptRanges: new("bytes")},
			body: strings.NewReader("he"), status: 206, read: "he",
			header: http.Header{
				"Content-Length": {"2"}, "Content-Range": {"bytes 0-1/5"}, "Accept-Ranges": {"bytes"}, "Content-Type": {"application/octet-stream"},
			},
		},
		{
			name: "shorter than it says", out: s3api.GetObjectOutput{ContentLength: new(int64(6))},
			body: strings.NewReader("hello"), status: 200, read: "hello", err: io.ErrUnexpectedEOF,
			header: http.Header{"Content-Length": {"6"}, "Content-Type": {"application/octet-stream"}},
		},
		{
			name: "broken", out: s3api.GetObjectOutput{ContentLength: new(int64(5))},
			body: io.MultiReader(strings.NewReader("he"), iotest.ErrReader(broken)), status: 200, read: "he", err: broken,
			header: http.Header{"Content-Length": {"5"}, "Content-Type": {"application/octet-stream"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream := &closing{Reader: tt.body}
			tt.out.Body = stream
			resp, err := restxml.Protocol{}.Encode(operation(t, s3api.Service, "GetObject"), &tt.out, "ID")
			if err != nil {
				t.Fatal(err)
			}
			identify(tt.header, s3api.Service)
			if diff := cmp.Diff(tt.header, resp.Header); diff != "" || resp.Status != tt.status || len(resp.Body) > 0 {
				t.Errorf("status %d, body %q, headers (-want +got):\n%s", resp.Status, resp.Body, diff)
			}
			data, err := io.ReadAll(resp.Stream)
			if string(data) != tt.read || !errors.Is(err, tt.err) {
				t.Errorf("read %q, error %v", data, err)
			}
			if err := resp.Stream.Close(); err != nil || !stream.closed {
				t.Errorf("closed %v: %v", stream.closed, err)
			}
		})
	}
}

// identify adds the headers that name the request in an answer of a service.
func identify(header http.Header, service *api.Service) {
	if service != s3api.Service {
		header.Set(wire.RequestIDHeader, "ID")
		return
	}
	header.Set("X-Amz-Request-Id", "ID")
	header.Set("X-Amz-Id-2", wire.HostID("ID"))
	header.Set("Server", "AmazonS3")
}

func TestStreamLongerThanItSays(t *testing.T) {
	out := &s3api.GetObjectOutput{ContentLength: new(int64(2)), Body: io.NopCloser(strings.NewReader("hello"))}
	resp, err := restxml.Protocol{}.Encode(operation(t, s3api.Service, "GetObject"), out, "ID")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Stream)
	if string(data) != "he" || err == nil {
		t.Errorf("read %q, error %v", data, err)
	}
}

func TestAnswersWithoutBody(t *testing.T) {
	stream := &closing{Reader: strings.NewReader("x")}
	for _, tt := range []struct {
		name     string
		protocol wire.Protocol
		service  *api.Service
		op       string
		out      any
		status   int
		header   http.Header
	}{
		{
			"HEAD",
			restxml.Protocol{},
			s3api.Service, "HeadObject",
			&s3api.HeadObjectOutput{ContentLength: new(int64(5)), ContentType: new("text/plain")}, 200,
			http.Header{"Content-Length": {"5"}, "Content-Type": {"text/plain"}},
		},
		{"HEAD without members", restxml.Protocol{}, s3api.Service, "HeadBucket", &s3api.HeadBucketOutput{BucketRegion: new("r")}, 200, http.Header{"X-Amz-Bucket-Region": {"r"}}},
		{"headers alone", restxml.Protocol{}, s3api.Service, "PutObject", &s3api.PutObjectOutput{ETag: new("e")}, 200, http.Header{"Etag": {"e"}}},
		{"no output", restxml.Protocol{}, s3api.Service, "PutBucketVersioning", &s3api.PutBucketVersioningOutput{}, 200, http.Header{}},
		{"status of the model", restxml.Protocol{}, s3api.Service, "DeleteObject", &s3api.DeleteObjectOutput{VersionId: new("v")}, 204, http.Header{"X-Amz-Version-Id": {"v"}}},
		{"status of the output", restjson.Protocol{}, lambdaapi.Service, "Invoke", &lambdaapi.InvokeOutput{StatusCode: new(int32(204)), Payload: []byte("x")}, 204, http.Header{}},
		{
			"status of the output, with a stream",
			restxml.Protocol{},
			&api.Service{ID: "s", Operations: []api.Operation{{Name: "Get", In: (*statusStream)(nil), Out: (*statusStream)(nil)}}},
			"Get", &statusStream{Status: new(int32(304)), Body: stream}, 304,
			http.Header{},
		},
		{"no payload", restjson.Protocol{}, lambdaapi.Service, "Invoke", &lambdaapi.InvokeOutput{StatusCode: new(int32(202))}, 202, http.Header{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := tt.protocol.Encode(operation(t, tt.service, tt.op), tt.out, "ID")
			if err != nil {
				t.Fatal(err)
			}
			identify(tt.header, tt.service)
			want := &wire.Response{Status: tt.status, Header: tt.header}
			if diff := cmp.Diff(want, resp); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
	if !stream.closed {
		t.Error("the stream that is not sent is not closed")
	}
}

type statusStream struct {
	Status *int32        `aws:",,status"`
	Body   io.ReadCloser `aws:",,payload"`
}

func TestStatusOfConditions(t *testing.T) {
	m := wire.Compile(s3api.Service)
	for code, status := range map[string]int{
		"NotModified": 304, "MethodNotAllowed": 405, "MissingContentLength": 411, "PreconditionFailed": 412, "InvalidRange": 416,
	} {
		resp := restxml.Protocol{}.EncodeError(m, m.Fail(cloud.Errorf(cloud.Invalid, code, "no"), api.RESTXML, "ID"))
		if resp.Status != status || (len(resp.Body) == 0) != (status == 304) || (resp.Header.Get("Content-Type") == "") != (status == 304) {
			t.Errorf("%s: answered %d %q as %q", code, resp.Status, resp.Body, resp.Header.Get("Content-Type"))
		}
	}
}

// eventsInput is what the generator would make of an input with an event stream.
type eventsInput struct {
	Audio iter.Seq2[struct{}, error] `aws:"audio"`
}

func TestInputEventStreamsAreRefused(t *testing.T) {
	cborProtocol, err := cbor.New()
	if err != nil {
		t.Fatal(err)
	}
	service := &api.Service{ID: "transcribe", Operations: []api.Operation{{Name: "StartTranscription", In: (*eventsInput)(nil), Out: (*eventsInput)(nil)}}}
	for _, protocol := range []wire.Protocol{awsjson.Protocol{}, cborProtocol, restjson.Protocol{}, restxml.Protocol{}} {
		op := operation(t, service, "StartTranscription")
		err := protocol.Decode(op, &wire.Request{HTTP: post(t), Body: []byte("{}")}, op.NewInput())
		if cloud.KindOf(err) != cloud.Unsupported || !strings.Contains(err.Error(), "StartTranscription sends one as its audio") {
			t.Errorf("%T: %v", protocol, err)
		}
	}
}
