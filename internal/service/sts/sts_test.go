package sts_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/service/sts"
	"github.com/sillok/sillok/internal/servicetest"
)

const (
	allowing = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`
	managed  = "arn:aws:iam::111122223333:policy/own"
	roleARN  = "arn:aws:iam::111122223333:role/x/app"
	phone    = "arn:aws:iam::111122223333:mfa/phone"
	issuer   = "https://token.example.org"
)

// people are the identities of the tests: the root user, ann and the role app.
type people struct {
	tags     map[string]string // of ann and of the role
	gone     bool              // there is neither
	policies map[string]string
	trust    string
	clients  []string
}

func newPeople() *people {
	return &people{
		tags: map[string]string{"team": "red", "own": "1"}, policies: map[string]string{managed: allowing},
		trust: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}`,
	}
}

func (people) Lookup(_ context.Context, id, _ string) (cloud.Key, error) {
	if id != "AKIAROOTROOTROOTROOT" {
		return cloud.Key{}, cloud.Errorf(cloud.NotFound, "InvalidClientTokenId", "access key %s is not known", id)
	}
	return cloud.Key{ID: id, Secret: "secret", Principal: cloud.RootOf(servicetest.Account)}, nil
}

func (p *people) Tags(_ context.Context, of cloud.Principal) (map[string]string, bool, error) {
	if of.Type == cloud.Root {
		return nil, true, nil
	}
	return p.tags, !p.gone, nil
}

func (p *people) AssumableRole(_ context.Context, arn string) (sts.Role, error) {
	if arn != roleARN {
		return sts.Role{}, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "The role %s cannot be found.", arn)
	}
	trust, err := policy.Parse(p.trust, policy.Trust)
	return sts.Role{Principal: role(), Trust: trust, Longest: 2 * time.Hour}, err
}

func role() cloud.Principal {
	return cloud.Principal{Type: cloud.Role, Account: servicetest.Account, ARN: roleARN, ID: "AROAAPP", Name: "app"}
}

func (p *people) PolicyText(_ context.Context, _ cloud.Account, arn string) (string, error) {
	text, ok := p.policies[arn]
	if !ok {
		return "", cloud.Errorf(cloud.NotFound, "NoSuchEntity", "Policy %s was not found.", arn)
	}
	return text, nil
}

func (p *people) Issuer(_ context.Context, account cloud.Account, of string) (string, []string, error) {
	if of != issuer || account != servicetest.Account {
		return "", nil, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "no provider %s", of)
	}
	return "arn:aws:iam::111122223333:oidc-provider/token.example.org", p.clients, nil
}

func (people) CheckMFA(_ context.Context, p cloud.Principal, serial, code string) error {
	if p.Name != "ann" || serial != phone || code != "123456" {
		return cloud.Errorf(cloud.Denied, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	}
	return nil
}

func (p people) VerifyMFA(ctx context.Context, of cloud.Principal, serial, code string) error {
	return p.CheckMFA(ctx, of, serial, code)
}

func sealer(tb testing.TB, key string) *seal.Sealer {
	tb.Helper()
	return servicetest.Must(seal.Open(tb.Context(), seal.Config{Text: strings.Repeat(key, 32)}))(tb)
}

func open(tb testing.TB) (*sts.Service, *people) {
	tb.Helper()
	p := newPeople()
	return sts.New(sts.Config{}, sealer(tb, "01"), p), p
}

func ann() cloud.Principal {
	return cloud.Principal{Type: cloud.IAMUser, Account: servicetest.Account, ARN: "arn:aws:iam::111122223333:user/ann", ID: "AIDAANN", Name: "ann", Tags: map[string]string{"team": "red"}}
}

// as returns a call's context of a principal.
func as(tb testing.TB, p cloud.Principal) context.Context {
	tb.Helper()
	call := cloud.CallOf(servicetest.As(tb, p.Account, servicetest.Region))
	call.Principal = p
	return cloud.WithCall(tb.Context(), call)
}

// who returns who a session's credentials are of.
func who(tb testing.TB, s *sts.Service, c *stsapi.Credentials) cloud.Principal {
	tb.Helper()
	key := servicetest.Must(s.Lookup(tb.Context(), *c.AccessKeyId, *c.SessionToken))(tb)
	if key.ID != *c.AccessKeyId || key.Secret != *c.SecretAccessKey || key.SessionToken != *c.SessionToken {
		tb.Errorf("the key is %v, and was told as %v", key, c)
	}
	if key.ID[:4] != "ASIA" || len(key.ID) != 20 || len(key.Secret) != 40 {
		tb.Errorf("the key is %s", key.ID)
	}
	return key.Principal
}

func TestTheCallerIsWhoSigned(t *testing.T) {
	s, _ := open(t)
	got := servicetest.Must(s.GetCallerIdentity(servicetest.As(t, "444455556666", "us-east-1"), &stsapi.GetCallerIdentityInput{}))(t)
	servicetest.Diff(t, &stsapi.GetCallerIdentityOutput{
		Account: new("444455556666"), Arn: new("arn:aws:iam::444455556666:root"), UserId: new("444455556666"),
	}, got)
}

func TestWhoseAKeyIs(t *testing.T) {
	s, p := open(t)
	opened := servicetest.Must(s.GetSessionToken(as(t, ann()), &stsapi.GetSessionTokenInput{}))(t).Credentials
	for _, id := range []string{"AKIAROOTROOTROOTROOT", *opened.AccessKeyId} {
		got := servicetest.Must(s.GetAccessKeyInfo(servicetest.As(t, "444455556666", "us-east-1"), &stsapi.GetAccessKeyInfoInput{AccessKeyId: &id}))(t)
		servicetest.Diff(t, &stsapi.GetAccessKeyInfoOutput{Account: new("111122223333")}, got)
	}
	unknown := &stsapi.GetAccessKeyInfoInput{AccessKeyId: new("AKIAIOSFODNN7EXAMPLE")}
	_, err := s.GetAccessKeyInfo(as(t, ann()), unknown)
	servicetest.WantCode(t, err, "ValidationError", "AKIAIOSFODNN7EXAMPLE")
	lenient := sts.New(sts.Config{AnyKey: true}, sealer(t, "01"), p)
	servicetest.Diff(t, new("111122223333"), servicetest.Must(lenient.GetAccessKeyInfo(as(t, ann()), unknown))(t).Account)
}

func TestSessionsOfOnesOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of every bubble
		for name, tt := range map[string]struct {
			who   cloud.Principal
			in    stsapi.GetSessionTokenInput
			lasts time.Duration
			mfa   bool
		}{
			"root":                  {who: cloud.RootOf(servicetest.Account), lasts: time.Hour},
			"root, shorter":         {who: cloud.RootOf(servicetest.Account), in: stsapi.GetSessionTokenInput{DurationSeconds: new(int32(900))}, lasts: 15 * time.Minute},
			"root, longer than may": {who: cloud.RootOf(servicetest.Account), in: stsapi.GetSessionTokenInput{DurationSeconds: new(int32(129600))}, lasts: time.Hour},
			"user":                  {who: ann(), lasts: 12 * time.Hour},
			"user, longer":          {who: ann(), in: stsapi.GetSessionTokenInput{DurationSeconds: new(int32(129600))}, lasts: 36 * time.Hour},
			"user, a second factor": {who: ann(), in: stsapi.GetSessionTokenInput{SerialNumber: new(phone), TokenCode: new("123456")}, lasts: 12 * time.Hour, mfa: true},
		} {
			s, p := open(t)
			got := servicetest.Must(s.GetSessionToken(as(t, tt.who), &tt.in))(t).Credentials
			want := tt.who
			want.Expires, want.MFA, want.Session = start.Add(tt.lasts), tt.mfa, &cloud.Session{Issued: start}
			if want.Type == cloud.IAMUser {
				want.Tags = p.tags // those that she has now
			}
			t.Log(name)
			servicetest.Diff(t, want.Expires, *got.Expiration)
			servicetest.Diff(t, want, who(t, s, got))
		}
	})
}

func TestSessionsThatCannotBe(t *testing.T) {
	s, _ := open(t)
	session := ann()
	session.Session = &cloud.Session{}
	assumed := cloud.Principal{Type: cloud.AssumedRole, Account: servicetest.Account, Session: &cloud.Session{}}
	for name, err := range map[string]error{
		"by a session":            second(s.GetSessionToken(as(t, session), &stsapi.GetSessionTokenInput{})),
		"by a role":               second(s.GetSessionToken(as(t, assumed), &stsapi.GetSessionTokenInput{})),
		"a wrong code":            second(s.GetSessionToken(as(t, ann()), &stsapi.GetSessionTokenInput{SerialNumber: new(phone), TokenCode: new("000000")})),
		"federation by a session": second(s.GetFederationToken(as(t, session), &stsapi.GetFederationTokenInput{Name: new("bob")})),
	} {
		t.Log(name)
		servicetest.WantCode(t, err, "AccessDenied")
	}
	_, err := s.GetSessionToken(as(t, ann()), &stsapi.GetSessionTokenInput{SerialNumber: new(phone)})
	servicetest.WantCode(t, err, "ValidationError")
}

func second[T any](_ T, err error) error { return err }

// A token is known only as it was made, with its own key, by a server with the same
// master key.
func TestTokensCannotBeForged(t *testing.T) {
	s, p := open(t)
	one := servicetest.Must(s.GetSessionToken(as(t, ann()), &stsapi.GetSessionTokenInput{}))(t).Credentials
	other := servicetest.Must(s.GetSessionToken(as(t, ann()), &stsapi.GetSessionTokenInput{}))(t).Credentials
	message := servicetest.Must(s.Encode([]byte(`{"ID":"` + *one.AccessKeyId + `"}`)))(t)
	raw := servicetest.Must(base64.RawURLEncoding.DecodeString(message))(t)
	refused := func(name string, s *sts.Service, id, token string) {
		t.Helper()
		if _, err := s.Lookup(t.Context(), id, token); err == nil || cloud.KindOf(err) != cloud.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("another key's token", s, *one.AccessKeyId, *other.SessionToken)
	refused("no token", s, *one.AccessKeyId, "")
	refused("no base64", s, *one.AccessKeyId, "!")
	refused("what was sealed for something else", s, *one.AccessKeyId, base64.StdEncoding.EncodeToString(raw))
	refused("another master key", sts.New(sts.Config{}, sealer(t, "02"), p), *one.AccessKeyId, *one.SessionToken)
	sealed := servicetest.Must(base64.StdEncoding.DecodeString(*one.SessionToken))(t)
	for i := range sealed {
		sealed[i] ^= 1
		refused("a bit changed", s, *one.AccessKeyId, base64.StdEncoding.EncodeToString(sealed))
		sealed[i] ^= 1
	}
	servicetest.Diff(t, "ann", who(t, s, one).Name)
	again := sts.New(sts.Config{}, sealer(t, "01"), p) // after a restart
	servicetest.Diff(t, "ann", who(t, again, one).Name)
	p.gone = true
	refused("the user is gone", s, *one.AccessKeyId, *one.SessionToken)
}

func TestFederationTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := open(t)
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		out := servicetest.Must(s.GetFederationToken(as(t, ann()), &stsapi.GetFederationTokenInput{
			Name: new("bob"), Policy: new(allowing), PolicyArns: []stsapi.PolicyDescriptorType{{Arn: new(managed)}},
			Tags: []stsapi.Tag{{Key: new("Team"), Value: new("blue")}}, DurationSeconds: new(int32(900)),
		}))(t)
		servicetest.Diff(t, &stsapi.FederatedUser{FederatedUserId: new("111122223333:bob"), Arn: new("arn:aws:sts::111122223333:federated-user/bob")}, out.FederatedUser)
		of := ann()
		of.Tags = nil
		want := cloud.Principal{
			Type: cloud.FederatedUser, Account: servicetest.Account, ARN: "arn:aws:sts::111122223333:federated-user/bob", ID: "111122223333:bob",
			Issuer: &of, Tags: map[string]string{"Team": "blue", "own": "1"}, Expires: start.Add(15 * time.Minute),
			Session: &cloud.Session{Policies: []string{allowing, allowing}, Issued: start},
		}
		servicetest.Diff(t, want, who(t, s, out.Credentials))
		if out.PackedPolicySize == nil || *out.PackedPolicySize < 1 || *out.PackedPolicySize > 100 {
			t.Errorf("packed: %v", out.PackedPolicySize)
		}

		// A managed policy counts as it is now, and one that is gone allows nothing.
		p.policies[managed] = strings.Replace(allowing, "Get", "Put", 1)
		servicetest.Diff(t, p.policies[managed], who(t, s, out.Credentials).Session.Policies[1])
		delete(p.policies, managed)
		if left := who(t, s, out.Credentials).Session.Policies; len(left) != 2 || !strings.Contains(left[1], `"Deny"`) {
			t.Errorf("a policy that is gone leaves %q", left)
		}
	})
}

func TestMessagesAreDecodedByThoseWhoMay(t *testing.T) {
	s, _ := open(t)
	message := servicetest.Must(s.Encode([]byte(`{"allowed":false}`)))(t)
	got := servicetest.Must(s.DecodeAuthorizationMessage(as(t, ann()), &stsapi.DecodeAuthorizationMessageInput{EncodedMessage: &message}))(t)
	servicetest.Diff(t, new(`{"allowed":false}`), got.DecodedMessage)
	for _, wrong := range []string{"!", "YWJj", message[1:], message + "AAAA"} {
		_, err := s.DecodeAuthorizationMessage(as(t, ann()), &stsapi.DecodeAuthorizationMessageInput{EncodedMessage: &wrong})
		servicetest.WantCode(t, err, "InvalidAuthorizationMessageException", "Message is not valid")
	}
}

// FuzzLookup has nobody known by a token that was made up.
func FuzzLookup(f *testing.F) {
	s, _ := open(f)
	opened := servicetest.Must(s.GetSessionToken(as(f, ann()), &stsapi.GetSessionTokenInput{}))(f).Credentials
	f.Add(*opened.AccessKeyId, (*opened.SessionToken)[:100])
	f.Add("", "AAAA")
	f.Fuzz(func(t *testing.T, id, token string) {
		if _, err := s.Lookup(t.Context(), id, token); err == nil && id != "AKIAROOTROOTROOTROOT" && token != *opened.SessionToken {
			t.Errorf("%q %q is known", id, token)
		}
	})
}

// BenchmarkLookup is what a session costs a call.
func BenchmarkLookup(b *testing.B) {
	s, _ := open(b)
	opened := servicetest.Must(s.GetSessionToken(as(b, ann()), &stsapi.GetSessionTokenInput{}))(b).Credentials
	for b.Loop() {
		if _, err := s.Lookup(b.Context(), *opened.AccessKeyId, *opened.SessionToken); err != nil {
			b.Fatal(err)
		}
	}
}
