package iam

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// CreatePolicyVersion adds a version to a managed policy.
func (s *Service) CreatePolicyVersion(ctx context.Context, in *iamapi.CreatePolicyVersionInput) (*iamapi.CreatePolicyVersionOutput, error) {
	out := &iamapi.CreatePolicyVersionOutput{}
	return out, s.changePolicy(ctx, *in.PolicyArn, func(p *managed) error {
		if err := checkManaged(*in.PolicyDocument); err != nil {
			return err
		}
		if len(p.Versions) >= maxVersions {
			return cloud.Errorf(cloud.Conflict, "LimitExceeded", "A managed policy can have up to %d versions. Before you create a new version, "+
				"you must delete an existing version.", maxVersions)
		}
		p.Last++
		v := version{p.Last, *in.PolicyDocument, *resource.Now(time.Second)}
		p.Versions, p.Updated = append(p.Versions, v), v.Created
		if resource.Value(in.SetAsDefault) {
			p.Default = v.Number
		}
		shape := p.versionShape(&v, false)
		out.PolicyVersion = &shape
		return nil
	})
}

// GetPolicyVersion returns a version of a managed policy with its document.
func (s *Service) GetPolicyVersion(ctx context.Context, in *iamapi.GetPolicyVersionInput) (*iamapi.GetPolicyVersionOutput, error) {
	out := &iamapi.GetPolicyVersionOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		p, err := managedPolicy(r, *in.PolicyArn)
		if err != nil {
			return err
		}
		at, err := p.version(*in.PolicyArn, *in.VersionId)
		if err != nil {
			return err
		}
		shape := p.versionShape(&p.Versions[at], true)
		out.PolicyVersion = &shape
		return nil
	})
}

// ListPolicyVersions returns a page of the versions of a managed policy, the newest
// first.
func (s *Service) ListPolicyVersions(ctx context.Context, in *iamapi.ListPolicyVersionsInput) (*iamapi.ListPolicyVersionsOutput, error) {
	out := &iamapi.ListPolicyVersionsOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		p, err := managedPolicy(r, *in.PolicyArn)
		if err != nil {
			return err
		}
		slices.Reverse(p.Versions)
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems),
			listing(p.Versions, func(v version) string { return fmt.Sprintf("%09d", 999999999-v.Number) }),
			func(v version) (iamapi.PolicyVersion, bool, error) { return p.versionShape(&v, false), true, nil })
		out.Versions, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// SetDefaultPolicyVersion puts a version of a managed policy in force.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, in *iamapi.SetDefaultPolicyVersionInput) (*iamapi.SetDefaultPolicyVersionOutput, error) {
	return &iamapi.SetDefaultPolicyVersionOutput{}, s.changePolicy(ctx, *in.PolicyArn, func(p *managed) error {
		at, err := p.version(*in.PolicyArn, *in.VersionId)
		if err != nil {
			return err
		}
		p.Default, p.Updated = p.Versions[at].Number, *resource.Now(time.Second)
		return nil
	})
}

// DeletePolicyVersion removes a version that is not in force.
func (s *Service) DeletePolicyVersion(ctx context.Context, in *iamapi.DeletePolicyVersionInput) (*iamapi.DeletePolicyVersionOutput, error) {
	return &iamapi.DeletePolicyVersionOutput{}, s.changePolicy(ctx, *in.PolicyArn, func(p *managed) error {
		at, err := p.version(*in.PolicyArn, *in.VersionId)
		if err != nil {
			return err
		}
		if p.Versions[at].Number == p.Default {
			return cloud.Errorf(cloud.Conflict, "DeleteConflict", "Cannot delete the default version of a policy.")
		}
		p.Versions = slices.Delete(p.Versions, at, at+1)
		return nil
	})
}

// changePolicy replaces a managed policy of the account with what change makes of it.
func (s *Service) changePolicy(ctx context.Context, policyARN string, change func(*managed) error) error {
	return s.update(ctx, func(tx resource.Tx) error {
		p, err := ownPolicy(tx, policyARN)
		if err != nil {
			return err
		}
		if err := change(&p); err != nil {
			return err
		}
		return managedPolicies.Put(tx, p, folded(p.Name))
	})
}

// version returns where the version of an ID is.
func (p *managed) version(policyARN, id string) (int, error) {
	at := slices.IndexFunc(p.Versions, func(v version) bool { return versionID(v.Number) == id })
	if at < 0 {
		return 0, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "Policy %s version %s does not exist or is not attachable.", policyARN, id)
	}
	return at, nil
}

// document returns the document that is in force.
func (p *managed) document() string {
	for i := range p.Versions {
		if p.Versions[i].Number == p.Default {
			return p.Versions[i].Document
		}
	}
	return ""
}

func (p *managed) versionShape(v *version, whole bool) iamapi.PolicyVersion {
	shape := iamapi.PolicyVersion{VersionId: new(versionID(v.Number)), IsDefaultVersion: new(v.Number == p.Default), CreateDate: &v.Created}
	if whole {
		shape.Document = encoded(v.Document)
	}
	return shape
}
