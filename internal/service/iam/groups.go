package iam

import (
	"context"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// members are the users of groups: below a group's folded name, by a user's.
var members = resource.Kind[string]{Name: "iam/member"}

// maxGroups is of how many groups a user may be a member.
const maxGroups = 10

// CreateGroup makes a group, which has no users yet.
func (s *Service) CreateGroup(ctx context.Context, in *iamapi.CreateGroupInput) (*iamapi.CreateGroupOutput, error) {
	g := group{newEntity("AGPA", *in.GroupName, in.Path)}
	out := &iamapi.CreateGroupOutput{}
	return out, s.update(ctx, func(tx resource.Tx) error {
		out.Group = g.shape(tx)
		return groups.begin(tx, &g, nil, nil)
	})
}

// GetGroup returns a group and a page of its users.
func (s *Service) GetGroup(ctx context.Context, in *iamapi.GetGroupInput) (*iamapi.GetGroupOutput, error) {
	out := &iamapi.GetGroupOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		g, err := groups.get(r, in.GroupName)
		if err != nil {
			return err
		}
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), members.From(r, folded(g.Name)), func(name string) (iamapi.User, bool, error) {
			u, err := users.get(r, &name)
			if err != nil {
				return iamapi.User{}, false, err
			}
			return u.plain(r), true, nil
		})
		out.Group, out.Users, out.Marker, out.IsTruncated = g.shape(r), page, marker, new(marker != nil)
		return err
	})
}

// ListGroups returns a page of the groups.
func (s *Service) ListGroups(ctx context.Context, in *iamapi.ListGroupsInput) (*iamapi.ListGroupsOutput, error) {
	out := &iamapi.ListGroupsOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), groups.kind.From(r), func(g group) (iamapi.Group, bool, error) {
			return *g.shape(r), below(g.Path, in.PathPrefix), nil
		})
		out.Groups, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// ListGroupsForUser returns a page of the groups of a user.
func (s *Service) ListGroupsForUser(ctx context.Context, in *iamapi.ListGroupsForUserInput) (*iamapi.ListGroupsForUserOutput, error) {
	out := &iamapi.ListGroupsForUserOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		u, err := users.get(r, in.UserName)
		if err != nil {
			return err
		}
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), sorted(u.Groups), func(name string) (iamapi.Group, bool, error) {
			g, err := groups.get(r, &name)
			return *g.shape(r), err == nil, err
		})
		out.Groups, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// UpdateGroup gives a group another name or path. Users and policies stay.
func (s *Service) UpdateGroup(ctx context.Context, in *iamapi.UpdateGroupInput) (*iamapi.UpdateGroupOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		g, err := groups.get(tx, in.GroupName)
		if err != nil {
			return err
		}
		before := folded(g.Name)
		if err := groups.rename(tx, &g, in.NewGroupName, in.NewPath); err != nil || folded(g.Name) == before {
			return err
		}
		for entry, err := range members.List(tx, before) {
			if err != nil {
				return err
			}
			u, err := users.get(tx, &entry.Value)
			if err != nil {
				return err
			}
			remove(&u.Groups, before)
			insert(&u.Groups, folded(g.Name))
			if err := users.put(tx, &u); err != nil {
				return err
			}
			if err := members.Put(tx, u.Name, folded(g.Name), folded(u.Name)); err != nil {
				return err
			}
		}
		return members.DeleteBelow(tx, before)
	})
}

// DeleteGroup removes a group that has no users and no policies.
func (s *Service) DeleteGroup(ctx context.Context, in *iamapi.DeleteGroupInput) (*iamapi.DeleteGroupOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		g, err := groups.get(tx, in.GroupName)
		if err != nil {
			return err
		}
		for _, err := range members.List(tx, folded(g.Name)) {
			if err != nil {
				return err
			}
			return errConflict("remove users from group")
		}
		if err := g.removable(); err != nil {
			return err
		}
		return groups.end(tx, &g)
	})
}

// AddUserToGroup makes a user a member of a group. One who is already is no error.
func (s *Service) AddUserToGroup(ctx context.Context, in *iamapi.AddUserToGroupInput) (*iamapi.AddUserToGroupOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		u, err := users.get(tx, in.UserName)
		if err != nil {
			return err
		}
		g, err := groups.get(tx, in.GroupName)
		if err != nil {
			return err
		}
		insert(&u.Groups, folded(g.Name))
		if len(u.Groups) > maxGroups {
			return errQuota("GroupsPerUser", maxGroups)
		}
		if err := users.put(tx, &u); err != nil {
			return err
		}
		return members.Put(tx, u.Name, folded(g.Name), folded(u.Name))
	})
}

// RemoveUserFromGroup ends a user's membership.
func (s *Service) RemoveUserFromGroup(ctx context.Context, in *iamapi.RemoveUserFromGroupInput) (*iamapi.RemoveUserFromGroupOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		g, err := groups.get(tx, in.GroupName)
		if err != nil {
			return err
		}
		u, err := users.get(tx, in.UserName)
		if err != nil {
			return err
		}
		if !remove(&u.Groups, folded(g.Name)) {
			return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "User %s not in group %s", u.Name, g.Name)
		}
		if err := users.put(tx, &u); err != nil {
			return err
		}
		return members.Discard(tx, folded(g.Name), folded(u.Name))
	})
}

func (g *group) shape(r resource.Reader) *iamapi.Group {
	return &iamapi.Group{Path: &g.Path, GroupName: &g.Name, GroupId: &g.ID, Arn: new(groups.arn(r, &g.entity)), CreateDate: &g.Created}
}
