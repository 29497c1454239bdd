package gateway

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sillok/sillok/internal/wire"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

// recognise finds out what a request asks for, from all but its body: the
// service, the protocol and, where the request line or a header names it, the
// operation. A form names its operation in the body, which decode reads.
func (x *exchange) recognise() error {
	x.claim = sigv4.ClaimOf(x.r)
	q := x.gateway.router.question(x.r, x.claim)
	if x.claim.Presigned && x.claim.Service == "s3" {
		lower(x.r.Header, q.params)
	}
	found, err := x.gateway.router.find(q)
	x.route, x.params, x.at = found, q.params, q.at
	if x.ofS3() {
		x.requestID = wire.NewS3RequestID()
	}
	a := x.attempt
	a.model, a.fact.Call = found.model, x.claimed()
	a.fact.Call.Service = found.model.SigningName
	if found.manner == preflight {
		a.fact.Call.Operation = "Preflight"
	}
	if found.operation != nil {
		b := x.gateway.bound[found.model]
		a.is(found.operation, b.methods[found.operation.Name])
		if found.signal != "" {
			a.do = b.signals[found.signal]
		}
	}
	return err
}

// lower takes down the headers that a presigned URL of S3 has hoisted into its
// query string, where they are signed.
func lower(header http.Header, params url.Values) {
	for name, values := range params {
		low := strings.ToLower(name)
		if !strings.HasPrefix(low, "x-amz-") || sigv4.IsParameter(low) || header.Get(low) != "" {
			continue
		}
		header.Set(low, values[0])
	}
}
