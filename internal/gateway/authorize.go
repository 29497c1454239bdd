package gateway

import (
	"context"
	"reflect"
	"slices"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire"
)

// authorize asks whether the call's principal may do this to what it touches. A
// call that AWS takes without a signature is nobody's: its operation finds out by
// itself whose it is.
func (g *Gateway) authorize(ctx context.Context, a *attempt) error {
	if a.op.Unsigned || a.followsLink() {
		return nil
	}
	return g.ask(ctx, a)
}

// followsLink says whether nobody is known who makes the call: it is let in by what is in
// it alone.
func (a *attempt) followsLink() bool {
	return a.op.ByToken && !a.inside && a.fact.Call.Principal.Type == cloud.Anonymous
}

// authorizeUnread asks, before a body is read that nobody signed, whether
// everybody may do what the rest of the request says. It asks again once all of it
// is known.
func (x *exchange) authorizeUnread() error {
	op := x.route.operation
	if !x.anonymous || x.r.ContentLength == 0 || op == nil || op.In == nil || x.attempt.do == nil {
		return nil
	}
	in := op.NewInput()
	req := &wire.Request{HTTP: x.r, Labels: x.route.labels, Params: x.params}
	if err := op.DecodeBindings(req, reflect.ValueOf(in).Elem()); err != nil {
		return err
	}
	a := *x.attempt
	a.in, a.fact.Resources = in, op.Touches(a.fact.Call, in)
	if slices.ContainsFunc(op.Resources, func(r api.Resource) bool { return r.Each }) {
		return nil // what it touches is in the body alone, of which little may come
	}
	return x.gateway.ask(x.r.Context(), &a)
}

// ask asks whether the call's principal may do this to what it touches.
func (g *Gateway) ask(ctx context.Context, a *attempt) error {
	access := cloud.Access{
		Call: a.fact.Call, Action: a.fact.Action, Resources: a.fact.Resources,
		Conditions: a.op.Conditions(a.fact.Call, a.in), Input: a.in,
	}
	if c := g.byID[a.model.ID].completer; c != nil {
		var err error
		if access, err = c.Complete(ctx, access); err != nil {
			return err
		}
		a.fact.Resources = access.Resources // which are recorded
	}
	return g.cfg.Authorize(ctx, access)
}
