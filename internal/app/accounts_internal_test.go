package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/athenaapi"
	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/kmsapi"
	"github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
)

// organization is an organization of a house, whose management account is ours.
type organization struct {
	*house

	id, top string
}

// organizations is somebody's client of Organizations.
func (h *house) organizations(p cloud.Principal) organizationsapi.Client {
	return organizationsapi.Client{Door: api.DoorFunc(func(ctx context.Context, of *api.Service, operation string, in any) (any, error) {
		return h.app.gateway.Inside(p).Do(ctx, of, operation, in)
	})}
}

// organize makes an organization with both kinds of policies that decide.
func organize(tb testing.TB) *organization {
	tb.Helper()
	h := newHouse(tb)
	o := &organization{house: h}
	made, err := o.client().CreateOrganization(h.ctx, &organizationsapi.CreateOrganizationInput{})
	h.must(err)
	roots, err := o.client().ListRoots(h.ctx, &organizationsapi.ListRootsInput{})
	h.must(err)
	o.id, o.top = *made.Organization.Id, *roots.Roots[0].Id
	for _, kind := range []string{"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"} {
		_, err := o.client().EnablePolicyType(h.ctx, &organizationsapi.EnablePolicyTypeInput{RootId: &o.top, PolicyType: &kind})
		h.must(err)
	}
	return o
}

func (o *organization) client() organizationsapi.Client { return o.organizations(cloud.RootOf(ours)) }

// account makes a member.
func (o *organization) account(name string) cloud.Account {
	o.Helper()
	made, err := o.client().CreateAccount(o.ctx, &organizationsapi.CreateAccountInput{AccountName: &name, Email: new(name + "@storage.example")})
	o.must(err)
	status, err := o.client().DescribeCreateAccountStatus(o.ctx, &organizationsapi.DescribeCreateAccountStatusInput{CreateAccountRequestId: made.CreateAccountStatus.Id})
	o.must(err)
	return cloud.Account(*status.CreateAccountStatus.AccountId)
}

// unit makes a unit with those accounts of the root in it.
func (o *organization) unit(name string, accounts ...cloud.Account) string {
	o.Helper()
	made, err := o.client().CreateOrganizationalUnit(o.ctx, &organizationsapi.CreateOrganizationalUnitInput{ParentId: &o.top, Name: &name})
	o.must(err)
	for _, account := range accounts {
		_, err := o.client().MoveAccount(o.ctx, &organizationsapi.MoveAccountInput{
			AccountId: new(string(account)), SourceParentId: &o.top, DestinationParentId: made.OrganizationalUnit.Id,
		})
		o.must(err)
	}
	return *made.OrganizationalUnit.Id
}

// attach makes a policy of a kind and attaches it.
func (o *organization) attach(kind, name, statement, target string) (id string) {
	o.Helper()
	made, err := o.client().CreatePolicy(o.ctx, &organizationsapi.CreatePolicyInput{
		Name: &name, Description: new(""), Type: new(kind + "_CONTROL_POLICY"), Content: new(document(statement)),
	})
	o.must(err)
	_, err = o.client().AttachPolicy(o.ctx, &organizationsapi.AttachPolicyInput{PolicyId: made.Policy.PolicySummary.Id, TargetId: &target})
	o.must(err)
	return *made.Policy.PolicySummary.Id
}

func (o *organization) detach(policy, target string) {
	o.Helper()
	_, err := o.client().DetachPolicy(o.ctx, &organizationsapi.DetachPolicyInput{PolicyId: &policy, TargetId: &target})
	o.must(err)
}

// users lists users, which IAM lets the root user of an account do.
func (c caller) users() error {
	_, err := c.iam.ListUsers(c.in.ctx, &iamapi.ListUsersInput{})
	return err
}

// A service control policy holds with the very next call for all of a member account,
// its root user too, and for nobody of the management account.
func TestServiceControlPoliciesBindMembers(t *testing.T) {
	o := organize(t)
	member, other := o.account("member"), o.account("other")
	unit := o.unit("unit", member)
	bound := o.root(member)
	o.want("before", "", bound.users())
	denied := func(who, why string) string {
		return "AccessDenied: User: " + who + " is not authorized to perform: iam:ListUsers " + why
	}
	explicit := "with an explicit deny in a service control policy"
	policy := o.attach("SERVICE", "no lists", deny("iam:ListUsers", "*"), unit)
	rootARN := cloud.RootOf(member).ARN
	o.want("the root user of a member", denied(rootARN, explicit), bound.users())
	ann := o.user(member, "ann", allow("iam:*", "*"))
	o.want("a user of a member", denied(ann.principal.ARN, explicit), ann.users())
	o.want("another unit's account", "", o.root(other).users())
	o.want("the management account", "", o.root(ours).users())
	_, err := o.root(member).iam.CreateServiceLinkedRole(o.ctx, &iamapi.CreateServiceLinkedRoleInput{AWSServiceName: new("config.amazonaws.com")})
	o.must(err)
	linked := cloud.Principal{
		Type: cloud.AssumedRole, Account: member, ARN: "arn:aws:sts::" + string(member) + ":assumed-role/AWSServiceRoleForConfig/s", ID: "x:s",
		Issuer: &cloud.Principal{Type: cloud.Role, ARN: "arn:aws:iam::" + string(member) + ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"},
	}
	if err := o.as(linked).users(); err == nil || strings.Contains(err.Error(), "service control") {
		t.Errorf("the role of a service is bound: %v", err)
	}

	// Another text, another place, another type: each holds at once.
	_, err = o.client().UpdatePolicy(o.ctx, &organizationsapi.UpdatePolicyInput{PolicyId: &policy, Content: new(document(deny("iam:ListRoles", "*")))})
	o.must(err)
	o.want("another text", "", bound.users())
	_, err = o.client().UpdatePolicy(o.ctx, &organizationsapi.UpdatePolicyInput{PolicyId: &policy, Content: new(document(deny("iam:ListUsers", "*")))})
	o.must(err)
	o.want("the first text again", denied(rootARN, explicit), bound.users())
	_, err = o.client().MoveAccount(o.ctx, &organizationsapi.MoveAccountInput{AccountId: new(string(member)), SourceParentId: &unit, DestinationParentId: &o.top})
	o.must(err)
	o.want("moved out of the unit", "", bound.users())
	_, err = o.client().AttachPolicy(o.ctx, &organizationsapi.AttachPolicyInput{PolicyId: &policy, TargetId: new(string(member))})
	o.must(err)
	o.want("attached to the account", denied(rootARN, explicit), bound.users())
	_, err = o.client().DisablePolicyType(o.ctx, &organizationsapi.DisablePolicyTypeInput{RootId: &o.top, PolicyType: new("SERVICE_CONTROL_POLICY")})
	o.must(err)
	o.want("not enabled", "", bound.users())
	_, err = o.client().EnablePolicyType(o.ctx, &organizationsapi.EnablePolicyTypeInput{RootId: &o.top, PolicyType: new("SERVICE_CONTROL_POLICY")})
	o.must(err)
	o.want("enabled again, with what allows everything", "", bound.users())

	// Each level must allow.
	o.attach("SERVICE", "only s3", allow("s3:*", "*"), o.top)
	o.detach("p-FullAWSAccess", o.top)
	o.want("the root does not allow it", denied(rootARN, "because no service control policy allows the iam:ListUsers action"), bound.users())
	o.want("the management account is not bound", "", o.root(ours).users())
	_, err = o.client().RemoveAccountFromOrganization(o.ctx, &organizationsapi.RemoveAccountFromOrganizationInput{AccountId: new(string(member))})
	o.must(err)
	o.want("in no organization", "", bound.users())
}

// A resource control policy binds whoever touches what members have.
func TestResourceControlPoliciesBindResources(t *testing.T) {
	o := organize(t)
	member := o.account("member")
	o.bucket(member, "theirs", document(grant(`"*"`, "s3:GetObject", "arn:aws:s3:::theirs/*")))
	o.bucket(ours, "managed", "")
	o.must(o.root(member).put("theirs", "k"))
	o.must(o.root(ours).put("managed", "k"))
	stranger := o.user(theirs, "stranger", allow("s3:*", "*"))
	o.want("before", "", stranger.get("theirs", "k"))
	policy := o.attach("RESOURCE", "members alone", `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"`+o.id+`"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`, o.top)
	o.want("a stranger", "AccessDenied: Access Denied", stranger.get("theirs", "k"))
	o.want("a member", "", o.root(member).get("theirs", "k"))
	o.want("the management account's own", "", o.root(ours).get("managed", "k"))
	o.detach(policy, o.top)
	o.want("after", "", stranger.get("theirs", "k"))
}

// A simulation says what the organization makes of it, and names none of its statements.
func TestSimulationsKnowTheOrganization(t *testing.T) {
	o := organize(t)
	member := o.account("member")
	o.attach("SERVICE", "no lists", deny("iam:ListUsers", "*"), string(member))
	simulated := func(account cloud.Account) []iamapi.EvaluationResult {
		ann := o.user(account, "ann", allow("iam:List*", "*"))
		out, err := o.root(account).iam.SimulatePrincipalPolicy(o.ctx, &iamapi.SimulatePrincipalPolicyInput{
			PolicySourceArn: &ann.principal.ARN, ActionNames: []string{"iam:ListUsers", "iam:ListRoles", "iam:GetUser"},
		})
		o.must(err)
		for i := range out.EvaluationResults {
			out.EvaluationResults[i].MatchedStatements = nil
		}
		return out.EvaluationResults
	}
	result := func(action, decision string, organization *iamapi.OrganizationsDecisionDetail) iamapi.EvaluationResult {
		return iamapi.EvaluationResult{
			EvalActionName: &action, EvalResourceName: new("*"), EvalDecision: &decision, MissingContextValues: []string{}, OrganizationsDecisionDetail: organization,
		}
	}
	by := func(allowed bool) *iamapi.OrganizationsDecisionDetail {
		return &iamapi.OrganizationsDecisionDetail{AllowedByOrganizations: &allowed}
	}
	want := []iamapi.EvaluationResult{
		result("iam:ListUsers", "explicitDeny", by(false)), result("iam:ListRoles", "allowed", by(true)), result("iam:GetUser", "implicitDeny", by(true)),
	}
	if diff := cmp.Diff(want, simulated(member)); diff != "" {
		t.Errorf("a member (-want +got):\n%s", diff)
	}
	want = []iamapi.EvaluationResult{
		result("iam:ListUsers", "allowed", nil), result("iam:ListRoles", "allowed", nil), result("iam:GetUser", "implicitDeny", nil),
	}
	if diff := cmp.Diff(want, simulated(ours)); diff != "" {
		t.Errorf("its manager (-want +got):\n%s", diff)
	}
}

// A service of AWS that works for a resource outside of the organization is refused by a
// resource control policy against confused deputies, as the guide has it; one that works for
// a member is not, and nor is a role that a service has for itself.
func TestResourceControlPoliciesBindServices(t *testing.T) {
	o := organize(t)
	member := o.account("member")
	o.bucket(member, "trail", document(grant(`{"Service":"cloudtrail.amazonaws.com"}`, "s3:PutObject", "arn:aws:s3:::trail/*")))
	deliver := func(account cloud.Account) error {
		service, ctx := o.deliverer("cloudtrail.amazonaws.com", "arn:aws:cloudtrail:ap-northeast-2:"+string(account)+":trail/t", account)
		_, err := service.s3.PutObject(ctx, &s3api.PutObjectInput{Bucket: new("trail"), Key: new("k"), Body: strings.NewReader("{}")})
		return err
	}
	o.want("before", "", deliver(theirs))
	o.attach("RESOURCE", "deputies", `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:SourceOrgID":"`+o.id+`"},`+
		`"Null":{"aws:SourceAccount":"false"},"Bool":{"aws:PrincipalIsAWSService":"true"}}}`, o.top)
	o.want("for a stranger's trail", "AccessDenied: Access Denied", deliver(theirs))
	o.want("for a member's trail", "", deliver(member))
	o.want("for the manager's trail", "", deliver(ours))
}

// Policies tell members by the organization's ID and their place in it.
func TestOrganizationInConditions(t *testing.T) {
	o := organize(t)
	inUnit, inRoot := o.account("a"), o.account("b")
	unit := o.unit("unit", inUnit)
	for bucket, condition := range map[string]string{
		"by-id":   `"StringEquals":{"aws:PrincipalOrgID":"` + o.id + `"}`,
		"by-path": `"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"` + o.id + "/" + o.top + "/" + unit + `/*"}`,
	} {
		o.bucket(ours, bucket, document(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::`+bucket+`/*","Condition":{`+condition+`}}`))
		o.must(o.root(ours).put(bucket, "k"))
	}
	const no = "AccessDenied: Access Denied"
	for _, tt := range []struct {
		who          cloud.Account
		byID, byPath string
	}{{inUnit, "", ""}, {inRoot, "", no}, {theirs, no, no}} {
		reader := o.user(tt.who, "reader", allow("s3:*", "*"))
		o.want(string(tt.who)+" by ID", tt.byID, reader.get("by-id", "k"))
		o.want(string(tt.who)+" by path", tt.byPath, reader.get("by-path", "k"))
	}
}

// The management account's users administer a member by the role that was made in it, and
// nobody else does.
func TestMembersAreReachedByTheirRole(t *testing.T) {
	o := organize(t)
	member, other := o.account("member"), o.account("other")
	role := "arn:aws:iam::" + string(member) + ":role/OrganizationAccountAccessRole"
	admin, err := o.user(ours, "admin", allow("sts:AssumeRole", role)).assume(stsapi.AssumeRoleInput{RoleArn: &role})
	o.must(err)
	o.want("by the role", "", admin.users())
	_, err = o.user(ours, "nobody").assume(stsapi.AssumeRoleInput{RoleArn: &role})
	o.want("a user without permission", notAuthorized("arn:aws:iam::111122223333:user/nobody", "sts:AssumeRole", role, noIdentityPolicy("sts:AssumeRole")), err)
	_, err = o.user(other, "admin", allow("sts:AssumeRole", "*")).assume(stsapi.AssumeRoleInput{RoleArn: &role})
	o.want("another member", notAuthorized("arn:aws:iam::"+string(other)+":user/admin", "sts:AssumeRole", role, "because no role trust policy allows the sts:AssumeRole action"), err)
}

// The policies of the caller's own account decide about Organizations too, by the whole
// ARNs of what a call touches.
func TestOrganizationsIsDecidedLikeAllElse(t *testing.T) {
	o := organize(t)
	member := o.account("member")
	unit := o.unit("unit")
	arn := "arn:aws:organizations::111122223333:"
	reader := o.user(ours, "reader", allow("organizations:DescribeAccount", arn+"account/"+o.id+"/"+string(member)), allow("organizations:DescribeOrganizationalUnit", arn+"ou/"+o.id+"/other"))
	_, err := o.organizations(reader.principal).DescribeAccount(o.ctx, &organizationsapi.DescribeAccountInput{AccountId: new(string(member))})
	o.want("the account that the policy names", "", err)
	refused := func(action, resource, why string) string {
		return strings.Replace(notAuthorized(reader.principal.ARN, action, resource, why), "AccessDenied:", "AccessDeniedException:", 1)
	}
	_, err = o.organizations(reader.principal).DescribeAccount(o.ctx, &organizationsapi.DescribeAccountInput{AccountId: new(string(ours))})
	o.want("another", refused("organizations:DescribeAccount", arn+"account/"+o.id+"/"+string(ours), noIdentityPolicy("organizations:DescribeAccount")), err)
	_, err = o.organizations(reader.principal).DescribeOrganizationalUnit(o.ctx, &organizationsapi.DescribeOrganizationalUnitInput{OrganizationalUnitId: &unit})
	o.want("a unit", refused("organizations:DescribeOrganizationalUnit", arn+"ou/"+o.id+"/"+unit, noIdentityPolicy("organizations:DescribeOrganizationalUnit")), err)
	typed := o.user(ours, "typed", `{"Effect":"Allow","Action":"organizations:DescribePolicy","Resource":"*","Condition":{"StringEquals":{"organizations:PolicyType":"SERVICE_CONTROL_POLICY"}}}`)
	_, err = o.organizations(typed.principal).DescribePolicy(o.ctx, &organizationsapi.DescribePolicyInput{PolicyId: new("p-FullAWSAccess")})
	o.want("a policy of the type", "", err)
	_, err = o.organizations(typed.principal).DescribePolicy(o.ctx, &organizationsapi.DescribePolicyInput{PolicyId: new("p-RCPFullAWSAccess")})
	o.want("one of another type", strings.Replace(notAuthorized(typed.principal.ARN, "organizations:DescribePolicy", "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess", noIdentityPolicy("organizations:DescribePolicy")), "AccessDenied:", "AccessDeniedException:", 1), err)
}

// What a closed account has is for nobody, whatever it allowed; another account's stays.
func TestWhatAClosedAccountHasIsForNobody(t *testing.T) {
	o := organize(t)
	member := o.account("member")
	for _, bucket := range []struct {
		of   cloud.Account
		name string
	}{{member, "closed"}, {ours, "open"}} {
		o.bucket(bucket.of, bucket.name, document(grant(`"*"`, "s3:GetObject", "arn:aws:s3:::"+bucket.name+"/*")))
		o.must(o.root(bucket.of).put(bucket.name, "k"))
	}
	reader := o.user(theirs, "reader", allow("s3:*", "*"))
	o.want("before", "", reader.get("closed", "k"))
	_, err := o.client().CloseAccount(o.ctx, &organizationsapi.CloseAccountInput{AccountId: new(string(member))})
	o.must(err)
	o.want("after", "AccessDenied: Access Denied", reader.get("closed", "k"))
	o.want("to its manager", "AccessDenied: Access Denied", o.root(ours).get("closed", "k"))
	o.want("another account's", "", reader.get("open", "k"))
}

// Why an organization denies is told by policy and statement, and not by text: members
// cannot read its policies.
func TestAnOrganizationsPoliciesAreNamedAndNotShown(t *testing.T) {
	o := organize(t)
	member := o.account("member")
	policy := o.attach("SERVICE", "secret", `{"Sid":"Hidden","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::secret"}`, string(member))
	asked := cloud.Access{Action: "s3:ListBucket", Call: cloud.Call{Account: member, Region: "ap-northeast-2", Principal: cloud.RootOf(member)}}
	explained, err := o.app.access.Explain(o.ctx, asked, cloud.Resource{Action: asked.Action, ARN: "arn:aws:s3:::secret"}, member)
	o.must(err)
	want := &access.Statement{
		Kind: "service control policy", Policy: "arn:aws:organizations::111122223333:policy/" + o.id + "/service_control_policy/" + policy,
		Number: 1, Sid: "Hidden", Effect: "Deny",
	}
	if diff := cmp.Diff(want, explained.By); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// accounts asks the server for what sillok account does, signed with a key.
func (h *house) accounts(key aws.Credentials, method, path string, query url.Values, answer any) (status int) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.ctx, method, h.app.Endpoint()+AccountsPath+path+"?"+query.Encode(), http.NoBody)
	h.must(err)
	none := sha256.Sum256(nil)
	if key.AccessKeyID != "" {
		h.must(v4.NewSigner().SignHTTP(h.ctx, key, r, hex.EncodeToString(none[:]), ExplainService, "us-east-1", time.Now()))
	}
	got, err := http.DefaultClient.Do(r)
	h.must(err)
	h.must(errors.Join(json.NewDecoder(got.Body).Decode(answer), got.Body.Close()))
	return got.StatusCode
}

// An account that is made has a root user whose key holds until it is replaced, or the
// account closed: at once, for its sessions too.
func TestAccountsOfAServer(t *testing.T) {
	h := newHouse(t)
	first := aws.Credentials{AccessKeyID: "AKIAROOT", SecretAccessKey: "secret"}
	var made, replaced NewAccount
	if status := h.accounts(first, http.MethodPost, "", url.Values{"name": {"logs"}, "id": {string(theirs)}}, &made); status != http.StatusOK {
		t.Fatal(status, made)
	}
	look := func(id, token string) error {
		_, err := h.app.keys().Lookup(h.ctx, id, token)
		return err
	}
	key, err := h.app.keys().Lookup(h.ctx, made.AccessKeyID, "")
	h.must(err)
	if diff := cmp.Diff(cloud.Key{ID: made.AccessKeyID, Secret: made.SecretAccessKey, Principal: cloud.RootOf(theirs)}, key); diff != "" {
		t.Errorf("the key (-want +got):\n%s", diff)
	}
	var refused map[string]string
	for name, other := range map[string]aws.Credentials{
		"the root user of another account": {AccessKeyID: made.AccessKeyID, SecretAccessKey: made.SecretAccessKey}, "nobody": {},
		"a wrong secret": {AccessKeyID: "AKIAROOT", SecretAccessKey: "other"},
	} {
		if status := h.accounts(other, http.MethodGet, "", nil, &refused); status != http.StatusForbidden {
			t.Errorf("%s may list accounts: %d %v", name, status, refused)
		}
	}
	if status := h.accounts(first, http.MethodPost, "/"+string(theirs)+"/key", url.Values{"replace": {"true"}}, &replaced); status != http.StatusOK {
		t.Fatal(status)
	}
	if err := look(made.AccessKeyID, ""); cloud.KindOf(err) != cloud.NotFound {
		t.Errorf("the key that was replaced: %v", err)
	}
	h.must(look(replaced.AccessKeyID, ""))
	ann := h.user(theirs, "ann", allow("*", "*"))
	session, err := ann.sts.GetSessionToken(h.ctx, &stsapi.GetSessionTokenInput{})
	h.must(err)
	h.must(look(*session.Credentials.AccessKeyId, *session.Credentials.SessionToken))
	var nothing struct{}
	if status := h.accounts(first, http.MethodPost, "/"+string(theirs)+"/close", nil, &nothing); status != http.StatusOK {
		t.Fatal(status)
	}
	for name, err := range map[string]error{
		"the root user's key": look(replaced.AccessKeyID, ""), "a session": look(*session.Credentials.AccessKeyId, *session.Credentials.SessionToken),
	} {
		if cloud.KindOf(err) != cloud.NotFound {
			t.Errorf("%s of a closed account: %v", name, err)
		}
	}
	h.must(look("AKIAROOT", ""))
}

// A resource control policy binds the services that AWS lets it, and leaves all others
// alone, whatever it names.
func TestResourceControlPoliciesLeaveOtherServicesAlone(t *testing.T) {
	o := organize(t)
	member := o.account("member")
	o.bucket(member, "theirs", "")
	root := o.root(member)
	keys := kmsapi.Client{Door: root.s3.Door}
	made, err := keys.CreateKey(o.ctx, &kmsapi.CreateKeyInput{})
	o.must(err)
	o.attach("RESOURCE", "nothing", `{"Effect":"Deny","Principal":"*","Action":["s3:*","kms:*","iam:*","glue:*","athena:*"],"Resource":"*"}`, o.top)
	const why = "with an explicit deny in a resource control policy"
	_, err = keys.DescribeKey(o.ctx, &kmsapi.DescribeKeyInput{KeyId: made.KeyMetadata.Arn})
	o.want("KMS", "AccessDeniedException: User: "+root.principal.ARN+" is not authorized to perform: kms:DescribeKey on resource: "+*made.KeyMetadata.Arn+" "+why, err)
	o.want("S3", notAuthorized(root.principal.ARN, "s3:PutObject", `"arn:aws:s3:::theirs/k"`, why), root.put("theirs", "k"))
	_, err = keys.DescribeKey(o.ctx, &kmsapi.DescribeKeyInput{KeyId: new("alias/aws/s3")})
	o.want("a key that AWS manages", "", err)
	_, err = root.iam.ListUsers(o.ctx, &iamapi.ListUsersInput{})
	o.want("IAM", "", err)
	_, err = root.glue.GetDatabases(o.ctx, &glueapi.GetDatabasesInput{})
	o.want("Glue", "", err)
	_, err = root.athena.ListWorkGroups(o.ctx, &athenaapi.ListWorkGroupsInput{})
	o.want("Athena", "", err)
}

// Each account of an organization has the role by which Organizations acts in it, and one
// that stands alone has not. A second organization finds it there.
func TestAccountsHaveTheRoleOfOrganizations(t *testing.T) {
	o := organize(t)
	member := o.account("member")
	role := func(account cloud.Account) string {
		out, err := o.root(account).iam.GetRole(o.ctx, &iamapi.GetRoleInput{RoleName: new("AWSServiceRoleForOrganizations")})
		if err != nil {
			return err.Error()
		}
		policies, err := o.root(account).iam.ListAttachedRolePolicies(o.ctx, &iamapi.ListAttachedRolePoliciesInput{RoleName: out.Role.RoleName})
		o.must(err)
		trust, err := url.QueryUnescape(*out.Role.AssumeRolePolicyDocument)
		o.must(err)
		return *out.Role.Arn + " " + *policies.AttachedPolicies[0].PolicyName + " " + trust
	}
	for _, account := range []cloud.Account{ours, member} {
		want := "arn:aws:iam::" + string(account) + ":role/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations AWSOrganizationsServiceTrustPolicy " +
			`{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["organizations.amazonaws.com"]}}]}`
		if got := role(account); got != want {
			t.Errorf("%s has %s, want %s", account, got, want)
		}
	}
	if got, want := role(theirs), "The role with name AWSServiceRoleForOrganizations cannot be found."; !strings.Contains(got, want) {
		t.Errorf("one that stands alone has %s", got)
	}
	_, err := o.root(member).iam.DeleteRolePolicy(o.ctx, &iamapi.DeleteRolePolicyInput{RoleName: new("AWSServiceRoleForOrganizations"), PolicyName: new("p")})
	o.want("nobody changes it", "UnmodifiableEntity: Cannot perform the operation on the protected role 'AWSServiceRoleForOrganizations' - this role is only modifiable by AWS", err)
}
