package policy

// Verdict is a decision in the words of IAM's simulators.
type Verdict string

// The verdicts.
const (
	Allowed      Verdict = "allowed"
	ExplicitDeny Verdict = "explicitDeny"
	ImplicitDeny Verdict = "implicitDeny"
)

// Simulation is what SimulateCustomPolicy and SimulatePrincipalPolicy tell of one
// action on one resource.
type Simulation struct {
	Verdict Verdict // EvalDecision
	// Matched are the statements that determine the verdict: of a Deny those that
	// deny alone, of an Allow those that allow, and none where nothing does.
	Matched []Match
	Missing []string // MissingContextValues
	// ByBoundary and ByOrganizations report whether the boundary, and all policies
	// of the organizations, allow it; nil where there are none.
	ByBoundary, ByOrganizations *bool
	// Details are the verdicts of both sides by kind of policy, for a resource of
	// another account alone.
	Details map[Kind]Verdict // of Identity, with what limits it, and Resource
}

// Simulate decides as Decide does, and tells what the simulators tell.
//
// See https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html.
func Simulate(r Request, p Policies) Simulation {
	var found Decision
	e := evaluation{explaining: true, found: &found}
	var v verdicts
	d := e.decide(&r, &p, &v)
	s := Simulation{Verdict: d.verdict(), Missing: found.MissingContext}
	for _, m := range found.Matched {
		if s.Verdict != ImplicitDeny && m.Deny == (s.Verdict == ExplicitDeny) {
			s.Matched = append(s.Matched, m)
		}
	}
	if p.Boundary != nil {
		allows := v.boundary.verdict() == Allowed
		s.ByBoundary = &allows
	}
	if p.ServiceControl != nil || p.ResourceControl != nil {
		allows := v.serviceAllowed && v.resourceControlled && !v.serviceControl.denies() && !v.resourceControl.denies()
		s.ByOrganizations = &allows
	}
	if r.ResourceAccount != "" && r.ResourceAccount != r.Principal.Account {
		s.Details = map[Kind]Verdict{Resource: v.resource.verdict(), Identity: e.homeVerdict(&r, &p, &v)}
	}
	return s
}

// homeVerdict is what the account of the principal says by itself.
func (e *evaluation) homeVerdict(r *Request, p *Policies, v *verdicts) Verdict {
	if v.identity.denies() || v.boundary.denies() || v.session.denies() {
		return ExplicitDeny
	}
	if _, short := e.limited(r, p, v); short || !v.identity.allows() && !e.caller.root {
		return ImplicitDeny
	}
	return Allowed
}

func (d Decision) verdict() Verdict {
	switch {
	case d.Allowed:
		return Allowed
	case d.Explicit:
		return ExplicitDeny
	default:
		return ImplicitDeny
	}
}

func (o *outcome) verdict() Verdict {
	switch {
	case o.denies():
		return ExplicitDeny
	case o.allows():
		return Allowed
	default:
		return ImplicitDeny
	}
}
