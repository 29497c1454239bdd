package app

import (
	"context"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/service/kms"
)

func (a *App) openKMS(context.Context) (gateway.Service, error) {
	a.kms = kms.New(a.state, a.seal, a.iam)
	a.held["kms"] = keyPolicies{a.kms}
	return gateway.Service{Model: kmsapi.Service, Handler: a.kms, Run: a.kms.Run}, nil
}

// keyPolicies tells whoever decides calls about the keys of KMS: their policies,
// which must allow each call, and their grants.
type keyPolicies struct{ keys *kms.Service }

// Held implements access.Resources.
func (k keyPolicies) Held(ctx context.Context, a *cloud.Access, r cloud.Resource) (access.Held, error) {
	arn, err := cloud.ParseARN(r.ARN)
	if err != nil {
		return access.Held{}, nil //nolint:nilerr // it names no key
	}
	held, ok, err := k.keys.Held(ctx, arn)
	if err != nil {
		return access.Held{}, err
	}
	// A key that is not there has no grants, which takes as long to find out.
	granted := func(ctx context.Context) (bool, error) { return k.keys.Granted(ctx, a, arn, r.Action) }
	if held.Policy == nil {
		return access.Held{Grants: granted}, nil // no key is called so
	}
	return access.Held{
		Owner: held.Owner, Policies: []policy.Attached{{Name: r.ARN, Document: held.Policy, Bound: held.Bound}}, Required: ok, OfAWS: held.OfAWS, Conditions: held.Conditions, Grants: granted,
	}, nil
}
