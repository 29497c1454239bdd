package s3_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
)

// statement is a policy of one statement, of which members are replaced or,
// with an empty text, left out.
func statement(members ...string) string {
	order := []string{"Effect", "Principal", "Action", "Resource"}
	values := map[string]string{"Effect": `"Allow"`, "Principal": `{"AWS":"111122223333"}`, "Action": `"s3:GetObject"`, "Resource": `"arn:aws:s3:::logs/*"`}
	for i := 0; i < len(members); i += 2 {
		if _, ok := values[members[i]]; !ok {
			order = append(order, members[i])
		}
		values[members[i]] = members[i+1]
	}
	var parts []string
	for _, name := range order {
		if values[name] != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", name, values[name]))
		}
	}
	return `{"Version":"2012-10-17","Statement":[{` + strings.Join(parts, ",") + `}]}`
}

func TestPolicies(t *testing.T) {
	const (
		first      = "MalformedPolicy: Policies must be valid JSON and the first byte must be '{'"
		principal  = "MalformedPolicy: Invalid principal in policy"
		action     = "MalformedPolicy: Policy has invalid action"
		resource   = "MalformedPolicy: Policy has invalid resource"
		applies    = "MalformedPolicy: Action does not apply to any resource(s) in statement"
		public     = "public"
		wrongField = "MalformedPolicy: Unknown field "
	)
	s, ctx := served(t), servicetest.Call(t)
	b := &made(t, s, "logs").Name
	for name, tt := range map[string]struct {
		policy string
		want   string // the error, or "public"
	}{
		"good":                   {statement(), ""},
		"with spaces":            {"{\n \"Statement\" : " + `{"Effect":"Deny","Principal":"*","Action":["s3:*"],"Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]}}`, ""},
		"service":                {statement("Principal", `{"Service":"cloudtrail.amazonaws.com"}`, "Action", `"s3:PutObject"`), ""},
		"NotPrincipal":           {statement("Principal", "", "NotPrincipal", `{"AWS":"arn:aws:iam::111122223333:root"}`, "Effect", `"Deny"`), ""},
		"NotAction, NotResource": {statement("Action", "", "NotAction", `"s3:ListAllMyBuckets"`, "Resource", "", "NotResource", `"arn:aws:s3:::logs/x"`), ""},
		"canonical user":         {statement("Principal", `{"CanonicalUser":"`+s3.CanonicalID(owner)+`"}`), ""},
		"role":                   {statement("Principal", `{"AWS":["arn:aws:iam::111122223333:role/a/b","arn:aws:sts::111122223333:assumed-role/r/s"]}`), ""},
		"condition":              {statement("Condition", `{"ForAnyValue:StringLikeIfExists":{"aws:PrincipalOrgID":["o-1",2,true]},"Null":{"s3:prefix":"true"}}`), ""},
		"all actions":            {statement("Action", `"*"`), ""},
		"case of actions":        {statement("Action", `"S3:getobject"`), ""},
		"pattern of the bucket":  {statement("Resource", `"arn:aws:s3:::lo?s*"`, "Action", `["s3:ListBucket","s3:GetObject"]`), ""},

		"everybody":                  {statement("Principal", `"*"`), public},
		"everybody as AWS":           {statement("Principal", `{"AWS":["111122223333","*"]}`), public},
		"everybody by a network":     {statement("Principal", `"*"`, "Condition", `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`), ""},
		"everybody by all networks":  {statement("Principal", `"*"`, "Condition", `{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}}`), public},
		"everybody by a pattern":     {statement("Principal", `"*"`, "Condition", `{"StringLike":{"aws:PrincipalOrgID":"o-*"}}`), public},
		"everybody by an agent":      {statement("Principal", `"*"`, "Condition", `{"StringEquals":{"aws:UserAgent":"x"}}`), public},
		"everybody but somebody":     {statement("Principal", "", "NotPrincipal", `{"AWS":"111122223333"}`), public},
		"everybody of an account":    {statement("Principal", `"*"`, "Condition", `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}`), ""},
		"everybody of all accounts":  {statement("Principal", `"*"`, "Condition", `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}`), public},
		"everybody is denied":        {statement("Principal", `"*"`, "Effect", `"Deny"`), ""},
		"everybody, not by a source": {statement("Principal", `"*"`, "Condition", `{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}`), public},

		"empty":               {"", first},
		"not an object":       {"[]", first},
		"a space first":       {" " + statement(), first},
		"not JSON":            {"{", first},
		"text after":          {statement() + "}", first},
		"no statement":        {`{"Version":"2012-10-17"}`, "MalformedPolicy: Missing required field Statement"},
		"empty list":          {`{"Statement":[]}`, "MalformedPolicy: Could not parse the policy: Statement is empty!"},
		"version":             {strings.Replace(statement(), "2012-10-17", "2012-10-18", 1), "MalformedPolicy: The policy must contain a valid version string"},
		"unknown field":       {`{"Statement":[],"Comment":"x"}`, wrongField + "Comment"},
		"unknown field below": {statement("Principals", `"*"`), wrongField + "Principals"},
		"a number":            {`{"Statement":[1]}`, "MalformedPolicy: This policy contains invalid Json"},
		"no effect":           {statement("Effect", ""), "MalformedPolicy: Missing required field Effect"},
		"effect":              {statement("Effect", `"Maybe"`), "MalformedPolicy: Invalid effect: Maybe"},
		"no principal":        {statement("Principal", ""), "MalformedPolicy: Missing required field Principal"},
		"no action":           {statement("Action", ""), "MalformedPolicy: Missing required field Action"},
		"no resource":         {statement("Resource", ""), "MalformedPolicy: Missing required field Resource"},
		"principal text":      {statement("Principal", `"somebody"`), principal},
		"principal kind":      {statement("Principal", `{"Person":"x"}`), principal},
		"principal ARN":       {statement("Principal", `{"AWS":"arn:aws:iam::111122223333:group/x"}`), principal},
		"principal pattern":   {statement("Principal", `{"AWS":"arn:aws:iam::111122223333:role/*x"}`), principal},
		"no principals":       {statement("Principal", `{"AWS":[]}`), principal},
		"service name":        {statement("Principal", `{"Service":"cloudtrail"}`), principal},
		"other service":       {statement("Action", `"sqs:SendMessage"`), action},
		"no such action":      {statement("Action", `"s3:Teleport"`), action},
		"other bucket":        {statement("Resource", `"arn:aws:s3:::other/*"`), resource},
		"no ARN":              {statement("Resource", `"logs/*"`), resource},
		"ARN with account":    {statement("Resource", `"arn:aws:s3::111122223333:logs/*"`), resource},
		"object on bucket":    {statement("Resource", `"arn:aws:s3:::logs"`), applies},
		"bucket on object":    {statement("Action", `["s3:GetObject","s3:ListBucket"]`), applies},
		"operator":            {statement("Condition", `{"StringIs":{"aws:x":"y"}}`), "MalformedPolicy: Invalid Condition type : StringIs"},
		"condition key":       {statement("Condition", `{"StringEquals":{"x":"y"}}`), "MalformedPolicy: Policy has an invalid condition key"},
		"too large":           {statement("Sid", `"`+strings.Repeat("x", 20<<10)+`"`), "PolicyTooLarge: Policy exceeds the maximum allowed document size."},
	} {
		t.Run(name, func(t *testing.T) {
			servicetest.Must(s.DeleteBucketPolicy(ctx, &s3api.DeleteBucketPolicyInput{Bucket: b}))(t)
			_, err := s.PutBucketPolicy(ctx, &s3api.PutBucketPolicyInput{Bucket: b, Policy: &tt.policy})
			if tt.want != "" && tt.want != public {
				servicetest.Diff(t, tt.want, sayError(err))
				_, err := s.GetBucketPolicy(ctx, &s3api.GetBucketPolicyInput{Bucket: b})
				servicetest.WantCode(t, err, "NoSuchBucketPolicy")
				return
			}
			servicetest.Diff(t, "", sayError(err))
			got := servicetest.Must(s.GetBucketPolicy(ctx, &s3api.GetBucketPolicyInput{Bucket: b}))(t)
			servicetest.Diff(t, tt.policy, *got.Policy)
			status := servicetest.Must(s.GetBucketPolicyStatus(ctx, &s3api.GetBucketPolicyStatusInput{Bucket: b}))(t)
			servicetest.Diff(t, tt.want == public, *status.PolicyStatus.IsPublic)
		})
	}
}

func TestAPublicPolicyIsBlocked(t *testing.T) {
	s, ctx := served(t), in(t, s3.FirstRegion)
	servicetest.Must(s.CreateBucket(ctx, &s3api.CreateBucketInput{Bucket: new("logs")}))(t)
	open, shut := statement("Principal", `"*"`), statement()
	put := func(policy string) string {
		return sayError(listErr(s.PutBucketPolicy(ctx, &s3api.PutBucketPolicyInput{Bucket: new("logs"), Policy: &policy})))
	}
	servicetest.Diff(t, `AccessDenied: User: arn:aws:iam::111122223333:root is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::logs" `+
		"because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.", put(open))
	servicetest.Diff(t, "", put(shut))
	servicetest.Must(s.DeletePublicAccessBlock(ctx, &s3api.DeletePublicAccessBlockInput{Bucket: new("logs")}))(t)
	servicetest.Diff(t, "", put(open))
	servicetest.Must(s.DeleteBucketPolicy(ctx, &s3api.DeleteBucketPolicyInput{Bucket: new("logs")}))(t)
	_, err := s.GetBucketPolicyStatus(ctx, &s3api.GetBucketPolicyStatusInput{Bucket: new("logs")})
	servicetest.WantCode(t, err, "NoSuchBucketPolicy")
}

func FuzzPolicy(f *testing.F) {
	f.Add(statement())
	f.Add(statement("Principal", `"*"`, "Condition", `{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`))
	f.Add(`{"Statement":[{"Effect":null,"Principal":null}]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		_, err := s3.CheckPolicy([]byte(doc), "logs")
		if err != nil && sayError(err) == "" {
			t.Errorf("%q: %v", doc, err)
		}
	})
}
