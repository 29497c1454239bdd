package organizations

import (
	"context"
	"fmt"
	"time"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// member returns an account of the organization, or missing where there is none of that
// ID: an account that is not in the organization is as good as none.
func (o *org) member(id string, missing func() error) (account, error) {
	a, err := o.service.account(o.all, cloud.Account(id))
	if err != nil && cloud.KindOf(err) == cloud.NotFound || err == nil && a.Organization != o.management {
		err = missing()
	}
	return a, err
}

// shape is an account as it is answered.
func (o *org) accountShape(a *account) *api.Account {
	return &api.Account{
		Id: new(string(a.ID)), Arn: new(o.arnOf(string(a.ID))), Name: &a.Name, Email: &a.Email, Status: new(a.status()), State: new(a.status()),
		JoinedMethod: &a.Method, JoinedTimestamp: &a.Joined,
	}
}

// join makes an account a member of the organization, in its root.
func (o *org) join(a *account, method string) error {
	a.Organization, a.Parent, a.Joined, a.Method = o.management, o.Root, *resource.Now(time.Millisecond), method
	a.Order = order(time.Now(), string(a.ID))
	if err := members.Put(o.tx, a.ID, a.Order); err != nil {
		return err
	}
	if err := children.Put(o.tx, string(a.ID), a.Parent, ofAccount, a.Order); err != nil {
		return err
	}
	if err := o.attachProvided(target{id: string(a.ID), kind: ofAccount, order: a.Order, policies: &a.Policies}); err != nil {
		return err
	}
	if err := o.service.link(o.everywhere(), a); err != nil {
		return err
	}
	if err := o.service.moved(o.everywhere(), a.ID, "", o.ID); err != nil {
		return err
	}
	return a.put(o.everywhere())
}

// link gives an account the role by which Organizations acts in it.
func (s *Service) link(all resource.Tx, a *account) error {
	if s.cfg.Eager {
		return nil
	}
	a.Linked = true
	const description = "Service-linked role used by AWS Organizations to enable integration of other AWS services with Organizations."
	return s.identities.AddLinkedRole(all, a.ID, "organizations.amazonaws.com", description)
}

// LinkEarlier gives the role of Organizations to members that joined when there was none.
// Each gets it once: who deletes it later is not given it again.
func (s *Service) LinkEarlier(ctx context.Context) error {
	var lacking []account
	err := s.state.View(ctx, func(r state.Reader) error {
		for entry, err := range accounts.List(everywhere(r)) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if a := entry.Value; a.Organization != "" && !a.Linked && !s.cfg.Eager {
				lacking = append(lacking, a)
			}
		}
		return nil
	})
	if err != nil || len(lacking) == 0 {
		return err
	}
	return s.state.Update(ctx, func(tx state.Tx) error {
		all := writer{tx, cloud.Scope{}}
		for _, a := range lacking {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := s.link(all, &a); err != nil {
				return fmt.Errorf("the role of Organizations in account %s: %w", a.ID, err)
			}
			if err := a.put(all); err != nil {
				return err
			}
		}
		return nil
	})
}

// leave takes an account out of the organization, and its policies and tags with it.
func (o *org) leave(a *account) error {
	for _, policy := range a.Policies {
		if err := targets.Discard(o.tx, policy, a.Order); err != nil {
			return err
		}
	}
	if err := children.Discard(o.tx, a.Parent, ofAccount, a.Order); err != nil {
		return err
	}
	if err := members.Discard(o.tx, a.Order); err != nil {
		return err
	}
	if err := tags.Delete(o.tx, o.arnOf(string(a.ID))); err != nil {
		return err
	}
	if err := o.service.moved(o.everywhere(), a.ID, o.ID, ""); err != nil {
		return err
	}
	*a = account{ID: a.ID, Name: a.Name, Email: a.Email, Created: a.Created, Closed: a.Closed}
	return a.put(o.everywhere())
}

// DescribeAccount returns an account of the organization.
func (s *Service) DescribeAccount(ctx context.Context, in *api.DescribeAccountInput) (*api.DescribeAccountOutput, error) {
	out := &api.DescribeAccountOutput{}
	return out, s.view(ctx, ask{action: "DescribeAccount", on: *in.AccountId}, func(o *org) error {
		a, err := o.member(*in.AccountId, errNoAccount)
		out.Account = o.accountShape(&a)
		return err
	})
}

// ListAccounts returns a page of the organization's accounts.
func (s *Service) ListAccounts(ctx context.Context, in *api.ListAccountsInput) (*api.ListAccountsOutput, error) {
	out := &api.ListAccountsOutput{}
	return out, s.view(ctx, ask{action: "ListAccounts"}, func(o *org) error {
		var err error
		out.Accounts, out.NextToken, err = resource.Page(ctx, pageOf(in, in.NextToken, in.MaxResults, mostAccounts), members.From(o.r),
			func(id cloud.Account) (api.Account, bool, error) {
				a, err := o.member(string(id), errNoAccount)
				return *o.accountShape(&a), true, err
			})
		return err
	})
}

// mostAccounts is how many a page of accounts has at most.
const mostAccounts = 100

// ListAccountsForParent returns a page of the accounts in the root or a unit.
func (s *Service) ListAccountsForParent(ctx context.Context, in *api.ListAccountsForParentInput) (*api.ListAccountsForParentOutput, error) {
	out := &api.ListAccountsForParentOutput{}
	return out, s.view(ctx, ask{action: "ListAccountsForParent", on: *in.ParentId}, func(o *org) error {
		if _, err := o.parent(*in.ParentId, errNoParent); err != nil {
			return err
		}
		var err error
		out.Accounts, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), children.From(o.r, *in.ParentId, ofAccount),
			func(id string) (api.Account, bool, error) {
				a, err := o.member(id, errNoAccount)
				return *o.accountShape(&a), true, err
			})
		return err
	})
}

// MoveAccount moves an account from the root or a unit to another.
func (s *Service) MoveAccount(ctx context.Context, in *api.MoveAccountInput) (*api.MoveAccountOutput, error) {
	return nil, s.update(ctx, ask{action: "MoveAccount", on: *in.AccountId}, func(o *org) error {
		a, err := o.member(*in.AccountId, errNoAccount)
		if err != nil {
			return err
		}
		if _, err := o.parent(*in.SourceParentId, func() error {
			return cloud.Errorf(cloud.NotFound, "SourceParentNotFoundException", "You specified a source parent that doesn't exist.")
		}); err != nil {
			return err
		}
		if _, err := o.parent(*in.DestinationParentId, func() error {
			return cloud.Errorf(cloud.NotFound, "DestinationParentNotFoundException", "You specified a destination parent that doesn't exist.")
		}); err != nil {
			return err
		}
		switch a.Parent {
		case *in.DestinationParentId:
			return cloud.Errorf(cloud.Conflict, "DuplicateAccountException", "The account is already in the destination container.")
		case *in.SourceParentId:
		default:
			return errNoAccount()
		}
		if err := children.Discard(o.tx, a.Parent, ofAccount, a.Order); err != nil {
			return err
		}
		a.Parent = *in.DestinationParentId
		if err := children.Put(o.tx, string(a.ID), a.Parent, ofAccount, a.Order); err != nil {
			return err
		}
		return a.put(o.everywhere())
	})
}

// RemoveAccountFromOrganization takes a member out of the organization.
func (s *Service) RemoveAccountFromOrganization(ctx context.Context, in *api.RemoveAccountFromOrganizationInput) (*api.RemoveAccountFromOrganizationOutput, error) {
	return nil, s.update(ctx, ask{action: "RemoveAccountFromOrganization", on: *in.AccountId}, func(o *org) error {
		a, err := o.member(*in.AccountId, errNoAccount)
		if err != nil {
			return err
		}
		return o.remove(&a)
	})
}

// CloseAccount closes a member: its keys and sessions hold no longer. It stays in the
// organization.
func (s *Service) CloseAccount(ctx context.Context, in *api.CloseAccountInput) (*api.CloseAccountOutput, error) {
	return nil, s.update(ctx, ask{action: "CloseAccount", on: *in.AccountId}, func(o *org) error {
		a, err := o.member(*in.AccountId, errNoAccount)
		if err != nil {
			return err
		}
		return a.close(o.everywhere())
	})
}
