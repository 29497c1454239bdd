package organizations

import (
	"context"
	"errors"
	"slices"
	"time"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
)

// The states of the making of an account.
const (
	inProgress = "IN_PROGRESS"
	succeeded  = "SUCCEEDED"
	failed     = "FAILED"
)

// maxAccounts is how many accounts an organization can have.
const maxAccounts = 10_000

// creation is what came of a call of CreateAccount.
type creation struct {
	ID        string
	Name      string
	State     string
	Requested time.Time
	Account   string `json:",omitempty"`
	Reason    string `json:",omitempty"` // why it failed, in AWS's word
}

// shape is a creation as it is answered.
func (c *creation) shape() *api.CreateAccountStatus {
	shape := &api.CreateAccountStatus{
		Id: &c.ID, AccountName: &c.Name, State: &c.State, RequestedTimestamp: &c.Requested, CompletedTimestamp: &c.Requested,
	}
	if c.Account != "" {
		shape.AccountId = &c.Account
	}
	if c.Reason != "" {
		shape.FailureReason = &c.Reason
	}
	return shape
}

// CreateAccount makes an account that is a member of the organization. It is whole when
// the call is answered; that it is, or why it is not, DescribeCreateAccountStatus says.
func (s *Service) CreateAccount(ctx context.Context, in *api.CreateAccountInput) (*api.CreateAccountOutput, error) {
	out := &api.CreateAccountOutput{}
	return out, s.update(ctx, ask{action: "CreateAccount"}, func(o *org) error {
		n, err := count(ctx, members.From(o.r), maxAccounts)
		if err != nil {
			return err
		}
		if n >= maxAccounts {
			return errConstraint("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the number of accounts that an organization can have: %d.", maxAccounts)
		}
		c := creation{ID: newID("car-", 32), Name: *in.AccountName, State: succeeded, Requested: *resource.Now(time.Millisecond)}
		opening := Opening{Name: *in.AccountName, Email: *in.Email, Role: resource.Value(in.RoleName)}
		if err := o.open(&c, opening, in.Tags); err != nil {
			return err
		}
		if err := creations.Put(o.tx, c, c.ID); err != nil {
			return err
		}
		if err := created.Put(o.tx, c.ID, order(time.Now(), c.ID)); err != nil {
			return err
		}
		out.CreateAccountStatus = c.shape()
		if !s.cfg.Eager {
			begun := creation{ID: c.ID, Name: c.Name, State: inProgress, Requested: c.Requested}
			out.CreateAccountStatus = begun.shape()
			out.CreateAccountStatus.CompletedTimestamp = nil
		}
		return nil
	})
}

// open makes the account that a creation is about, or notes why it cannot be made.
func (o *org) open(c *creation, opening Opening, with []api.Tag) error {
	if !validEmail(opening.Email) {
		c.State, c.Reason = failed, "INVALID_EMAIL"
		return nil
	}
	a, _, err := o.service.create(o.everywhere(), o, opening)
	if errors.Is(err, errEmailTaken) {
		c.State, c.Reason = failed, "EMAIL_ALREADY_EXISTS"
		return nil
	}
	if err != nil {
		return err
	}
	c.Account = string(a.ID)
	return o.tag(o.arnOf(c.Account), with)
}

// DescribeCreateAccountStatus says what came of a call of CreateAccount.
func (s *Service) DescribeCreateAccountStatus(ctx context.Context, in *api.DescribeCreateAccountStatusInput) (*api.DescribeCreateAccountStatusOutput, error) {
	out := &api.DescribeCreateAccountStatusOutput{}
	return out, s.view(ctx, ask{action: "DescribeCreateAccountStatus"}, func(o *org) error {
		c, found, err := creations.Find(o.r, *in.CreateAccountRequestId)
		if err == nil && !found {
			err = cloud.Errorf(cloud.NotFound, "CreateAccountStatusNotFoundException", "You specified a create account request ID that doesn't exist.")
		}
		out.CreateAccountStatus = c.shape()
		return err
	})
}

// ListCreateAccountStatus returns a page of what came of calls of CreateAccount.
func (s *Service) ListCreateAccountStatus(ctx context.Context, in *api.ListCreateAccountStatusInput) (*api.ListCreateAccountStatusOutput, error) {
	out := &api.ListCreateAccountStatusOutput{}
	return out, s.view(ctx, ask{action: "ListCreateAccountStatus"}, func(o *org) error {
		var err error
		out.CreateAccountStatuses, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), created.From(o.r),
			func(id string) (api.CreateAccountStatus, bool, error) {
				c, err := creations.Get(o.r, id)
				return *c.shape(), len(in.States) == 0 || slices.Contains(in.States, c.State), err
			})
		return err
	})
}
