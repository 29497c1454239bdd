package policy_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// chance makes up policies and questions of few words, so that they meet often.
type chance struct{ *rand.Rand }

func pick[T any](c chance, from ...T) T { return from[c.IntN(len(from))] }

func (c chance) often(percent int) bool { return c.IntN(100) < percent }

func some[T any](c chance, one func() T) []T {
	var all []T
	for range 1 + c.IntN(2) {
		all = append(all, one())
	}
	return all
}

var (
	madeCallers = []string{"alice", "bob", "root", "other-root", "app", "auditor", "carol", "root-carol", "anonymous", "delivery"}
	madeNames   = []string{
		"*", "111122223333", "444455556666", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/alice",
		"arn:aws:iam::444455556666:user/bob", "arn:aws:iam::111122223333:role/service/app", "arn:aws:sts::111122223333:assumed-role/app/s1",
		"arn:aws:iam::444455556666:role/auditor", "arn:aws:sts::111122223333:federated-user/carol", "AIDAALICEALICEALICE1", "AROAAPPAPPAPPAPPAPP1",
		"delivery.logs.amazonaws.com",
	}
	madeKeys = []string{"aws:username", "aws:PrincipalTag/team", "aws:TagKeys", "s3:prefix", "s3:max-keys", "aws:SecureTransport", "aws:SourceIp", "aws:SourceArn"}
)

func (c chance) value() string {
	return pick(c, "a", "b", "ab", "A", "", "*", "a?", "a*b", "1", "10", "2.5", "true", "false", "10.1.1.1", "11.1.1.1", "arn:aws:s3:::a", "arn:aws:s3:::ab", "x")
}

func (c chance) pattern() string {
	var text strings.Builder
	for range c.IntN(4) {
		text.WriteString(pick(c, "a", "b", "*", "?", "a", "b", "${aws:username}", "${aws:PrincipalTag/team, 'b'}", "${*}"))
	}
	return text.String()
}

func (c chance) action() string {
	return pick(c, "*", "s3:*", "s3:Get*", "s3:GetObject", "S3:getobject", "s3:PutObject", "s3:?utObject", "*:*", "sqs:*")
}

func (c chance) resourcePattern() string {
	if c.often(20) {
		return "*"
	}
	return pick(c, "arn:aws:s3:::", "arn:aws:s3:::", "arn:aws:s3:::b/", "arn:*:s3:::", "arn:aws:sqs:*:111122223333:") + c.pattern() + pick(c, "", "*", "b")
}

func (c chance) condition() modelCondition {
	made := modelCondition{Key: pick(c, madeKeys...)}
	if c.often(15) {
		made.Operator, made.Values = pick(c, "", "ForAnyValue:")+"Null", some(c, func() string { return pick(c, "true", "false") })
		return made
	}
	operator := pick(c, "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike", "ArnEquals", "ArnLike",
		"ArnNotLike", "ArnNotEquals", "Bool", "IpAddress", "NotIpAddress", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals")
	made.Values = some(c, func() string {
		switch {
		case strings.HasPrefix(operator, "Numeric"):
			return pick(c, "1", "10", "2.5", "-1")
		case operator == "Bool":
			return pick(c, "true", "false")
		case strings.HasSuffix(operator, "IpAddress"):
			return pick(c, "10.0.0.0/8", "11.1.1.1/32", "0.0.0.0/0")
		case strings.HasPrefix(operator, "Arn"):
			return "arn:aws:s3:::" + c.pattern()
		}
		return pick(c, c.pattern(), c.value())
	})
	made.Operator = pick(c, "", "", "", "ForAllValues:", "ForAnyValue:") + operator + pick(c, "", "", "IfExists")
	return made
}

func (c chance) statement(kind policy.Kind) modelStatement {
	s := modelStatement{
		Deny: c.often(25), NotAction: c.often(15), NotResource: c.often(15),
		Actions: some(c, c.action), Resources: some(c, c.resourcePattern),
	}
	if c.often(40) {
		s.Conditions = some(c, c.condition)
	}
	switch kind {
	case policy.Resource:
		s.NotPrincipal = c.often(15)
		s.Principals = some(c, func() string { return pick(c, madeNames...) })
		if s.NotPrincipal && c.often(50) {
			s.Principals = madeNames[1:]
		}
	case policy.ResourceControl:
		s.NotAction, s.Principals = false, []string{"*"}
		if !s.Deny {
			s.Actions, s.Resources, s.NotResource, s.Conditions = []string{"*"}, []string{"*"}, false, nil
		} else {
			s.Actions = []string{pick(c, "s3:*", "s3:Get*", "sqs:*")}
		}
	default:
	}
	return s
}

func (c chance) statements(kind policy.Kind, percent int) []modelStatement {
	if !c.often(percent) {
		return nil
	}
	return some(c, func() modelStatement { return c.statement(kind) })
}

func (c chance) policies() modelPolicies {
	p := modelPolicies{
		Identity: c.statements(policy.Identity, 80), Resource: c.statements(policy.Resource, 60),
		HasBoundary: c.often(20), HasSession: c.often(25), Required: c.often(15),
	}
	if p.HasBoundary {
		p.Boundary = c.statements(policy.Boundary, 100)
	}
	if p.HasSession {
		p.Session = c.statements(policy.Session, 90)
	}
	for range c.IntN(4) / 2 {
		p.ServiceControl = append(p.ServiceControl, c.statements(policy.ServiceControl, 100))
	}
	for range c.IntN(4) / 3 {
		p.ResourceControl = append(p.ResourceControl, c.statements(policy.ResourceControl, 100))
	}
	return p
}

func (c chance) question() modelQuestion {
	q := modelQuestion{
		Principal: callers[pick(c, madeCallers...)], Action: pick(c, "s3:GetObject", "s3:PutObject", "s3:GetObject", "sqs:SendMessage"),
		Resource: pick(c, "arn:aws:s3:::a", "arn:aws:s3:::ab", "arn:aws:s3:::b/", "arn:aws:s3:::b/ab", "arn:aws:s3:::b/aabb", "arn:aws:s3:::a*",
			"arn:aws:s3:::b/*", "arn:aws:s3:::b/*b", "arn:aws:s3:::b/a*b", "arn:aws:sqs:us-east-1:111122223333:ab", "*"),
		Owner:   pick[cloud.Account](c, "111122223333", "111122223333", "444455556666", ""),
		Context: map[string][]string{},
	}
	for _, key := range madeKeys {
		if c.often(40) {
			q.Context[strings.ToLower(key)] = some(c, c.value)[:1]
		}
	}
	if c.often(40) {
		q.Context["aws:tagkeys"] = some(c, c.value)
	}
	if strings.Contains(q.Resource, "*") { // the model tries names of few letters
		q.Context["aws:username"] = []string{pick(c, "a", "b")}
		q.Context["aws:principaltag/team"] = []string{pick(c, "a", "b")}
	}
	return q
}

// written returns a policy as a document.
func written(tb testing.TB, statements []modelStatement) string {
	tb.Helper()
	var all []map[string]any
	for _, s := range statements {
		not := func(name string, is bool) string {
			if is {
				return "Not" + name
			}
			return name
		}
		m := map[string]any{"Effect": "Allow", not("Action", s.NotAction): s.Actions, not("Resource", s.NotResource): s.Resources}
		if s.Deny {
			m["Effect"] = "Deny"
		}
		if len(s.Principals) == 1 && s.Principals[0] == "*" {
			m[not("Principal", s.NotPrincipal)] = "*"
		} else if s.Principals != nil {
			of := map[string][]string{}
			for _, name := range s.Principals {
				typ := "AWS"
				if strings.HasSuffix(name, ".amazonaws.com") {
					typ = "Service"
				}
				of[typ] = append(of[typ], name)
			}
			m[not("Principal", s.NotPrincipal)] = of
		}
		conditions := map[string]map[string][]string{}
		for _, c := range s.Conditions {
			if conditions[c.Operator] == nil {
				conditions[c.Operator] = map[string][]string{}
			}
			conditions[c.Operator][c.Key] = c.Values
		}
		m["Condition"] = conditions
		all = append(all, m)
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// unique keeps of conditions with the same operator and key the last one, as a
// document does.
func unique(statements []modelStatement) {
	for i := range statements {
		last := map[string]modelCondition{}
		for _, c := range statements[i].Conditions {
			last[c.Operator+" "+c.Key] = c
		}
		statements[i].Conditions = nil
		for _, c := range last {
			statements[i].Conditions = append(statements[i].Conditions, c)
		}
	}
}

func (p *modelPolicies) compiled(tb testing.TB) policy.Policies {
	tb.Helper()
	attached := func(statements []modelStatement, kind policy.Kind) []policy.Attached {
		if len(statements) == 0 {
			return nil
		}
		unique(statements)
		return []policy.Attached{{Name: kind.String(), Document: parsed(tb, written(tb, statements), kind)}}
	}
	c := policy.Policies{
		Identity: attached(p.Identity, policy.Identity), Resource: attached(p.Resource, policy.Resource),
		Session: attached(p.Session, policy.Session), HasSession: p.HasSession, Required: p.Required,
	}
	if p.HasBoundary {
		c.Boundary = &attached(p.Boundary, policy.Boundary)[0]
	}
	for _, level := range p.ServiceControl {
		c.ServiceControl = append(c.ServiceControl, attached(level, policy.ServiceControl))
	}
	for _, level := range p.ResourceControl {
		c.ResourceControl = append(c.ResourceControl, attached(level, policy.ResourceControl))
	}
	return c
}

// TestDecideAgreesWithTheModel asks the package and the model about policies that
// are made up.
func TestDecideAgreesWithTheModel(t *testing.T) {
	rounds := 4000
	if testing.Short() {
		rounds = 800
	}
	answers := map[string]int{}
	for seed := range rounds {
		c := chance{rand.New(rand.NewPCG(uint64(seed), 9))}
		made := c.policies()
		compiled := made.compiled(t)
		for range 6 {
			q := c.question()
			d := policy.Decide(policy.Request{Principal: q.Principal, Action: q.Action, Resource: q.Resource, ResourceAccount: q.Owner, Context: q.context()}, compiled)
			allowed, explicit := modelDecide(q, made)
			got, want := fmt.Sprint(d.Allowed, d.Explicit), fmt.Sprint(allowed, explicit)
			answers[want]++
			if got != want {
				t.Fatalf("seed %d: %s %s %s of %s with %v:\nallowed, explicit: want %s, got %s by %v\n%s", seed, q.Principal.ARN, q.Action, q.Resource, q.Owner, q.Context,
					want, got, d.Reason, made.describe(t))
			}
		}
	}
	for _, answer := range []string{"true false", "false true", "false false"} {
		if answers[answer] < rounds/4 {
			t.Errorf("allowed, explicit: %s came %d times: what is made up has become one-sided", answer, answers[answer])
		}
	}
}

func (p *modelPolicies) describe(tb testing.TB) string {
	tb.Helper()
	text := fmt.Sprintf("required %v\nidentity %s\nresource %s\n", p.Required, written(tb, p.Identity), written(tb, p.Resource))
	if p.HasBoundary {
		text += "boundary " + written(tb, p.Boundary) + "\n"
	}
	if p.HasSession {
		text += "session " + written(tb, p.Session) + "\n"
	}
	for _, level := range p.ServiceControl {
		text += "scp " + written(tb, level) + "\n"
	}
	for _, level := range p.ResourceControl {
		text += "rcp " + written(tb, level) + "\n"
	}
	return text
}
