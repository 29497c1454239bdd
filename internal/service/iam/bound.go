package iam

import (
	"context"

	"github.com/sillok/sillok/internal/cloud"
)

// BoundaryOf returns the ARN of the permissions boundary that the user or role of
// an ARN has, for the condition iam:PermissionsBoundary on calls that change it;
// empty where there is none.
func (s *Service) BoundaryOf(ctx context.Context, of string) (string, error) {
	name, ok := entityName(of)
	if !ok {
		return "", nil
	}
	i, err := s.load(ctx, name)
	if err != nil || i == nil || i.boundary == nil {
		return "", err
	}
	return i.boundary.Name, nil
}

// PrincipalOf returns the user of an ARN as it would call, or the role of one as a
// session of it would. It reports false where there is no such.
func (s *Service) PrincipalOf(ctx context.Context, of string) (cloud.Principal, bool, error) {
	name, ok := entityName(of)
	if !ok || name.noun == groups.noun {
		return cloud.Principal{}, false, nil
	}
	i, err := s.load(ctx, name)
	if err != nil || i == nil || i.arn != of {
		return cloud.Principal{}, false, err
	}
	short := shortName(of)
	if name.noun == users.noun {
		return cloud.Principal{Type: cloud.IAMUser, Account: name.account, ARN: i.arn, ID: i.id, Name: short, Tags: i.tags}, true, nil
	}
	issuer := cloud.Principal{Type: cloud.Role, Account: name.account, ARN: i.arn, ID: i.id, Name: short, Tags: i.tags}
	const session = "explained"
	return cloud.Principal{
		Type: cloud.AssumedRole, Account: name.account, ID: i.id + ":" + session, Issuer: &issuer, Tags: i.tags, Session: &cloud.Session{},
		ARN: cloud.ARN{Service: "sts", Account: name.account, Resource: "assumed-role/" + short + "/" + session}.String(),
	}, true, nil
}
