package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// exchange is one request on its way to its answer.
type exchange struct {
	gateway   *Gateway
	w         http.ResponseWriter
	r         *http.Request
	requestID string
	route     route
	started   bool // the answer has begun, so that nothing else can be said
}

// answer finds out what is asked and answers it.
func (c *exchange) answer() {
	g := c.gateway
	if g.router.s3First(c.r) {
		c.toS3()
		return
	}
	body, err := readBody(c.w, c.r, g.cfg.MaxBody)
	if err != nil {
		c.fail(c.r.Context(), err)
		return
	}
	found, err := g.router.find(c.r, body)
	if found.model != nil {
		c.route = found
	}
	switch {
	case err != nil:
		c.fail(c.r.Context(), err)
	case found.model == nil:
		c.r.Body = io.NopCloser(bytes.NewReader(body))
		c.toS3()
	default:
		c.invoke(body)
	}
}

// toS3 passes the request on, with what is known of it.
func (c *exchange) toS3() {
	call := c.gateway.call(c.r, c.requestID)
	call.Service, call.Operation = "s3", c.gateway.router.s3Operation(c.r)
	id, region, _ := sigv4.Scope(c.r)
	call.AccessKeyID, call.Region = id, cloud.Region(region)
	c.gateway.s3.ServeHTTP(&startedWriter{ResponseWriter: c.w, started: &c.started}, c.r.WithContext(cloud.WithCall(c.r.Context(), call)))
}

// invoke verifies, decodes, checks and does the call.
func (c *exchange) invoke(body []byte) {
	ctx, err := c.verify(body)
	if err != nil {
		c.fail(c.r.Context(), err)
		return
	}
	out, err := c.perform(ctx, body)
	if err != nil {
		c.fail(ctx, err)
		return
	}
	resp, err := c.route.protocol.speak.Encode(c.route.operation, out, c.requestID)
	if err != nil {
		c.fail(ctx, fmt.Errorf("encoding the answer of %s: %w", c.route.operation.Name, err))
		return
	}
	c.send(ctx, resp)
}

// verify returns a context that carries the call, once its signature is right.
func (c *exchange) verify(body []byte) (context.Context, error) {
	call := c.gateway.call(c.r, c.requestID)
	call.Service, call.Operation = c.route.model.SigningName, c.route.operation.Name
	if c.route.operation.Unsigned && !sigv4.Signed(c.r) {
		return cloud.WithCall(c.r.Context(), call), nil
	}
	signed, err := c.gateway.verifier.Verify(c.r.Context(), sigv4.Request{
		HTTP: c.r, Body: body, Services: []string{c.route.model.SigningName},
	})
	if err != nil {
		return nil, err
	}
	call.Account, call.Region, call.AccessKeyID = cloud.Account(signed.Key.Account), cloud.Region(signed.Region), signed.Key.ID
	call.Principal = cloud.RootOf(call.Account)
	if call.Region == "aws-global" {
		call.Region = "us-east-1"
	}
	return cloud.WithCall(c.r.Context(), call), nil
}

// perform calls the method that does the operation.
func (c *exchange) perform(ctx context.Context, body []byte) (any, error) {
	op := c.route.operation
	method := c.gateway.bound[c.route.model].methods[op.Name]
	if method == nil {
		return nil, errUnsupported(c.route.model, op.Name)
	}
	plain, err := inflate(c.r.Header, body, c.gateway.cfg.MaxBody)
	if err != nil {
		return nil, err
	}
	in := op.NewInput()
	req := &wire.Request{HTTP: c.r, Body: plain, Labels: c.route.labels}
	if err := c.route.protocol.speak.Decode(op, req, in); err != nil {
		return nil, err
	}
	if err := op.Validate(in); err != nil {
		return nil, err
	}
	return method(ctx, in)
}

// fail answers with an error. One that is not the caller's to see is logged in
// full and answered with the request ID alone.
func (c *exchange) fail(ctx context.Context, err error) {
	shown, ok := errors.AsType[*cloud.Error](err)
	if !ok || shown.Kind == cloud.Internal {
		c.log(ctx, err)
		shown = c.hidden()
	} else if shown.Kind == cloud.Unavailable {
		c.log(ctx, err)
	}
	failure := c.route.model.Fail(shown, c.route.protocol.name, c.requestID)
	failure.TellQuery = strings.EqualFold(c.r.Header.Get("X-Amzn-Query-Mode"), "true")
	c.send(ctx, c.route.protocol.speak.EncodeError(c.route.model, failure))
}

// hidden returns the error that a caller sees in place of one of ours: the one
// that the operation's model has for that, where it has one.
func (c *exchange) hidden() *cloud.Error {
	code := "InternalFailure"
	if c.route.operation != nil {
		i := slices.IndexFunc(c.route.operation.Errors, func(name string) bool { return strings.HasPrefix(name, "Internal") })
		if i >= 0 {
			code = c.route.operation.Errors[i]
		}
	}
	return cloud.Errorf(cloud.Internal, code, "The request processing has failed because of an internal error. Request ID: %s", c.requestID)
}

func (c *exchange) log(ctx context.Context, err error) {
	operation := ""
	if c.route.operation != nil {
		operation = c.route.operation.Name
	}
	attrs := []any{"request_id", c.requestID, "service", c.route.model.ID, "operation", operation, "error", err}
	if ctx.Err() != nil {
		c.gateway.cfg.Log.InfoContext(ctx, "call ended by its client", attrs...)
		return
	}
	c.gateway.cfg.Log.ErrorContext(ctx, "call failed", attrs...)
}

// send writes an answer.
func (c *exchange) send(ctx context.Context, resp *wire.Response) {
	if resp.Stream != nil {
		defer func() {
			if err := resp.Stream.Close(); err != nil {
				c.log(ctx, fmt.Errorf("closing the answer's stream: %w", err))
			}
		}()
	}
	maps.Copy(c.w.Header(), resp.Header)
	c.started = true
	c.w.WriteHeader(resp.Status)
	if c.r.Method == http.MethodHead {
		return
	}
	if _, err := c.w.Write(resp.Body); err != nil || resp.Stream == nil {
		return // the client has gone, which is its own affair
	}
	if _, err := io.Copy(c.w, resp.Stream); err != nil {
		c.log(ctx, fmt.Errorf("streaming the answer: %w", err))
	}
}

// recover answers for a handler that panicked. The server goes on.
func (c *exchange) recover() {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause) // the way of net/http to end a connection
	}
	c.gateway.cfg.Log.ErrorContext(c.r.Context(), "call panicked", "request_id", c.requestID,
		"service", c.route.model.ID, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	if c.started {
		panic(http.ErrAbortHandler) // half an answer must not look whole
	}
	failure := c.route.model.Fail(c.hidden(), c.route.protocol.name, c.requestID)
	c.send(c.r.Context(), c.route.protocol.speak.EncodeError(c.route.model, failure))
}

// startedWriter notes that an answer has begun.
type startedWriter struct {
	http.ResponseWriter

	started *bool
}

func (w *startedWriter) WriteHeader(status int) {
	*w.started = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *startedWriter) Write(data []byte) (int, error) {
	*w.started = true
	return w.ResponseWriter.Write(data)
}

// Unwrap gives http.ResponseController the writer below.
func (w *startedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// readBody reads a body within the limit.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, errTooLarge(limit)
	}
	if err != nil {
		return nil, cloud.Errorf(cloud.Invalid, "RequestTimeout", "The body could not be read to its end").Because(err)
	}
	return body, nil
}

// inflate undoes a body's compression, within the same limit. The signature is
// of the body as it was sent.
func inflate(header http.Header, body []byte, limit int64) ([]byte, error) {
	switch encoding := header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, cloud.Errorf(cloud.Invalid, "SerializationException", "The body is not gzip").Because(err)
		}
		plain, err := io.ReadAll(io.LimitReader(z, limit+1))
		if err != nil {
			return nil, cloud.Errorf(cloud.Invalid, "SerializationException", "The body's gzip is damaged").Because(err)
		}
		if int64(len(plain)) > limit {
			return nil, errTooLarge(limit)
		}
		return plain, nil
	default:
		if strings.HasPrefix(encoding, "amz-") || encoding == "aws-chunked" {
			return body, nil
		}
		return nil, cloud.Errorf(cloud.Invalid, "SerializationException", "Content-Encoding %q is not supported", encoding)
	}
}

func errTooLarge(limit int64) error {
	return cloud.Errorf(cloud.Invalid, "RequestEntityTooLargeException", "Request must be smaller than %d bytes", limit)
}

func errUnsupported(m *wire.Model, operation string) error {
	return cloud.Errorf(cloud.Unsupported, "UnsupportedOperation",
		"Sillok does not support %s:%s yet. docs/compat.md lists what it supports.", m.ID, operation)
}
