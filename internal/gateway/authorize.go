package gateway

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
)

// authorize asks whether the call's principal may do this to what it touches.
func (g *Gateway) authorize(ctx context.Context, a *attempt) error {
	return g.cfg.Authorize(ctx, cloud.Access{
		Call: a.fact.Call, Action: a.fact.Action, Resources: a.fact.Resources, Input: a.in,
	})
}
