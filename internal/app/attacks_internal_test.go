package app

import (
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/stsapi"
)

// Nobody gives himself more than he has.
func TestEscalation(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "secrets", "")
	h.must(h.root(ours).put("secrets", "k"))
	root := h.root(ours)
	admin := h.role(ours, "admin", trusting(`{"Service":"athena.amazonaws.com"}`, ""), allow("*", "*"))
	bound, err := root.iam.CreatePolicy(h.ctx, &iamapi.CreatePolicyInput{
		PolicyName: new("bound"), PolicyDocument: new(document(allow("iam:*", "*") + "," + allow("s3:ListAllMyBuckets", "*"))),
	})
	h.must(err)
	eve := h.user(ours, "eve", allow("athena:*", "*"), allow("iam:*", "arn:aws:iam::111122223333:user/eve"), allow("iam:CreatePolicyVersion", "*"))
	_, err = root.iam.PutUserPermissionsBoundary(h.ctx, &iamapi.PutUserPermissionsBoundaryInput{UserName: new("eve"), PermissionsBoundary: bound.Policy.Arn})
	h.must(err)

	_, err = eve.iam.AttachUserPolicy(h.ctx, &iamapi.AttachUserPolicyInput{UserName: new("eve"), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess")})
	h.want("AttachUserPolicy on oneself is allowed here", "", err)
	h.want("and the boundary stands", notAuthorized(eve.principal.ARN, "s3:GetObject", `"arn:aws:s3:::secrets/k"`, "because no permissions boundary allows the s3:GetObject action"), eve.get("secrets", "k"))

	mallory := h.user(ours, "mallory", allow("iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/own"), allow("athena:CreateWorkGroup", "*"))
	_, err = mallory.iam.CreatePolicyVersion(h.ctx, &iamapi.CreatePolicyVersionInput{
		PolicyArn: bound.Policy.Arn, PolicyDocument: new(document(allow("*", "*"))), SetAsDefault: new(true),
	})
	h.want("a new version of another policy", notAuthorized(mallory.principal.ARN, "iam:CreatePolicyVersion", *bound.Policy.Arn, noIdentityPolicy("iam:CreatePolicyVersion")), err)
	_, err = mallory.athena.CreateWorkGroup(h.ctx, &athenaapi.CreateWorkGroupInput{
		Name: new("theirs"), Configuration: &athenaapi.WorkGroupConfiguration{ExecutionRole: &admin},
	})
	h.want("a role handed over without iam:PassRole", "AccessDeniedException: User: "+mallory.principal.ARN+" is not authorized to perform: iam:PassRole on resource: "+admin+
		" "+noIdentityPolicy("iam:PassRole"), err)
	passer := h.user(ours, "passer", allow("athena:CreateWorkGroup", "*"),
		`{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}`)
	_, err = passer.athena.CreateWorkGroup(h.ctx, &athenaapi.CreateWorkGroupInput{
		Name: new("theirs"), Configuration: &athenaapi.WorkGroupConfiguration{ExecutionRole: &admin},
	})
	h.want("a role that may go to another service", "AccessDeniedException: User: "+passer.principal.ARN+" is not authorized to perform: iam:PassRole on resource: "+admin+
		" "+noIdentityPolicy("iam:PassRole"), err)
}

// Who may administer users only within a boundary cannot make one without.
func TestBoundaryMustStay(t *testing.T) {
	h := newHouse(t)
	root := h.root(ours)
	bound, err := root.iam.CreatePolicy(h.ctx, &iamapi.CreatePolicyInput{PolicyName: new("bound"), PolicyDocument: new(document(allow("s3:*", "*")))})
	h.must(err)
	within := `{"Effect":"Allow","Action":["iam:CreateUser","iam:AttachUserPolicy"],"Resource":"*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"` + *bound.Policy.Arn + `"}}}`
	delegate := h.user(ours, "delegate", within)
	create := func(name string, boundary *string) error {
		_, err := delegate.iam.CreateUser(h.ctx, &iamapi.CreateUserInput{UserName: &name, PermissionsBoundary: boundary})
		return err
	}
	attach := func(name string) error {
		_, err := delegate.iam.AttachUserPolicy(h.ctx, &iamapi.AttachUserPolicyInput{UserName: &name, PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess")})
		return err
	}
	refusal := func(action, user string) string {
		return notAuthorized(delegate.principal.ARN, action, "arn:aws:iam::111122223333:user/"+user, noIdentityPolicy(action))
	}
	h.want("without a boundary", refusal("iam:CreateUser", "free"), create("free", nil))
	h.want("with the boundary", "", create("kept", bound.Policy.Arn))
	h.want("a policy for who has it", "", attach("kept"))
	h.want("a policy for oneself, who has none", refusal("iam:AttachUserPolicy", "delegate"), attach("delegate"))
}

// A change of what somebody may do holds with the very next call.
func TestChangesHoldAtOnce(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	h.must(h.root(ours).put("logs", "k"))
	root := h.root(ours)
	ann := h.user(ours, "ann", allow("s3:GetObject", "*"))
	h.want("before", "", ann.get("logs", "k"))
	_, err := root.iam.DeleteUserPolicy(h.ctx, &iamapi.DeleteUserPolicyInput{UserName: new("ann"), PolicyName: new("inline-0")})
	h.must(err)
	denied := notAuthorized(annARN, "s3:GetObject", `"arn:aws:s3:::logs/k"`, noIdentityPolicy("s3:GetObject"))
	h.want("after", denied, ann.get("logs", "k"))
	role := h.role(ours, "reader", trusting(`{"AWS":"111122223333"}`, ""), allow("s3:GetObject", "*"))
	ben := h.user(ours, "ben", allow("sts:AssumeRole", role))
	session, err := ben.assume(stsapi.AssumeRoleInput{RoleArn: &role})
	h.must(err)
	h.want("a session", "", session.get("logs", "k"))
	_, err = root.iam.DeleteRolePolicy(h.ctx, &iamapi.DeleteRolePolicyInput{RoleName: new("reader"), PolicyName: new("inline-0")})
	h.must(err)
	h.want("a session of a role that has less", notAuthorized(session.principal.ARN, "s3:GetObject", `"arn:aws:s3:::logs/k"`, noIdentityPolicy("s3:GetObject")), session.get("logs", "k"))
}

func TestRolesAreAssumedByTrust(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "logs", "")
	h.must(h.root(ours).put("logs", "a"))
	h.must(h.root(ours).put("logs", "b"))
	delegating := h.role(ours, "delegating", trusting(`{"AWS":"`+string(ours)+`"}`, ""), allow("s3:GetObject", "*"))
	naming := h.role(ours, "naming", trusting(`{"AWS":"*"}`, `{"ArnEquals":{"aws:PrincipalArn":"`+annARN+`"}}`), allow("s3:GetObject", "*"))
	outside := h.role(ours, "outside", trusting(`{"AWS":"`+string(theirs)+`"}`, `{"StringEquals":{"sts:ExternalId":"42"}}`), allow("sts:AssumeRole", delegating), allow("s3:GetObject", "*"))
	ann, ben := h.user(ours, "ann"), h.user(ours, "ben", allow("sts:AssumeRole", "*"))
	auditor, clerk := h.user(theirs, "auditor", allow("sts:AssumeRole", "*")), h.user(theirs, "clerk")
	untrusted := func(c caller, role, why string) string {
		return notAuthorized(c.principal.ARN, "sts:AssumeRole", role, why)
	}
	noTrust := "because no role trust policy allows the sts:AssumeRole action"
	for name, tt := range map[string]struct {
		who  caller
		in   stsapi.AssumeRoleInput
		want string
	}{
		"trust in the account leaves it to policies": {ann, stsapi.AssumeRoleInput{RoleArn: &delegating}, untrusted(ann, delegating, noIdentityPolicy("sts:AssumeRole"))},
		"who has one":                                {ben, stsapi.AssumeRoleInput{RoleArn: &delegating}, ""},
		"trust in the user is enough":                {ann, stsapi.AssumeRoleInput{RoleArn: &naming}, ""},
		"and in no other":                            {ben, stsapi.AssumeRoleInput{RoleArn: &naming}, untrusted(ben, naming, noTrust)},
		"another account with the external ID":       {auditor, stsapi.AssumeRoleInput{RoleArn: &outside, ExternalId: new("42")}, ""},
		"with another":                               {auditor, stsapi.AssumeRoleInput{RoleArn: &outside, ExternalId: new("43")}, untrusted(auditor, outside, noTrust)},
		"without":                                    {auditor, stsapi.AssumeRoleInput{RoleArn: &outside}, untrusted(auditor, outside, noTrust)},
		"another account's user without a policy":    {clerk, stsapi.AssumeRoleInput{RoleArn: &outside, ExternalId: new("42")}, untrusted(clerk, outside, noIdentityPolicy("sts:AssumeRole"))},
		"a role of another account that trusts none": {auditor, stsapi.AssumeRoleInput{RoleArn: &delegating}, untrusted(auditor, delegating, noTrust)},
		"one that is not there reads the same":       {auditor, stsapi.AssumeRoleInput{RoleArn: new("arn:aws:iam::111122223333:role/none")}, untrusted(auditor, "arn:aws:iam::111122223333:role/none", noTrust)},
	} {
		_, err := tt.who.assume(tt.in)
		h.want(name, tt.want, err)
	}
	first, err := auditor.assume(stsapi.AssumeRoleInput{RoleArn: &outside, ExternalId: new("42")})
	h.must(err)
	chained, err := first.assume(stsapi.AssumeRoleInput{RoleArn: &delegating, Policy: new(document(allow("s3:GetObject", "arn:aws:s3:::logs/a")))})
	h.want("a chain of roles", "", err)
	h.want("reads", "", chained.get("logs", "a"))
	h.want("within its session policy", notAuthorized(chained.principal.ARN, "s3:GetObject", `"arn:aws:s3:::logs/b"`, "because no session policy allows the s3:GetObject action"), chained.get("logs", "b"))
	if left := time.Until(chained.principal.Expires); left > time.Hour {
		t.Errorf("a chained session lasts %s", left)
	}
}

// A query reads and writes as its caller, also where the columns of its objects
// are there already, and an earlier result.
func TestQueriesReadAsTheirCaller(t *testing.T) {
	h := newHouse(t)
	h.bucket(ours, "data", "")
	h.bucket(ours, "results", "")
	root := h.root(ours)
	for _, key := range []string{"t/1.csv", "t/2.csv"} {
		h.must(root.put("data", key))
	}
	h.table()
	query := h.query
	analyst := []string{allow("athena:*", "*"), allow("glue:Get*", "*"), allow("s3:ListBucket", "*"), allow("s3:PutObject", "arn:aws:s3:::results/*"), allow("s3:GetObject", "arn:aws:s3:::results/*")}
	whole := h.user(ours, "whole", append(analyst, allow("s3:GetObject", "arn:aws:s3:::data/t/*"))...)
	listing := h.user(ours, "listing", analyst...)
	half := h.user(ours, "half", append(analyst, allow("s3:GetObject", "arn:aws:s3:::data/t/1.csv"))...)
	but := h.user(ours, "but", append(analyst, allow("s3:GetObject", "*"), deny("s3:GetObject", "arn:aws:s3:::data/t/2*"))...)
	mute := h.user(ours, "mute", allow("athena:*", "*"), allow("glue:Get*", "*"), allow("s3:ListBucket", "*"), allow("s3:GetObject", "*"))
	blind := h.user(ours, "blind", allow("athena:*", "*"), allow("s3:*", "*"))
	object := func(c caller, key, why string) string {
		return notAuthorized(c.principal.ARN, "s3:GetObject", `"arn:aws:s3:::data/t/`+key+`"`, why)
	}
	for _, tt := range []struct {
		name string
		who  caller
		want string
	}{
		{"root", root, ""},
		{"who may read it all", whole, ""},
		{"who may list and not read, though all is decoded", listing, object(listing, "1.csv", noIdentityPolicy("s3:GetObject"))},
		{"who may read one of two", half, object(half, "2.csv", noIdentityPolicy("s3:GetObject"))},
		{"who may read all but one", but, object(but, "2.csv", "with an explicit deny in an identity-based policy")},
		{"who may write no result and gets the earlier one", mute, ""},
	} {
		if got := query(tt.who, "SELECT count(*) FROM logs.t"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	want := "cannot write the result to "
	if got := query(mute, "SELECT 1 FROM logs.t"); !strings.HasPrefix(got, want) || !strings.Contains(got, "is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::results/") {
		t.Errorf("who may write no result: %s", got)
	}
	want = "AccessDeniedException: User: " + blind.principal.ARN + " is not authorized to perform: glue:GetTable on resource: " +
		"arn:aws:glue:ap-northeast-2:111122223333:catalog " + noIdentityPolicy("glue:GetTable")
	if got := query(blind, "SELECT count(*) FROM logs.t"); got != want {
		t.Errorf("who may not read the catalog: %s, want %s", got, want)
	}
}
