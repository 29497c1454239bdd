package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
)

const account cloud.Account = "111122223333"

// identities are those of a test, by ARN.
type identities map[string][]policy.Attached

// Policies implements access.Identities.
func (i identities) Policies(_ context.Context, p cloud.Principal) ([]policy.Attached, *policy.Attached, error) {
	return i[p.ARN], nil, nil
}

// shelf holds the same for every resource of a service.
type shelf struct {
	held access.Held
	err  error
}

// Held implements access.Resources.
func (s shelf) Held(context.Context, *cloud.Access, cloud.Resource) (access.Held, error) {
	return s.held, s.err
}

// told are conditions of one key.
func told(key, value string) access.Conditions {
	return access.Conditions{Beginnings: []string{strings.ToLower(key)}, Tell: func(context.Context) (map[string][]string, error) {
		return map[string][]string{key: {value}}, nil
	}}
}

// membership is the place of every account.
type membership access.Membership

// Membership implements access.Organization.
func (m membership) Membership(context.Context, cloud.Account) (access.Membership, error) {
	return access.Membership(m), nil
}

func attached(tb testing.TB, name string, kind policy.Kind, statements string) policy.Attached {
	tb.Helper()
	document, err := policy.Parse(`{"Version":"2012-10-17","Statement":[`+statements+`]}`, kind)
	if err != nil {
		tb.Fatal(err)
	}
	return policy.Attached{Name: name, Document: document}
}

func user(name string) cloud.Principal {
	return cloud.Principal{Type: cloud.IAMUser, Account: account, Name: name, ID: "AIDA" + strings.ToUpper(name), ARN: "arn:aws:iam::111122223333:user/" + name}
}

// ann is a user that may do what the statements say.
func ann(tb testing.TB, statements string) identities {
	tb.Helper()
	return identities{user("ann").ARN: {attached(tb, "ann", policy.Identity, statements)}}
}

// said is an error as a caller sees it.
func said(err error) string {
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return e.Code + ": " + e.Message
	}
	if err != nil {
		return "internal: " + err.Error()
	}
	return ""
}

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// Each key is known under its name, to a policy that allows for that value alone.
func TestWhatIsKnownOfACall(t *testing.T) {
	issued := noon.Add(-time.Minute)
	role := cloud.Principal{Type: cloud.Role, ARN: "arn:aws:iam::111122223333:role/x/r", ID: "AROAR"}
	session := cloud.Principal{
		Type: cloud.AssumedRole, Account: account, ARN: "arn:aws:sts::111122223333:assumed-role/r/s", ID: "AROAR:s", Issuer: &role, MFA: true,
		Tags: map[string]string{"team": "red", "Team": "blue"}, Session: &cloud.Session{Issued: issued, SourceIdentity: "sue", Provider: "idp"},
	}
	member := membership{ID: "o-1", Path: "o-1/r-1/ou-1/"}
	from := func(p cloud.Principal, change func(*cloud.Call)) cloud.Call {
		call := cloud.Call{Account: account, Region: "eu-west-1", Principal: p, SourceIP: "192.0.2.7", UserAgent: "cli", Referer: "https://a/", TLS: "1.3", Time: noon}
		call.Signature = cloud.Signature{Version: "AWS4-HMAC-SHA256", Way: "REST-HEADER", At: noon.Add(-time.Second), Content: "UNSIGNED-PAYLOAD"}
		if change != nil {
			change(&call)
		}
		return call
	}
	via := func(c *cloud.Call) {
		c.InvokedBy, c.CalledVia, c.Signature, c.Referer = "athena.amazonaws.com", []string{"cloudformation.amazonaws.com", "athena.amazonaws.com"}, cloud.Signature{}, ""
	}
	service := cloud.ServiceOf("delivery.logs.amazonaws.com")
	delivering := func(c *cloud.Call) {
		c.InvokedBy, c.SourceARN = service.Name, "arn:aws:logs:eu-west-1:444455556666:delivery:1"
	}
	for name, tt := range map[string]struct {
		call cloud.Call
		want map[string]string // "" is absent
	}{
		"a user": {from(user("ann"), nil), map[string]string{
			"aws:PrincipalType": "User", "aws:username": "ann", "aws:userid": "AIDAANN", "aws:PrincipalArn": user("ann").ARN,
			"aws:PrincipalAccount": "111122223333", "aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false", "aws:SourceIp": "192.0.2.7",
			"aws:UserAgent": "cli", "aws:Referer": "https://a/", "aws:SecureTransport": "true", "aws:CurrentTime": "2026-11-30T12:00:00Z",
			"aws:EpochTime": "1796040000", "aws:RequestedRegion": "eu-west-1", "aws:ResourceAccount": "111122223333", "s3:ResourceAccount": "111122223333",
			"aws:ResourceTag/class": "secret", "aws:PrincipalOrgID": "o-1", "aws:PrincipalOrgPaths": "o-1/r-1/ou-1/", "aws:ResourceOrgID": "o-1",
			"s3:signatureversion": "AWS4-HMAC-SHA256", "s3:authType": "REST-HEADER", "s3:signatureAge": "1000", "s3:TlsVersion": "1.3",
			"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD", "aws:MultiFactorAuthPresent": "", "aws:TokenIssueTime": "", "aws:CalledVia": "", "aws:SourceArn": "",
			"aws:SourceAccount": "", "aws:SourceOrgID": "", "aws:SourceIdentity": "", "s3:prefix": "a/",
		}},
		"a session of a role": {from(session, nil), map[string]string{
			"aws:PrincipalType": "AssumedRole", "aws:username": "", "aws:userid": "AROAR:s", "aws:PrincipalArn": "arn:aws:iam::111122223333:role/x/r",
			"aws:PrincipalTag/team": "red", "aws:PrincipalTag/TEAM": "blue", "aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60",
			"aws:TokenIssueTime": "2026-11-30T11:59:00Z", "aws:SourceIdentity": "sue", "aws:FederatedProvider": "idp",
		}},
		"root": {from(cloud.RootOf(account), nil), map[string]string{"aws:PrincipalType": "Account", "aws:userid": "111122223333"}},
		"by services": {from(user("ann"), via), map[string]string{
			"aws:ViaAWSService": "true", "aws:CalledVia": "athena.amazonaws.com", "aws:CalledViaFirst": "cloudformation.amazonaws.com",
			"aws:CalledViaLast": "athena.amazonaws.com", "aws:SourceIp": "", "aws:UserAgent": "", "aws:SecureTransport": "true", "s3:authType": "",
			"aws:SourceArn": "", "aws:username": "ann",
		}},
		"a service": {from(service, delivering), map[string]string{
			"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": service.Name, "aws:PrincipalServiceNamesList": service.Name,
			"aws:SourceArn": "arn:aws:logs:eu-west-1:444455556666:delivery:1", "aws:SourceAccount": "444455556666", "aws:PrincipalArn": "",
			"aws:PrincipalAccount": "", "aws:SourceIp": "", "aws:ViaAWSService": "false", "aws:SourceOrgID": "o-1",
			"aws:SourceOrgPaths": "o-1/r-1/ou-1/", "aws:PrincipalOrgID": "",
		}},
		"nobody": {from(cloud.Principal{Type: cloud.Anonymous}, nil), map[string]string{
			"aws:PrincipalType": "Anonymous", "aws:userid": "anonymous", "aws:PrincipalArn": "", "aws:SourceIp": "192.0.2.7", "aws:username": "",
		}},
	} {
		for key, value := range tt.want {
			condition := fmt.Sprintf(`{"ForAnyValue:StringEquals":{%q:%q}}`, key, value)
			if value == "" {
				condition = fmt.Sprintf(`{"Null":{%q:"true"}}`, key)
			}
			// The policy denies for that value, which is the only way to bind root too.
			held := access.Held{
				Owner: account, Conditions: told("aws:ResourceTag/class", "secret"),
				Policies: []policy.Attached{attached(t, "p", policy.Resource, `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},`+
					`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":`+condition+`}`)},
			}
			d := access.New(access.Config{Organization: member, Resources: map[string]access.Resources{"s3": shelf{held: held}}})
			err := d.Authorize(t.Context(), cloud.Access{
				Call: tt.call, Action: "s3:ListBucket", Resources: []cloud.Resource{{Action: "s3:ListBucket", ARN: "arn:aws:s3:::logs"}},
				Conditions: map[string][]string{"s3:prefix": {"a/"}},
			})
			if cloud.KindOf(err) != cloud.Denied || err == nil {
				t.Errorf("%s: %s is not %q: %v", name, key, value, err)
			}
		}
	}
}

// A call is refused in the words and by the code of its service.
func TestRefusals(t *testing.T) {
	const database = "arn:aws:glue:eu-west-1:111122223333:database/d"
	who := "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: "
	why := func(action string) string {
		return " because no identity-based policy allows the " + action + " action"
	}
	for _, tt := range []struct{ action, resource, want string }{
		{"glue:GetDatabase", database, "AccessDeniedException: " + who + "glue:GetDatabase on resource: " + database + why("glue:GetDatabase")},
		{"iam:ListUsers", "*", "AccessDenied: " + who + "iam:ListUsers" + why("iam:ListUsers")},
		{"sns:Publish", "arn:aws:sns:eu-west-1:111122223333:t", "AuthorizationError: " + who + "sns:Publish on resource: arn:aws:sns:eu-west-1:111122223333:t" + why("sns:Publish")},
		{"s3:GetObject", "arn:aws:s3:::b/k", "AccessDenied: " + who + `s3:GetObject on resource: "arn:aws:s3:::b/k"` + why("s3:GetObject")},
		{"glue:GetDatabase", "arn:aws:glue:eu-west-1:444455556666:database/d", "AccessDeniedException: " + who + "glue:GetDatabase on resource: arn:aws:glue:eu-west-1:444455556666:database/d because no resource-based policy allows the glue:GetDatabase action"},
		{"ec2:DeleteVpc", "arn:aws:ec2:eu-west-1:111122223333:vpc/v", "UnauthorizedOperation: You are not authorized to perform this operation. " + who + "ec2:DeleteVpc on resource: arn:aws:ec2:eu-west-1:111122223333:vpc/v" + why("ec2:DeleteVpc") + " Encoded authorization failure message: sealed"},
	} {
		var detail struct {
			Allowed      bool
			ExplicitDeny bool
			Context      struct {
				Principal        struct{ ID, Name, ARN string }
				Action, Resource string
			}
		}
		d := access.New(access.Config{Identities: ann(t, `{"Effect":"Allow","Action":"glue:GetTable","Resource":"*"},{"Effect":"Allow","Action":"glue:*","Resource":"arn:aws:glue:*:444455556666:*"}`), Encode: func(b []byte) (string, error) {
			return "sealed", json.Unmarshal(b, &detail)
		}})
		err := d.Authorize(t.Context(), cloud.Access{
			Call: cloud.Call{Principal: user("ann"), Account: account, Time: noon}, Action: tt.action, Resources: []cloud.Resource{{Action: tt.action, ARN: tt.resource}},
		})
		if diff := cmp.Diff(tt.want, said(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.action, diff)
		}
		if tt.action == "ec2:DeleteVpc" && (detail.Context.Action != tt.action || detail.Context.Principal.ARN != user("ann").ARN || detail.Context.Resource != tt.resource) {
			t.Errorf("sealed %+v", detail)
		}
	}
}

func TestEveryResourceOfACallMustBeAllowed(t *testing.T) {
	d := access.New(access.Config{Identities: ann(t, `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::to/*"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::from/*"}`)})
	call := cloud.Call{Principal: user("ann"), Account: account}
	put, get := cloud.Resource{Action: "s3:PutObject", ARN: "arn:aws:s3:::to/k"}, cloud.Resource{Action: "s3:GetObject", ARN: "arn:aws:s3:::from/k"}
	other := cloud.Resource{Action: "s3:GetObject", ARN: "arn:aws:s3:::other/k"}
	left := other
	left.Each = true
	for name, tt := range map[string]struct {
		resources []cloud.Resource
		allowed   bool
	}{
		"both": {[]cloud.Resource{put, get}, true}, "one of them not": {[]cloud.Resource{put, other}, false},
		"one that the operation asks about": {[]cloud.Resource{put, left}, true}, "no resource, and no right to all": {nil, false},
	} {
		if err := d.Authorize(t.Context(), cloud.Access{Call: call, Action: "s3:PutObject", Resources: tt.resources}); (err == nil) != tt.allowed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cannot be found out is never a permission.
func TestFailuresAreNoPermission(t *testing.T) {
	broken := shelf{err: errors.New("the disk is gone")}
	d := access.New(access.Config{Resources: map[string]access.Resources{"s3": broken}})
	err := d.Authorize(t.Context(), cloud.Access{
		Call: cloud.Call{Principal: cloud.RootOf(account)}, Action: "s3:GetObject", Resources: []cloud.Resource{{Action: "s3:GetObject", ARN: "arn:aws:s3:::b/k"}},
	})
	if err == nil || cloud.KindOf(err) != cloud.Internal {
		t.Errorf("a resource that cannot be read: %v", err)
	}
	session := user("ann")
	session.Session = &cloud.Session{Policies: []string{"no policy"}}
	if err := d.Authorize(t.Context(), cloud.Access{Call: cloud.Call{Principal: session}, Action: "glue:GetTables"}); err == nil || cloud.KindOf(err) != cloud.Internal {
		t.Errorf("a session policy that cannot be read: %v", err)
	}
	if err := d.Authorize(t.Context(), cloud.Access{Call: cloud.Call{}, Action: "glue:GetTables"}); err == nil {
		t.Error("a call without a principal is allowed")
	}
}

// A grant allows what no policy denies.
func TestGrants(t *testing.T) {
	for name, tt := range map[string]struct {
		statements string
		granted    bool
		fault      error
		allowed    bool
	}{
		"granted": {`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, true, nil, true}, "not granted": {`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, false, nil, false},
		"granted and denied": {`{"Effect":"Deny","Action":"kms:*","Resource":"*"}`, true, nil, false}, "not known": {`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, false, errors.New("lost"), false},
	} {
		held := access.Held{Required: true, Grants: func(context.Context) (bool, error) { return tt.granted, tt.fault }}
		d := access.New(access.Config{Identities: ann(t, tt.statements), Resources: map[string]access.Resources{"kms": shelf{held: held}}})
		err := d.Authorize(t.Context(), cloud.Access{
			Call: cloud.Call{Principal: user("ann"), Account: account}, Action: "kms:Decrypt",
			Resources: []cloud.Resource{{Action: "kms:Decrypt", ARN: "arn:aws:kms:eu-west-1:111122223333:key/k"}},
		})
		if (err == nil) != tt.allowed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Service control policies bind all of a member account, its root user too, but
// not the roles that services have for themselves.
func TestOrganizations(t *testing.T) {
	deny := attached(t, "scp", policy.ServiceControl, `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"}`)
	d := access.New(access.Config{Organization: membership{ServiceControl: [][]policy.Attached{{deny}}}})
	linked := cloud.Principal{
		Type: cloud.AssumedRole, Account: account, ARN: "arn:aws:sts::111122223333:assumed-role/l/s",
		Issuer: &cloud.Principal{Type: cloud.Role, ARN: "arn:aws:iam::111122223333:role/aws-service-role/athena.amazonaws.com/l"},
	}
	d2 := access.New(access.Config{
		Organization: membership{ServiceControl: [][]policy.Attached{{deny}}},
		Identities:   identities{linked.ARN: {attached(t, "l", policy.Identity, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)}},
	})
	want := "AccessDenied: User: arn:aws:iam::111122223333:root is not authorized to perform: s3:ListAllMyBuckets with an explicit deny in a service control policy"
	root := cloud.Access{Call: cloud.Call{Principal: cloud.RootOf(account), Account: account}, Action: "s3:ListAllMyBuckets"}
	if got := said(d.Authorize(t.Context(), root)); got != want {
		t.Errorf("root: %s, want %s", got, want)
	}
	root.Call.Principal = linked
	if err := d2.Authorize(t.Context(), root); err != nil {
		t.Errorf("a service's own role: %v", err)
	}
}

func TestMayAll(t *testing.T) {
	keys := []string{"arn:aws:s3:::logs/2026/01/a", "arn:aws:s3:::logs/2026/01/b", "arn:aws:s3:::logs/2026/02/c"}
	for name, tt := range map[string]struct {
		statements string
		want       string // the key that is refused
	}{
		"all":               {`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}`, ""},
		"each by its own":   {`{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::logs/*/a","arn:aws:s3:::logs/*/b","arn:aws:s3:::logs/*/c"]}`, ""},
		"one is missing":    {`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/2026/01/*"}`, keys[2]},
		"one is denied":     {`{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*/b"}`, keys[1]},
		"another is denied": {`{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/2025/*"}`, ""},
		"a tag denies":      {`{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/class":"secret"}}}`, keys[0]},
	} {
		tagged := shelf{held: access.Held{Conditions: told("s3:ExistingObjectTag/class", "secret")}}
		d := access.New(access.Config{Identities: ann(t, tt.statements), Resources: map[string]access.Resources{"s3": tagged}})
		ctx := cloud.WithCall(t.Context(), cloud.Call{Principal: user("ann"), Account: account})
		err := d.MayAll(ctx, "s3:GetObject", keys)
		if (err == nil) != (tt.want == "") || tt.want != "" && !strings.Contains(err.Error(), `"`+tt.want+`"`) {
			t.Errorf("%s: %v, want %q refused", name, err, tt.want)
		}
	}
}

// BenchmarkAuthorize decides a call of a user with 10 attached policies of 20
// statements each, of which the last one allows it.
func BenchmarkAuthorize(b *testing.B) {
	var list []policy.Attached
	for i := range 10 {
		var statements []string
		for j := range 20 {
			statements = append(statements, fmt.Sprintf(`{"Sid":"S%d","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::bucket-%d-%d/*"}`, j, i, j))
		}
		list = append(list, attached(b, fmt.Sprint(i), policy.Identity, strings.Join(statements, ",")))
	}
	d := access.New(access.Config{Identities: identities{user("ann").ARN: list}, Resources: map[string]access.Resources{"s3": shelf{held: access.Held{Owner: account}}}})
	a := cloud.Access{
		Call:   cloud.Call{Principal: user("ann"), Account: account, Region: "eu-west-1", SourceIP: "192.0.2.7", UserAgent: "cli", Time: noon},
		Action: "s3:GetObject", Resources: []cloud.Resource{{Action: "s3:GetObject", ARN: "arn:aws:s3:::bucket-9-19/logs/a"}},
	}
	a.Call.Signature = cloud.Signature{Version: "AWS4-HMAC-SHA256", Way: "REST-HEADER", At: noon}
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Authorize(b.Context(), a); err != nil {
			b.Fatal(err)
		}
	}
}

// What is there is looked for where a policy asks for it, and only then.
func TestConditionsAreToldWhereAPolicyAsks(t *testing.T) {
	for name, tt := range map[string]struct {
		statements string
		fault      error
		asked      int
		want       string
	}{
		"nobody asks":              {`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}`, errors.New("broken"), 0, "AccessDenied: User: " + user("ann").ARN + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::logs/a" because no identity-based policy allows the s3:GetObject action`},
		"a statement of elsewhere": {`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::other/*","Condition":{"Null":{"s3:ExistingObjectTag/x":"true"}}},{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, errors.New("broken"), 0, ""},
		"a statement that applies": {`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/class":"open"}}}`, nil, 1, ""},
		"a variable":               {`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*/${s3:ExistingObjectTag/letter}"}`, nil, 1, ""},
		"it cannot be told":        {`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Null":{"s3:ExistingObjectTag/x":"true"}}}`, errors.New("broken"), 1, "internal: conditions of arn:aws:s3:::logs/a: broken"},
	} {
		asked := 0
		held := access.Held{Owner: account, Conditions: access.Conditions{Beginnings: []string{"s3:existingobjecttag/"}, Tell: func(context.Context) (map[string][]string, error) {
			asked++
			return map[string][]string{"s3:ExistingObjectTag/class": {"open"}, "s3:ExistingObjectTag/letter": {"a"}}, tt.fault
		}}}
		d := access.New(access.Config{Identities: ann(t, tt.statements), Resources: map[string]access.Resources{"s3": shelf{held: held}}})
		err := d.Authorize(t.Context(), cloud.Access{
			Call: cloud.Call{Principal: user("ann"), Account: account}, Action: "s3:GetObject", Resources: []cloud.Resource{{Action: "s3:GetObject", ARN: "arn:aws:s3:::logs/a"}},
		})
		if got := said(err); got != tt.want || asked != tt.asked {
			t.Errorf("%s: %q after asking %d times, want %q after %d", name, got, asked, tt.want, tt.asked)
		}
	}
}

// Only the roles that a service has for itself are free of an organization's policies, and
// no path that looks like theirs.
func TestLinked(t *testing.T) {
	for arn, want := range map[string]bool{
		"arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig": true,
		"arn:aws:iam::111122223333:role/a:role/aws-service-role/config.amazonaws.com/r":                false,
		"arn:aws:iam::111122223333:role/x/aws-service-role/r":                                          false,
		"arn:aws:iam::111122223333:user/aws-service-role/u":                                            false,
		"arn:aws:iam::111122223333:role/r":                                                             false,
		"":                                                                                             false,
	} {
		if got := access.Linked(arn); got != want {
			t.Errorf("%s: %t", arn, got)
		}
	}
}
