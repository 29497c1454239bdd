package wire

import (
	"io"
	"iter"
	"net/http"
	"net/url"
)

// Request is a call that has arrived, its operation known.
type Request struct {
	HTTP *http.Request
	// Body is the whole body, but for an operation that streams: see
	// [Operation.Streams].
	Body []byte
	// Stream is the body of an operation that streams. Decode reads nothing of
	// it: it goes into the input, and whoever does the operation reads it. Nil
	// is an empty one.
	Stream io.Reader
	Labels map[string]string // REST: values of the path template's labels, unescaped
	Params url.Values        // REST: the query string's parameters; nil where nobody has read them yet
}

// Response is an answer ready to be sent: Body, or Stream, or Events.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Stream is sent as it comes and then closed. An error of its Read leaves
	// half an answer, which the client must see: the connection has to be
	// broken. Content that is shorter or longer than a Content-Length that the
	// header tells is such an error.
	Stream io.ReadCloser
	// Events are the messages of an event stream, each to be sent as soon as
	// it is there. Where a message comes with an error, the message tells the
	// client of it and is the last one, so that the connection need not be
	// broken; the error is for the log.
	Events iter.Seq2[[]byte, error]
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
