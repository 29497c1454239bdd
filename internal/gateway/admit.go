package gateway

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/sillok/sillok/internal/wire/otlp"
)

const (
	unsignedBody = 64 << 10 // for a call that AWS leaves unsigned
	budgetWait   = 10 * time.Second
)

// class is the bodies of a size. Bodies are held whole while their calls are
// worked on, so that their sum bounds the memory that clients take. Each class
// has a budget of its own, so that a few large ones, whose signatures may yet
// prove wrong, do not stop the small ones that most calls have.
type class struct {
	most   int64         // bytes of a body
	grace  time.Duration // for a body to begin to come
	rate   int64         // bytes a second that it must come at then
	budget *semaphore.Weighted
}

// class returns the class of a body of the request that may have so many bytes.
func (x *exchange) class(size int64) *class {
	l := x.gateway.limits
	if x.pending == nil {
		return &l.unsigned
	}
	i := 0
	for size > l.signed[i].most {
		i++
	}
	return &l.signed[i]
}

// admit says how large a body may come, and until when. What is taken of the
// gateway's limits, here and later, is given back when the exchange is over.
func (x *exchange) admit() error {
	if x.streams() {
		x.r.Body = newPatientBody(x.w, x.r.Body, x.hasRead)
		return nil
	}
	limit := x.maxBody()
	size := x.r.ContentLength
	if size > limit {
		return errTooLarge(limit)
	}
	if size < 0 {
		size = limit // not told: up to the limit may come
	}
	if op := x.route.operation; op != nil && x.attempt.do == nil && size > firstRooms {
		return errUnsupported(op.Model, op.Name) // what nobody will look at need not come
	}
	x.bodySize = size
	c := x.class(size)
	x.setReadDeadline(time.Now().Add(c.grace + time.Duration(size/c.rate)*time.Second))
	return nil
}

// hasRead notes that all of the request has come.
func (x *exchange) hasRead() { x.timing.read = time.Now() }

// streams says whether the operation reads its body itself as it comes. That of
// a caller who may yet prove to be another than he says does not.
func (x *exchange) streams() bool {
	return (x.verified != nil || x.anonymous) && x.route.operation != nil && x.route.operation.Streams()
}

// maxBody is how large a request's body may be: the operation's limit, or,
// where a form in the body names the operation, the largest of the service's.
func (x *exchange) maxBody() int64 {
	switch {
	case x.pending == nil:
		return unsignedBody
	case x.route.signal != "":
		return otlp.MaxBody
	case x.route.operation != nil:
		return x.route.operation.BodyLimit()
	default:
		return x.gateway.bound[x.route.model].maxBody
	}
}

// takeBytes takes bytes from a budget of bodies, waiting a little for other
// calls to give theirs back.
func (x *exchange) takeBytes(budget *semaphore.Weighted, bytes int64) error {
	ctx, cancel := context.WithTimeout(x.r.Context(), budgetWait)
	defer cancel()
	if err := budget.Acquire(ctx, bytes); err != nil {
		return errThrottled("Too many large requests are in flight.").Because(err)
	}
	x.giveBack = append(x.giveBack, func() { budget.Release(bytes) })
	return nil
}
