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

// specific is a user's name and password for one service alone, as it is kept.
type specific struct {
	ID, Service, Name string
	Password          []byte // sealed
	Inactive          bool   `json:",omitempty"`
	Created           time.Time
	Expires           time.Time `json:",omitzero"`
}

// maxSpecific is how many a user may have for a service.
const maxSpecific = 2

func (s *Service) specificPassword(id string) (password string, sealed []byte, err error) {
	password = newSecret()
	sealed, err = s.sealer.Seal([]byte(password), []byte("iam/specific/"+id))
	if err != nil {
		err = fmt.Errorf("seal a password: %w", err)
	}
	return password, sealed, err
}

// CreateServiceSpecificCredential gives a user a name and password for one service. The
// password is told this once.
func (s *Service) CreateServiceSpecificCredential(ctx context.Context, in *iamapi.CreateServiceSpecificCredentialInput) (*iamapi.CreateServiceSpecificCredentialOutput, error) {
	if !slices.Contains([]string{"codecommit.amazonaws.com", "cassandra.amazonaws.com"}, *in.ServiceName) {
		return nil, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "No such service %s is supported for Service Specific Credentials", *in.ServiceName)
	}
	out := &iamapi.CreateServiceSpecificCredentialOutput{}
	return out, s.changeUser(ctx, in.UserName, func(tx resource.Tx, u *user) error {
		n := 0
		for _, c := range u.Services {
			if c.Service == *in.ServiceName {
				n++
			}
		}
		if n >= maxSpecific {
			return errQuota("ServiceSpecificCredentialsPerUser", maxSpecific)
		}
		c := specific{ID: newID("ACCA"), Service: *in.ServiceName, Name: u.Name + "-at-" + string(accountOf(tx)), Created: *resource.Now(time.Second)}
		if n > 0 {
			c.Name += fmt.Sprintf("+%d", n)
		}
		if in.CredentialAgeDays != nil {
			c.Expires = c.Created.AddDate(0, 0, int(*in.CredentialAgeDays))
		}
		password, sealed, err := s.specificPassword(c.ID)
		c.Password = sealed
		u.Services = append(u.Services, c)
		out.ServiceSpecificCredential = c.shape(u, password)
		return err
	})
}

func (c *specific) shape(u *user, password string) *iamapi.ServiceSpecificCredential {
	shape := &iamapi.ServiceSpecificCredential{
		CreateDate: &c.Created, ServiceName: &c.Service, ServiceUserName: &c.Name, ServicePassword: &password,
		ServiceSpecificCredentialId: &c.ID, UserName: &u.Name, Status: new(status(c.Inactive)),
	}
	if !c.Expires.IsZero() {
		shape.ExpirationDate = &c.Expires
	}
	return shape
}

// ListServiceSpecificCredentials returns a user's, without passwords.
func (s *Service) ListServiceSpecificCredentials(ctx context.Context, in *iamapi.ListServiceSpecificCredentialsInput) (*iamapi.ListServiceSpecificCredentialsOutput, error) {
	out := &iamapi.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: []iamapi.ServiceSpecificCredentialMetadata{}}
	add := func(u *user) {
		for i := range u.Services {
			c := &u.Services[i]
			if in.ServiceName != nil && *in.ServiceName != c.Service {
				continue
			}
			shape := iamapi.ServiceSpecificCredentialMetadata{
				UserName: &u.Name, Status: new(status(c.Inactive)), ServiceUserName: &c.Name, CreateDate: &c.Created,
				ServiceSpecificCredentialId: &c.ID, ServiceName: &c.Service,
			}
			if !c.Expires.IsZero() {
				shape.ExpirationDate = &c.Expires
			}
			out.ServiceSpecificCredentials = append(out.ServiceSpecificCredentials, shape)
		}
	}
	return out, s.view(ctx, func(r resource.Reader) error {
		if !resource.Value(in.AllUsers) {
			u, err := userOr(ctx, r, in.UserName)
			add(&u)
			return err
		}
		for entry, err := range users.kind.List(r) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			add(&entry.Value)
		}
		return nil
	})
}

// ResetServiceSpecificCredential gives another password, which is told this once.
func (s *Service) ResetServiceSpecificCredential(ctx context.Context, in *iamapi.ResetServiceSpecificCredentialInput) (*iamapi.ResetServiceSpecificCredentialOutput, error) {
	out := &iamapi.ResetServiceSpecificCredentialOutput{}
	return out, s.changeSpecific(ctx, in.UserName, *in.ServiceSpecificCredentialId, func(u *user, at int) (err error) {
		c := &u.Services[at]
		var password string
		password, c.Password, err = s.specificPassword(c.ID)
		out.ServiceSpecificCredential = c.shape(u, password)
		return err
	})
}

// UpdateServiceSpecificCredential makes one active or inactive.
func (s *Service) UpdateServiceSpecificCredential(ctx context.Context, in *iamapi.UpdateServiceSpecificCredentialInput) (*iamapi.UpdateServiceSpecificCredentialOutput, error) {
	return nil, s.changeSpecific(ctx, in.UserName, *in.ServiceSpecificCredentialId, func(u *user, at int) error {
		u.Services[at].Inactive = *in.Status != "Active"
		return nil
	})
}

// DeleteServiceSpecificCredential removes one.
func (s *Service) DeleteServiceSpecificCredential(ctx context.Context, in *iamapi.DeleteServiceSpecificCredentialInput) (*iamapi.DeleteServiceSpecificCredentialOutput, error) {
	return nil, s.changeSpecific(ctx, in.UserName, *in.ServiceSpecificCredentialId, func(u *user, at int) error {
		u.Services = slices.Delete(u.Services, at, at+1)
		return nil
	})
}

func (s *Service) changeSpecific(ctx context.Context, name *string, id string, change func(u *user, at int) error) error {
	return s.changeUser(ctx, name, func(_ resource.Tx, u *user) error {
		at := slices.IndexFunc(u.Services, func(c specific) bool { return c.ID == id })
		if at < 0 {
			return cloud.Errorf(cloud.NotFound, "NoSuchEntity", "No such credential %s exists", id)
		}
		return change(u, at)
	})
}
