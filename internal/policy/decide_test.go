package policy_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/policy"
)

func ask(principal, action, resource string) policy.Request {
	return policy.Request{Principal: callers[principal], Action: action, Resource: resource, ResourceAccount: owner, Context: policy.NewContext()}
}

func TestMessage(t *testing.T) {
	const (
		alice = "arn:aws:iam::111122223333:user/alice"
		get   = "s3:GetObject"
		k     = "arn:aws:s3:::logs/k"
	)
	whole := "User: " + alice + " is not authorized to perform: s3:GetObject on resource: " + k
	for name, tt := range map[string]struct {
		decision policy.Decision
		resource string
		want     string
	}{
		"allowed":                    {policy.Decision{Allowed: true, Reason: policy.ByIdentity}, k, ""},
		"no identity policy":         {policy.Decision{Reason: policy.ByIdentity}, k, whole + " because no identity-based policy allows the s3:GetObject action"},
		"no resource's policy":       {policy.Decision{Reason: policy.ByResource}, k, whole + " because no resource-based policy allows the s3:GetObject action"},
		"no trust policy":            {policy.Decision{Reason: policy.ByTrust}, k, whole + " because no role trust policy allows the s3:GetObject action"},
		"no boundary":                {policy.Decision{Reason: policy.ByBoundary}, k, whole + " because no permissions boundary allows the s3:GetObject action"},
		"no session policy":          {policy.Decision{Reason: policy.BySession}, k, whole + " because no session policy allows the s3:GetObject action"},
		"no service control policy":  {policy.Decision{Reason: policy.ByServiceControl}, k, whole + " because no service control policy allows the s3:GetObject action"},
		"no resource control policy": {policy.Decision{Reason: policy.ByResourceControl}, k, whole + " because no resource control policy allows the s3:GetObject action"},
		"identity policy":            {policy.Decision{Explicit: true, Reason: policy.ByIdentity}, k, whole + " with an explicit deny in an identity-based policy"},
		"resource's policy":          {policy.Decision{Explicit: true, Reason: policy.ByResource}, k, whole + " with an explicit deny in a resource-based policy"},
		"trust policy":               {policy.Decision{Explicit: true, Reason: policy.ByTrust}, k, whole + " with an explicit deny in the role trust policy"},
		"boundary":                   {policy.Decision{Explicit: true, Reason: policy.ByBoundary}, k, whole + " with an explicit deny in a permissions boundary"},
		"session policy":             {policy.Decision{Explicit: true, Reason: policy.BySession}, k, whole + " with an explicit deny in a session policy"},
		"service control policy":     {policy.Decision{Explicit: true, Reason: policy.ByServiceControl}, k, whole + " with an explicit deny in a service control policy"},
		"resource control policy":    {policy.Decision{Explicit: true, Reason: policy.ByResourceControl}, k, whole + " with an explicit deny in a resource control policy"},
		"too complex":                {policy.Decision{Spent: true}, k, whole + " because its policies are too complex to be evaluated"},
		"without a resource":         {policy.Decision{Reason: policy.ByIdentity}, "*", "User: " + alice + " is not authorized to perform: s3:GetObject because no identity-based policy allows the s3:GetObject action"},
		"without a name":             {policy.Decision{Reason: policy.ByIdentity}, "", "User: " + alice + " is not authorized to perform: s3:GetObject because no identity-based policy allows the s3:GetObject action"},
	} {
		t.Run(name, func(t *testing.T) { diff(t, tt.want, tt.decision.Message(alice, get, tt.resource)) })
	}
}

// A decision names the statement that made it.
func TestDecisionNamesItsStatement(t *testing.T) {
	identity := []policy.Attached{
		{Name: "arn:aws:iam::aws:policy/ReadOnlyAccess", Document: parsed(t, doc(with("Action", `"s3:Get*"`, "Resource", `"*"`)), policy.Identity)},
		{Name: "inline", Document: parsed(t, doc(with(), with("Sid", `"NoDeletes"`, "Effect", `"Deny"`, "Action", `"s3:Delete*"`, "Resource", `"*"`)), policy.Identity)},
	}
	for name, tt := range map[string]struct {
		action string
		want   policy.Decision
	}{
		"an allow":      {"s3:GetObject", policy.Decision{Allowed: true, Reason: policy.ByIdentity, Policy: "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
		"a deny":        {"s3:DeleteObject", policy.Decision{Explicit: true, Reason: policy.ByIdentity, Policy: "inline", Statement: 1, Sid: "NoDeletes"}},
		"none of these": {"s3:PutObject", policy.Decision{Reason: policy.ByIdentity, Statement: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			got := policy.Decide(ask("alice", tt.action, "arn:aws:s3:::logs/k"), policy.Policies{Identity: identity})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Explain tells all statements that matched, also behind the one that decided,
// and which keys were asked for in vain.
func TestExplain(t *testing.T) {
	text := "{\"Version\":\"2012-10-17\",\"Statement\":[\n" +
		with("Sid", `"One"`) + ",\n" +
		with("Effect", `"Deny"`, "Condition", `{"Bool":{"aws:SecureTransport":"false"},"StringEquals":{"AWS:username":"${aws:PrincipalTag/x}"}}`) + ",\n" +
		"  " + with("Sid", `"실록"`, "Sid", `"Three"`, "Effect", `"Deny"`) + "]}"
	d := parsed(t, text, policy.Identity)
	resource := parsed(t, doc(granting("Action", `"s3:*"`, "Resource", `"*"`)), policy.Resource)
	r := ask("alice", "s3:ListBucket", "arn:aws:s3:::logs")
	r.Context.Set("aws:username", "alice")
	got := policy.Explain(r, policy.Policies{Identity: []policy.Attached{{Name: "p", Document: d}}, Resource: []policy.Attached{{Name: "b", Document: resource}}})
	lines := strings.Split(text, "\n")
	want := policy.Decision{
		Explicit: true, Reason: policy.ByIdentity, Policy: "p", Statement: 2, Sid: "Three",
		Matched: []policy.Match{
			{Kind: policy.Resource, Policy: "b", From: policy.Position{Line: 1, Column: 38}, To: policy.Position{Line: 1, Column: 38 + len(granting("Action", `"s3:*"`, "Resource", `"*"`))}},
			{Kind: policy.Identity, Policy: "p", Sid: "One", From: policy.Position{Line: 2, Column: 1}, To: policy.Position{Line: 2, Column: len(lines[1])}},
			{Kind: policy.Identity, Policy: "p", Statement: 2, Sid: "Three", Deny: true, From: policy.Position{Line: 4, Column: 3}, To: policy.Position{Line: 4, Column: len(lines[3]) - 1}},
		},
		MissingContext: []string{"aws:SecureTransport", "aws:PrincipalTag/x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestContext(t *testing.T) {
	c := policy.NewContext()
	c.Set("aws:PrincipalTag/Team", "red")
	c.Set("aws:tagkeys", "a", "b")
	c.Set("AWS:PRINCIPALTAG/team", "blue")
	c.Set("s3:prefix")
	c.Add("aws:RequestTag/a", "1")
	c.Add("aws:requesttag/A", "2")
	c.Add("aws:RequestTag/b")
	diff(t, "[1 2] false", fmt.Sprint(c.Values("aws:RequestTag/a"), c.Has("aws:RequestTag/b")))
	var zero policy.Context
	diff(t, "[blue] [a b] true false false []", fmt.Sprint(
		c.Values("aws:principaltag/team"), c.Values("aws:TagKeys"), c.Has("AWS:TagKeys"), c.Has("s3:prefix"), zero.Has("x"), zero.Values("x")))
}

// What nobody writes but who means ill is answered soon, and not allowed.
func TestHostilePolicies(t *testing.T) {
	stars := strings.Repeat("*a", 1000) + "*b"
	name := strings.Repeat("a", 2000)
	many := func(statement string, n int) string { return doc(strings.Repeat(statement+",", n-1) + statement) }
	for _, tt := range []struct {
		name, text, resource string
		spent                bool
	}{
		{"a pattern of 1,000 stars", doc(with("Resource", `"arn:aws:s3:::`+stars+`"`)), "arn:aws:s3:::" + name, false},
		{"the same on what is not known", doc(with("Resource", `"arn:aws:s3:::`+stars+`"`)), "arn:aws:s3:::" + name + "*c", false},
		{"stars and question marks", doc(with("Resource", `"arn:aws:s3:::`+strings.Repeat("*?", 1000)+`b"`)), "arn:aws:s3:::" + name, false},
		{"variables", doc(with("Resource", `"arn:aws:s3:::`+strings.Repeat("*${aws:username}", 1000)+`b"`)), "arn:aws:s3:::" + name, false},
		{"10,000 statements", many(with("Resource", `"arn:aws:s3:::logs-*/x"`), 10_000), "arn:aws:s3:::logs/" + name, false},
		{"10,000 statements of stars", many(with("Resource", `"arn:aws:s3:::*a*a*a*a*a?b"`), 10_000), "arn:aws:s3:::" + name, true},
		{"10,000 statements on what is not known", many(with("Resource", `"arn:aws:s3:::*a*a*a*a*a?b"`), 10_000), "arn:aws:s3:::" + name + "*", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := parsed(t, tt.text, policy.Identity)
			r := ask("alice", "s3:ListBucket", tt.resource)
			r.Context.Set("aws:username", "a")
			began := time.Now()
			got := policy.Decide(r, policy.Policies{Identity: []policy.Attached{{Name: "p", Document: d}}})
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			want := policy.Decision{Reason: policy.ByIdentity, Statement: -1}
			if tt.spent {
				want = policy.Decision{Statement: -1, Spent: true}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A document is used by many calls at once.
func TestDecideFromManyGoroutines(t *testing.T) {
	policies := policy.Policies{Identity: tenOfTwenty(t, "s3:*")}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			r := ask("alice", "s3:GetObject", fmt.Sprintf("arn:aws:s3:::home-%d-19/alice/*", i))
			r.Context.Set("aws:username", "alice")
			r.Context.Set("aws:PrincipalTag/team", "t19")
			if d := policy.Decide(r, policies); !d.Allowed {
				t.Errorf("%d: %+v", i, d)
			}
		})
	}
	all.Wait()
}

// A long text of what could be variables is read in one go.
func TestParseManyBeginningsOfVariables(t *testing.T) {
	began := time.Now()
	parsed(t, doc(with("Resource", `"arn:aws:s3:::`+strings.Repeat("${", 500_000)+`"`)), policy.Identity)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}
