package cloud

import (
	"context"
	"time"
)

// TLSElsewhere is the version of TLS of a call that came over TLS to a proxy, which does
// not say of which version.
const TLSElsewhere = "proxy"

// Call is what is known of one AWS call once its signature has been verified.
// Every resource is keyed by the call's account and region.
type Call struct {
	Service   string // signing name, such as "athena"
	Operation string // such as "StartQueryExecution"
	Account   Account
	Region    Region // from the credential scope

	Principal   Principal
	AccessKeyID string
	InvokedBy   string   // the service that makes the call for Principal, such as "athena.amazonaws.com"; empty for a client's own
	SourceARN   string   // the resource on whose behalf InvokedBy makes it; empty when there is none
	CalledVia   []string // the services that pass the call on for Principal, the first one first; nil for a client's own

	RequestID string
	SourceIP  string
	UserAgent string
	Endpoint  string    // where the client called, such as "http://logs.storage.example:4566"; empty for a call that no client made
	Time      time.Time // when the call arrived, UTC

	Referer   string
	TLS       string    // version of the client's connection, such as "1.3"; empty without TLS, TLSElsewhere for a proxy's
	Cipher    string    // of it, in Go's words, such as "TLS_AES_128_GCM_SHA256"; empty without TLS
	Signature Signature // how the client signed; the zero value for an unsigned call, and one that no client made
}

// Signature says how a client signed a call, in the words of S3's condition keys.
type Signature struct {
	Version string // "AWS4-HMAC-SHA256", or "AWS" for version 2
	Way     string // "REST-HEADER", "REST-QUERY-STRING" or "POST"
	At      time.Time
	Content string // X-Amz-Content-Sha256 as it was signed
}

type callKey struct{}

// WithCall returns a context that carries call.
func WithCall(ctx context.Context, call Call) context.Context {
	return context.WithValue(ctx, callKey{}, call)
}

// CallOf returns the call that ctx carries. Without one it returns the zero
// Call: work that no client asked for, such as a background task.
func CallOf(ctx context.Context) Call {
	call, _ := ctx.Value(callKey{}).(Call)
	return call
}

// Scope is the account and region that a resource belongs to.
type Scope struct {
	Account Account
	Region  Region
}

// Scope returns the account and region of the call.
func (c Call) Scope() Scope { return Scope{Account: c.Account, Region: c.Region} }

// ARN returns the name of a resource of the call's account and region, such as
// "database/logs" of service "glue".
func (c Call) ARN(service, resource string) string {
	return ARN{Service: service, Region: c.Region, Account: c.Account, Resource: resource}.String()
}

// WithSource returns a context whose further calls to other services are made
// on behalf of the resource with that ARN, such as a query execution.
func WithSource(ctx context.Context, arn string) context.Context {
	call := CallOf(ctx)
	call.SourceARN = arn
	return WithCall(ctx, call)
}
