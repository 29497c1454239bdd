package sts_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/sts"
	"github.com/sillok/sillok/internal/service/sts/webidentity"
	"github.com/sillok/sillok/internal/servicetest"
)

// idp is an issuer of web identities, and what it answers by URL.
type idp struct {
	t       testing.TB
	key     *ecdsa.PrivateKey
	answers map[string]string
	asked   int
}

func newIDP(tb testing.TB) *idp {
	tb.Helper()
	p := &idp{t: tb, key: servicetest.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(tb)}
	p.answers = map[string]string{
		issuer + "/.well-known/openid-configuration": `{"issuer":"` + issuer + `","jwks_uri":"` + issuer + `/keys"}`,
		issuer + "/keys": string(p.keys()),
	}
	return p
}

func (p *idp) keys() []byte {
	return servicetest.Must(json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}}))(p.t)
}

func (p *idp) fetch(_ context.Context, url string) ([]byte, error) {
	p.asked++
	text, ok := p.answers[url]
	if !ok {
		return nil, errors.New("nothing is at " + url)
	}
	return []byte(text), nil
}

// token returns a token with claims.
func (p *idp) token(claims map[string]any) string {
	p.t.Helper()
	signer := servicetest.Must(jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, nil))(p.t)
	return servicetest.Must(jwt.Signed(signer).Claims(claims).Serialize())(p.t)
}

// claims are those of a right token, changed.
func claims(change map[string]any) map[string]any {
	all := map[string]any{
		"iss": issuer, "sub": "repo:shop/app", "aud": "sts.amazonaws.com", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	for name, value := range change {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

const trustingWeb = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"],
	"Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.example.org"},
	"Condition":{"StringEquals":{"token.example.org:aud":"sts.amazonaws.com"},"StringLike":{"token.example.org:sub":"repo:shop/*"}}}}`

// openWeb returns a Service of which the role app trusts p's shop.
func openWeb(tb testing.TB, p *idp) (*sts.Service, *people) {
	tb.Helper()
	known := newPeople()
	known.trust, known.clients = trustingWeb, []string{"sts.amazonaws.com"}
	return sts.New(sts.Config{WebIdentities: webidentity.New(webidentity.Config{Fetch: p.fetch})}, sealer(tb, "01"), known), known
}

func web(token string) *stsapi.AssumeRoleWithWebIdentityInput {
	return &stsapi.AssumeRoleWithWebIdentityInput{RoleArn: new(roleARN), RoleSessionName: new("build"), WebIdentityToken: &token}
}

func TestASessionOfAWebIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().UTC()
		p := newIDP(t)
		s, _ := openWeb(t, p)
		out := servicetest.Must(s.AssumeRoleWithWebIdentity(t.Context(), web(p.token(claims(map[string]any{
			"https://aws.amazon.com/tags":            map[string]any{"principal_tags": map[string]any{"cost": []string{"7"}}, "transitive_tag_keys": []string{"cost"}},
			"https://aws.amazon.com/source_identity": "ann",
		})))))(t)
		const provider = "arn:aws:iam::111122223333:oidc-provider/token.example.org"
		servicetest.Diff(t, []*string{new("repo:shop/app"), new("sts.amazonaws.com"), new(provider), new("ann")},
			[]*string{out.SubjectFromWebIdentityToken, out.Audience, out.Provider, out.SourceIdentity})
		issuer := role()
		want := cloud.Principal{
			Type: cloud.AssumedRole, Account: servicetest.Account, ARN: "arn:aws:sts::111122223333:assumed-role/app/build", ID: "AROAAPP:build", Issuer: &issuer,
			Tags: map[string]string{"team": "red", "own": "1", "cost": "7"}, Expires: start.Add(time.Hour),
			Session: &cloud.Session{SourceIdentity: "ann", Transitive: []string{"cost"}, Issued: start, Provider: provider},
		}
		servicetest.Diff(t, want, who(t, s, out.Credentials))
		asked := p.asked
		servicetest.Must(s.AssumeRoleWithWebIdentity(t.Context(), web(p.token(claims(nil)))))(t)
		if p.asked != asked {
			t.Error("the issuer is asked for its keys each time")
		}
	})
}

func TestWebIdentitiesThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		claims map[string]any
		change func(p *idp, known *people, in *stsapi.AssumeRoleWithWebIdentityInput)
		code   string
		words  string
	}{
		{"expired", map[string]any{"exp": time.Now().Add(-2 * time.Minute).Unix()}, nil, "ExpiredTokenException", "Token expired"},
		{"not yet", map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}, nil, "InvalidIdentityToken", ""},
		{"without an end", map[string]any{"exp": nil}, nil, "InvalidIdentityToken", "exp"},
		{"without a subject", map[string]any{"sub": nil}, nil, "InvalidIdentityToken", "sub"},
		{"without an issuer", map[string]any{"iss": nil}, nil, "InvalidIdentityToken", "iss"},
		{"without an audience", map[string]any{"aud": nil}, nil, "InvalidIdentityToken", "aud"},
		{"without a beginning", map[string]any{"iat": nil}, nil, "InvalidIdentityToken", "iat"},
		{"for another application", map[string]any{"aud": "other"}, nil, "InvalidIdentityToken", "Incorrect token audience"},
		{"for another party", map[string]any{"azp": "other"}, nil, "InvalidIdentityToken", "Incorrect token audience"},
		{"of an issuer that is not trusted", map[string]any{"iss": "https://evil.example.org"}, nil, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://evil.example.org"},
		{"of a subject that is not trusted", map[string]any{"sub": "repo:other/app"}, nil, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		{"with tags that are not trusted", map[string]any{"https://aws.amazon.com/tags": map[string]any{"principal_tags": map[string]any{"cost": []string{"7"}}}}, func(_ *idp, known *people, _ *stsapi.AssumeRoleWithWebIdentityInput) {
			known.trust = strings.Replace(known.trust, `,"sts:TagSession"`, "", 1)
		}, "AccessDenied", ""},
		{"no such role", nil, func(_ *idp, _ *people, in *stsapi.AssumeRoleWithWebIdentityInput) { in.RoleArn = new(roleARN + "2") }, "AccessDenied", ""},
		{"a role that trusts others", nil, func(_ *idp, known *people, _ *stsapi.AssumeRoleWithWebIdentityInput) { known.trust = newPeople().trust }, "AccessDenied", ""},
		{"signed by another key", nil, func(p *idp, _ *people, in *stsapi.AssumeRoleWithWebIdentityInput) {
			in.WebIdentityToken = new(newIDP(p.t).token(claims(nil)))
		}, "InvalidIdentityToken", "signature"},
		{"changed", nil, func(p *idp, _ *people, in *stsapi.AssumeRoleWithWebIdentityInput) {
			parts := strings.Split(*in.WebIdentityToken, ".")
			body := servicetest.Must(json.Marshal(claims(map[string]any{"sub": "repo:shop/other"})))(p.t)
			in.WebIdentityToken = new(parts[0] + "." + base64.RawURLEncoding.EncodeToString(body) + "." + parts[2])
		}, "InvalidIdentityToken", "signature"},
		{"unsigned", nil, func(_ *idp, _ *people, in *stsapi.AssumeRoleWithWebIdentityInput) {
			parts := strings.Split(*in.WebIdentityToken, ".")
			in.WebIdentityToken = new(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".")
		}, "InvalidIdentityToken", "not a valid JWT"},
		{"no token", nil, func(_ *idp, _ *people, in *stsapi.AssumeRoleWithWebIdentityInput) { in.WebIdentityToken = new("abc") }, "InvalidIdentityToken", "not a valid JWT"},
		{"no token for no role", nil, func(_ *idp, _ *people, in *stsapi.AssumeRoleWithWebIdentityInput) {
			in.WebIdentityToken, in.RoleArn = new("abc"), new(roleARN+"2")
		}, "InvalidIdentityToken", "not a valid JWT"},
		{"longer than a role allows that trusts others", nil, func(_ *idp, known *people, in *stsapi.AssumeRoleWithWebIdentityInput) {
			known.trust, in.DurationSeconds = newPeople().trust, new(int32(7201))
		}, "AccessDenied", ""},
		{"a role that is no ARN", nil, func(_ *idp, _ *people, in *stsapi.AssumeRoleWithWebIdentityInput) {
			in.RoleArn = new("a role of which there is no such")
		}, "AccessDenied", ""},
		{"an access token", nil, func(_ *idp, _ *people, in *stsapi.AssumeRoleWithWebIdentityInput) {
			in.ProviderId = new("graph.facebook.com")
		}, "ValidationError", ""},
		{"longer than the role allows", nil, func(_ *idp, _ *people, in *stsapi.AssumeRoleWithWebIdentityInput) {
			in.DurationSeconds = new(int32(7201))
		}, "ValidationError", "MaxSessionDuration"},
		{"an issuer that does not answer", nil, func(p *idp, _ *people, _ *stsapi.AssumeRoleWithWebIdentityInput) { clear(p.answers) }, "IDPCommunicationError", ""},
		{"an issuer that says it is another", nil, func(p *idp, _ *people, _ *stsapi.AssumeRoleWithWebIdentityInput) {
			p.answers[issuer+"/.well-known/openid-configuration"] = `{"issuer":"https://evil.example.org","jwks_uri":"` + issuer + `/keys"}`
		}, "IDPCommunicationError", ""},
		{"keys without encryption", nil, func(p *idp, _ *people, _ *stsapi.AssumeRoleWithWebIdentityInput) {
			p.answers[issuer+"/.well-known/openid-configuration"] = `{"issuer":"` + issuer + `","jwks_uri":"http://127.0.0.1/keys"}`
			p.answers["http://127.0.0.1/keys"] = p.answers[issuer+"/keys"]
		}, "IDPCommunicationError", ""},
		{"an issuer without that key", nil, func(p *idp, _ *people, _ *stsapi.AssumeRoleWithWebIdentityInput) {
			p.answers[issuer+"/keys"] = `{"keys":[]}`
		}, "InvalidIdentityToken", "verification key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newIDP(t)
			s, known := openWeb(t, p)
			in := web(p.token(claims(tt.claims)))
			if tt.change != nil {
				tt.change(p, known, in)
			}
			_, err := s.AssumeRoleWithWebIdentity(t.Context(), in)
			servicetest.WantCode(t, err, tt.code, tt.words)
			if tt.name == "of an issuer that is not trusted" && p.asked > 0 {
				t.Error("an issuer that is not trusted is asked")
			}
		})
	}
	s, _ := open(t)
	_, err := s.AssumeRoleWithWebIdentity(t.Context(), web("abc"))
	servicetest.WantCode(t, err, "AccessDenied")
}

// An issuer that changes its keys is asked anew, though not for each token.
func TestAnIssuerChangesItsKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newIDP(t)
		v := webidentity.New(webidentity.Config{Fetch: p.fetch})
		trusted := func(string) ([]string, error) { return []string{"sts.amazonaws.com"}, nil }
		verify := func() error { return second(v.Verify(t.Context(), p.token(claims(nil)), trusted)) }
		right := p.answers[issuer+"/keys"]
		p.answers[issuer+"/keys"] = `{"keys":[]}`
		servicetest.WantCode(t, verify(), "InvalidIdentityToken")
		p.answers[issuer+"/keys"] = right
		asked := p.asked
		servicetest.WantCode(t, verify(), "InvalidIdentityToken")
		if p.asked != asked {
			t.Error("it is asked again at once")
		}
		<-time.After(11 * time.Second)
		if err := verify(); err != nil {
			t.Error(err)
		}
	})
}

// Keys that the operator gave are taken, and the issuer is not asked.
func TestKeysOfTheOperator(t *testing.T) {
	p := newIDP(t)
	v := webidentity.New(webidentity.Config{Fetch: p.fetch, Keys: map[string][]byte{issuer: p.keys()}})
	got := servicetest.Must(v.Verify(t.Context(), p.token(claims(nil)), func(string) ([]string, error) { return []string{"sts.amazonaws.com"}, nil }))(t)
	servicetest.Diff(t, webidentity.Identity{Issuer: issuer, Subject: "repo:shop/app", Audience: "sts.amazonaws.com"}, got)
	if p.asked != 0 {
		t.Error("the issuer is asked")
	}
}

// FuzzVerify takes no token but the one that was signed.
func FuzzVerify(f *testing.F) {
	p := newIDP(f)
	v := webidentity.New(webidentity.Config{Keys: map[string][]byte{issuer: p.keys()}})
	right := p.token(claims(map[string]any{"exp": time.Now().AddDate(10, 0, 0).Unix()}))
	f.Add(right)
	f.Add(right[:len(right)/2])
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	signed := func(token string) string { return token[:strings.LastIndexByte(token, '.')] }
	f.Fuzz(func(t *testing.T, token string) {
		_, err := v.Verify(t.Context(), token, func(string) ([]string, error) { return []string{"sts.amazonaws.com"}, nil })
		if err == nil && signed(token) != signed(right) {
			t.Errorf("%q is taken", token)
		}
	})
}
