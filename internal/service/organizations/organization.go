package organizations

import (
	"context"
	"time"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// What an organization's accounts share: all that there is, or bills alone.
const (
	allFeatures = "ALL"
	billing     = "CONSOLIDATED_BILLING"
)

// CreateOrganization makes an organization, which the caller's account manages.
func (s *Service) CreateOrganization(ctx context.Context, in *api.CreateOrganizationInput) (*api.CreateOrganizationOutput, error) {
	out := &api.CreateOrganizationOutput{}
	return out, s.state.Update(ctx, func(tx state.Tx) error {
		tx.AfterCommit(s.places.forget)
		a, err := s.account(everywhere(tx), cloud.CallOf(ctx).Account)
		if err != nil {
			return err
		}
		if a.Organization != "" {
			return cloud.Errorf(cloud.Conflict, "AlreadyInOrganizationException", "The provided account is already a member of an organization.")
		}
		o := &org{service: s, r: of(tx, a.ID), all: everywhere(tx), management: a.ID, organization: organization{
			ID: newID("o-", 10), Root: newID("r-", 4), Features: resource.Or(in.FeatureSet, allFeatures), Created: *resource.Now(time.Millisecond),
		}}
		o.change(tx)
		if a.ID == s.cfg.First.ID {
			if err := addresses.Put(o.everywhere(), a.ID, lower(a.Email)); err != nil {
				return err
			}
		}
		if s.cfg.Eager {
			for _, kind := range []string{serviceControl, resourceControl} {
				if err := o.attachTo(target{id: o.Root, kind: ofRoot, policies: &o.Policies}, provided[kind].ID); err != nil {
					return err
				}
			}
		}
		if err := o.save(); err != nil {
			return err
		}
		if err := o.join(&a, "INVITED"); err != nil {
			return err
		}
		out.Organization = o.shape(&a)
		return nil
	})
}

// shape is an organization as it is answered.
func (o *org) shape(manager *account) *api.Organization {
	return &api.Organization{
		Id: &o.ID, Arn: new(o.arn("organization", "")), FeatureSet: &o.Features, MasterAccountId: new(string(o.management)),
		MasterAccountArn: new(o.arn("account", string(o.management))), MasterAccountEmail: &manager.Email,
		// AWS's page says that this member tells nothing, and to ask ListRoots.
		AvailablePolicyTypes: []api.PolicyTypeSummary{{Type: new(serviceControl), Status: new(enabled)}},
	}
}

// DescribeOrganization returns the organization of the caller's account, whether or not
// that manages it.
func (s *Service) DescribeOrganization(ctx context.Context, _ *api.DescribeOrganizationInput) (*api.DescribeOrganizationOutput, error) {
	out := &api.DescribeOrganizationOutput{}
	return out, s.state.View(ctx, func(r state.Reader) error {
		o, err := s.in(r, cloud.CallOf(ctx).Account)
		if err != nil {
			return err
		}
		manager, err := s.account(o.all, o.management)
		out.Organization = o.shape(&manager)
		return err
	})
}

// DeleteOrganization ends an organization that has no other account than the caller's.
func (s *Service) DeleteOrganization(ctx context.Context, _ *api.DeleteOrganizationInput) (*api.DeleteOrganizationOutput, error) {
	return nil, s.update(ctx, ask{action: "DeleteOrganization"}, func(o *org) error {
		for entry, err := range members.List(o.r) {
			if err != nil {
				return err
			}
			if entry.Value != o.management {
				return errNotEmpty()
			}
		}
		for _, err := range units.List(o.r) {
			if err != nil {
				return err
			}
			return errNotEmpty()
		}
		a, err := s.account(o.all, o.management)
		if err != nil {
			return err
		}
		if err := o.leave(&a); err != nil {
			return err
		}
		return o.clear()
	})
}

func errNotEmpty() error {
	return cloud.Errorf(cloud.Conflict, "OrganizationNotEmptyException", "To delete an organization you must first remove all member accounts (except the master).")
}

// clear removes all that is left of an organization that has neither accounts nor units.
func (o *org) clear() error {
	for entry, err := range documents.List(o.r) {
		if err != nil {
			return err
		}
		if err := tags.Delete(o.tx, o.policyARN(&entry.Value)); err != nil {
			return err
		}
	}
	if o.Resource != nil {
		if err := tags.Delete(o.tx, o.arnOf(o.Resource.ID)); err != nil {
			return err
		}
	}
	if err := o.endInvitations(); err != nil {
		return err
	}
	for _, kind := range []string{
		documents.Name, members.Name, children.Name, targets.Name, creations.Name, created.Name, names.Name, organizations.Name,
	} {
		for found, err := range o.tx.List(o.tx.Scope(), kind, state.Range{}) {
			if err != nil {
				return err
			}
			if err := o.tx.Delete(found.Key); err != nil {
				return err
			}
		}
	}
	return tags.Delete(o.tx, o.arnOf(o.Root))
}

// LeaveOrganization takes the caller's account out of its organization.
func (s *Service) LeaveOrganization(ctx context.Context, _ *api.LeaveOrganizationInput) (*api.LeaveOrganizationOutput, error) {
	return nil, s.state.Update(ctx, func(tx state.Tx) error {
		tx.AfterCommit(s.places.forget)
		o, err := s.in(tx, cloud.CallOf(ctx).Account)
		if err != nil {
			return err
		}
		o.change(tx)
		a, err := s.account(o.all, cloud.CallOf(ctx).Account)
		if err != nil {
			return err
		}
		return o.remove(&a)
	})
}

// remove takes a member out of the organization.
func (o *org) remove(a *account) error {
	switch {
	case a.ID == o.management:
		return cloud.Errorf(cloud.Conflict, "MasterCannotLeaveOrganizationException",
			"You can't remove a management account from an organization. If you want the management account to become a member account in another organization, you must first delete the current organization.")
	case len(a.Delegated) > 0:
		return errConstraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
			"You cannot remove a registered delegated administrator from the organization. Deregister it first.")
	}
	return o.leave(a)
}

// EnableAllFeatures asks the accounts that were invited to allow the organization all
// features. It has them once the management account accepts the handshake, after they
// all did.
func (s *Service) EnableAllFeatures(ctx context.Context, _ *api.EnableAllFeaturesInput) (*api.EnableAllFeaturesOutput, error) {
	out := &api.EnableAllFeaturesOutput{}
	return out, s.update(ctx, ask{action: "EnableAllFeatures"}, func(o *org) error {
		if o.Features == allFeatures {
			return errHandshake("ORGANIZATION_ALREADY_HAS_ALL_FEATURES", "The organization already has all features enabled.")
		}
		h, err := o.askForFeatures()
		if err == nil {
			out.Handshake = h.shape()
		}
		return err
	})
}

// ListRoots returns the root of the organization: there is one.
func (s *Service) ListRoots(ctx context.Context, in *api.ListRootsInput) (*api.ListRootsOutput, error) {
	out := &api.ListRootsOutput{}
	return out, s.view(ctx, ask{action: "ListRoots"}, func(o *org) error {
		var err error
		out.Roots, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), one(*o.rootShape()), resource.Whole)
		return err
	})
}

// rootShape is the root as it is answered.
func (o *org) rootShape() *api.Root {
	shape := &api.Root{Id: &o.Root, Arn: new(o.arnOf(o.Root)), Name: new("Root"), PolicyTypes: []api.PolicyTypeSummary{}}
	for _, kind := range o.Types {
		shape.PolicyTypes = append(shape.PolicyTypes, api.PolicyTypeSummary{Type: new(kind), Status: new(enabled)})
	}
	return shape
}
