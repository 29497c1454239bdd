package organizations

import (
	"context"
	"strings"
	"time"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// AWS's limits of units.
const (
	maxUnits = 2000 // of an organization
	maxDepth = 5    // of units below the root
)

// unit returns a unit, or AWS's error where there is none.
func (o *org) unit(id string) (unit, error) {
	u, found, err := units.Find(o.r, id)
	if err == nil && !found {
		err = errNoUnit()
	}
	return u, err
}

// put keeps a unit.
func (u *unit) put(o *org) error { return units.Put(o.tx, *u, u.ID) }

// shape is a unit as it is answered.
func (o *org) unitShape(u *unit) *api.OrganizationalUnit {
	return &api.OrganizationalUnit{Id: &u.ID, Arn: new(o.arnOf(u.ID)), Name: &u.Name}
}

// parent says of which kind a parent is, or returns missing where there is none of that
// ID.
func (o *org) parent(id string, missing func() error) (kind string, err error) {
	if id == o.Root {
		return ofRoot, nil
	}
	_, found, err := units.Find(o.r, id)
	if err == nil && !found {
		err = missing()
	}
	return ofUnit, err
}

// above returns the units from a parent up to the root, without that.
func (o *org) above(parent string) ([]unit, error) {
	var up []unit
	for parent != o.Root {
		u, err := o.unit(parent)
		if err != nil {
			return nil, err
		}
		up = append(up, u)
		parent = u.Parent
	}
	return up, nil
}

// CreateOrganizationalUnit makes a unit in the root or another unit.
func (s *Service) CreateOrganizationalUnit(ctx context.Context, in *api.CreateOrganizationalUnitInput) (*api.CreateOrganizationalUnitOutput, error) {
	out := &api.CreateOrganizationalUnitOutput{}
	return out, s.update(ctx, ask{action: "CreateOrganizationalUnit", on: *in.ParentId}, func(o *org) error {
		if _, err := o.parent(*in.ParentId, errNoParent); err != nil {
			return err
		}
		up, err := o.above(*in.ParentId)
		if err != nil {
			return err
		}
		if len(up) >= maxDepth {
			return errConstraint("OU_DEPTH_LIMIT_EXCEEDED", "You have exceeded the maximum depth of organizational units: %d.", maxDepth)
		}
		n, err := count(ctx, units.From(o.r), maxUnits)
		if err != nil {
			return err
		}
		if n >= maxUnits {
			return errConstraint("OU_NUMBER_LIMIT_EXCEEDED", "You have exceeded the number of organizational units that an organization can have: %d.", maxUnits)
		}
		u := unit{ID: newID("ou-"+strings.TrimPrefix(o.Root, "r-")+"-", 8), Name: *in.Name, Parent: *in.ParentId}
		u.Order = order(time.Now(), u.ID)
		if err := o.nameUnit(&u); err != nil {
			return err
		}
		if err := children.Put(o.tx, u.ID, u.Parent, ofUnit, u.Order); err != nil {
			return err
		}
		if err := o.tag(o.arnOf(u.ID), in.Tags); err != nil {
			return err
		}
		if err := o.attachProvided(target{id: u.ID, kind: ofUnit, order: u.Order, policies: &u.Policies}); err != nil {
			return err
		}
		out.OrganizationalUnit = o.unitShape(&u)
		return u.put(o)
	})
}

// nameUnit takes a unit's name, which is its own within its parent.
func (o *org) nameUnit(u *unit) error {
	_, found, err := names.Find(o.r, u.Parent, u.Name)
	if err != nil {
		return err
	}
	if found {
		return cloud.Errorf(cloud.Conflict, "DuplicateOrganizationalUnitException", "An OU with the same name already exists.")
	}
	return names.Put(o.tx, u.ID, u.Parent, u.Name)
}

// UpdateOrganizationalUnit gives a unit another name.
func (s *Service) UpdateOrganizationalUnit(ctx context.Context, in *api.UpdateOrganizationalUnitInput) (*api.UpdateOrganizationalUnitOutput, error) {
	out := &api.UpdateOrganizationalUnitOutput{}
	return out, s.update(ctx, ask{action: "UpdateOrganizationalUnit", on: *in.OrganizationalUnitId}, func(o *org) error {
		u, err := o.unit(*in.OrganizationalUnitId)
		if err != nil {
			return err
		}
		out.OrganizationalUnit = o.unitShape(&u)
		if in.Name == nil {
			return nil
		}
		was := u.Name
		u.Name = *in.Name
		if err := o.nameUnit(&u); err != nil {
			return err
		}
		if err := names.Discard(o.tx, u.Parent, was); err != nil {
			return err
		}
		return u.put(o)
	})
}

// DeleteOrganizationalUnit removes a unit that nothing is in.
func (s *Service) DeleteOrganizationalUnit(ctx context.Context, in *api.DeleteOrganizationalUnitInput) (*api.DeleteOrganizationalUnitOutput, error) {
	return nil, s.update(ctx, ask{action: "DeleteOrganizationalUnit", on: *in.OrganizationalUnitId}, func(o *org) error {
		u, err := o.unit(*in.OrganizationalUnitId)
		if err != nil {
			return err
		}
		for _, err := range children.List(o.r, u.ID) {
			if err != nil {
				return err
			}
			return cloud.Errorf(cloud.Conflict, "OrganizationalUnitNotEmptyException",
				"To delete an OU you must first remove all accounts and any child OUs from it.")
		}
		for _, policy := range u.Policies {
			if err := targets.Discard(o.tx, policy, u.Order); err != nil {
				return err
			}
		}
		if err := children.Discard(o.tx, u.Parent, ofUnit, u.Order); err != nil {
			return err
		}
		if err := names.Discard(o.tx, u.Parent, u.Name); err != nil {
			return err
		}
		if err := tags.Delete(o.tx, o.arnOf(u.ID)); err != nil {
			return err
		}
		return units.Delete(o.tx, u.ID)
	})
}

// DescribeOrganizationalUnit returns a unit.
func (s *Service) DescribeOrganizationalUnit(ctx context.Context, in *api.DescribeOrganizationalUnitInput) (*api.DescribeOrganizationalUnitOutput, error) {
	out := &api.DescribeOrganizationalUnitOutput{}
	return out, s.view(ctx, ask{action: "DescribeOrganizationalUnit", on: *in.OrganizationalUnitId}, func(o *org) error {
		u, err := o.unit(*in.OrganizationalUnitId)
		out.OrganizationalUnit = o.unitShape(&u)
		return err
	})
}

// ListOrganizationalUnitsForParent returns a page of the units in the root or a unit.
func (s *Service) ListOrganizationalUnitsForParent(ctx context.Context, in *api.ListOrganizationalUnitsForParentInput) (*api.ListOrganizationalUnitsForParentOutput, error) {
	out := &api.ListOrganizationalUnitsForParentOutput{}
	return out, s.view(ctx, ask{action: "ListOrganizationalUnitsForParent", on: *in.ParentId}, func(o *org) error {
		if _, err := o.parent(*in.ParentId, errNoParent); err != nil {
			return err
		}
		var err error
		out.OrganizationalUnits, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), children.From(o.r, *in.ParentId, ofUnit),
			func(id string) (api.OrganizationalUnit, bool, error) {
				u, err := o.unit(id)
				return *o.unitShape(&u), true, err
			})
		return err
	})
}

// ListChildren returns a page of the IDs of what is in the root or a unit.
func (s *Service) ListChildren(ctx context.Context, in *api.ListChildrenInput) (*api.ListChildrenOutput, error) {
	out := &api.ListChildrenOutput{}
	return out, s.view(ctx, ask{action: "ListChildren", on: *in.ParentId}, func(o *org) error {
		if _, err := o.parent(*in.ParentId, errNoParent); err != nil {
			return err
		}
		var err error
		out.Children, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), children.From(o.r, *in.ParentId, *in.ChildType),
			func(id string) (api.Child, bool, error) { return api.Child{Id: &id, Type: in.ChildType}, true, nil })
		return err
	})
}

// ListParents returns the root or unit that a unit or an account is in.
func (s *Service) ListParents(ctx context.Context, in *api.ListParentsInput) (*api.ListParentsOutput, error) {
	out := &api.ListParentsOutput{}
	return out, s.view(ctx, ask{action: "ListParents", on: *in.ChildId}, func(o *org) error {
		var parent string
		if strings.HasPrefix(*in.ChildId, "ou-") {
			u, found, err := units.Find(o.r, *in.ChildId)
			if err == nil && !found {
				err = errNoChild()
			}
			if err != nil {
				return err
			}
			parent = u.Parent
		} else {
			a, err := o.member(*in.ChildId, errNoChild)
			if err != nil {
				return err
			}
			parent = a.Parent
		}
		kind, err := o.parent(parent, errNoParent)
		if err != nil {
			return err
		}
		out.Parents, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), one(api.Parent{Id: &parent, Type: &kind}), resource.Whole)
		return err
	})
}

func errNoChild() error {
	return cloud.Errorf(cloud.NotFound, "ChildNotFoundException", "You specified an organizational unit (OU) or account ID that doesn't exist.")
}

// count returns how many entries a listing has, up to a number.
func count[T any](ctx context.Context, from resource.Listing[T], most int) (int, error) {
	n := 0
	for _, err := range from("") {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0, err
		}
		if n++; n >= most {
			break
		}
	}
	return n, nil
}
