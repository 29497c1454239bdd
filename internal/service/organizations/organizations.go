// Package organizations is AWS Organizations, and knows which accounts the server has.
//
// An account is made in one transaction: it exists whole, with the role by which its
// organization reaches it, or not at all. A change holds with the very next call:
// what whoever decides about calls asks, the place of an account and the policies on
// the way to it, is kept compiled in memory until a change makes it old. What those
// policies mean is package policy's business.
//
// Accounts belong to the server and lie in one place; what an organization consists
// of lies with its management account. Both are one for all regions.
package organizations

import (
	"context"
	"errors"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// Identities makes what a new account needs of IAM, in the transaction that makes the
// account.
type Identities interface {
	// AddAccessRole gives an account the role by which another one administers it.
	AddAccessRole(tx state.Tx, account cloud.Account, name string, trusted cloud.Account) error
	// AddLinkedRole gives an account the role that a service of AWS acts by, unless it
	// has it.
	AddLinkedRole(tx state.Tx, account cloud.Account, service, description string) error
}

// Config is what a Service needs to know.
type Config struct {
	// First is the account that the server was started with, and whose root user may
	// make others. It is always there. Without a name it is called "management".
	First First
	// Eager answers CreateAccount with what came of it, where AWS says that it is in
	// progress, lets policies be attached whose type is not enabled, gives new
	// organizations AWS's own from the start, and accounts no role of Organizations.
	Eager bool
	// Moved is told, in the transaction that does it, that an account goes from an
	// organization to another one; each is an ID, or empty for none. It may be nil.
	Moved func(tx state.Tx, account cloud.Account, from, to string) error
}

// First is the account that a server was started with.
type First struct {
	ID          cloud.Account
	Name, Email string
}

// Service answers AWS Organizations's operations. It tells whoever decides about calls
// which accounts belong together, and by which policies they are bound.
type Service struct {
	cfg        Config
	state      state.Store
	identities Identities
	places     *places
}

// New returns a Service that keeps accounts and organizations in store.
func New(cfg Config, store state.Store, identities Identities) *Service {
	if cfg.First.Name == "" {
		cfg.First.Name = "management"
	}
	if cfg.First.Email == "" {
		cfg.First.Email = emailOf(cfg.First.ID)
	}
	return &Service{cfg: cfg, state: store, identities: identities, places: &places{}}
}

// emailOf is the address of an account that was given none. Nobody has it: the domain
// is reserved.
func emailOf(account cloud.Account) string { return "root@" + string(account) + ".example" }

// org is an organization within a transaction. Its documents lie with its management
// account.
type org struct {
	organization

	service    *Service
	r          resource.Reader
	tx         resource.Tx // nil where nothing may be changed
	all        resource.Reader
	management cloud.Account
}

// everywhere is where documents lie that belong to no account: the accounts
// themselves.
func everywhere(r state.Reader) resource.Reader { return reader{r, cloud.Scope{}} }

// of is where the documents of an organization lie.
func of(r state.Reader, management cloud.Account) resource.Reader {
	return reader{r, cloud.Scope{Account: management}}
}

type reader struct {
	state.Reader

	scope cloud.Scope
}

// Scope implements resource.Reader.
func (r reader) Scope() cloud.Scope { return r.scope }

// writer is reader for a transaction that changes something.
type writer struct {
	state.Tx

	scope cloud.Scope
}

// Scope implements resource.Tx.
func (t writer) Scope() cloud.Scope { return t.scope }

// everywhere is where an organization's transaction changes accounts.
func (o *org) everywhere() resource.Tx { return writer{o.tx, cloud.Scope{}} }

// save keeps what is known of the organization itself.
func (o *org) save() error { return organizations.Put(o.tx, o.organization, whole) }

// view calls fn with the organization of the caller's account, if that account may do
// what is asked.
func (s *Service) view(ctx context.Context, a ask, fn func(o *org) error) error {
	return s.state.View(ctx, func(r state.Reader) error {
		o, err := s.asked(ctx, r, a)
		if err != nil {
			return err
		}
		return badToken(fn(o))
	})
}

// badToken gives the error about a token that continues no listing AWS's word for it: no
// other of its code has none.
func badToken(err error) error {
	if e, ok := errors.AsType[*cloud.Error](err); ok && e.Code == "InvalidInputException" && e.Fields == nil {
		return withReason(e, "INVALID_NEXT_TOKEN")
	}
	return err
}

// update is view for what changes something. What is in memory of the places of
// accounts is old once that is on disk, before update returns.
func (s *Service) update(ctx context.Context, a ask, fn func(o *org) error) error {
	return s.state.Update(ctx, func(tx state.Tx) error {
		tx.AfterCommit(s.places.forget)
		o, err := s.asked(ctx, tx, a)
		if err != nil {
			return err
		}
		o.change(tx)
		return fn(o)
	})
}

// moved tells that an account goes from an organization to another one.
func (s *Service) moved(tx state.Tx, account cloud.Account, from, to string) error {
	if s.cfg.Moved == nil {
		return nil
	}
	return s.cfg.Moved(tx, account, from, to)
}

// change lets an organization be changed by a transaction.
func (o *org) change(tx state.Tx) { o.tx = writer{tx, cloud.Scope{Account: o.management}} }

// load returns the organization of a management account.
func (s *Service) load(r state.Reader, management cloud.Account) (*org, error) {
	o := &org{service: s, r: of(r, management), all: everywhere(r), management: management}
	var err error
	o.organization, err = organizations.Get(o.r, whole)
	return o, err
}

// in returns the organization that an account belongs to, or AWS's error where it is in
// none.
func (s *Service) in(r state.Reader, id cloud.Account) (*org, error) {
	a, err := s.account(everywhere(r), id)
	if err != nil {
		return nil, err
	}
	if a.Organization == "" {
		return nil, errNotInUse()
	}
	return s.load(r, a.Organization)
}

// insert adds a name to a sorted list, and reports whether it was not there.
func insert(list *[]string, name string) bool {
	at, found := slices.BinarySearch(*list, name)
	if !found {
		*list = slices.Insert(*list, at, name)
	}
	return !found
}
