package gateway

import "context"

// authorize asks whether the call's principal may do this to what it touches.
func (g *Gateway) authorize(ctx context.Context, a *attempt) error {
	return g.cfg.Authorize(ctx, a.fact.Call, a.fact.Action, a.fact.Resources)
}
