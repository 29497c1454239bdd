package gateway

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"maps"
	"net/http"
	"reflect"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/wire"
)

// A service that speaks HTTP itself, which S3's present server does, gets its
// requests as they came. They go through the same stages; what the service
// answers is recorded before it leaves.

// decodeHead fills of the input what stands in the path, the query string and
// the headers, for the resources and the record.
func (x *exchange) decodeHead() {
	op := x.route.operation
	if op == nil || op.In == nil {
		return
	}
	in := op.NewInput()
	if wire.DecodeBindings(op.Input(), &wire.Request{HTTP: x.r, Labels: x.route.labels}, reflect.ValueOf(in).Elem()) == nil {
		x.attempt.in = in
	}
}

// pass hands the request to the service and records its answer.
func (x *exchange) pass(ctx context.Context) {
	w := &recordedWriter{exchange: x, header: http.Header{}}
	if err := x.passable(ctx); err != nil {
		x.answer(ctx, nil, err)
		return
	}
	err := life.Catch(func() error {
		x.gateway.bound[x.route.model].http.ServeHTTP(w, x.r)
		return nil
	})
	if err != nil {
		if w.sent {
			x.gateway.logCall(ctx, x.attempt.fact.Call, "an answer broke off", err)
			panic(http.ErrAbortHandler) // half an answer must not look whole
		}
		x.answer(ctx, nil, err)
		return
	}
	if w.status == 0 && ctx.Err() != nil {
		x.attempt.lost = true
		x.answer(ctx, nil, errGone())
		return
	}
	w.finish(ctx)
}

// passable authorizes and begins the call.
func (x *exchange) passable(ctx context.Context) error {
	a := x.attempt
	if a.in != nil {
		a.fact.Parameters = a.op.Parameters(a.in, maxParameters)
		a.fact.Resources = a.op.Touches(a.fact.Call, a.in)
	}
	if x.verified != nil {
		if err := x.gateway.authorize(ctx, a); err != nil {
			return err
		}
	}
	return x.gateway.begin(ctx, a)
}

// recordedWriter holds an answer back until it is recorded: the head of one
// that succeeded, all of one that failed, whose body says why.
type recordedWriter struct {
	exchange *exchange
	header   http.Header
	status   int
	body     bytes.Buffer // of a failure
	sent     bool
	replaced bool // another answer was sent, and the handler's goes nowhere
}

// maxFailure bounds how much of a failure's body is held.
const maxFailure = 64 << 10

// Header implements http.ResponseWriter.
func (w *recordedWriter) Header() http.Header {
	if w.sent {
		return w.exchange.w.Header() // for trailers
	}
	return w.header
}

// WriteHeader implements http.ResponseWriter.
func (w *recordedWriter) WriteHeader(status int) {
	if status < http.StatusOK || w.status != 0 {
		return // of what comes before an answer, net/http says 100 itself
	}
	if w.status = status; status < http.StatusBadRequest {
		w.finish(w.exchange.r.Context())
	}
}

// Write implements http.ResponseWriter.
func (w *recordedWriter) Write(data []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.replaced:
		return len(data), nil
	case w.sent:
		return w.exchange.w.Write(data)
	}
	if w.body.Len()+len(data) > maxFailure {
		return 0, http.ErrContentLength
	}
	return w.body.Write(data)
}

// Flush implements http.Flusher.
func (w *recordedWriter) Flush() {
	if w.sent && !w.replaced {
		_ = http.NewResponseController(w.exchange.w).Flush() // the client may be gone
	}
}

// finish records the answer and begins it, once.
func (w *recordedWriter) finish(ctx context.Context) {
	x := w.exchange
	if w.sent {
		return
	}
	w.sent = true
	if w.status == 0 {
		w.status = http.StatusOK
	}
	told := w.failure()
	if err := x.gateway.record(ctx, x.attempt, told); err != nil && !errors.Is(err, told) {
		w.replaced = true
		x.send(ctx, x.failure(ctx, err))
		return
	}
	out := x.w.Header()
	maps.Copy(out, w.header)
	out.Set("X-Amz-Request-Id", x.requestID)
	x.w.WriteHeader(w.status)
	_, _ = x.w.Write(w.body.Bytes()) // the client may be gone
}

// failure returns the error that the answer tells; nil for a success.
func (w *recordedWriter) failure() error {
	if w.status < http.StatusBadRequest {
		return nil
	}
	var told struct {
		Code    string
		Message string
	}
	if xml.Unmarshal(w.body.Bytes(), &told) != nil || told.Code == "" {
		told.Code = http.StatusText(w.status) // an answer to HEAD has no body
	}
	kind := cloud.Invalid
	switch w.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		kind = cloud.Denied
	case http.StatusNotFound:
		kind = cloud.NotFound
	}
	return &cloud.Error{Kind: kind, Code: told.Code, Message: told.Message}
}
