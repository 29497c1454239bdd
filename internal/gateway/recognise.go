package gateway

import "github.com/sillok/sillok/internal/wire/sigv4"

// recognise finds out what a request asks for, from all but its body: the
// service, the protocol and, where the request line or a header names it, the
// operation. A form names its operation in the body, which decode reads.
func (x *exchange) recognise() error {
	x.claim = sigv4.ClaimOf(x.r)
	found, err := x.gateway.router.find(x.r, x.claim.Service)
	x.route = found
	a := x.attempt
	a.model, a.fact.Call = found.model, x.claimed()
	a.fact.Call.Service = found.model.SigningName
	if found.preflight {
		a.fact.Call.Operation = "Preflight"
	}
	if found.operation != nil {
		a.is(found.operation, x.gateway.bound[found.model].methods[found.operation.Name])
	}
	return err
}
