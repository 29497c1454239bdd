package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

// tenOfTwenty are ten policies of twenty statements, none of which says anything
// of the request but the last one. Each statement has two actions, two resources,
// one of them with a variable, and a condition.
func tenOfTwenty(tb testing.TB, action string) []policy.Attached {
	tb.Helper()
	var all []policy.Attached
	for i := range 10 {
		var statements []string
		for j := range 20 {
			statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":["%s","s3:List*"],
				"Resource":["arn:aws:s3:::logs-%d-%d/*","arn:aws:s3:::home-%d-%d/${aws:username}/*"],
				"Condition":{"StringEquals":{"aws:PrincipalTag/team":"t%d"}}}`, action, i, j, i, j, j))
		}
		text := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
		all = append(all, policy.Attached{Name: fmt.Sprint("policy", i), Document: parsed(tb, text, policy.Identity)})
	}
	return all
}

func parsed(tb testing.TB, text string, kind policy.Kind) *policy.Document {
	tb.Helper()
	d, err := policy.Parse(text, kind)
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	return d
}

// BenchmarkDecide decides a request by ten policies of twenty statements, of
// which the last one allows it.
func BenchmarkDecide(b *testing.B) {
	context := policy.NewContext()
	context.Set("aws:username", "alice")
	context.Set("aws:PrincipalTag/team", "t19")
	for name, tt := range map[string]struct{ action, resource string }{
		"exact actions": {"s3:GetObject", "arn:aws:s3:::home-9-19/alice/notes.txt"},
		"all match":     {"s3:*", "arn:aws:s3:::home-9-19/alice/notes.txt"},
		"unknown names": {"s3:*", "arn:aws:s3:::home-9-19/alice/*"},
	} {
		policies := policy.Policies{Identity: tenOfTwenty(b, tt.action)}
		request := policy.Request{
			Principal: cloud.Principal{
				Type: cloud.IAMUser, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/alice", ID: "AIDACKCEVSQ6C2EXAMPLE", Name: "alice",
			},
			Action: "s3:GetObject", Resource: tt.resource, Context: context,
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !policy.Decide(request, policies).Allowed {
					b.Fatal("not allowed")
				}
			}
		})
	}
}

// BenchmarkDecideConditions decides a request that all statements of ten policies
// are about but for their conditions.
func BenchmarkDecideConditions(b *testing.B) {
	statements := make([]string, 20)
	for i := range statements {
		statements[i] = fmt.Sprintf(`{"Effect":"Allow","Action":["s3:Put*","s3:Get*"],"Resource":"arn:aws:s3:::logs/*",
			"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"StringEquals":{"aws:PrincipalTag/team":"t%d"}}}`, i)
	}
	document := parsed(b, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`, policy.Identity)
	policies := policy.Policies{}
	for i := range 10 {
		policies.Identity = append(policies.Identity, policy.Attached{Name: fmt.Sprint("policy", i), Document: document})
	}
	request := policy.Request{
		Principal: cloud.Principal{Type: cloud.IAMUser, Account: "111122223333", ARN: "arn:aws:iam::111122223333:user/alice"},
		Action:    "s3:GetObject", Resource: "arn:aws:s3:::logs/2026/11/30/x.gz", Context: policy.NewContext(),
	}
	request.Context.Set("aws:SourceIp", "10.1.2.3")
	request.Context.Set("aws:PrincipalTag/team", "red")
	b.ReportAllocs()
	for b.Loop() {
		if policy.Decide(request, policies).Allowed {
			b.Fatal("allowed")
		}
	}
}
