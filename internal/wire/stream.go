package wire

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"

	"github.com/sillok/sillok/internal/cloud"
)

// Streams says whether the operation's input has a payload that is read as it
// comes. The body of such a call belongs into Request.Stream, and that of all
// others into Request.Body.
func (o *Operation) Streams() bool {
	if o.In == nil {
		return false
	}
	payload := o.Input().Payload()
	return payload != nil && payload.Type.Kind == Stream
}

// AnswersStream says whether the operation's answer is sent as it comes: it has
// a Response.Stream or Response.Events and may take as long as the caller likes.
func (o *Operation) AnswersStream() bool {
	if o.Out == nil {
		return false
	}
	payload := o.Output().Payload()
	return payload != nil && payload.Type.Kind == Stream || o.Events() != nil
}

// Events returns the field of the output that is an event stream, or nil.
func (o *Operation) Events() *Field { return events(o.Output()) }

func events(t *Type) *Field {
	for i := range t.Fields {
		if t.Fields[i].Type.Kind == Events {
			return &t.Fields[i]
		}
	}
	return nil
}

// EventType returns the plan of the events in a field that is an event stream:
// a struct of which each event has one field set.
func (o *Operation) EventType(f *Field) *Type {
	yield := f.Type.Go.In(0) // of func(yield func(event, error) bool)
	return o.Model.TypeOf(yield.In(0), "")
}

// CheckInput refuses an operation whose input is an event stream: they are
// written here and not read.
func (o *Operation) CheckInput() error {
	if f := events(o.Input()); f != nil {
		return cloud.Errorf(cloud.Unsupported, "UnsupportedOperation",
			"Sillok does not read event streams, and %s sends one as its %s.", o.Name, f.Member)
	}
	return nil
}

// Bodiless says whether an answer has headers alone: to HEAD, or with a status
// that has no body.
func Bodiless(method string, status int) bool {
	return method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified
}

// sizedStream is a stream that fails when it has not as many bytes as the
// answer's Content-Length has said.
type sizedStream struct {
	io.ReadCloser

	left int64
}

// Read reads the stream.
func (s *sizedStream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.left -= int64(n)
	switch {
	case s.left < 0:
		return n + int(s.left), errors.New("the stream goes on after the answer's Content-Length")
	case errors.Is(err, io.EOF) && s.left > 0:
		return n, fmt.Errorf("the stream ends %d bytes before the answer's Content-Length: %w", s.left, io.ErrUnexpectedEOF)
	}
	return n, err
}

// encodeStream sets a response's stream from a payload.
func encodeStream(v reflect.Value, resp *Response) error {
	stream, ok := reflect.TypeAssert[io.ReadCloser](v)
	if !ok {
		return fmt.Errorf("a %s is no io.ReadCloser", v.Type())
	}
	resp.Stream = stream
	length := resp.Header.Get("Content-Length")
	if length == "" {
		return nil
	}
	left, err := strconv.ParseInt(length, 10, 64)
	resp.Stream = &sizedStream{ReadCloser: stream, left: left}
	return err
}
