package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/wire"
)

// answer says how the call ended in the caller's protocol, once it is recorded.
func (x *exchange) answer(ctx context.Context, out any, err error) {
	var resp *wire.Response
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errGone().Because(err)
	}
	if err == nil {
		err = life.Catch(func() (err error) {
			resp, err = x.encode(out)
			return err
		})
	}
	if err != nil {
		resp = x.failure(ctx, out, err)
	}
	if x.route.model != x.gateway.nobody {
		x.count(resp)
		if instead := x.gateway.record(ctx, x.attempt, err); instead != nil {
			if resp.Stream != nil {
				instead = errors.Join(instead, resp.Stream.Close())
			}
			resp = x.failure(ctx, out, instead)
		}
	}
	x.decorate(ctx, resp)
	x.send(ctx, resp)
}

// count notes how long the bodies of a call of S3 are: what came, and what is about
// to leave.
func (x *exchange) count(resp *wire.Response) {
	if !x.ofS3() {
		return
	}
	fact := &x.attempt.fact
	fact.Received, fact.Sent = max(x.received, 0), int64(len(resp.Body))
	if length, err := strconv.ParseInt(resp.Header.Get("Content-Length"), 10, 64); err == nil && resp.Stream != nil {
		fact.Sent = length
	}
	if wire.Bodiless(x.r.Method, resp.Status) {
		fact.Sent = 0
	}
}

// encode says an output in the caller's protocol, or in the manner in which S3
// was asked.
func (x *exchange) encode(out any) (*wire.Response, error) {
	switch out := out.(type) {
	case *page:
		return out.response(x.requestID), nil
	case http.Header: // of a preflight
		resp := wire.NewS3Response(http.StatusOK, "", x.requestID, nil)
		maps.Copy(resp.Header, out)
		return resp, nil
	}
	resp, err := x.route.protocol.speak.Encode(x.route.operation, out, x.requestID)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer of %s: %w", x.route.operation.Name, err)
	}
	if x.form != nil {
		x.form.answer(x, resp)
	}
	if hook := x.gateway.bound[x.route.model].hooks.raw; hook != nil {
		if kind, body, ok := hook.Raw(x.attempt.in, out); ok {
			resp.Body = body
			resp.Header.Set("Content-Type", kind)
		}
	}
	return resp, nil
}

// errGone is how a call ends whose client did not wait for its answer.
func errGone() *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "RequestTimeout", "The client was gone before the call ended")
}

// failure says an error. One that is not the caller's to see is logged in full
// and answered with the request ID alone.
func (x *exchange) failure(ctx context.Context, out any, err error) *wire.Response {
	shown, ok := errors.AsType[*cloud.Error](err)
	switch {
	case !ok, shown.Kind == cloud.Internal:
		x.gateway.logCall(ctx, x.attempt.fact.Call, "call failed", err)
		shown = x.fault()
	case shown.Kind == cloud.Unavailable:
		x.gateway.logCall(ctx, x.attempt.fact.Call, "call failed", err)
	}
	failure := x.route.model.Fail(shown, x.route.protocol.name, x.requestID)
	failure.TellQuery = strings.EqualFold(x.r.Header.Get("X-Amzn-Query-Mode"), "true")
	resp := x.encodeFailure(out, failure)
	for name, value := range failure.Header {
		resp.Header.Set(name, value)
	}
	return resp
}

// encodeFailure says a failure in the caller's protocol, and to a reader of a
// website as a page.
func (x *exchange) encodeFailure(out any, failure *wire.Failure) *wire.Response {
	if x.route.manner != website {
		return x.route.protocol.speak.EncodeError(x.route.model, failure)
	}
	if p, ok := out.(*page); ok && p != nil && p.body != nil {
		return p.response(x.requestID)
	}
	return errorPage(failure)
}

// fault returns the error that a caller sees in place of one of ours.
func (x *exchange) fault() *cloud.Error {
	op := x.route.operation
	if op == nil {
		op = &wire.Operation{Operation: &api.Operation{}}
	}
	return op.Fault(x.requestID)
}

func (g *Gateway) logCall(ctx context.Context, call cloud.Call, message string, err error) {
	attrs := append([]any{"request_id", call.RequestID, "service", call.Service, "operation", call.Operation}, life.Attrs(err)...)
	if ctx.Err() != nil {
		g.cfg.Log.InfoContext(ctx, message+", its client has gone", attrs...) //nolint:sloglint // two constant messages
		return
	}
	g.cfg.Log.ErrorContext(ctx, message, attrs...) //nolint:sloglint // a constant where it is called
}

// send writes an answer. One that breaks off in its middle ends the connection,
// so that it cannot look whole.
func (x *exchange) send(ctx context.Context, resp *wire.Response) {
	if resp.Stream != nil {
		defer func() {
			if err := resp.Stream.Close(); err != nil {
				x.gateway.logCall(ctx, x.attempt.fact.Call, "closing an answer's stream", err)
			}
		}()
	}
	maps.Copy(x.w.Header(), resp.Header)
	bodiless := wire.Bodiless(x.r.Method, resp.Status)
	if resp.Stream == nil && resp.Events == nil && !bodiless {
		x.w.Header().Set("Content-Length", strconv.Itoa(len(resp.Body))) // so that a client has all when it is flushed
	}
	x.timing.begun, x.timing.status = time.Now(), resp.Status
	x.w.WriteHeader(resp.Status)
	if bodiless {
		return
	}
	if _, err := x.w.Write(resp.Body); err != nil {
		return // the client has gone, which is its own affair
	}
	switch {
	case resp.Events != nil:
		x.sendEvents(ctx, resp)
	case resp.Stream != nil:
		if err := x.copy(resp.Stream); err != nil {
			x.gateway.logCall(ctx, x.attempt.fact.Call, "an answer broke off", err)
			panic(http.ErrAbortHandler)
		}
	}
}

// copy writes a stream by a buffer that calls share.
func (x *exchange) copy(from io.Reader) error {
	buffer, ok := x.gateway.buffers.Get().(*[pieceSize]byte)
	if !ok {
		buffer = new([pieceSize]byte)
	}
	defer x.gateway.buffers.Put(buffer)
	_, err := io.CopyBuffer(x.w, from, buffer[:])
	return err
}

// sendEvents writes each event as it comes.
func (x *exchange) sendEvents(ctx context.Context, resp *wire.Response) {
	control := http.NewResponseController(x.w)
	if err := control.Flush(); err != nil {
		return // the client has gone, which is its own affair
	}
	for message, err := range resp.Events {
		if err != nil {
			// The message tells the client and ends the stream.
			x.gateway.logCall(ctx, x.attempt.fact.Call, "an event stream failed", err)
		}
		if _, err := x.w.Write(message); err != nil {
			return // the client has gone, which is its own affair
		}
		if err := control.Flush(); err != nil {
			return // the same
		}
	}
}
