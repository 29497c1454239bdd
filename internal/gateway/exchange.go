package gateway

import (
	"net/http"
	"net/url"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// exchange is one HTTP request on its way through the stages: recognise,
// authenticate, admit, decode; then, as an attempt, validate, authorize, begin,
// invoke, record; and at last its answer.
type exchange struct {
	gateway   *Gateway
	w         *patientWriter
	r         *http.Request
	requestID string
	received  int64 // bytes of the request's body, -1 when that is not told
	attempt   *attempt
	out       any // what the operation returned; nil where it failed
	timing    timing

	claim    sigv4.Claim     // from recognise on
	route    route           // from recognise on; complete after decode
	params   url.Values      // of the query string
	at       address         // of the request's host
	pending  *sigv4.Pending  // from authenticate on; nil for what is not signed
	verified *sigv4.Verified // whose call it is; nil until its signature is verified
	form     *form           // that a browser posted; nil for all else

	anonymous bool // nobody signed it, and S3 may let everybody in

	bodySize int64    // the largest body that admit lets come
	giveBack []func() // what was taken of the gateway's limits
}

// drainGrace is how long what is left of a body may take that nobody reads.
const drainGrace = 20 * time.Second

// serve answers the request.
func (x *exchange) serve() {
	defer func() {
		for _, release := range x.giveBack {
			release()
		}
	}()
	if x.r.ContentLength != 0 {
		// net/http reads what is left of a body before it sends an answer: whoever is
		// refused must not hold a connection by never sending it.
		x.setReadDeadline(time.Now().Add(drainGrace))
	}
	err := x.gateway.Withhold(x.r, life.Catch(x.enter))
	ctx := x.r.Context()
	defer func() { x.tellServed(ctx) }() // also of an answer that broke off
	var out any
	switch {
	case err != nil:
	case x.route.manner == preflight:
		out, err = x.preflight(ctx)
	default:
		out, err = x.gateway.perform(ctx, x.attempt)
	}
	if err == nil {
		x.out = out
	}
	x.answer(ctx, out, err)
}

// setReadDeadline says until when the body may come; the zero time is for ever.
// A body that could not be read keeps its deadline, for what is left of it.
func (x *exchange) setReadDeadline(at time.Time) {
	_ = http.NewResponseController(x.w).SetReadDeadline(at) // a connection without deadlines has none to miss
}

// enter takes a request from its arrival to a decoded input of a known caller.
func (x *exchange) enter() error {
	if err := x.recognise(); err != nil {
		return err
	}
	stages := []func() error{x.authenticate, x.admit, x.decode}
	switch x.route.manner {
	case preflight:
		stages = []func() error{x.takeCall} // it has no caller and no input
	case posted:
		stages = []func() error{x.readForm}
	case website:
		stages = []func() error{x.authenticate, x.decodePage}
	case ordinary:
	}
	for _, stage := range stages {
		if err := stage(); err != nil {
			return err
		}
	}
	return nil
}
