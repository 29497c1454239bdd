package sts

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// Role is what there is to know of a role that somebody wants to assume.
type Role struct {
	Principal cloud.Principal  // the role itself, with its tags
	Trust     *policy.Document // who may assume it
	Longest   time.Duration    // that a session of it may last
}

const (
	roleSession  = time.Hour // how long a role's session lasts when nobody says
	chainSession = time.Hour // how long at most where a role's session opens it
)

// AssumeRole opens a session of a role. That the role's policy trusts the caller, and
// that the caller's own policies allow it, has been decided when it is called.
func (s *Service) AssumeRole(ctx context.Context, in *stsapi.AssumeRoleInput) (*stsapi.AssumeRoleOutput, error) {
	call := cloud.CallOf(ctx)
	p := call.Principal
	switch {
	case p.Type == cloud.Root && !s.cfg.RootAssumes:
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "Roles may not be assumed by root accounts.")
	case p.Type == cloud.FederatedUser:
		return nil, cloud.Errorf(cloud.Denied, "AccessDenied", "Cannot call AssumeRole with the credentials of a federated user")
	case len(in.ProvidedContexts) > 0:
		return nil, cloud.Errorf(cloud.Unsupported, "NotImplemented", "Provided contexts are not supported by this version of Sillok")
	}
	role, err := s.identities.AssumableRole(ctx, *in.RoleArn)
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return nil, errDenied(ctx, "sts:AssumeRole", *in.RoleArn)
	}
	if err != nil {
		return nil, err
	}
	lasts, err := roleDuration(p, role, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	l, err := s.limit(ctx, role.Principal.Account, in.Policy, in.PolicyArns, in.Tags)
	if err != nil {
		return nil, err
	}
	session := &cloud.Session{Issued: time.Now().UTC().Truncate(time.Second)}
	if err := chain(p, session, &l, in.TransitiveTagKeys); err != nil {
		return nil, err
	}
	if err := identify(p, session, in.SourceIdentity); err != nil {
		return nil, err
	}
	with, err := s.secondFactor(ctx, p, in.SerialNumber, in.TokenCode)
	if err != nil {
		return nil, err
	}
	assumed := sessionOf(role, *in.RoleSessionName, lasts, session, l)
	assumed.MFA, assumed.InvokedBy = with, serviceOf(p)
	credentials, err := s.open(assumed, l)
	return &stsapi.AssumeRoleOutput{
		Credentials: credentials, AssumedRoleUser: &stsapi.AssumedRoleUser{AssumedRoleId: &assumed.ID, Arn: &assumed.ARN},
		PackedPolicySize: l.packed, SourceIdentity: optional(session.SourceIdentity),
	}, err
}

// serviceOf returns the service of ours that opens a session for itself.
func serviceOf(p cloud.Principal) string {
	if p.Type == cloud.AWSService {
		return p.Name
	}
	return ""
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// roleDuration returns how long a session of a role lasts.
func roleDuration(p cloud.Principal, role Role, asked *int32) (time.Duration, error) {
	chained := p.Type == cloud.AssumedRole
	if asked == nil {
		return min(roleSession, role.Longest), nil
	}
	lasts := time.Duration(*asked) * time.Second
	switch {
	case chained && lasts > chainSession:
		return 0, errValidation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case lasts > role.Longest:
		return 0, errValidation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return lasts, nil
}

// chain hands on the tags of a session that opens another one, as far as they are
// transitive, and notes which go on from there.
func chain(p cloud.Principal, session *cloud.Session, l *limits, transitive []string) error {
	given := map[string]bool{}
	for key := range l.tags {
		given[strings.ToLower(key)] = true
	}
	for _, key := range transitive {
		if !given[strings.ToLower(key)] {
			return errParameter("The specified transitive tag key must be included in the requested tags.")
		}
	}
	session.Transitive = slices.Clone(transitive)
	if p.Session == nil {
		return nil
	}
	for _, key := range p.Session.Transitive {
		if given[strings.ToLower(key)] {
			return errParameter("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		for had, value := range p.Tags {
			if strings.EqualFold(had, key) {
				l.tags[had] = value
			}
		}
		session.Transitive = append(session.Transitive, key)
	}
	return nil
}

// identify says who is behind a session. It is said once, and kept along a chain.
func identify(p cloud.Principal, session *cloud.Session, source *string) error {
	given := resource.Value(source)
	if strings.HasPrefix(strings.ToLower(given), reserved) {
		return errValidation("1 validation error detected: Value '%s' at 'sourceIdentity' failed to satisfy constraint: it must not begin with aws:", given)
	}
	session.SourceIdentity = given
	if p.Session == nil || p.Session.SourceIdentity == "" {
		return nil
	}
	if given != "" && given != p.Session.SourceIdentity {
		return cloud.Errorf(cloud.Denied, "AccessDenied", "The source identity of a session cannot be changed: it is %s.", p.Session.SourceIdentity)
	}
	session.SourceIdentity = p.Session.SourceIdentity
	return nil
}

// sessionOf returns who a session of a role is.
func sessionOf(role Role, name string, lasts time.Duration, session *cloud.Session, l limits) cloud.Principal {
	issuer := role.Principal
	issuer.Tags = nil
	return cloud.Principal{
		Type: cloud.AssumedRole, Account: issuer.Account, ID: issuer.ID + ":" + name, Issuer: &issuer, Tags: l.tags,
		ARN:     cloud.ARN{Service: "sts", Account: issuer.Account, Resource: "assumed-role/" + issuer.Name + "/" + name}.String(),
		Expires: ends(lasts), Session: session,
	}
}
