package gateway

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/klauspost/compress/snappy"

	"github.com/sillok/sillok/internal/api/sqsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// decode reads the body, completes what authenticate and recognise could not
// know without it, and fills the operation's input. A streamed body stays
// unread: the operation reads it.
func (x *exchange) decode() error {
	var body []byte
	req := &wire.Request{Labels: x.route.labels, Params: x.params}
	if x.streams() {
		content, err := x.content()
		if err != nil {
			return err
		}
		if err := x.tellLength(); err != nil {
			return err
		}
		req.Stream = content
	} else {
		if err := x.authorizeUnread(); err != nil {
			return err
		}
		var err error
		if body, err = x.readBody(); err != nil {
			return err
		}
		if err := x.completeIdentity(body); err != nil {
			return err
		}
		if req.Body, err = x.inflate(body); err != nil {
			return err
		}
		if err := x.completeRoute(req.Body); err != nil {
			return err
		}
	}
	op := x.route.operation
	switch {
	case x.attempt.do != nil:
	case x.anonymous:
		return cloud.Errorf(cloud.Unauthenticated, "AccessDenied", "Access Denied") // what is answered is for callers to know
	default:
		return errUnsupported(op.Model, op.Name) // its shapes may not even be generated
	}
	if req.Stream == nil {
		if err := x.checkBody(body); err != nil {
			return err
		}
	}
	x.attempt.in = op.NewInput()
	req.HTTP = x.r
	if err := x.route.protocol.speak.Decode(op, req, x.attempt.in); err != nil {
		return err
	}
	nameQueue(x.attempt.in, x.r)
	x.attempt.none = x.nothingSent()
	return nil
}

// nameQueue gives an input of SQS the queue that the path of its request names, where the
// input names none: older clients send to a queue's own URL.
func nameQueue(in any, r *http.Request) {
	if r.URL.Path == "/" || r.URL.Path == "" {
		return
	}
	value := reflect.ValueOf(in).Elem()
	if value.Kind() != reflect.Struct || value.Type().PkgPath() != reflect.TypeFor[sqsapi.SendMessageInput]().PkgPath() {
		return
	}
	if url := value.FieldByName("QueueUrl"); url.IsValid() && url.IsNil() {
		url.Set(reflect.ValueOf(&r.URL.Path))
	}
}

// completeIdentity verifies a signature over a body whose hash the client did
// not send.
func (x *exchange) completeIdentity(body []byte) error {
	if x.pending == nil || x.verified != nil {
		return nil
	}
	verified, err := x.pending.Complete(sha256.Sum256(body))
	if err != nil {
		return err
	}
	return x.identify(verified)
}

// completeRoute finds the operation that a form in the body names.
func (x *exchange) completeRoute(body []byte) error {
	if x.route.operation != nil {
		return nil
	}
	found, err := x.gateway.router.findForm(x.r, body, x.route.model)
	if err != nil {
		return err
	}
	x.route = found
	x.attempt.is(found.operation, x.gateway.bound[found.model].methods[found.operation.Name])
	if x.pending == nil && !found.operation.Unsigned {
		return sigv4.ErrUnsigned()
	}
	x.tell()
	return nil
}

// content returns a body as it was before the client framed and signed it. With
// a hash that was signed, reading fails at its end when it has another one.
func (x *exchange) content() (io.Reader, error) {
	switch {
	case x.verified != nil:
		return x.verified.Content(x.r)
	case !x.anonymous:
		return x.r.Body, nil
	}
	hash := x.r.Header.Get("X-Amz-Content-Sha256")
	if !sigv4.Chunked(hash) {
		hash = sigv4.Unsigned // of what nobody signed, the hash proves nothing
	}
	return (&sigv4.Verified{PayloadHash: hash}).Content(x.r)
}

// readBody reads a whole body within what admit lets come.
func (x *exchange) readBody() ([]byte, error) {
	content, err := x.content()
	if err != nil {
		return nil, err
	}
	body, err := x.readAll(content, x.bodySize)
	if err == nil {
		x.hasRead()
		x.setReadDeadline(time.Time{}) // or it would end the call that is being worked on
	}
	if _, ours := errors.AsType[*cloud.Error](err); err != nil && !ours {
		err = cloud.Errorf(cloud.Invalid, "RequestTimeout", "The body could not be read to its end").Because(err)
	}
	return body, err
}

// The room with which a body begins, and up to which it doubles as the body
// comes, so that one which is announced and does not come takes next to nothing.
// Then there is room for all of it, at once, so that a large one is not copied.
const (
	firstRoom  = 4 << 10
	firstRooms = 256 << 10
)

// readAll reads what r has, up to a limit, into room that it takes from the
// budget.
func (x *exchange) readAll(r io.Reader, limit int64) ([]byte, error) {
	budget := x.class(limit).budget
	var body []byte
	for {
		if len(body) == cap(body) {
			room := limit + 1 // one more, to see what is too much
			if held := int64(cap(body)); held < firstRooms {
				room = min(max(2*held, firstRoom), room)
			}
			if err := x.takeBytes(budget, room-int64(cap(body))); err != nil {
				return nil, err
			}
			body = append(make([]byte, 0, room), body...)
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, errTooLarge(limit)
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		}
	}
}

// inflate undoes a body's compression, within the same limit. The signature is
// of the body as it was sent. To S3, and to an operation that takes the encoding
// as a part of its input, it says nothing of the body.
func (x *exchange) inflate(body []byte) ([]byte, error) {
	encoding := x.r.Header.Get("Content-Encoding")
	op := x.route.operation
	switch {
	case encoding == "", encoding == "identity", strings.HasPrefix(encoding, "amz-"), x.ofS3(),
		op != nil && op.In != nil && op.Input().Field("ContentEncoding") != nil:
		return body, nil
	case encoding == "snappy" && x.route.signal != "":
		return x.unsnap(body)
	case encoding != "gzip":
		return nil, cloud.Errorf(cloud.Invalid, "SerializationException", "Content-Encoding %q is not supported", encoding)
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, cloud.Errorf(cloud.Invalid, "SerializationException", "The body is not gzip").Because(err)
	}
	plain, err := x.readAll(z, x.maxBody())
	if _, ours := errors.AsType[*cloud.Error](err); err != nil && !ours {
		err = cloud.Errorf(cloud.Invalid, "SerializationException", "The body's gzip is damaged").Because(err)
	}
	return plain, err
}

// unsnap undoes a compression by snappy as one block, whose length is in front of it.
func (x *exchange) unsnap(body []byte) ([]byte, error) {
	size, err := snappy.DecodedLen(body)
	switch {
	case err != nil:
		return nil, cloud.Errorf(cloud.Invalid, "SerializationException", "The body is not snappy").Because(err)
	case int64(size) > x.maxBody():
		return nil, errTooLarge(x.maxBody())
	}
	if err := x.takeBytes(x.class(int64(size)).budget, int64(size)); err != nil {
		return nil, err
	}
	plain, err := snappy.Decode(nil, body)
	if err != nil {
		return nil, cloud.Errorf(cloud.Invalid, "SerializationException", "The body's snappy is damaged").Because(err)
	}
	return plain, nil
}

func errTooLarge(limit int64) error {
	return cloud.Errorf(cloud.Invalid, "RequestEntityTooLargeException", "Request must be smaller than %d bytes", limit)
}

func errUnsupported(m *wire.Model, operation string) error {
	return cloud.Errorf(cloud.Unsupported, "UnsupportedOperation",
		"Sillok does not support %s:%s yet. docs/compat.md lists what it supports.", m.ID, operation)
}
