package wire

import (
	"io"
	"net/http"
)

// Request is a call that has arrived, its body read and its operation known.
type Request struct {
	HTTP   *http.Request
	Body   []byte
	Labels map[string]string // REST: values of the path template's labels, unescaped
}

// Response is an answer ready to be sent. Stream, when not nil, is sent after
// Body and closed.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Stream io.ReadCloser
}

// Protocol is one way to say calls and answers. It has no state.
type Protocol interface {
	// Decode fills in, a pointer to the operation's input type. Its errors
	// are *cloud.Error.
	Decode(op *Operation, r *Request, in any) error
	// Encode says out, a pointer to the operation's output type.
	Encode(op *Operation, out any, requestID string) (*Response, error)
	// EncodeError says a failure of a call of the model's service.
	EncodeError(m *Model, f *Failure) *Response
}

// RequestIDHeader carries the request ID of every answer.
const RequestIDHeader = "X-Amzn-Requestid"

// NewResponse returns a Response with the headers that all answers have.
func NewResponse(status int, contentType, requestID string, body []byte) *Response {
	if status == 0 {
		status = http.StatusOK
	}
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	header.Set(RequestIDHeader, requestID)
	return &Response{Status: status, Header: header, Body: body}
}
