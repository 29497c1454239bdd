package otlp

import (
	"encoding/json"
	"mime"
	"net/http"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
)

// MaxBody is the most bytes of a request, as it comes and as it is once inflated.
const MaxBody = 20 << 20

// maxMessages bounds how many messages and elements of lists may be within the message of a
// request, each of which takes up to some hundred bytes of memory and as few as two of the
// request.
const maxMessages = wire.MaxNodes

// numbersOfMessage is how many numbers take as much memory as a message is counted for.
const numbersOfMessage = 16

// Media is one of the two forms of requests, and of the answers to them.
type Media struct{ json bool }

// MediaOf returns the form that a header Content-Type names, and false for any other.
func MediaOf(contentType string) (Media, bool) {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "application/x-protobuf":
		return Media{}, true
	case "application/json":
		return Media{json: true}, true
	}
	return Media{}, false
}

func (m Media) contentType() string {
	if m.json {
		return "application/json"
	}
	return "application/x-protobuf"
}

// read fills a message from a body. What a message has that nobody knows is passed over,
// as OpenTelemetry asks.
func (m Media) read(body []byte, message proto.Message) error {
	left := maxMessages
	if m.json {
		if !fewObjects(body, left) {
			return errMany()
		}
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: wire.MaxDepth}).Unmarshal(body, message); err != nil {
			return errBody("OpenTelemetry's JSON").Because(err)
		}
		return nil
	}
	if !fewMessages(body, message.ProtoReflect().Descriptor(), wire.MaxDepth, &left) {
		return errMany()
	}
	if err := (proto.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: wire.MaxDepth}).Unmarshal(body, message); err != nil {
		return errBody("OpenTelemetry's protobuf in UTF-8").Because(err)
	}
	return nil
}

// fewMessages says whether there are at most so many messages and elements of lists in a
// message, looking no deeper than that. What is broken is told by whoever reads it.
func fewMessages(b []byte, in protoreflect.MessageDescriptor, depth int, left *int) bool {
	for len(b) > 0 && depth > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return true
		}
		b = b[n:]
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, kind, b); n < 0 {
				return true
			}
			b = b[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return true
		}
		b = b[n:]
		field := in.Fields().ByNumber(number)
		if field == nil || field.Message() == nil && !field.IsList() {
			continue
		}
		if field.IsPacked() { // each of its numbers takes eight bytes, and as few as one here
			*left -= len(value) / numbersOfMessage
		}
		if *left--; *left < 0 || field.Message() != nil && !fewMessages(value, field.Message(), depth-1, left) {
			return false
		}
	}
	return true
}

// fewObjects says whether there are at most so many objects and texts in lists in a text of
// JSON.
func fewObjects(text []byte, left int) bool {
	var lists []bool // of the brackets that are open, whether they are of lists
	for i := 0; i < len(text); i++ {
		counts := false
		switch c := text[i]; c {
		case '"':
			counts = len(lists) > 0 && lists[len(lists)-1]
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			counts = c == '{'
			lists = append(lists, c == '[')
		case '}', ']':
			lists = lists[:max(len(lists)-1, 0)]
		}
		if !counts {
			continue
		}
		if left--; left < 0 {
			return false
		}
	}
	return true
}

// answer returns a response in the form of the request.
func (m Media) answer(status int, requestID string, text any, message []byte) (*wire.Response, error) {
	if !m.json {
		return wire.NewResponse(status, m.contentType(), requestID, message), nil
	}
	body, err := json.Marshal(text)
	return wire.NewResponse(status, m.contentType(), requestID, body), err
}

// partial is what was not taken of a request, in JSON as AWS writes it.
type partial struct {
	Records int64  `json:"rejectedLogRecords,omitempty"`
	Points  int64  `json:"rejectedDataPoints,omitempty"`
	Message string `json:"errorMessage"`
}

// accepted says that a request was taken, but for so many parts of it, and why not those.
func (m Media) accepted(requestID string, not partial) (*wire.Response, error) {
	var text struct {
		Partial *partial `json:"partialSuccess,omitempty"`
	}
	rejected := not.Records + not.Points
	if rejected == 0 {
		return m.answer(http.StatusOK, requestID, text, nil)
	}
	text.Partial = &not
	part := protowire.AppendTag(nil, 1, protowire.VarintType)
	part = protowire.AppendVarint(part, uint64(rejected)) //nolint:gosec // it is a count
	part = protowire.AppendTag(part, 2, protowire.BytesType)
	part = protowire.AppendString(part, not.Message)
	message := protowire.AppendTag(nil, 1, protowire.BytesType)
	return m.answer(http.StatusOK, requestID, text, protowire.AppendBytes(message, part))
}

// retryAfter is after how many seconds a request is to be repeated that may be.
const retryAfter = "1"

// failed says how a call failed, as the status of google.rpc that OpenTelemetry takes.
func (m Media) failed(f *wire.Failure) *wire.Response {
	status := struct {
		Code    uint64 `json:"code"`
		Message string `json:"message"`
	}{codeOf(f.Status), f.Name + ": " + f.Message}
	message := protowire.AppendTag(nil, 1, protowire.VarintType)
	message = protowire.AppendVarint(message, status.Code)
	message = protowire.AppendTag(message, 2, protowire.BytesType)
	message = protowire.AppendString(message, status.Message)
	resp, err := m.answer(f.Status, f.RequestID, status, message)
	if err != nil { // no text of Go's fails
		resp.Body = []byte("{}")
	}
	if f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable {
		resp.Header.Set("Retry-After", retryAfter)
	}
	return resp
}

// codeOf returns the code of gRPC for a status of HTTP.
func codeOf(status int) uint64 {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return 3
	case http.StatusForbidden:
		return 7
	case http.StatusTooManyRequests:
		return 8
	case http.StatusNotImplemented:
		return 12
	case http.StatusServiceUnavailable:
		return 14
	case http.StatusUnauthorized:
		return 16
	}
	return 13
}

func errMany() error {
	return errInvalid("The request has more than %d objects.", maxMessages)
}

func errBody(what string) *cloud.Error { return errInvalid("The body is not %s.", what) }

func errInvalid(format string, args ...any) *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "InvalidParameterException", format, args...)
}
