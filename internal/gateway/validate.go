package gateway

import "context"

// validate checks the input against the model's constraints. From here on a
// call has its resources and parameters, so that a refusal tells them too.
func (g *Gateway) validate(_ context.Context, a *attempt) error {
	if a.do == nil {
		return errUnsupported(a.op.Model, a.op.Name)
	}
	a.fact.Parameters = withPresigned(a.op.Parameters(a.in, maxParameters), a.signed)
	if err := a.op.Validate(a.in); err != nil && !a.none {
		return err
	}
	a.fact.Resources = a.op.Touches(a.fact.Call, a.in)
	for i := range a.fact.Resources {
		a.fact.Resources[i].Each = a.fact.Resources[i].Each || a.asks
	}
	return nil
}

// maxParameters is how many bytes of a call's parameters are kept, and of the
// elements of its answer, as in CloudTrail.
const maxParameters = 100 << 10
