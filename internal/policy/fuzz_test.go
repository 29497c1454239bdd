package policy_test

import (
	"errors"
	"testing"

	"github.com/sillok/sillok/internal/policy"
)

var kinds = []policy.Kind{
	policy.Identity, policy.Resource, policy.Trust, policy.Boundary, policy.Session, policy.ServiceControl, policy.ResourceControl,
}

// seeds are documents of all kinds.
func seeds(f *testing.F) []string {
	f.Helper()
	return []string{
		doc(with()), doc(trusting()), doc(granting()), doc(with("Resource", `["arn:aws:s3:::*a*b?/${aws:username, 'x'}","*"]`, "Effect", `"Deny"`)),
		doc(with("Action", "", "NotAction", `"s3:*"`, "Resource", "", "NotResource", `"arn:aws:s3:::${*}"`)),
		doc(granting("Principal", "", "NotPrincipal", `{"AWS":["111122223333","arn:aws:iam::111122223333:user/alice"]}`, "Effect", `"Deny"`)),
		doc(with("Condition", `{"ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a*","${aws:username}"]},"DateLessThan":{"aws:CurrentTime":"2026-11-30T12:00:00+09:00"},
			"NotIpAddress":{"aws:SourceIp":"2001:db8::/32"},"NumericGreaterThan":{"s3:max-keys":"-1.50"},"Null":{"a:b":"true"},"ArnNotLike":{"aws:SourceArn":"arn:aws:s3:::x"}}`)),
		"{", "[]", "", `{"Version":"2012-10-17","Statement":null}`,
	}
}

// FuzzParse holds Parse to what it promises: a document or a *Malformed with a
// place in the text, and the same again.
func FuzzParse(f *testing.F) {
	for _, seed := range seeds(f) {
		for kind := range kinds {
			f.Add(seed, kind)
		}
	}
	f.Fuzz(func(t *testing.T, text string, kind int) {
		k := kinds[uint(kind)%uint(len(kinds))]
		d, err := policy.Parse(text, k)
		if err != nil {
			malformed, ok := errors.AsType[*policy.Malformed](err)
			if !ok || malformed.Message == "" || malformed.At.Line < 1 || malformed.At.Column < 1 {
				t.Errorf("%q: %#v", text, err)
			}
			return
		}
		again, err := policy.Parse(d.Text(), k)
		if err != nil || again.Len() != d.Len() || d.Len() == 0 || d.Kind() != k {
			t.Errorf("%q: parsed again it is another: %v", text, err)
		}
		policy.ContextKeys(d)
	})
}

// FuzzDecide holds decisions to what no policy may break: nothing is allowed
// without an Allow that matched, a Deny more never allows more, and a policy that
// limits never does either.
func FuzzDecide(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed, "alice", "s3:GetObject", "arn:aws:s3:::logs/k", "aws:username", "alice")
		f.Add(seed, "anonymous", "sts:AssumeRole", "arn:aws:s3:::*", "aws:TagKeys", "")
		f.Add(seed, "app", "s3:ListBucket", "*", "aws:SourceIp", "10.0.0.1")
	}
	deny := parsed(f, doc(with("Effect", `"Deny"`, "Condition", `{"StringEqualsIfExists":{"aws:username":"alice"}}`)), policy.Identity)
	f.Fuzz(func(t *testing.T, text, caller, action, resource, key, value string) {
		context := policy.NewContext()
		context.Set(key, value, value+"2")
		r := policy.Request{Principal: callers[caller], Action: action, Resource: resource, ResourceAccount: owner, Context: context}
		for _, kind := range kinds {
			d, err := policy.Parse(text, kind)
			if err != nil {
				continue
			}
			attached := []policy.Attached{{Name: "fuzzed", Document: d}}
			p := policy.Policies{}
			switch kind {
			case policy.Resource, policy.Trust:
				p.Resource, p.Trust = attached, kind == policy.Trust
			default:
				p.Identity = attached
			}
			before := policy.Explain(r, p)
			if before.Allowed && before.Reason != policy.ByRoot && !allows(before.Matched) {
				t.Errorf("allowed without an Allow: %+v", before)
			}
			if before.Explicit && before.Allowed {
				t.Errorf("allowed by a Deny: %+v", before)
			}
			limited := p
			limited.Identity = append([]policy.Attached{{Name: "deny", Document: deny}}, p.Identity...)
			if after := policy.Decide(r, limited); after.Allowed && !before.Allowed {
				t.Errorf("a Deny allowed it: %+v", after)
			}
			limited = p
			limited.ServiceControl = [][]policy.Attached{attached}
			if after := policy.Decide(r, limited); after.Allowed && !before.Allowed {
				t.Errorf("an organization allowed it: %+v", after)
			}
			limited = p
			limited.Session, limited.HasSession, limited.Boundary = attached, true, &attached[0]
			if after := policy.Decide(r, limited); after.Allowed && !before.Allowed {
				t.Errorf("a session or a boundary allowed it: %+v", after)
			}
		}
	})
}

func allows(matched []policy.Match) bool {
	for _, m := range matched {
		if !m.Deny {
			return true
		}
	}
	return false
}
