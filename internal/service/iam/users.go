package iam

import (
	"context"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// CreateUser makes a user, who may do nothing yet.
func (s *Service) CreateUser(ctx context.Context, in *iamapi.CreateUserInput) (*iamapi.CreateUserOutput, error) {
	u := user{entity: newEntity("AIDA", *in.UserName, in.Path)}
	out := &iamapi.CreateUserOutput{}
	return out, s.update(ctx, func(tx resource.Tx) error {
		if err := users.begin(tx, &u, in.PermissionsBoundary, in.Tags); err != nil {
			return err
		}
		shape, err := u.shape(tx)
		out.User = &shape
		return err
	})
}

// begin keeps a new identity with its boundary and tags.
func (h holder[T]) begin(tx resource.Tx, value *T, boundary *string, added []iamapi.Tag) error {
	e := h.of(value)
	if err := h.create(tx, value); err != nil {
		return err
	}
	if resource.Value(boundary) != "" {
		if err := h.bound(tx, e, *boundary); err != nil {
			return err
		}
		if err := h.put(tx, value); err != nil {
			return err
		}
	}
	return addTags(tx, h.arn(tx, e), added)
}

// GetUser returns a user, the caller's own if none is named.
func (s *Service) GetUser(ctx context.Context, in *iamapi.GetUserInput) (*iamapi.GetUserOutput, error) {
	out := &iamapi.GetUserOutput{}
	principal := cloud.CallOf(ctx).Principal
	if in.UserName == nil && principal.Type == cloud.Root {
		out.User = &iamapi.User{Arn: &principal.ARN, UserId: &principal.ID, CreateDate: &rootMade}
		return out, nil
	}
	return out, s.view(ctx, func(r resource.Reader) error {
		u, err := userOr(ctx, r, in.UserName)
		if err != nil {
			return err
		}
		shape, err := u.shape(r)
		out.User = &shape
		return err
	})
}

// userOr returns the user of a name, or the caller without one.
func userOr(ctx context.Context, r resource.Reader, name *string) (user, error) {
	name, err := nameOr(ctx, name)
	if err != nil {
		return user{}, err
	}
	return users.get(r, name)
}

// nameOr returns a user's name, the caller's without one.
func nameOr(ctx context.Context, name *string) (*string, error) {
	if name != nil {
		return name, nil
	}
	p := cloud.CallOf(ctx).Principal
	if p.Type != cloud.IAMUser {
		return nil, errValidation("Must specify userName when calling with non-User credentials")
	}
	return &p.Name, nil
}

// ListUsers returns a page of the users.
func (s *Service) ListUsers(ctx context.Context, in *iamapi.ListUsersInput) (*iamapi.ListUsersOutput, error) {
	out := &iamapi.ListUsersOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), users.kind.From(r), func(u user) (iamapi.User, bool, error) {
			return u.plain(r), below(u.Path, in.PathPrefix), nil
		})
		out.Users, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// UpdateUser gives a user another name or path. Keys, groups and policies stay.
func (s *Service) UpdateUser(ctx context.Context, in *iamapi.UpdateUserInput) (*iamapi.UpdateUserOutput, error) {
	return &iamapi.UpdateUserOutput{}, s.update(ctx, func(tx resource.Tx) error {
		u, err := users.get(tx, in.UserName)
		if err != nil {
			return err
		}
		before := u.Name
		if err := users.rename(tx, &u, in.NewUserName, in.NewPath); err != nil {
			return err
		}
		for _, name := range u.Groups {
			if err := members.Discard(tx, name, folded(before)); err != nil {
				return err
			}
			if err := members.Put(tx, u.Name, name, folded(u.Name)); err != nil {
				return err
			}
		}
		for _, serial := range u.Devices {
			if err := devices.Change(tx, func(d *device) error { d.User = u.Name; return nil }, serial); err != nil {
				return err
			}
		}
		for _, id := range u.Keys {
			if err := changeKey(tx, id, func(k *key) { k.User = u.Name }); err != nil {
				return err
			}
		}
		return nil
	})
}

// rename gives an identity another name and path, and takes along what is kept by
// these.
func (h holder[T]) rename(tx resource.Tx, value *T, name, path *string) error {
	e := h.of(value)
	before, was := *e, h.arn(tx, e)
	e.Name, e.Path = resource.Or(name, e.Name), resource.Or(path, e.Path)
	if folded(e.Name) != folded(before.Name) {
		if err := h.kind.Delete(tx, folded(before.Name)); err != nil {
			return err
		}
		if err := h.create(tx, value); err != nil {
			return err
		}
	}
	if err := h.put(tx, value); err != nil {
		return err
	}
	used := map[string][]string{usedAsPolicy: e.Attached}
	if e.Boundary != "" {
		used[usedAsBoundary] = []string{e.Boundary}
	}
	for usage, policies := range used {
		for _, policyARN := range policies {
			if err := uses.Discard(tx, policyARN, usage, h.noun, folded(before.Name)); err != nil {
				return err
			}
			if err := uses.Put(tx, e.use(), policyARN, usage, h.noun, folded(e.Name)); err != nil {
				return err
			}
		}
	}
	return moveTags(tx, was, h.arn(tx, e))
}

// DeleteUser removes a user who has nothing left.
func (s *Service) DeleteUser(ctx context.Context, in *iamapi.DeleteUserInput) (*iamapi.DeleteUserOutput, error) {
	return &iamapi.DeleteUserOutput{}, s.update(ctx, func(tx resource.Tx) error {
		u, err := users.get(tx, in.UserName)
		if err != nil {
			return err
		}
		if err := u.removable(); err != nil {
			return err
		}
		return users.end(tx, &u)
	})
}

// removable says why a user cannot be deleted yet.
func (u *user) removable() error {
	switch {
	case len(u.Groups) > 0:
		return errConflict("remove users from group")
	case len(u.Keys) > 0:
		return errConflict("delete access keys")
	case u.Login != nil:
		return errConflict("delete login profile")
	case len(u.Devices) > 0:
		return errConflict("delete MFA device")
	case len(u.Certificates) > 0:
		return errConflict("delete signing certificate")
	case len(u.SSHKeys) > 0:
		return errConflict("delete SSH public keys")
	case len(u.Services) > 0:
		return errConflict("delete service specific credentials")
	}
	return u.entity.removable()
}

// end removes an identity, with its tags and its boundary's use.
func (h holder[T]) end(tx resource.Tx, value *T) error {
	e := h.of(value)
	if err := h.bound(tx, e, ""); err != nil {
		return err
	}
	if err := tags.Delete(tx, h.arn(tx, e)); err != nil {
		return err
	}
	return h.kind.Delete(tx, folded(e.Name))
}

// plain returns a user as IAM lists it.
func (u *user) plain(r resource.Reader) iamapi.User {
	shape := iamapi.User{Path: &u.Path, UserName: &u.Name, UserId: &u.ID, Arn: new(users.arn(r, &u.entity)), CreateDate: &u.Created}
	if u.Login != nil && !u.Login.Used.IsZero() {
		shape.PasswordLastUsed = &u.Login.Used
	}
	return shape
}

// shape returns a user with what lists leave out.
func (u *user) shape(r resource.Reader) (shape iamapi.User, err error) {
	shape = u.plain(r)
	shape.PermissionsBoundary = u.boundaryShape()
	shape.Tags, err = tagsOf(r, *shape.Arn)
	return shape, err
}

// PutUserPermissionsBoundary sets the most that a user may be allowed.
func (s *Service) PutUserPermissionsBoundary(ctx context.Context, in *iamapi.PutUserPermissionsBoundaryInput) (*iamapi.PutUserPermissionsBoundaryOutput, error) {
	return nil, users.change(ctx, s, in.UserName, func(tx resource.Tx, _ *user, e *entity) error {
		return users.bound(tx, e, *in.PermissionsBoundary)
	})
}

// DeleteUserPermissionsBoundary takes a user's boundary away.
func (s *Service) DeleteUserPermissionsBoundary(ctx context.Context, in *iamapi.DeleteUserPermissionsBoundaryInput) (*iamapi.DeleteUserPermissionsBoundaryOutput, error) {
	return nil, users.unbound(ctx, s, in.UserName)
}
