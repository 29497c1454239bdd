package sts

import (
	"context"
	"maps"
	"time"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
)

// How long a user's session lasts: what it is when nobody says, and at most for the
// root user.
const (
	userSession = 12 * time.Hour
	rootSession = time.Hour
)

// duration is how long a session of a user lasts.
func duration(p cloud.Principal, asked *int32) time.Duration {
	lasts := userSession
	if asked != nil {
		lasts = time.Duration(*asked) * time.Second
	}
	if p.Type == cloud.Root {
		lasts = min(lasts, rootSession)
	}
	return lasts
}

// GetSessionToken opens a session of the caller's own.
func (s *Service) GetSessionToken(ctx context.Context, in *stsapi.GetSessionTokenInput) (*stsapi.GetSessionTokenOutput, error) {
	p := cloud.CallOf(ctx).Principal
	if p.Session != nil || p.Type != cloud.IAMUser && p.Type != cloud.Root {
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "Cannot call GetSessionToken with session credentials")
	}
	with, err := s.secondFactor(ctx, p, in.SerialNumber, in.TokenCode)
	if err != nil {
		return nil, err
	}
	p.MFA, p.Expires, p.Tags = with, ends(duration(p, in.DurationSeconds)), nil
	p.Session = &cloud.Session{Issued: time.Now().UTC().Truncate(time.Second)}
	credentials, err := s.open(p, limits{})
	return &stsapi.GetSessionTokenOutput{Credentials: credentials}, err
}

// secondFactor takes a code of the caller's device, where one is given, and reports
// whether it is right.
func (s *Service) secondFactor(ctx context.Context, p cloud.Principal, serial, code *string) (bool, error) {
	switch {
	case serial == nil && code == nil:
		return false, nil
	case serial == nil || code == nil:
		return false, errValidation("Both a serial number and a token code are needed for a second factor.")
	}
	return true, s.identities.VerifyMFA(ctx, p, *serial, *code)
}

// GetFederationToken opens a session for somebody whom the caller knows by a name. It
// may do what the caller may, as far as its policies allow that too.
func (s *Service) GetFederationToken(ctx context.Context, in *stsapi.GetFederationTokenInput) (*stsapi.GetFederationTokenOutput, error) {
	p := cloud.CallOf(ctx).Principal
	if p.Session != nil || p.Type != cloud.IAMUser && p.Type != cloud.Root {
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "Cannot call GetFederationToken with session credentials")
	}
	l, err := s.limit(ctx, p.Account, in.Policy, in.PolicyArns, in.Tags)
	if err != nil {
		return nil, err
	}
	issuer := p
	issuer.Tags = nil
	federated := cloud.Principal{
		Type: cloud.FederatedUser, Account: p.Account, ID: string(p.Account) + ":" + *in.Name, Issuer: &issuer, Tags: l.tags,
		ARN:     cloud.ARN{Service: "sts", Account: p.Account, Resource: "federated-user/" + *in.Name}.String(),
		Expires: ends(duration(p, in.DurationSeconds)), Session: &cloud.Session{Issued: time.Now().UTC().Truncate(time.Second)},
	}
	credentials, err := s.open(federated, l)
	return &stsapi.GetFederationTokenOutput{
		Credentials: credentials, FederatedUser: &stsapi.FederatedUser{FederatedUserId: &federated.ID, Arn: &federated.ARN}, PackedPolicySize: l.packed,
	}, err
}

// Complete adds to what a call asks the second factor that it brings along, so that a
// role's policy can ask for one.
func (s *Service) Complete(ctx context.Context, a cloud.Access) (cloud.Access, error) {
	in, ok := a.Input.(*stsapi.AssumeRoleInput)
	if !ok || in.SerialNumber == nil || in.TokenCode == nil {
		return a, nil
	}
	if err := s.identities.CheckMFA(ctx, a.Call.Principal, *in.SerialNumber, *in.TokenCode); err != nil {
		return a, err
	}
	conditions := maps.Clone(a.Conditions)
	if conditions == nil {
		conditions = map[string][]string{}
	}
	conditions["aws:MultiFactorAuthPresent"], conditions["aws:MultiFactorAuthAge"] = []string{"true"}, []string{"0"}
	a.Conditions = conditions
	return a, nil
}

// errDenied is how a caller is told that it may not open a session of a role, or that
// there is no such role.
func errDenied(ctx context.Context, action, on string) error {
	return cloud.Errorf(cloud.Denied, "AccessDenied", "User: %s is not authorized to perform: %s on resource: %s",
		cloud.CallOf(ctx).Principal.ARN, action, on)
}
