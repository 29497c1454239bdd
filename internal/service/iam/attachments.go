package iam

import (
	"context"

	"github.com/sillok/sillok/internal/api/iamapi"
)

// AttachUserPolicy gives a user a managed policy.
func (s *Service) AttachUserPolicy(ctx context.Context, in *iamapi.AttachUserPolicyInput) (*iamapi.AttachUserPolicyOutput, error) {
	return nil, users.attach(ctx, s, in.UserName, in.PolicyArn)
}

// DetachUserPolicy takes a managed policy from a user.
func (s *Service) DetachUserPolicy(ctx context.Context, in *iamapi.DetachUserPolicyInput) (*iamapi.DetachUserPolicyOutput, error) {
	return nil, users.detach(ctx, s, in.UserName, in.PolicyArn)
}

// ListAttachedUserPolicies returns a page of the managed policies of a user.
func (s *Service) ListAttachedUserPolicies(ctx context.Context, in *iamapi.ListAttachedUserPoliciesInput) (*iamapi.ListAttachedUserPoliciesOutput, error) {
	page, marker, err := users.attached(ctx, s, paging(in, in.Marker, in.MaxItems), in.UserName, in.PathPrefix)
	return &iamapi.ListAttachedUserPoliciesOutput{AttachedPolicies: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// PutUserPolicy gives a user an inline policy.
func (s *Service) PutUserPolicy(ctx context.Context, in *iamapi.PutUserPolicyInput) (*iamapi.PutUserPolicyOutput, error) {
	return nil, users.putInline(ctx, s, in.UserName, in.PolicyName, in.PolicyDocument)
}

// GetUserPolicy returns an inline policy of a user.
func (s *Service) GetUserPolicy(ctx context.Context, in *iamapi.GetUserPolicyInput) (*iamapi.GetUserPolicyOutput, error) {
	name, document, err := users.getInline(ctx, s, in.UserName, in.PolicyName)
	return &iamapi.GetUserPolicyOutput{UserName: name, PolicyName: in.PolicyName, PolicyDocument: document}, err
}

// DeleteUserPolicy removes an inline policy of a user.
func (s *Service) DeleteUserPolicy(ctx context.Context, in *iamapi.DeleteUserPolicyInput) (*iamapi.DeleteUserPolicyOutput, error) {
	return nil, users.deleteInline(ctx, s, in.UserName, in.PolicyName)
}

// ListUserPolicies returns a page of the names of a user's inline policies.
func (s *Service) ListUserPolicies(ctx context.Context, in *iamapi.ListUserPoliciesInput) (*iamapi.ListUserPoliciesOutput, error) {
	page, marker, err := users.inlineNames(ctx, s, paging(in, in.Marker, in.MaxItems), in.UserName)
	return &iamapi.ListUserPoliciesOutput{PolicyNames: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// AttachGroupPolicy gives a group a managed policy.
func (s *Service) AttachGroupPolicy(ctx context.Context, in *iamapi.AttachGroupPolicyInput) (*iamapi.AttachGroupPolicyOutput, error) {
	return nil, groups.attach(ctx, s, in.GroupName, in.PolicyArn)
}

// DetachGroupPolicy takes a managed policy from a group.
func (s *Service) DetachGroupPolicy(ctx context.Context, in *iamapi.DetachGroupPolicyInput) (*iamapi.DetachGroupPolicyOutput, error) {
	return nil, groups.detach(ctx, s, in.GroupName, in.PolicyArn)
}

// ListAttachedGroupPolicies returns a page of the managed policies of a group.
func (s *Service) ListAttachedGroupPolicies(ctx context.Context, in *iamapi.ListAttachedGroupPoliciesInput) (*iamapi.ListAttachedGroupPoliciesOutput, error) {
	page, marker, err := groups.attached(ctx, s, paging(in, in.Marker, in.MaxItems), in.GroupName, in.PathPrefix)
	return &iamapi.ListAttachedGroupPoliciesOutput{AttachedPolicies: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// PutGroupPolicy gives a group an inline policy.
func (s *Service) PutGroupPolicy(ctx context.Context, in *iamapi.PutGroupPolicyInput) (*iamapi.PutGroupPolicyOutput, error) {
	return nil, groups.putInline(ctx, s, in.GroupName, in.PolicyName, in.PolicyDocument)
}

// GetGroupPolicy returns an inline policy of a group.
func (s *Service) GetGroupPolicy(ctx context.Context, in *iamapi.GetGroupPolicyInput) (*iamapi.GetGroupPolicyOutput, error) {
	name, document, err := groups.getInline(ctx, s, in.GroupName, in.PolicyName)
	return &iamapi.GetGroupPolicyOutput{GroupName: name, PolicyName: in.PolicyName, PolicyDocument: document}, err
}

// DeleteGroupPolicy removes an inline policy of a group.
func (s *Service) DeleteGroupPolicy(ctx context.Context, in *iamapi.DeleteGroupPolicyInput) (*iamapi.DeleteGroupPolicyOutput, error) {
	return nil, groups.deleteInline(ctx, s, in.GroupName, in.PolicyName)
}

// ListGroupPolicies returns a page of the names of a group's inline policies.
func (s *Service) ListGroupPolicies(ctx context.Context, in *iamapi.ListGroupPoliciesInput) (*iamapi.ListGroupPoliciesOutput, error) {
	page, marker, err := groups.inlineNames(ctx, s, paging(in, in.Marker, in.MaxItems), in.GroupName)
	return &iamapi.ListGroupPoliciesOutput{PolicyNames: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// AttachRolePolicy gives a role a managed policy.
func (s *Service) AttachRolePolicy(ctx context.Context, in *iamapi.AttachRolePolicyInput) (*iamapi.AttachRolePolicyOutput, error) {
	return nil, roles.attach(ctx, s, in.RoleName, in.PolicyArn)
}

// DetachRolePolicy takes a managed policy from a role.
func (s *Service) DetachRolePolicy(ctx context.Context, in *iamapi.DetachRolePolicyInput) (*iamapi.DetachRolePolicyOutput, error) {
	return nil, roles.detach(ctx, s, in.RoleName, in.PolicyArn)
}

// ListAttachedRolePolicies returns a page of the managed policies of a role.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, in *iamapi.ListAttachedRolePoliciesInput) (*iamapi.ListAttachedRolePoliciesOutput, error) {
	page, marker, err := roles.attached(ctx, s, paging(in, in.Marker, in.MaxItems), in.RoleName, in.PathPrefix)
	return &iamapi.ListAttachedRolePoliciesOutput{AttachedPolicies: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}

// PutRolePolicy gives a role an inline policy.
func (s *Service) PutRolePolicy(ctx context.Context, in *iamapi.PutRolePolicyInput) (*iamapi.PutRolePolicyOutput, error) {
	return nil, roles.putInline(ctx, s, in.RoleName, in.PolicyName, in.PolicyDocument)
}

// GetRolePolicy returns an inline policy of a role.
func (s *Service) GetRolePolicy(ctx context.Context, in *iamapi.GetRolePolicyInput) (*iamapi.GetRolePolicyOutput, error) {
	name, document, err := roles.getInline(ctx, s, in.RoleName, in.PolicyName)
	return &iamapi.GetRolePolicyOutput{RoleName: name, PolicyName: in.PolicyName, PolicyDocument: document}, err
}

// DeleteRolePolicy removes an inline policy of a role.
func (s *Service) DeleteRolePolicy(ctx context.Context, in *iamapi.DeleteRolePolicyInput) (*iamapi.DeleteRolePolicyOutput, error) {
	return nil, roles.deleteInline(ctx, s, in.RoleName, in.PolicyName)
}

// ListRolePolicies returns a page of the names of a role's inline policies.
func (s *Service) ListRolePolicies(ctx context.Context, in *iamapi.ListRolePoliciesInput) (*iamapi.ListRolePoliciesOutput, error) {
	page, marker, err := roles.inlineNames(ctx, s, paging(in, in.Marker, in.MaxItems), in.RoleName)
	return &iamapi.ListRolePoliciesOutput{PolicyNames: page, Marker: marker, IsTruncated: new(marker != nil)}, err
}
