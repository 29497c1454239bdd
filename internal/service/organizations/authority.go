package organizations

import (
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/store/state"
)

// ask is what a call asks to do to an organization.
type ask struct {
	action string // without the service, such as "AttachPolicy"
	on     string // the ID that it is about; empty for none
	policy string // the ID of a policy that it is about; empty for none
	kind   string // of policies that it is about; empty for that of policy
}

// reads says whether an action only tells what there is.
func (a ask) reads() bool {
	return strings.HasPrefix(a.action, "List") || strings.HasPrefix(a.action, "Describe")
}

// delegable are the actions besides reading that an organization's resource policy can
// let member accounts do.
//
// See https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html.
var delegable = []string{
	"AttachPolicy", "CreatePolicy", "DeletePolicy", "DetachPolicy", "DisablePolicyType", "EnablePolicyType", "TagResource", "UntagResource",
	"UpdatePolicy",
}

// asked returns the organization of the caller's account, if that account may do what is
// asked: the management account, all; one that administers a service, look at it; any
// other member what the organization's resource policy allows.
func (s *Service) asked(ctx context.Context, r state.Reader, a ask) (*org, error) {
	call := cloud.CallOf(ctx)
	o, err := s.in(r, call.Account)
	if err != nil || o.management == call.Account {
		return o, err
	}
	decision, err := o.resourceDecides(call, a)
	if err != nil {
		return nil, err
	}
	if decision.Explicit {
		return nil, errDenied()
	}
	if decision.Allowed && (a.reads() || slices.Contains(delegable, a.action)) {
		return o, nil
	}
	caller, err := s.account(o.all, call.Account)
	if err != nil {
		return nil, err
	}
	if a.reads() && len(caller.Delegated) > 0 {
		return o, nil
	}
	return nil, errDenied()
}

// resourceDecides says what the organization's resource policy makes of a call of a
// member account. What the caller's own policies say has been decided before.
func (o *org) resourceDecides(call cloud.Call, a ask) (policy.Decision, error) {
	if o.Resource == nil {
		return policy.Decision{}, nil
	}
	document, err := policy.Parse(o.Resource.Content, policy.Resource)
	if err != nil {
		return policy.Decision{}, err
	}
	own, err := policy.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, policy.Identity)
	if err != nil {
		return policy.Decision{}, err
	}
	request := policy.Request{
		Principal: call.Principal, Action: "organizations:" + a.action, Resource: "*", ResourceAccount: o.management, Context: policy.NewContext(),
	}
	if a.on != "" {
		request.Resource = o.arnOf(a.on)
	}
	kind := a.kind
	if a.policy != "" {
		p, err := o.policy(a.policy)
		if err != nil {
			return policy.Decision{}, errDenied() // what there is is not told
		}
		kind = p.Type
		if a.on == "" {
			request.Resource = o.policyARN(&p)
		}
	}
	principal := call.Principal.ARN
	if call.Principal.Issuer != nil {
		principal = call.Principal.Issuer.ARN
	}
	for key, value := range map[string]string{
		"organizations:PolicyType": kind, "aws:PrincipalArn": principal, "aws:PrincipalAccount": string(call.Account), "aws:PrincipalOrgID": o.ID,
		"aws:ResourceAccount": string(o.management), "aws:ResourceOrgID": o.ID, "aws:SourceIp": call.SourceIP,
	} {
		if value != "" {
			request.Context.Set(key, value)
		}
	}
	return policy.Decide(request, policy.Policies{
		Identity: []policy.Attached{{Name: "decided before", Document: own}}, Resource: []policy.Attached{{Name: o.Resource.ID, Document: document}},
	}), nil
}
