package cloud

import (
	"context"
	"time"
)

// Call is what is known of one AWS call once its signature has been verified.
// Every resource is keyed by the call's account and region.
type Call struct {
	Service   string // signing name, such as "athena"
	Operation string // such as "StartQueryExecution"
	Account   string // 12 digits, named by the access key
	Region    string // from the credential scope, such as "ap-northeast-2"

	AccessKeyID  string
	PrincipalARN string // such as "arn:aws:iam::111122223333:root"
	PrincipalID  string // such as the account for root, or "AIDA…" for a user

	RequestID string
	SourceIP  string
	UserAgent string
	Time      time.Time // when the call arrived, UTC
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
	Account string
	Region  string
}

// Scope returns the account and region of the call.
func (c Call) Scope() Scope { return Scope{Account: c.Account, Region: c.Region} }
