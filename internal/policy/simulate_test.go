package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/policy"
)

func TestSimulate(t *testing.T) {
	attach := func(kind policy.Kind, name string, statements ...string) policy.Attached {
		return policy.Attached{Name: name, Document: parsed(t, doc(statements...), kind)}
	}
	match := func(kind policy.Kind, name string, statement, from, size int, deny bool) policy.Match {
		return policy.Match{
			Kind: kind, Policy: name, Statement: statement, Deny: deny,
			From: policy.Position{Line: 1, Column: from}, To: policy.Position{Line: 1, Column: from + size},
		}
	}
	const first = 38 // the column of the first statement
	allow := with("Action", `"s3:*"`, "Resource", `"*"`)
	deny := with("Effect", `"Deny"`, "Action", `"s3:DeleteObject"`, "Resource", `"*"`)
	tagged := with("Action", `"sqs:*"`, "Resource", `"*"`, "Condition", `{"StringEquals":{"aws:PrincipalTag/team":"red"}}`)
	getOnly := with("Action", `"s3:GetObject"`, "Resource", `"*"`)
	identity := []policy.Attached{attach(policy.Identity, "one", allow, tagged), attach(policy.Identity, "two", deny, getOnly)}
	boundary := attach(policy.Boundary, "limit", getOnly)
	organization := [][]policy.Attached{{attach(policy.ServiceControl, "scp", allow)}}
	bucket := []policy.Attached{attach(policy.Resource, "bucket", granting("Principal", `{"AWS":"444455556666"}`))}

	for name, tt := range map[string]struct {
		request  policy.Request
		policies policy.Policies
		want     policy.Simulation
	}{
		"all that allow": {
			ask("alice", "s3:GetObject", "arn:aws:s3:::logs/k"),
			policy.Policies{Identity: identity},
			policy.Simulation{Verdict: policy.Allowed, Matched: []policy.Match{
				match(policy.Identity, "one", 0, first, len(allow), false), match(policy.Identity, "two", 1, first+len(deny)+1, len(getOnly), false),
			}},
		},
		"of a deny the deny alone": {
			ask("alice", "s3:DeleteObject", "arn:aws:s3:::logs/k"),
			policy.Policies{Identity: identity},
			policy.Simulation{Verdict: policy.ExplicitDeny, Matched: []policy.Match{match(policy.Identity, "two", 0, first, len(deny), true)}},
		},
		"nothing allows": {
			ask("alice", "ec2:RunInstances", "*"),
			policy.Policies{Identity: identity},
			policy.Simulation{Verdict: policy.ImplicitDeny},
		},
		"a value is missing": {
			ask("alice", "sqs:SendMessage", "*"),
			policy.Policies{Identity: identity},
			policy.Simulation{Verdict: policy.ImplicitDeny, Missing: []string{"aws:PrincipalTag/team"}},
		},
		"a boundary does not allow": {
			ask("alice", "s3:PutObject", "arn:aws:s3:::logs/k"),
			policy.Policies{Identity: identity, Boundary: &boundary, ServiceControl: organization},
			policy.Simulation{Verdict: policy.ImplicitDeny, ByBoundary: new(false), ByOrganizations: new(true)},
		},
		"an organization does not allow": {
			ask("alice", "sqs:SendMessage", "*"),
			policy.Policies{Identity: []policy.Attached{attach(policy.Identity, "all", with("Action", `"*"`, "Resource", `"*"`))}, ServiceControl: organization},
			policy.Simulation{Verdict: policy.ImplicitDeny, ByOrganizations: new(false)},
		},
		"both accounts": {
			ask("bob", "s3:GetObject", "arn:aws:s3:::logs/k"),
			policy.Policies{Resource: bucket},
			policy.Simulation{Verdict: policy.ImplicitDeny, Details: map[policy.Kind]policy.Verdict{policy.Identity: policy.ImplicitDeny, policy.Resource: policy.Allowed}},
		},
		"one account denies": {
			ask("bob", "s3:DeleteObject", "arn:aws:s3:::logs/k"),
			policy.Policies{Resource: bucket, Identity: identity[1:]},
			policy.Simulation{
				Verdict: policy.ExplicitDeny, Matched: []policy.Match{match(policy.Identity, "two", 0, first, len(deny), true)},
				Details: map[policy.Kind]policy.Verdict{policy.Identity: policy.ExplicitDeny, policy.Resource: policy.ImplicitDeny},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := policy.Simulate(tt.request, tt.policies)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if d := policy.Decide(tt.request, tt.policies); d.Allowed != (got.Verdict == policy.Allowed) {
				t.Errorf("it is decided otherwise: %+v", d)
			}
		})
	}
}
