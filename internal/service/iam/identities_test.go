package iam_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/service/iam"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/state"
)

const (
	allowing = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`
	trusting = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}`
)

// quoted returns a text as JSON.
func quoted(text string) string {
	b, _ := json.Marshal(text) //nolint:errchkjson // a string
	return string(b)
}

// names returns the policies that a principal has, and its boundary.
func (a account) names(p cloud.Principal) (names []string) {
	a.t.Helper()
	attached, boundary, err := a.Policies(a.t.Context(), p)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, one := range attached {
		names = append(names, one.Name)
	}
	if boundary != nil {
		names = append(names, "within "+boundary.Name)
	}
	return names
}

func TestPoliciesOfAUserAreThoseThatItHasNow(t *testing.T) {
	a := withAnn(t)
	ann := a.ann()
	const own = "arn:aws:iam::111122223333:policy/own"
	for _, tt := range []struct {
		operation, in string
		want          []string
	}{
		{"ListUsers", ``, nil},
		{"PutUserPolicy", `{"UserName":"ann","PolicyName":"b","PolicyDocument":` + quoted(allowing) + `}`, []string{"b"}},
		{"PutUserPolicy", `{"UserName":"ann","PolicyName":"a","PolicyDocument":` + quoted(allowing) + `}`, []string{"a", "b"}},
		{"CreatePolicy", `{"PolicyName":"own","PolicyDocument":` + quoted(allowing) + `}`, []string{"a", "b"}},
		{"AttachUserPolicy", `{"UserName":"ann","PolicyArn":"` + own + `"}`, []string{own, "a", "b"}},
		{"CreateGroup", `{"GroupName":"devs"}`, []string{own, "a", "b"}},
		{"PutGroupPolicy", `{"GroupName":"devs","PolicyName":"g","PolicyDocument":` + quoted(allowing) + `}`, []string{own, "a", "b"}},
		{"AddUserToGroup", `{"UserName":"ann","GroupName":"devs"}`, []string{"g", own, "a", "b"}},
		{"PutUserPermissionsBoundary", `{"UserName":"ann","PermissionsBoundary":"` + own + `"}`, []string{"g", own, "a", "b", "within " + own}},
		{"DeleteGroupPolicy", `{"GroupName":"devs","PolicyName":"g"}`, []string{own, "a", "b", "within " + own}},
		{"DeleteUserPolicy", `{"UserName":"ann","PolicyName":"a"}`, []string{own, "b", "within " + own}},
	} {
		a.do(tt.operation, tt.in)
		servicetest.Diff(t, tt.want, a.names(ann))
	}
}

func TestTheVersionInForceDecides(t *testing.T) {
	a := withAnn(t)
	const own = "arn:aws:iam::111122223333:policy/own"
	a.do("CreatePolicy", `{"PolicyName":"own","PolicyDocument":`+quoted(allowing)+`}`)
	a.do("AttachUserPolicy", `{"UserName":"ann","PolicyArn":"`+own+`"}`)
	may := func() bool {
		attached, _, err := a.Policies(t.Context(), a.ann())
		if err != nil {
			t.Fatal(err)
		}
		return policy.Decide(policy.Request{Principal: a.ann(), Action: "s3:GetObject", Resource: "arn:aws:s3:::logs/a"}, policy.Policies{Identity: attached}).Allowed
	}
	const other = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}`
	for _, tt := range []struct {
		operation, in string
		may           bool
	}{
		{"ListUsers", ``, true},
		{"CreatePolicyVersion", `{"PolicyArn":"` + own + `","PolicyDocument":` + quoted(other) + `}`, true},
		{"SetDefaultPolicyVersion", `{"PolicyArn":"` + own + `","VersionId":"v2"}`, false},
		{"SetDefaultPolicyVersion", `{"PolicyArn":"` + own + `","VersionId":"v1"}`, true},
	} {
		a.do(tt.operation, tt.in)
		if got := may(); got != tt.may {
			t.Errorf("after %s %s it may: %t", tt.operation, tt.in, got)
		}
	}
}

// One that is deleted and made anew is another one, and has nothing of the first.
func TestAnotherOfTheSameNameIsAnother(t *testing.T) {
	a := withAnn(t)
	ann := a.ann()
	a.do("CreateRole", `{"RoleName":"app","AssumeRolePolicyDocument":`+quoted(trusting)+`}`)
	role := servicetest.Must(a.AssumableRole(t.Context(), "arn:aws:iam::111122223333:role/app"))(t).Principal
	session := cloud.Principal{Type: cloud.AssumedRole, Account: servicetest.Account, Issuer: &role}
	for _, step := range [][2]string{
		{"DeleteAccessKey", `{"UserName":"ann","AccessKeyId":"` + *a.key.AccessKeyId + `"}`},
		{"DeleteUser", `{"UserName":"ann"}`},
		{"DeleteRole", `{"RoleName":"app"}`},
		{"CreateUser", `{"UserName":"ann","Path":"/dev/"}`},
		{"CreateRole", `{"RoleName":"app","AssumeRolePolicyDocument":` + quoted(trusting) + `}`},
		{"PutUserPolicy", `{"UserName":"ann","PolicyName":"own","PolicyDocument":` + quoted(allowing) + `}`},
		{"PutRolePolicy", `{"RoleName":"app","PolicyName":"own","PolicyDocument":` + quoted(allowing) + `}`},
	} {
		a.do(step[0], step[1])
	}
	servicetest.Diff(t, []string(nil), a.names(ann))
	servicetest.Diff(t, []string(nil), a.names(session))
	if _, exists, err := a.Tags(t.Context(), ann); exists || err != nil {
		t.Error(exists, err)
	}
	anew := servicetest.Must(a.AssumableRole(t.Context(), "arn:aws:iam::111122223333:role/app"))(t).Principal
	session.Issuer = &anew
	servicetest.Diff(t, []string{"own"}, a.names(session))
}

func TestWhoHasNoPolicies(t *testing.T) {
	a := withAnn(t)
	for name, p := range map[string]cloud.Principal{
		"root": cloud.RootOf(servicetest.Account), "service": cloud.ServiceOf("athena.amazonaws.com"), "nobody": {Type: cloud.Anonymous},
		"a session of nothing": {Type: cloud.AssumedRole, Issuer: &cloud.Principal{ARN: "arn:aws:iam::111122223333:role/none", ID: "AROA"}},
		"another account's":    {Type: cloud.IAMUser, Account: "444455556666", Name: "ann", ID: a.ann().ID},
	} {
		if got := a.names(p); got != nil {
			t.Errorf("%s has %v", name, got)
		}
	}
}

func TestRolesThatCanBeAssumed(t *testing.T) {
	a := withAnn(t)
	a.do("CreateRole", `{"RoleName":"App","Path":"/x/","AssumeRolePolicyDocument":`+quoted(trusting)+`,"MaxSessionDuration":7200}`)
	role := servicetest.Must(a.AssumableRole(t.Context(), "arn:aws:iam::111122223333:role/x/App"))(t)
	servicetest.Diff(t, 2*time.Hour, role.Longest)
	servicetest.Diff(t, "arn:aws:iam::111122223333:role/x/App App Role", role.Principal.ARN+" "+role.Principal.Name+" "+string(role.Principal.Type))
	for _, name := range []string{"role/App", "role/y/App", "role/x/app", "user/dev/ann", "role/none"} {
		_, err := a.AssumableRole(t.Context(), "arn:aws:iam::111122223333:"+name)
		servicetest.WantKind(t, err, cloud.NotFound)
	}
	parsed := servicetest.Must(cloud.ParseARN("arn:aws:iam::444455556666:role/x/App"))(t)
	none := servicetest.Must(a.TrustPolicy(t.Context(), parsed))(t)
	servicetest.Diff(t, true, strings.Contains(none.Document.Text(), "AIDAAAAAAAAAAAAAAAAAA"))
}

// No organization's policy binds the roles that services have for themselves, so nobody
// else makes one that looks like them.
func TestThePathOfServicesIsTheirs(t *testing.T) {
	a := withAnn(t)
	for _, path := range []string{"/aws-service-role/", "/aws-service-role/config.amazonaws.com/"} {
		_, err := a.CreateRole(a.ctx, &iamapi.CreateRoleInput{RoleName: new("App"), Path: &path, AssumeRolePolicyDocument: new(trusting)})
		servicetest.WantCode(t, err, "InvalidInput", "CreateServiceLinkedRole")
	}
}

func TestARNsGetTheirPaths(t *testing.T) {
	a := withAnn(t)
	a.do("CreateRole", `{"RoleName":"App","Path":"/x/","AssumeRolePolicyDocument":`+quoted(trusting)+`}`)
	a.do("CreateGroup", `{"GroupName":"devs","Path":"/g/"}`)
	a.do("CreateInstanceProfile", `{"InstanceProfileName":"host","Path":"/p/"}`)
	for of, want := range map[string]string{
		"user/ann": "user/dev/ann", "user/ANN": "user/dev/ann", "user/none": "user/none", "user/*": "user/dev/ann", "role/app": "role/x/App",
		"group/devs": "group/g/devs", "instance-profile/host": "instance-profile/p/host", "policy/a": "policy/a", "user/dev/ann": "user/dev/ann",
		"role/*": "role/*", "role/aws-service-role/config.amazonaws.com/*": "role/aws-service-role/config.amazonaws.com/*",
	} {
		const prefix = "arn:aws:iam::111122223333:"
		got := servicetest.Must(a.Complete(as(a.ctx, a.ann()), cloud.Access{Resources: []cloud.Resource{{ARN: prefix + of}}}))(t)
		servicetest.Diff(t, []cloud.Resource{{ARN: prefix + want}}, got.Resources)
	}
	for name, p := range map[string]cloud.Principal{
		"a user's own session without a second factor": {Type: cloud.IAMUser, Session: &cloud.Session{}},
		"a federated user": {Type: cloud.FederatedUser, Session: &cloud.Session{}},
	} {
		_, err := a.Complete(a.ctx, cloud.Access{Call: cloud.Call{Principal: p}})
		if err == nil || cloud.KindOf(err) != cloud.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	servicetest.Must(a.Complete(a.ctx, cloud.Access{Call: cloud.Call{Principal: cloud.Principal{Type: cloud.IAMUser, MFA: true, Session: &cloud.Session{}}}}))(t)
}

// All of AWS's policies can be attached, and are what they are named.
func TestProvidedPoliciesAreUnderstood(t *testing.T) {
	s, ctx := open(t)
	n := 0
	for marker := (*string)(nil); ; {
		page := servicetest.Must(s.ListPolicies(ctx, &iamapi.ListPoliciesInput{Scope: new("AWS"), MaxItems: new(int32(1000)), Marker: marker}))(t)
		for _, p := range page.Policies {
			text := servicetest.Must(s.PolicyText(ctx, servicetest.Account, *p.Arn))(t)
			if _, err := policy.Parse(text, policy.Identity); err != nil {
				t.Errorf("%s: %v", *p.Arn, err)
			}
			n++
		}
		if marker = page.Marker; marker == nil {
			break
		}
	}
	if n < 1000 {
		t.Errorf("there are %d", n)
	}
}

// code is what a device with a seed shows at a time.
func code(t *testing.T, seed []byte, at time.Time) string {
	t.Helper()
	key := servicetest.Must(base32.StdEncoding.DecodeString(string(seed)))(t)
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30)))
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[from:from+4])&0x7fffffff%1_000_000)
}

func TestSecondFactor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := withAnn(t)
		seed := servicetest.Must(a.CreateVirtualMFADevice(a.ctx, &iamapi.CreateVirtualMFADeviceInput{VirtualMFADeviceName: new("phone")}))(t).VirtualMFADevice.Base32StringSeed
		const serial = "arn:aws:iam::111122223333:mfa/phone"
		now := time.Now()
		enable := func(first, second string) error {
			_, err := a.EnableMFADevice(a.ctx, &iamapi.EnableMFADeviceInput{
				UserName: new("ann"), SerialNumber: new(serial), AuthenticationCode1: &first, AuthenticationCode2: &second,
			})
			return err
		}
		servicetest.WantCode(t, enable(code(t, seed, now), code(t, seed, now)), "InvalidAuthenticationCode")
		if err := enable(code(t, seed, now), code(t, seed, now.Add(30*time.Second))); err != nil {
			t.Fatal(err)
		}
		servicetest.WantCode(t, enable(code(t, seed, now), code(t, seed, now.Add(30*time.Second))), "EntityAlreadyExists")
		<-time.After(time.Minute)
		shown, ann := code(t, seed, time.Now()), a.ann()
		bob := ann
		bob.Name = "bob"
		for _, tt := range []struct {
			name, serial, code string
			who                cloud.Principal
			right              bool
		}{
			{"another's", serial, shown, bob, false},
			{"the root user", serial, shown, cloud.RootOf(servicetest.Account), false},
			{"another device", serial + "2", shown, ann, false},
			{"a wrong code", serial, "00000x", ann, false},
			{"an old code", serial, code(t, seed, now), ann, false},
			{"the code", serial, shown, ann, true},
			{"the code again", serial, shown, ann, false},
		} {
			if err := a.CheckMFA(t.Context(), tt.who, tt.serial, tt.code); (err == nil) != tt.right {
				t.Errorf("%s: check: %v", tt.name, err)
			}
			if err := a.VerifyMFA(t.Context(), tt.who, tt.serial, tt.code); (err == nil) != tt.right {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		servicetest.WantCode(t, func() error {
			_, err := a.DeleteVirtualMFADevice(a.ctx, &iamapi.DeleteVirtualMFADeviceInput{SerialNumber: new(serial)})
			return err
		}(), "DeleteConflict")
		a.do("DeactivateMFADevice", `{"UserName":"ann","SerialNumber":"`+serial+`"}`)
		if err := a.VerifyMFA(t.Context(), ann, serial, code(t, seed, time.Now().Add(30*time.Second))); err == nil {
			t.Error("a device that was taken away counts")
		}
	})
}

// A policy that is attached and compiled costs a call no parsing.
func BenchmarkPolicies(b *testing.B) {
	s, ctx := open(b)
	if _, err := s.CreateUser(ctx, &iamapi.CreateUserInput{UserName: new("ann")}); err != nil {
		b.Fatal(err)
	}
	key, err := s.CreateAccessKey(ctx, &iamapi.CreateAccessKeyInput{UserName: new("ann")})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		found, err := s.Lookup(ctx, *key.AccessKey.AccessKeyId, "")
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := s.Policies(ctx, found.Principal); err != nil {
			b.Fatal(err)
		}
	}
}

// That a role is not there is remembered, and forgotten once it is made: by its account,
// or for an organization.
func TestARoleThatWasMissingIsFoundOnceItIsMade(t *testing.T) {
	store := servicetest.Store(t)
	s, ctx := iam.New(store, sealer(t), nil), servicetest.Call(t)
	const made, access = "arn:aws:iam::111122223333:role/made", "arn:aws:iam::111122223333:role/access"
	for range 2 {
		for _, arn := range []string{made, access} {
			_, err := s.AssumableRole(ctx, arn)
			servicetest.WantKind(t, err, cloud.NotFound)
		}
	}
	servicetest.Must(s.CreateRole(ctx, &iamapi.CreateRoleInput{
		RoleName:                 new("made"),
		AssumeRolePolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}]}`),
	}))(t)
	servicetest.Must(s.AssumableRole(ctx, made))(t)
	if err := store.Update(t.Context(), func(tx state.Tx) error { return s.AddAccessRole(tx, servicetest.Account, "access", "444455556666") }); err != nil {
		t.Fatal(err)
	}
	servicetest.Must(s.AssumableRole(ctx, access))(t)
	servicetest.Must(s.DeleteRole(ctx, &iamapi.DeleteRoleInput{RoleName: new("made")}))(t)
	_, err := s.AssumableRole(ctx, made)
	servicetest.WantKind(t, err, cloud.NotFound)
}
