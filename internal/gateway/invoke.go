package gateway

import "context"

// invoke calls the method that does the operation.
func (g *Gateway) invoke(ctx context.Context, a *attempt) (any, error) { return a.do(ctx, a.in) }
