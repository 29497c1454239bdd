package organizations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// enabled is AWS's word for a type of policies that decides.
const enabled = "ENABLED"

// target is what policies are attached to: the root, a unit or an account. Whoever
// changes its policies keeps it by put.
type target struct {
	id, kind, name, order string

	policies *[]string
	put      func() error
}

// rootOrder is the root's place among the targets of a policy: the first.
const rootOrder = ""

// target returns what an ID is of, or missing's error where there is none.
func (o *org) target(id string) (target, error) {
	switch {
	case id == o.Root:
		return target{id, ofRoot, "Root", rootOrder, &o.Policies, o.save}, nil
	case strings.HasPrefix(id, "ou-"):
		u, found, err := units.Find(o.r, id)
		if err == nil && !found {
			err = errNoTarget()
		}
		return target{id, ofUnit, u.Name, u.Order, &u.Policies, func() error { return u.put(o) }}, err
	case strings.HasPrefix(id, "r-"):
		return target{}, errNoTarget()
	case !accountPattern.MatchString(id):
		return target{}, errInput("INVALID_PATTERN_TARGET_ID", "You specified an invalid value.")
	}
	a, err := o.member(id, errNoTarget)
	return target{id, ofAccount, a.Name, a.Order, &a.Policies, func() error { return a.put(o.everywhere()) }}, err
}

// attachTo notes that a policy is attached to a target, which is not kept yet.
func (o *org) attachTo(t target, policy string) error {
	insert(t.policies, policy)
	return targets.Put(o.tx, t.id, policy, t.order)
}

// attachProvided gives a new target AWS's own policies of the types that are enabled, so
// that each level allows what nobody forbids.
func (o *org) attachProvided(t target) error {
	for _, kind := range []string{serviceControl, resourceControl} {
		if !o.enabled(kind) && !o.service.cfg.Eager {
			continue
		}
		if err := o.attachTo(t, provided[kind].ID); err != nil {
			return err
		}
	}
	return nil
}

// enabled says whether policies of a type decide.
func (o *org) enabled(kind string) bool { return slices.Contains(o.Types, kind) }

// every yields all targets: the root, units, and accounts.
func (o *org) every(ctx context.Context, yield func(target) error) error {
	t, err := o.target(o.Root)
	if err != nil {
		return err
	}
	if err := yield(t); err != nil {
		return err
	}
	var ids []string // first: what is listed is changed then
	for entry, err := range units.List(o.r) {
		if err != nil {
			return err
		}
		ids = append(ids, entry.Value.ID)
	}
	for entry, err := range members.List(o.r) {
		if err != nil {
			return err
		}
		ids = append(ids, string(entry.Value))
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := o.target(id)
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		if err := yield(t); err != nil {
			return err
		}
	}
	return nil
}

// AttachPolicy attaches a policy to the root, a unit or an account.
func (s *Service) AttachPolicy(ctx context.Context, in *api.AttachPolicyInput) (*api.AttachPolicyOutput, error) {
	return nil, s.update(ctx, ask{action: "AttachPolicy", on: *in.TargetId, policy: *in.PolicyId}, func(o *org) error {
		p, err := o.policy(*in.PolicyId)
		if err != nil {
			return err
		}
		t, err := o.target(*in.TargetId)
		if err != nil {
			return err
		}
		if !o.enabled(p.Type) && !s.cfg.Eager {
			return errNotEnabled()
		}
		if slices.Contains(*t.policies, p.ID) {
			return cloud.Errorf(cloud.Conflict, "DuplicatePolicyAttachmentException", "A policy with the specified name and type already exists.")
		}
		n, err := o.attached(t, p.Type)
		if err != nil {
			return err
		}
		if _, most, _ := limits(p.Type); n >= most {
			return errConstraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You have attached the maximum number of policies of type %s to the specified target: %d.", p.Type, most)
		}
		if err := o.attachTo(t, p.ID); err != nil {
			return err
		}
		return t.put()
	})
}

// errNotEnabled is why policies of a type cannot be attached or detached.
func errNotEnabled() error {
	return cloud.Errorf(cloud.Conflict, "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types.")
}

// attached returns how many policies of a type a target has.
func (o *org) attached(t target, kind string) (int, error) {
	n := 0
	for _, id := range *t.policies {
		p, err := o.policy(id)
		if err != nil {
			return 0, err
		}
		if p.Type == kind {
			n++
		}
	}
	return n, nil
}

// DetachPolicy takes a policy from the root, a unit or an account. The last one of
// service control stays, and AWS's own of resource control.
func (s *Service) DetachPolicy(ctx context.Context, in *api.DetachPolicyInput) (*api.DetachPolicyOutput, error) {
	return nil, s.update(ctx, ask{action: "DetachPolicy", on: *in.TargetId, policy: *in.PolicyId}, func(o *org) error {
		p, err := o.policy(*in.PolicyId)
		if err != nil {
			return err
		}
		t, err := o.target(*in.TargetId)
		if err != nil {
			return err
		}
		if !slices.Contains(*t.policies, p.ID) {
			return cloud.Errorf(cloud.NotFound, "PolicyNotAttachedException", "The policy isn't attached to the specified target in the specified root.")
		}
		n, err := o.attached(t, p.Type)
		switch {
		case err != nil:
			return err
		case p.ID == provided[resourceControl].ID:
			return errInput("NON_DETACHABLE_POLICY", "You can't detach the policy %s from an entity.", p.Name)
		case p.Type == serviceControl && n == 1:
			return errConstraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", "You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.")
		}
		return o.detach(t, p.ID)
	})
}

// detach takes a policy from a target.
func (o *org) detach(t target, policy string) error {
	*t.policies = slices.DeleteFunc(*t.policies, func(id string) bool { return id == policy })
	if err := targets.Discard(o.tx, policy, t.order); err != nil {
		return err
	}
	return t.put()
}

// ListPoliciesForTarget returns a page of the policies of a type that are attached to a
// target itself.
func (s *Service) ListPoliciesForTarget(ctx context.Context, in *api.ListPoliciesForTargetInput) (*api.ListPoliciesForTargetOutput, error) {
	out := &api.ListPoliciesForTargetOutput{}
	return out, s.view(ctx, ask{action: "ListPoliciesForTarget", on: *in.TargetId, kind: *in.Filter}, func(o *org) error {
		t, err := o.target(*in.TargetId)
		if err != nil {
			return err
		}
		var all []resource.Entry[api.PolicySummary]
		for _, id := range *t.policies {
			p, err := o.policy(id)
			if err != nil {
				return err
			}
			if p.Type == *in.Filter {
				all = append(all, o.entry(&p))
			}
		}
		slices.SortFunc(all, byName)
		out.Policies, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), listed(all), resource.Whole)
		return err
	})
}

// ListTargetsForPolicy returns a page of what a policy is attached to.
func (s *Service) ListTargetsForPolicy(ctx context.Context, in *api.ListTargetsForPolicyInput) (*api.ListTargetsForPolicyOutput, error) {
	out := &api.ListTargetsForPolicyOutput{}
	return out, s.view(ctx, ask{action: "ListTargetsForPolicy", policy: *in.PolicyId}, func(o *org) error {
		p, err := o.policy(*in.PolicyId)
		if err != nil {
			return err
		}
		out.Targets, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), targets.From(o.r, p.ID),
			func(id string) (api.PolicyTargetSummary, bool, error) {
				t, err := o.target(id)
				return api.PolicyTargetSummary{TargetId: &t.id, Arn: new(o.arnOf(t.id)), Name: &t.name, Type: &t.kind}, true, err
			})
		return err
	})
}

// EnablePolicyType has policies of a type decide. Each target begins with AWS's own,
// where there is one of that type.
func (s *Service) EnablePolicyType(ctx context.Context, in *api.EnablePolicyTypeInput) (*api.EnablePolicyTypeOutput, error) {
	out := &api.EnablePolicyTypeOutput{}
	return out, s.update(ctx, ask{action: "EnablePolicyType", on: *in.RootId, kind: *in.PolicyType}, func(o *org) error {
		if *in.RootId != o.Root {
			return errNoRoot()
		}
		if err := o.mustHaveAll(); err != nil {
			return err
		}
		if !insert(&o.Types, *in.PolicyType) {
			return cloud.Errorf(cloud.Conflict, "PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
		}
		if own, ok := provided[*in.PolicyType]; ok {
			if err := o.every(ctx, func(t target) error {
				if err := o.attachTo(t, own.ID); err != nil {
					return err
				}
				return t.put()
			}); err != nil {
				return err
			}
		}
		out.Root = o.rootShape()
		return o.save()
	})
}

// DisablePolicyType ends that policies of a type decide, and detaches all of them.
func (s *Service) DisablePolicyType(ctx context.Context, in *api.DisablePolicyTypeInput) (*api.DisablePolicyTypeOutput, error) {
	out := &api.DisablePolicyTypeOutput{}
	return out, s.update(ctx, ask{action: "DisablePolicyType", on: *in.RootId, kind: *in.PolicyType}, func(o *org) error {
		if *in.RootId != o.Root {
			return errNoRoot()
		}
		if !o.enabled(*in.PolicyType) {
			return errNotEnabled()
		}
		o.Types = slices.DeleteFunc(o.Types, func(kind string) bool { return kind == *in.PolicyType })
		if err := o.every(ctx, func(t target) error {
			for _, id := range slices.Clone(*t.policies) {
				p, err := o.policy(id)
				if err != nil {
					return err
				}
				if p.Type != *in.PolicyType {
					continue
				}
				if err := o.detach(t, id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		out.Root = o.rootShape()
		return o.save()
	})
}
