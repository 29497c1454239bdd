package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// Explanation is a decision with what made it, for people.
type Explanation struct {
	Principal string `json:"principal"`
	Action    string `json:"action"`
	Resource  string `json:"resource"`
	Owner     string `json:"owner"`    // the account that the resource belongs to
	Decision  string `json:"decision"` // "allowed", "explicitDeny" or "implicitDeny", as IAM's simulators say it
	Reason    string `json:"reason"`   // the kind of policy that decided, such as "identity-based policy"
	Message   string `json:"message,omitempty"`

	By         *Statement  `json:"by,omitempty"` // the statement that decided; nil where none did
	Matched    []Statement `json:"matched"`      // all that match the request
	NotInQuery []string    `json:"missing_context,omitempty"`
}

// Statement is a statement of a policy.
type Statement struct {
	Kind   string `json:"kind"`
	Policy string `json:"policy"`
	Number int    `json:"statement"` // in its policy, from 1
	Sid    string `json:"sid,omitempty"`
	Effect string `json:"effect"`
	Text   string `json:"text"`
}

// Explain says how a call that touches one resource would be decided, and by
// which statement. Of a resource of another account than viewer's it shows none
// of the resource's own policies.
func (d *Decider) Explain(ctx context.Context, a cloud.Access, r cloud.Resource, viewer cloud.Account) (Explanation, error) {
	q, err := d.question(ctx, &a)
	if err != nil {
		return Explanation{}, err
	}
	asked, err := q.of(ctx, r)
	if err != nil {
		return Explanation{}, err
	}
	decision := policy.Explain(asked.request, asked.policies.Policies)
	if q.untold != nil {
		return Explanation{}, fmt.Errorf("conditions of %s: %w", r.ARN, q.untold)
	}
	if !decision.Allowed && !decision.Explicit && asked.held.Grants != nil {
		granted, err := asked.held.Grants(ctx)
		if err != nil {
			return Explanation{}, err
		}
		if granted {
			decision = policy.Decision{Allowed: true, Reason: policy.ByResource, Policy: "a grant", Statement: -1}
		}
	}
	e := Explanation{
		Principal: nameOf(a.Call.Principal), Action: r.Action, Resource: r.ARN, Owner: string(asked.request.ResourceAccount),
		Decision: "implicitDeny", Reason: decision.Reason.String(), NotInQuery: decision.MissingContext, Matched: []Statement{},
	}
	switch {
	case decision.Allowed:
		e.Decision = "allowed"
	case decision.Explicit:
		e.Decision = "explicitDeny"
	}
	foreign := asked.request.ResourceAccount != viewer
	if !decision.Allowed {
		e.Message = decision.Message(e.Principal, r.Action, r.ARN)
		if foreign && ofOthers(decision.Reason) {
			e.Decision, e.Message = "implicitDeny", "the account that owns the resource does not allow it"
		}
	}
	for _, m := range decision.Matched {
		if foreign && (m.Kind == policy.Resource || m.Kind == policy.Trust || m.Kind == policy.ResourceControl) {
			continue
		}
		s := asked.policies.statement(m)
		if m.Kind == policy.ServiceControl || m.Kind == policy.ResourceControl {
			s.Text = "" // members are bound by an organization's policies, and cannot read them
		}
		e.Matched = append(e.Matched, s)
		if m.Policy == decision.Policy && m.Statement == decision.Statement && m.Sid == decision.Sid && e.By == nil {
			e.By = &s
		}
	}
	return e, nil
}

// ofOthers says whether a kind of policy is the resource's owner's.
func ofOthers(reason policy.Reason) bool {
	return reason == policy.ByResource || reason == policy.ByTrust || reason == policy.ByResourceControl
}

// nameOf is how messages name a principal.
func nameOf(p cloud.Principal) string {
	switch {
	case p.ARN != "":
		return p.ARN
	case p.Name != "":
		return p.Name
	}
	return "anonymous"
}

// statement returns a statement that matched, with its text.
func (p policies) statement(m policy.Match) Statement {
	s := Statement{Kind: m.Kind.String(), Policy: m.Policy, Number: m.Statement + 1, Sid: m.Sid, Effect: "Allow"}
	if m.Deny {
		s.Effect = "Deny"
	}
	for _, list := range p.all() {
		i := slices.IndexFunc(list, func(a policy.Attached) bool {
			return a.Name == m.Policy && (a.Document.Kind() == m.Kind || m.Kind == policy.Boundary || m.Kind == policy.Trust)
		})
		if i >= 0 {
			s.Text = between(list[i].Document.Text(), m.From, m.To)
			break
		}
	}
	return s
}

// between returns the part of a text between two places in it. Columns count
// characters, from 1.
func between(text string, from, to policy.Position) string {
	lines := strings.SplitAfter(text, "\n")
	if from.Line < 1 || to.Line > len(lines) || from.Line > to.Line {
		return ""
	}
	cut := func(line string, column int) (before, after string) {
		runes := []rune(line)
		at := min(max(column-1, 0), len(runes))
		return string(runes[:at]), string(runes[at:])
	}
	if from.Line == to.Line {
		before, _ := cut(lines[to.Line-1], to.Column)
		_, inside := cut(before, from.Column)
		return trimmed(inside)
	}
	_, first := cut(lines[from.Line-1], from.Column)
	last, _ := cut(lines[to.Line-1], to.Column)
	return trimmed(first + strings.Join(lines[from.Line:to.Line-1], "") + last)
}

// trimmed is a statement's text without what divides it from the next one.
func trimmed(text string) string {
	return strings.TrimRight(strings.TrimSpace(text), ", \t\n")
}
