package policy

import (
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// Decide returns whether p allow r, and the statement that decided it. It leaves
// Matched and MissingContext empty.
//
// The order is that of AWS's flow chart: a Deny of any policy, then what limits
// the account of the resource and the account of the principal, then what the
// resource's policy grants, then what the identity's policies grant within its
// boundary and its session's policies. What takes more steps than a decision may
// is not allowed.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
func Decide(r Request, p Policies) Decision {
	var e evaluation
	var v verdicts
	return e.decide(&r, &p, &v)
}

// Explain returns what Decide returns, with all statements that matched and the
// keys that were asked for in vain. It is for people and simulators.
func Explain(r Request, p Policies) Decision {
	var found Decision
	e := evaluation{explaining: true, found: &found}
	var v verdicts
	d := e.decide(&r, &p, &v)
	d.Matched, d.MissingContext = found.Matched, found.MissingContext
	return d
}

// verdicts are what the kinds of policies say of a request.
type verdicts struct {
	resourceControl, serviceControl    outcome
	resource                           outcome
	identity, boundary, session        outcome
	resourceControlled, serviceAllowed bool // each level allows
}

func (e *evaluation) decide(r *Request, p *Policies, v *verdicts) Decision {
	e.action = strings.ToLower(r.Action)
	e.target = newTarget(r.Resource)
	e.context = r.Context
	e.caller = newCaller(r)
	e.bounded = p.Boundary != nil

	d, denied := e.denied(p, v)
	if !denied {
		d = e.granted(r, p, v)
	}
	if e.spent {
		return Decision{Reason: ByNobody, Statement: -1, Spent: true}
	}
	return d
}

// denied asks all policies, and returns the decision of a Deny.
func (e *evaluation) denied(p *Policies, v *verdicts) (Decision, bool) {
	v.resourceControlled = e.lookLevels(p.ResourceControl, &v.resourceControl)
	if v.resourceControl.denies() && !e.explaining {
		return v.resourceControl.deny.decide(ByResourceControl, true), true
	}
	v.serviceAllowed = true
	if e.caller.hasIdentity() { // they limit the principals of an account
		v.serviceAllowed = e.lookLevels(p.ServiceControl, &v.serviceControl)
	}
	if v.serviceControl.denies() && !e.explaining {
		return v.serviceControl.deny.decide(ByServiceControl, true), true
	}
	e.look(p.Resource, &v.resource)
	if !v.resource.denies() || e.explaining {
		e.look(p.Identity, &v.identity)
	}
	if p.Boundary != nil {
		e.lookInto(p.Boundary, &v.boundary)
	}
	e.look(p.Session, &v.session)
	for _, o := range [...]struct {
		*outcome
		Reason
	}{
		{&v.resourceControl, ByResourceControl},
		{&v.serviceControl, ByServiceControl},
		{&v.resource, p.byResource()},
		{&v.identity, ByIdentity},
		{&v.boundary, ByBoundary},
		{&v.session, BySession},
	} {
		if o.denies() {
			return o.deny.decide(o.Reason, true), true
		}
	}
	return Decision{}, false
}

// lookLevels asks the policies of each level of an organization, and reports
// whether each of them allows.
func (e *evaluation) lookLevels(levels [][]Attached, o *outcome) bool {
	every := true
	for _, level := range levels {
		var of outcome
		e.look(level, &of)
		if of.denies() && !o.denies() {
			o.deny = of.deny
		}
		every = every && of.allows()
	}
	return every
}

// granted decides a request that nothing denies.
func (e *evaluation) granted(r *Request, p *Policies, v *verdicts) Decision {
	switch {
	case !v.resourceControlled:
		return implicit(ByResourceControl)
	case !v.serviceAllowed:
		return implicit(ByServiceControl)
	}
	how, by := v.resource.grant, p.byResource()
	if !e.caller.hasIdentity() {
		if how == direct {
			return v.resource.allow.decide(by, false)
		}
		return implicit(by)
	}
	within := r.ResourceAccount == "" || r.ResourceAccount == r.Principal.Account
	switch {
	case how == ungranted && (!within || p.Required || p.Trust):
		return implicit(by)
	case within && how == direct:
		return v.resource.allow.decide(by, false)
	case within && how == toEntity:
		if short, ok := e.limited(r, p, v); ok {
			return implicit(short)
		}
		return v.resource.allow.decide(by, false)
	}
	root := e.caller.root || r.Principal.Issuer != nil && r.Principal.Issuer.Type == cloud.Root
	if !root && !v.identity.allows() {
		return implicit(ByIdentity)
	}
	if short, ok := e.limited(r, p, v); ok {
		return implicit(short)
	}
	if root {
		return Decision{Allowed: true, Reason: ByRoot, Statement: -1}
	}
	return v.identity.allow.decide(ByIdentity, false)
}

// limited returns what limits an identity's rights and does not allow the
// request. A federated user has only what the policies of its session allow,
// even when there are none.
func (e *evaluation) limited(r *Request, p *Policies, v *verdicts) (Reason, bool) {
	switch {
	case p.Boundary != nil && !v.boundary.allows():
		return ByBoundary, true
	case (p.HasSession || len(p.Session) > 0 || r.Principal.Type == cloud.FederatedUser) && !v.session.allows():
		return BySession, true
	}
	return 0, false
}

func (p *Policies) byResource() Reason {
	if p.Trust {
		return ByTrust
	}
	return ByResource
}

// decide returns the decision that the statement made.
func (h hit) decide(by Reason, deny bool) Decision {
	return Decision{
		Allowed: !deny, Explicit: deny, Reason: by,
		Policy: h.policy, Statement: h.statement.number, Sid: h.statement.sid,
	}
}

// implicit returns the decision that no statement made.
func implicit(by Reason) Decision { return Decision{Reason: by, Statement: -1} }
