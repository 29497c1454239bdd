package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"

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
			resp, err = x.route.protocol.speak.Encode(x.route.operation, out, x.requestID)
			return err
		})
		if err != nil {
			err = fmt.Errorf("encoding the answer of %s: %w", x.route.operation.Name, err)
		}
	}
	if x.route.model != x.gateway.nobody {
		err = x.gateway.record(ctx, x.attempt, err)
	}
	if err != nil {
		if resp != nil && resp.Stream != nil {
			err = errors.Join(err, resp.Stream.Close())
		}
		resp = x.failure(ctx, err)
	}
	x.send(ctx, resp)
}

// errGone is how a call ends whose client did not wait for its answer.
func errGone() *cloud.Error {
	return cloud.Errorf(cloud.Invalid, "RequestTimeout", "The client was gone before the call ended")
}

// failure says an error. One that is not the caller's to see is logged in full
// and answered with the request ID alone.
func (x *exchange) failure(ctx context.Context, err error) *wire.Response {
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
	return x.route.protocol.speak.EncodeError(x.route.model, failure)
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
	x.w.WriteHeader(resp.Status)
	if wire.Bodiless(x.r.Method, resp.Status) {
		return
	}
	if _, err := x.w.Write(resp.Body); err != nil {
		return // the client has gone, which is its own affair
	}
	switch {
	case resp.Events != nil:
		x.sendEvents(ctx, resp)
	case resp.Stream != nil:
		if _, err := io.Copy(x.w, resp.Stream); err != nil {
			x.gateway.logCall(ctx, x.attempt.fact.Call, "an answer broke off", err)
			panic(http.ErrAbortHandler)
		}
	}
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
