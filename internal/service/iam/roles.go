package iam

import (
	"context"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

const (
	maxTrust = 2048 // characters of a trust policy
	session  = time.Hour
)

// CreateRole makes a role. Who may assume it is in its trust policy.
func (s *Service) CreateRole(ctx context.Context, in *iamapi.CreateRoleInput) (*iamapi.CreateRoleOutput, error) {
	if err := checkTrust(*in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	own, err := s.trusted(ctx, *in.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(resource.Value(in.Path), access.LinkedPath) { // no policy of an organization binds such roles
		return nil, errInput("The path %s is for roles that AWS services make for themselves: use CreateServiceLinkedRole.", *in.Path)
	}
	r := role{
		entity: newEntity("AROA", *in.RoleName, in.Path), Trust: *in.AssumeRolePolicyDocument, Description: in.Description,
		MaxSession: time.Duration(resource.Or(in.MaxSessionDuration, int32(session.Seconds()))) * time.Second,
	}
	out := &iamapi.CreateRoleOutput{}
	return out, s.update(ctx, func(tx resource.Tx) error {
		if err := r.bind(ctx, tx, own); err != nil {
			return err
		}
		if err := roles.begin(tx, &r, in.PermissionsBoundary, in.Tags); err != nil {
			return err
		}
		shape, err := r.shape(tx)
		shape.RoleLastUsed = nil
		out.Role = &shape
		return err
	})
}

func checkTrust(document string) error {
	if err := parsed(document, policy.Trust); err != nil {
		return err
	}
	if policy.Size(document) > maxTrust {
		return errQuota("ACLSizePerRole", maxTrust)
	}
	return nil
}

// GetRole returns a role.
func (s *Service) GetRole(ctx context.Context, in *iamapi.GetRoleInput) (*iamapi.GetRoleOutput, error) {
	out := &iamapi.GetRoleOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		found, err := roles.get(r, in.RoleName)
		if err != nil {
			return err
		}
		s.used.role(accountOf(r), &found)
		shape, err := found.shape(r)
		out.Role = &shape
		return err
	})
}

// ListRoles returns a page of the roles.
func (s *Service) ListRoles(ctx context.Context, in *iamapi.ListRolesInput) (*iamapi.ListRolesOutput, error) {
	out := &iamapi.ListRolesOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), roles.kind.From(r), func(found role) (iamapi.Role, bool, error) {
			return found.plain(r), below(found.Path, in.PathPrefix), nil
		})
		out.Roles, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// UpdateRole changes how a role is described and how long its sessions may last. Both
// are set: what is left out becomes what it was at first.
func (s *Service) UpdateRole(ctx context.Context, in *iamapi.UpdateRoleInput) (*iamapi.UpdateRoleOutput, error) {
	return nil, s.changeRole(ctx, in.RoleName, func(r *role) error {
		if in.Description != nil {
			r.Description = in.Description
		}
		r.MaxSession = time.Duration(resource.Or(in.MaxSessionDuration, int32(session.Seconds()))) * time.Second
		return nil
	})
}

// UpdateRoleDescription changes how a role is described.
func (s *Service) UpdateRoleDescription(ctx context.Context, in *iamapi.UpdateRoleDescriptionInput) (*iamapi.UpdateRoleDescriptionOutput, error) {
	out := &iamapi.UpdateRoleDescriptionOutput{}
	return out, s.update(ctx, func(tx resource.Tx) error {
		r, err := roles.get(tx, in.RoleName)
		if err != nil {
			return err
		}
		r.Description = in.Description // which may be changed of a service's role too
		if err := roles.put(tx, &r); err != nil {
			return err
		}
		shape, err := r.shape(tx)
		out.Role = &shape
		return err
	})
}

// UpdateAssumeRolePolicy replaces the trust policy of a role.
func (s *Service) UpdateAssumeRolePolicy(ctx context.Context, in *iamapi.UpdateAssumeRolePolicyInput) (*iamapi.UpdateAssumeRolePolicyOutput, error) {
	if err := checkTrust(*in.PolicyDocument); err != nil {
		return nil, err
	}
	own, err := s.trusted(ctx, *in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	return nil, roles.change(ctx, s, in.RoleName, func(tx resource.Tx, r *role, _ *entity) error {
		r.Trust = *in.PolicyDocument
		return r.bind(ctx, tx, own)
	})
}

// trusted returns whom of this server's accounts a trust policy names.
func (s *Service) trusted(ctx context.Context, trust string) ([]string, error) {
	document, err := policy.Parse(trust, policy.Trust)
	if err != nil {
		return nil, err
	}
	return s.hosted(ctx, policy.Identities(document))
}

// bind notes whom the trust policy means, so that whoever takes the name of one who is
// gone is not trusted. Those of own must be there.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
func (r *role) bind(ctx context.Context, tx resource.Tx, own []string) error {
	document, err := policy.Parse(r.Trust, policy.Trust)
	if err != nil {
		return err
	}
	if r.Bound, err = uniqueIDs(ctx, tx, policy.Identities(document)); err != nil {
		return err
	}
	for _, nobody := range unknown(own, r.Bound) {
		return cloud.Errorf(cloud.Invalid, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":%q`, nobody)
	}
	return nil
}

func (s *Service) changeRole(ctx context.Context, name *string, change func(*role) error) error {
	return roles.change(ctx, s, name, func(_ resource.Tx, r *role, _ *entity) error { return change(r) })
}

// DeleteRole removes a role that has no policies and is in no instance profile.
func (s *Service) DeleteRole(ctx context.Context, in *iamapi.DeleteRoleInput) (*iamapi.DeleteRoleOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		r, err := roles.get(tx, in.RoleName)
		switch {
		case err != nil:
			return err
		case r.Linked != "":
			return errProtected(r.Name)
		}
		for _, err := range carriers.List(tx, folded(r.Name)) {
			if err != nil {
				return err
			}
			return errConflict("remove roles from instance profile")
		}
		if err := r.removable(); err != nil {
			return err
		}
		return roles.end(tx, &r)
	})
}

// plain returns a role as IAM lists it.
func (r *role) plain(rd resource.Reader) iamapi.Role {
	return iamapi.Role{
		Path: &r.Path, RoleName: &r.Name, RoleId: &r.ID, Arn: new(roles.arn(rd, &r.entity)), CreateDate: &r.Created,
		AssumeRolePolicyDocument: encoded(r.Trust), Description: r.Description, MaxSessionDuration: new(int32(r.MaxSession.Seconds())),
	}
}

// shape returns a role with what lists leave out.
func (r *role) shape(rd resource.Reader) (shape iamapi.Role, err error) {
	shape = r.plain(rd)
	shape.PermissionsBoundary, shape.RoleLastUsed = r.boundaryShape(), r.lastUsed()
	shape.Tags, err = tagsOf(rd, *shape.Arn)
	return shape, err
}

func (r *role) lastUsed() *iamapi.RoleLastUsed {
	if r.LastUsed.IsZero() {
		return &iamapi.RoleLastUsed{}
	}
	return &iamapi.RoleLastUsed{LastUsedDate: &r.LastUsed, Region: new(string(r.LastRegion))}
}

// PutRolePermissionsBoundary sets the most that a role may be allowed.
func (s *Service) PutRolePermissionsBoundary(ctx context.Context, in *iamapi.PutRolePermissionsBoundaryInput) (*iamapi.PutRolePermissionsBoundaryOutput, error) {
	return nil, roles.change(ctx, s, in.RoleName, func(tx resource.Tx, _ *role, e *entity) error {
		return roles.bound(tx, e, *in.PermissionsBoundary)
	})
}

// DeleteRolePermissionsBoundary takes a role's boundary away.
func (s *Service) DeleteRolePermissionsBoundary(ctx context.Context, in *iamapi.DeleteRolePermissionsBoundaryInput) (*iamapi.DeleteRolePermissionsBoundaryOutput, error) {
	return nil, roles.unbound(ctx, s, in.RoleName)
}
