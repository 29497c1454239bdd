package access

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
)

// Trusts returns nil where the trust policy of a role lets a service of ours,
// such as "events.amazonaws.com", assume it for a resource: what a service asks
// when a role is given to it, and before each use. source is that resource's ARN,
// as aws:SourceArn says it, and account the one that it belongs to.
//
// The role must be of that account: a service takes no other's roles.
func (d *Decider) Trusts(ctx context.Context, role cloud.ARN, service, source string, account cloud.Account) error {
	call := cloud.CallOf(ctx)
	call.Principal, call.InvokedBy, call.CalledVia = cloud.ServiceOf(service), service, nil
	call.SourceARN, call.Account = source, account
	const action = "sts:AssumeRole"
	a := cloud.Access{Call: call, Action: action, Resources: []cloud.Resource{{Action: action, Type: "role", ARN: role.String()}}}
	if role.Account != account {
		return cloud.Errorf(cloud.Denied, "AccessDenied", "%s is not authorized to perform: %s on resource: %s because the role is of another account",
			service, action, role)
	}
	return d.Authorize(ctx, a)
}
