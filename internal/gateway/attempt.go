package gateway

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/wire"
)

// attempt is one call from the check of its input to its record. Those of
// clients and those of services by the inner door are the same from here on.
type attempt struct {
	began  time.Time
	model  *wire.Model       // the service that is asked
	op     *wire.Operation   // nil until it is known
	do     method            // nil for an operation that nobody has written
	in     any               // a pointer to the operation's input type; nil until it is decoded
	inside bool              // it came through the inner door
	none   bool              // it is telemetry without any, which the model would refuse
	asks   bool              // what it does asks by itself whether each of its resources may be touched
	signed map[string]string // what is shown of how a URL was presigned; nil for none
	fact   cloud.Fact
	intent cloud.Intent // nil until it is on disk, and for calls that change nothing
}

// newAttempt returns the attempt at an operation that a call is.
func (g *Gateway) newAttempt(op *wire.Operation, call cloud.Call) *attempt {
	a := &attempt{began: time.Now(), fact: cloud.Fact{Call: call}}
	a.is(op, g.bound[op.Model].methods[op.Name])
	return a
}

// is says which operation is attempted, once that is known.
func (a *attempt) is(op *wire.Operation, do method) {
	a.model, a.op, a.do = op.Model, op, do
	a.fact.Call.Service, a.fact.Call.Operation = op.Model.SigningName, op.Name
	a.fact.Action, a.fact.Changes, a.fact.Event = op.Action, op.Access.Changes(), string(op.Event)
	a.fact.EventName, a.fact.EventReads = op.EventName, op.EventReads
}

// perform takes an attempt from its decoded input to its output. One that
// panics has failed, and the server goes on.
func (g *Gateway) perform(ctx context.Context, a *attempt) (out any, err error) {
	err = life.Catch(func() (err error) {
		for _, stage := range []func(context.Context, *attempt) error{g.validate, g.authorize, g.begin} {
			if err := stage(ctx, a); err != nil {
				return err
			}
		}
		if out, err = g.invoke(ctx, a); err == nil {
			a.fact.Elements = a.op.Elements(out, maxParameters)
		}
		return err
	})
	return out, err
}
