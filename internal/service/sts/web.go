package sts

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/service/sts/webidentity"
)

// AssumeRoleWithWebIdentity opens a session of a role for somebody whom an issuer
// vouches for that the role's account trusts. The call is not signed: the token says who
// calls, and the role's trust policy alone decides.
func (s *Service) AssumeRoleWithWebIdentity(ctx context.Context, in *stsapi.AssumeRoleWithWebIdentityInput) (*stsapi.AssumeRoleWithWebIdentityOutput, error) {
	const action = "sts:AssumeRoleWithWebIdentity"
	denied := cloud.Errorf(cloud.Denied, "AccessDenied", "Not authorized to perform %s", action)
	if in.ProviderId != nil {
		return nil, errValidation("ProviderId is of OAuth 2.0 access tokens, which are not taken: give the token of an OpenID Connect provider.")
	}
	if s.cfg.WebIdentities == nil {
		return nil, denied
	}
	// The token is looked at before the role is: whoever has none that holds is not told
	// which roles there are.
	arn, err := cloud.ParseARN(*in.RoleArn)
	if err != nil {
		return nil, denied
	}
	var provider string
	who, err := s.cfg.WebIdentities.Verify(ctx, *in.WebIdentityToken, func(issuer string) (clients []string, err error) {
		provider, clients, err = s.identities.Issuer(ctx, arn.Account, issuer)
		if err != nil && cloud.KindOf(err) == cloud.NotFound {
			err = cloud.Errorf(cloud.Invalid, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for %s", issuer)
		}
		return clients, err
	})
	if err != nil {
		return nil, err
	}
	role, err := s.identities.AssumableRole(ctx, *in.RoleArn)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return nil, denied
	}
	if err != nil {
		return nil, err
	}
	tags := tagsOf(who.Claims.Tags)
	l, err := s.limit(ctx, role.Principal.Account, in.Policy, in.PolicyArns, tags)
	if err != nil {
		return nil, err
	}
	session := &cloud.Session{Issued: time.Now().UTC().Truncate(time.Second), Provider: provider}
	if err := chain(cloud.Principal{}, session, &l, who.Claims.Tags.Transitive); err != nil {
		return nil, err
	}
	if err := identify(cloud.Principal{}, session, optional(who.Claims.SourceIdentity)); err != nil {
		return nil, err
	}
	actions := []string{action}
	if len(tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if session.SourceIdentity != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	if !trusts(role, who, session, webContext(ctx, *in.RoleSessionName, who, session, l), actions) {
		return nil, denied
	}
	lasts, err := roleDuration(cloud.Principal{}, role, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	assumed := sessionOf(role, *in.RoleSessionName, lasts, session, l)
	credentials, err := s.open(assumed, l)
	return &stsapi.AssumeRoleWithWebIdentityOutput{
		Credentials: credentials, SubjectFromWebIdentityToken: &who.Subject, Provider: &provider, Audience: &who.Audience,
		AssumedRoleUser:  &stsapi.AssumedRoleUser{AssumedRoleId: &assumed.ID, Arn: &assumed.ARN},
		PackedPolicySize: l.packed, SourceIdentity: optional(session.SourceIdentity),
	}, err
}

// tagsOf returns the tags that a token gives a session.
func tagsOf(given webidentity.Tags) []stsapi.Tag {
	var tags []stsapi.Tag
	for _, key := range slices.Sorted(maps.Keys(given.Principal)) {
		value := ""
		if values := given.Principal[key]; len(values) > 0 {
			value = values[0]
		}
		tags = append(tags, stsapi.Tag{Key: &key, Value: &value})
	}
	return tags
}

// trusts asks a role's trust policy for each of the actions.
func trusts(role Role, who webidentity.Identity, session *cloud.Session, known policy.Context, actions []string) bool {
	caller := cloud.Principal{Type: cloud.WebIdentity, ID: who.Subject, Name: who.Subject, Session: session}
	for _, action := range actions {
		decision := policy.Decide(policy.Request{
			Principal: caller, Action: action, Resource: role.Principal.ARN, ResourceAccount: role.Principal.Account, Context: known,
		}, policy.Policies{Resource: []policy.Attached{{Name: "the role's trust policy", Document: role.Trust}}, Trust: true})
		if !decision.Allowed {
			return false
		}
	}
	return true
}

// webContext returns what a trust policy can ask of a web identity: claims by the
// issuer's host and path, such as "token.actions.githubusercontent.com:sub".
func webContext(ctx context.Context, name string, who webidentity.Identity, session *cloud.Session, l limits) policy.Context {
	known := policy.NewContext()
	issuer := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(who.Issuer, "https://"), "http://"), "/")
	set := func(key string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			known.Set(key, values...)
		}
	}
	call := cloud.CallOf(ctx)
	set(issuer+":aud", who.Audience)
	set(issuer+":sub", who.Subject)
	set(issuer+":email", who.Claims.Email)
	set(issuer+":amr", who.Claims.Methods...)
	set("aws:FederatedProvider", session.Provider)
	set("aws:SourceIp", call.SourceIP)
	set("aws:UserAgent", call.UserAgent)
	set("aws:CurrentTime", time.Now().UTC().Format(time.RFC3339))
	set("aws:SecureTransport", map[bool]string{true: "true", false: "false"}[call.TLS != ""])
	set("sts:RoleSessionName", name)
	set("sts:SourceIdentity", session.SourceIdentity)
	set("sts:TransitiveTagKeys", session.Transitive...)
	set("aws:TagKeys", slices.Sorted(maps.Keys(l.tags))...)
	for key, value := range l.tags {
		known.Set("aws:RequestTag/"+key, value)
	}
	return known
}
