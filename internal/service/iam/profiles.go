package iam

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// profile is an instance profile as it is kept.
type profile struct {
	Name, Path, ID string
	Created        time.Time
	Role           string `json:",omitempty"` // its folded name; empty for none
}

var (
	profiles = resource.Kind[profile]{
		Name: "iam/instance-profile", Missing: missing("Instance Profile %s cannot be found."), Taken: taken("Instance Profile %s already exists."),
	}
	// carriers are the instance profiles of roles: below a role's folded name, by theirs.
	carriers = resource.Kind[string]{Name: "iam/carrier"}
)

// CreateInstanceProfile makes an instance profile, which has no role yet.
func (s *Service) CreateInstanceProfile(ctx context.Context, in *iamapi.CreateInstanceProfileInput) (*iamapi.CreateInstanceProfileOutput, error) {
	p := profile{Name: *in.InstanceProfileName, Path: resource.Or(in.Path, "/"), ID: newID("AIPA"), Created: *resource.Now(time.Second)}
	out := &iamapi.CreateInstanceProfileOutput{}
	return out, s.update(ctx, func(tx resource.Tx) error {
		_, found, err := profiles.Find(tx, folded(p.Name))
		if err == nil && found {
			err = profiles.Taken(p.Name)
		}
		if err == nil {
			err = profiles.Put(tx, p, folded(p.Name))
		}
		if err == nil {
			err = addTags(tx, p.arn(tx), in.Tags)
		}
		if err != nil {
			return err
		}
		shape, err := p.shape(tx)
		out.InstanceProfile = &shape
		return err
	})
}

// getProfile returns an instance profile.
func getProfile(r resource.Reader, name *string) (profile, error) {
	p, found, err := profiles.Find(r, folded(*name))
	if err == nil && !found {
		err = profiles.Missing(*name)
	}
	return p, err
}

// GetInstanceProfile returns an instance profile with its role.
func (s *Service) GetInstanceProfile(ctx context.Context, in *iamapi.GetInstanceProfileInput) (*iamapi.GetInstanceProfileOutput, error) {
	out := &iamapi.GetInstanceProfileOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		p, err := getProfile(r, in.InstanceProfileName)
		if err != nil {
			return err
		}
		shape, err := p.shape(r)
		if shape.Tags == nil {
			shape.Tags = []iamapi.Tag{} // which are told here even where there are none
		}
		out.InstanceProfile = &shape
		return err
	})
}

// ListInstanceProfiles returns a page of the instance profiles.
func (s *Service) ListInstanceProfiles(ctx context.Context, in *iamapi.ListInstanceProfilesInput) (*iamapi.ListInstanceProfilesOutput, error) {
	out := &iamapi.ListInstanceProfilesOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), profiles.From(r), func(p profile) (iamapi.InstanceProfile, bool, error) {
			shape, err := p.shape(r)
			shape.Tags = nil
			return shape, below(p.Path, in.PathPrefix), err
		})
		out.InstanceProfiles, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// ListInstanceProfilesForRole returns a page of the instance profiles that have a role.
func (s *Service) ListInstanceProfilesForRole(ctx context.Context, in *iamapi.ListInstanceProfilesForRoleInput) (*iamapi.ListInstanceProfilesForRoleOutput, error) {
	out := &iamapi.ListInstanceProfilesForRoleOutput{}
	return out, s.view(ctx, func(r resource.Reader) error {
		found, err := roles.get(r, in.RoleName)
		if err != nil {
			return err
		}
		page, marker, err := resource.Page(ctx, paging(in, in.Marker, in.MaxItems), carriers.From(r, folded(found.Name)), func(name string) (iamapi.InstanceProfile, bool, error) {
			p, err := getProfile(r, &name)
			if err != nil {
				return iamapi.InstanceProfile{}, false, err
			}
			shape, err := p.shape(r)
			return shape, true, err
		})
		out.InstanceProfiles, out.Marker, out.IsTruncated = page, marker, new(marker != nil)
		return err
	})
}

// AddRoleToInstanceProfile gives an instance profile its role. It can have one.
func (s *Service) AddRoleToInstanceProfile(ctx context.Context, in *iamapi.AddRoleToInstanceProfileInput) (*iamapi.AddRoleToInstanceProfileOutput, error) {
	return nil, s.changeProfile(ctx, in.InstanceProfileName, func(tx resource.Tx, p *profile) error {
		r, err := roles.get(tx, in.RoleName)
		switch {
		case err != nil:
			return err
		case r.Linked != "":
			return errProtected(r.Name)
		case p.Role != "":
			return errQuota("InstanceSessionsPerInstanceProfile", 1)
		}
		p.Role = folded(r.Name)
		return carriers.Put(tx, p.Name, p.Role, folded(p.Name))
	})
}

// RemoveRoleFromInstanceProfile takes the role from an instance profile.
func (s *Service) RemoveRoleFromInstanceProfile(ctx context.Context, in *iamapi.RemoveRoleFromInstanceProfileInput) (*iamapi.RemoveRoleFromInstanceProfileOutput, error) {
	return nil, s.changeProfile(ctx, in.InstanceProfileName, func(tx resource.Tx, p *profile) error {
		r, err := roles.get(tx, in.RoleName)
		if err != nil {
			return err
		}
		if p.Role != folded(r.Name) {
			return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "Role %s in Instance Profile %s cannot be found.", r.Name, p.Name)
		}
		p.Role = ""
		return carriers.Discard(tx, folded(r.Name), folded(p.Name))
	})
}

func (s *Service) changeProfile(ctx context.Context, name *string, change func(resource.Tx, *profile) error) error {
	return s.update(ctx, func(tx resource.Tx) error {
		p, err := getProfile(tx, name)
		if err != nil {
			return err
		}
		if err := change(tx, &p); err != nil {
			return err
		}
		return profiles.Put(tx, p, folded(p.Name))
	})
}

// DeleteInstanceProfile removes an instance profile that has no role.
func (s *Service) DeleteInstanceProfile(ctx context.Context, in *iamapi.DeleteInstanceProfileInput) (*iamapi.DeleteInstanceProfileOutput, error) {
	return nil, s.update(ctx, func(tx resource.Tx) error {
		p, err := getProfile(tx, in.InstanceProfileName)
		switch {
		case err != nil:
			return err
		case p.Role != "":
			return errConflict("remove roles from instance profile")
		}
		if err := tags.Delete(tx, p.arn(tx)); err != nil {
			return err
		}
		return profiles.Delete(tx, folded(p.Name))
	})
}

func (p *profile) arn(r resource.Reader) string {
	return arn(accountOf(r), "instance-profile", p.Path, p.Name)
}

func (p *profile) shape(r resource.Reader) (iamapi.InstanceProfile, error) {
	shape := iamapi.InstanceProfile{
		Path: &p.Path, InstanceProfileName: &p.Name, InstanceProfileId: &p.ID, Arn: new(p.arn(r)), CreateDate: &p.Created, Roles: []iamapi.Role{},
	}
	if p.Role != "" {
		found, err := roles.get(r, &p.Role)
		if err != nil {
			return shape, err
		}
		shape.Roles = append(shape.Roles, found.plain(r))
	}
	var err error
	shape.Tags, err = tagsOf(r, *shape.Arn)
	return shape, err
}
