package sts_test

import (
	"crypto/sha512"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/sts"
	"github.com/sillok/sillok/internal/servicetest"
)

// assume is an input of AssumeRole, changed.
func assume(change func(in *stsapi.AssumeRoleInput)) *stsapi.AssumeRoleInput {
	in := &stsapi.AssumeRoleInput{RoleArn: new(roleARN), RoleSessionName: new("one")}
	if change != nil {
		change(in)
	}
	return in
}

func tag(key, value string) stsapi.Tag { return stsapi.Tag{Key: &key, Value: &value} }

func TestASessionOfARole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := open(t)
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		out := servicetest.Must(s.AssumeRole(as(t, ann()), assume(func(in *stsapi.AssumeRoleInput) {
			in.Policy, in.DurationSeconds, in.SourceIdentity = new(allowing), new(int32(7200)), new("ann@example.org")
			in.Tags, in.TransitiveTagKeys = []stsapi.Tag{tag("Team", "blue"), tag("cost", "7")}, []string{"cost"}
			in.SerialNumber, in.TokenCode = new(phone), new("123456")
		})))(t)
		servicetest.Diff(t, &stsapi.AssumedRoleUser{AssumedRoleId: new("AROAAPP:one"), Arn: new("arn:aws:sts::111122223333:assumed-role/app/one")}, out.AssumedRoleUser)
		servicetest.Diff(t, new("ann@example.org"), out.SourceIdentity)
		issuer := role()
		want := cloud.Principal{
			Type: cloud.AssumedRole, Account: servicetest.Account, ARN: *out.AssumedRoleUser.Arn, ID: "AROAAPP:one", Issuer: &issuer,
			Tags: map[string]string{"Team": "blue", "own": "1", "cost": "7"}, MFA: true, Expires: start.Add(2 * time.Hour),
			Session: &cloud.Session{Policies: []string{allowing}, SourceIdentity: "ann@example.org", Transitive: []string{"cost"}, Issued: start},
		}
		servicetest.Diff(t, want, who(t, s, out.Credentials))

		// Its own session of a role keeps what is transitive, and who is behind it.
		chained := servicetest.Must(s.AssumeRole(as(t, want), assume(func(in *stsapi.AssumeRoleInput) {
			in.RoleSessionName, in.Tags, in.TransitiveTagKeys = new("two"), []stsapi.Tag{tag("more", "8")}, []string{"more"}
		})))(t)
		want = cloud.Principal{
			Type: cloud.AssumedRole, Account: servicetest.Account, ARN: "arn:aws:sts::111122223333:assumed-role/app/two", ID: "AROAAPP:two", Issuer: &issuer,
			Tags: map[string]string{"team": "red", "own": "1", "cost": "7", "more": "8"}, Expires: start.Add(time.Hour),
			Session: &cloud.Session{SourceIdentity: "ann@example.org", Transitive: []string{"more", "cost"}, Issued: start},
		}
		servicetest.Diff(t, want, who(t, s, chained.Credentials))
	})
}

func TestSessionsOfRolesThatCannotBe(t *testing.T) {
	long := strings.Builder{}
	for i := range 900 {
		fmt.Fprintf(&long, `,"arn:aws:s3:::%x/%x"`, i*7919, i*104729*31)
	}
	big := strings.Replace(allowing, `"*"`, `["arn:aws:s3:::a"`+long.String()+`]`, 1)
	chained := cloud.Principal{Type: cloud.AssumedRole, Account: servicetest.Account, Tags: map[string]string{"cost": "7"}, Session: &cloud.Session{
		SourceIdentity: "ann", Transitive: []string{"cost"},
	}}
	var many []stsapi.PolicyDescriptorType
	for range 11 {
		many = append(many, stsapi.PolicyDescriptorType{Arn: new(managed)})
	}
	for _, tt := range []struct {
		name   string
		who    cloud.Principal
		change func(in *stsapi.AssumeRoleInput)
		code   string
		words  string
	}{
		{"the root user", cloud.RootOf(servicetest.Account), nil, "AccessDenied", "Roles may not be assumed by root accounts."},
		{"a federated user", cloud.Principal{Type: cloud.FederatedUser, Account: servicetest.Account}, nil, "AccessDenied", ""},
		{"no such role", ann(), func(in *stsapi.AssumeRoleInput) { in.RoleArn = new(roleARN + "2") }, "AccessDenied", "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: sts:AssumeRole on resource: " + roleARN + "2"},
		{"longer than the role allows", ann(), func(in *stsapi.AssumeRoleInput) { in.DurationSeconds = new(int32(7201)) }, "ValidationError", "exceeds the MaxSessionDuration"},
		{"longer than a chain allows", chained, func(in *stsapi.AssumeRoleInput) { in.DurationSeconds = new(int32(3601)) }, "ValidationError", "1 hour session limit for roles assumed by role chaining"},
		{"a policy that is none", ann(), func(in *stsapi.AssumeRoleInput) { in.Policy = new("{") }, "MalformedPolicyDocument", "Syntax errors"},
		{"a policy with a principal", ann(), func(in *stsapi.AssumeRoleInput) { in.Policy = new(newPeople().trust) }, "MalformedPolicyDocument", ""},
		{"a policy that is too large", ann(), func(in *stsapi.AssumeRoleInput) { in.Policy = &big }, "ValidationError", "Member must have length less than or equal to 2048"},
		{"tags that are too large", ann(), func(in *stsapi.AssumeRoleInput) {
			for i := range 50 {
				in.Tags = append(in.Tags, stsapi.Tag{Key: new(fmt.Sprintf("%x", i*104729*31)), Value: new(fmt.Sprintf("%x", sha512.Sum512([]byte{byte(i)})))})
			}
		}, "PackedPolicyTooLarge", "of allotted space"},
		{"a managed policy that is not there", ann(), func(in *stsapi.AssumeRoleInput) {
			in.PolicyArns = []stsapi.PolicyDescriptorType{{Arn: new(managed + "2")}}
		}, "ValidationError", managed + "2"},
		{"too many managed policies", ann(), func(in *stsapi.AssumeRoleInput) { in.PolicyArns = many }, "ValidationError", "10"},
		{"a tag twice", ann(), func(in *stsapi.AssumeRoleInput) { in.Tags = []stsapi.Tag{tag("a", "1"), tag("A", "2")} }, "InvalidParameterValue", "Duplicate tag keys"},
		{"a reserved tag", ann(), func(in *stsapi.AssumeRoleInput) { in.Tags = []stsapi.Tag{tag("AWS:a", "1")} }, "InvalidParameterValue", "reserved"},
		{"a transitive tag that is none", ann(), func(in *stsapi.AssumeRoleInput) { in.TransitiveTagKeys = []string{"a"} }, "InvalidParameterValue", "must be included"},
		{"a transitive tag anew", chained, func(in *stsapi.AssumeRoleInput) { in.Tags = []stsapi.Tag{tag("Cost", "8")} }, "InvalidParameterValue", "conflicts with a transitive tag"},
		{"another identity behind it", chained, func(in *stsapi.AssumeRoleInput) { in.SourceIdentity = new("eve") }, "AccessDenied", "cannot be changed"},
		{"a reserved identity behind it", ann(), func(in *stsapi.AssumeRoleInput) { in.SourceIdentity = new("aws:eve") }, "ValidationError", "aws:"},
		{"a wrong code", ann(), func(in *stsapi.AssumeRoleInput) { in.SerialNumber, in.TokenCode = new(phone), new("000000") }, "AccessDenied", "MultiFactorAuthentication failed"},
		{"a context", ann(), func(in *stsapi.AssumeRoleInput) { in.ProvidedContexts = []stsapi.ProvidedContext{{}} }, "NotImplemented", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := open(t)
			_, err := s.AssumeRole(as(t, tt.who), assume(tt.change))
			servicetest.WantCode(t, err, tt.code, tt.words)
		})
	}
}

func TestTheRootUserAssumesRolesWhereMotosTestsDo(t *testing.T) {
	s := sts.New(sts.Config{RootAssumes: true}, sealer(t, "01"), newPeople())
	servicetest.Must(s.AssumeRole(as(t, cloud.RootOf(servicetest.Account)), assume(nil)))(t)
}

// A session of a role that is gone is known, and has nothing: its policies decide.
func TestASessionOfARoleThatIsGone(t *testing.T) {
	s, p := open(t)
	out := servicetest.Must(s.AssumeRole(as(t, ann()), assume(nil)))(t)
	p.gone, p.tags = true, nil
	servicetest.Diff(t, map[string]string(nil), who(t, s, out.Credentials).Tags)
}

// A trust policy can ask for a second factor that comes with the call.
func TestTheSecondFactorOfACallIsKnownBeforeItIsDecided(t *testing.T) {
	s, _ := open(t)
	for name, tt := range map[string]struct {
		in   any
		want map[string][]string
		code string
	}{
		"without":      {in: assume(nil), want: map[string][]string{"sts:RoleSessionName": {"one"}}},
		"another call": {in: &stsapi.GetCallerIdentityInput{}, want: map[string][]string{"sts:RoleSessionName": {"one"}}},
		"with": {in: assume(func(in *stsapi.AssumeRoleInput) { in.SerialNumber, in.TokenCode = new(phone), new("123456") }), want: map[string][]string{
			"sts:RoleSessionName": {"one"}, "aws:MultiFactorAuthPresent": {"true"}, "aws:MultiFactorAuthAge": {"0"},
		}},
		"a wrong one": {in: assume(func(in *stsapi.AssumeRoleInput) { in.SerialNumber, in.TokenCode = new(phone), new("000000") }), code: "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.Complete(as(t, ann()), cloud.Access{
				Call: cloud.Call{Principal: ann()}, Input: tt.in, Conditions: map[string][]string{"sts:RoleSessionName": {"one"}},
			})
			if tt.code != "" {
				servicetest.WantCode(t, err, tt.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			servicetest.Diff(t, tt.want, got.Conditions)
		})
	}
}
