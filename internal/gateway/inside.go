package gateway

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
)

// Inside returns the inner door for a principal: the way in which one service
// calls another. A call through it is validated, authorized and recorded like
// one from outside, without wire and signature.
//
// A service of ours (cloud.ServiceOf) that works on a call, which the context
// carries, calls as that call's principal, with itself as InvokedBy. Where the
// context's call has no principal, such as in work by the clock, it calls as
// itself, in the account and region of that call. Any other principal, such as
// the session of a role, calls as itself.
func (g *Gateway) Inside(principal cloud.Principal) api.Door { return door{g, principal} }

type door struct {
	gateway   *Gateway
	principal cloud.Principal
}

// Do implements api.Door.
func (d door) Do(ctx context.Context, service *api.Service, operation string, in any) (any, error) {
	g := d.gateway
	b := g.byID[service.ID]
	if b == nil || b.model.Operation(operation) == nil {
		return nil, fmt.Errorf("gateway: inside: there is no operation %s of %s", operation, service.ID)
	}
	op := b.model.Operation(operation)
	if want := reflect.TypeOf(op.In); reflect.TypeOf(in) != want {
		return nil, fmt.Errorf("gateway: inside: %s:%s takes a %s, not a %T", service.ID, operation, want, in)
	}
	a := g.newAttempt(op, d.call(ctx))
	a.in, a.inside = in, true
	ctx = cloud.WithCall(ctx, a.fact.Call)
	out, err := g.perform(ctx, a)
	if instead := g.record(ctx, a, err); instead != nil {
		err = instead
	}
	return out, err
}

// Acting returns a context that carries the call which a principal would make by
// the inner door: for a service that asks whether it may do something, and then
// does it in another way.
func (g *Gateway) Acting(ctx context.Context, principal cloud.Principal) context.Context {
	return cloud.WithCall(ctx, door{g, principal}.call(ctx))
}

// call returns what is known of a call that is made while the context's is
// worked on.
func (d door) call(ctx context.Context) cloud.Call {
	call := cloud.CallOf(ctx)
	call.RequestID, call.Time = uuid.NewString(), time.Now().UTC()
	call.InvokedBy = d.principal.InvokedBy
	call.Referer, call.Signature = "", cloud.Signature{} // the client's, of another call
	if d.principal.Type == cloud.AWSService {
		call.InvokedBy = d.principal.Name
		if call.Principal.Type != "" && call.Principal.Type != cloud.AWSService {
			call.CalledVia = append(slices.Clip(call.CalledVia), d.principal.Name)
		}
	}
	if d.principal.Type != cloud.AWSService || call.Principal.Type == "" {
		call.Principal, call.AccessKeyID, call.CalledVia = d.principal, "", nil
		if d.principal.Account != "" {
			call.Account = d.principal.Account
		}
	}
	return call
}
