package organizations

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// The forms of what names an account.
var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	emailPattern   = regexp.MustCompile(`^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$`)
	namePattern    = regexp.MustCompile(`^[\x20-\x7e]{1,50}$`)
	rolePattern    = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
)

// maxEmail is how long an address may be, in characters.
const maxEmail = 64

// DefaultRole is the role by which an organization reaches an account, unless another
// name is given.
const DefaultRole = "OrganizationAccountAccessRole"

// Opening is what a new account of the server is to be.
type Opening struct {
	ID    cloud.Account // empty for one that is made up
	Name  string
	Email string // empty for one that nobody has
	// Alone leaves the account out of the organization of who makes it, where there
	// is one.
	Alone bool
	Role  string // by which its organization reaches it; empty for DefaultRole
}

// Account is an account of the server.
type Account struct {
	ID           cloud.Account `json:"id"`
	Name         string        `json:"name"`
	Email        string        `json:"email"`
	Status       string        `json:"status"`                 // ACTIVE or SUSPENDED
	Organization string        `json:"organization,omitempty"` // the ID of the one that it is in
	Management   cloud.Account `json:"management,omitempty"`   // the account that manages that
	Parent       string        `json:"parent,omitempty"`       // the root or unit that it is in
	Role         string        `json:"role,omitempty"`         // the ARN of the role that was made, by which its organization reaches it
	Created      time.Time     `json:"created"`
}

// account returns an account. The first one is there before anything is kept of it.
func (s *Service) account(all resource.Reader, id cloud.Account) (account, error) {
	a, found, err := accounts.Find(all, string(id))
	if err == nil && !found {
		a = account{ID: id, Name: s.cfg.First.Name, Email: s.cfg.First.Email, Created: firstMade}
		if id != s.cfg.First.ID {
			return account{}, errNoAccount()
		}
	}
	return a, err
}

// Hosts says whether an account is one of this server.
func (s *Service) Hosts(ctx context.Context, id cloud.Account) (here bool, err error) {
	return here, s.state.View(ctx, func(r state.Reader) error {
		_, err := s.account(everywhere(r), id)
		if here = err == nil; cloud.KindOf(err) == cloud.NotFound {
			return nil
		}
		return err
	})
}

// firstMade is when the first account was made: AWS tells a time, and here is none.
var firstMade = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// put keeps an account.
func (a *account) put(all resource.Tx) error { return accounts.Put(all, *a, string(a.ID)) }

// Open makes an account of the server, whose name must be no other's: so it is made once,
// however often its making is repeated by somebody who has not got the answer. also is called in the transaction that makes it,
// to add what belongs to it; an error of it leaves nothing. The caller's account is that of
// the call in ctx.
func (s *Service) Open(ctx context.Context, opening Opening, also func(tx state.Tx, id cloud.Account) error) (Account, error) {
	if err := opening.check(); err != nil {
		return Account{}, err
	}
	var made Account
	err := s.state.Update(ctx, func(tx state.Tx) error {
		tx.AfterCommit(s.places.forget)
		o, err := s.in(tx, cloud.CallOf(ctx).Account)
		switch {
		case err != nil && cloud.KindOf(err) == cloud.NotFound, opening.Alone:
			o = nil
		case err != nil:
			return err
		case o.management != cloud.CallOf(ctx).Account:
			return cloud.Errorf(cloud.Denied, "AccessDenied",
				"The account %s is a member of the organization of %s, and can make only accounts that stand alone.", cloud.CallOf(ctx).Account, o.management)
		default:
			o.change(tx)
		}
		if err := s.unnamed(ctx, everywhere(tx), opening.Name); err != nil {
			return err
		}
		a, role, err := s.create(writer{tx, cloud.Scope{}}, o, opening)
		if err != nil {
			return err
		}
		made = a.told(o)
		made.Role = role
		return also(tx, a.ID)
	})
	return made, err
}

// unnamed returns an error where there is an account of a name.
func (s *Service) unnamed(ctx context.Context, all resource.Reader, name string) error {
	taken := func(a *account) error {
		if a.Name != name {
			return nil
		}
		return cloud.Errorf(cloud.Conflict, "AccountAlreadyExists", "There is an account %q already: %s.", name, a.ID)
	}
	first, err := s.account(all, s.cfg.First.ID)
	if err != nil {
		return err
	}
	if err := taken(&first); err != nil {
		return err
	}
	for entry, err := range accounts.List(all) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = taken(&entry.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *Opening) check() error {
	var errs []error
	if o.ID != "" && !accountPattern.MatchString(string(o.ID)) {
		errs = append(errs, fmt.Errorf("%q is not the ID of an account: 12 digits are required", o.ID))
	}
	if !namePattern.MatchString(o.Name) || strings.TrimSpace(o.Name) == "" {
		errs = append(errs, errors.New("the name of an account has 1 to 50 printable ASCII characters"))
	}
	if o.Email != "" && !validEmail(o.Email) {
		errs = append(errs, fmt.Errorf("%q is not an address of 6 to %d characters, such as team@storage.example", o.Email, maxEmail))
	}
	if o.Role != "" && !rolePattern.MatchString(o.Role) {
		errs = append(errs, fmt.Errorf("%q is not the name of a role: 1 to 64 letters, digits and _+=,.@- are required", o.Role))
	}
	if len(errs) > 0 {
		return cloud.Errorf(cloud.Invalid, "InvalidInput", "%v", errors.Join(errs...))
	}
	return nil
}

// validEmail says whether something is an address, as far as that can be seen.
func validEmail(email string) bool {
	return len(email) >= 6 && len(email) <= maxEmail && emailPattern.MatchString(email)
}

// create makes an account, as a member of an organization unless that is nil. It returns
// the ARN of the role by which the organization reaches it.
func (s *Service) create(all resource.Tx, o *org, opening Opening) (a account, role string, err error) {
	if opening.ID == "" {
		if opening.ID, err = s.free(all); err != nil {
			return a, "", err
		}
	}
	if opening.Email == "" {
		opening.Email = emailOf(opening.ID)
	}
	switch _, err := s.account(all, opening.ID); {
	case err == nil:
		return a, "", cloud.Errorf(cloud.Conflict, "AccountAlreadyExists", "There is an account %s already.", opening.ID)
	case cloud.KindOf(err) != cloud.NotFound:
		return a, "", err
	}
	if err := s.claim(all, opening.Email, opening.ID); err != nil {
		return a, "", err
	}
	a = account{ID: opening.ID, Name: opening.Name, Email: opening.Email, Created: *resource.Now(time.Millisecond)}
	if o == nil {
		return a, "", a.put(all)
	}
	name := opening.Role
	if name == "" {
		name = DefaultRole
	}
	if err := s.identities.AddAccessRole(all, a.ID, name, o.management); err != nil {
		return a, "", err
	}
	role = cloud.ARN{Service: "iam", Account: a.ID, Resource: "role/" + name}.String()
	return a, role, o.join(&a, "CREATED")
}

// free returns an ID that no account has.
func (s *Service) free(all resource.Reader) (cloud.Account, error) {
	for {
		id := newAccountID()
		_, err := s.account(all, id)
		if err != nil && cloud.KindOf(err) == cloud.NotFound {
			return id, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// errEmailTaken is why there cannot be another account with an address.
var errEmailTaken = cloud.Errorf(cloud.Conflict, "EmailAlreadyExists", "There is an account with that address already.")

// claim notes that an address is an account's. Each account has one of its own.
func (s *Service) claim(all resource.Tx, email string, id cloud.Account) error {
	if strings.EqualFold(email, s.cfg.First.Email) && id != s.cfg.First.ID {
		return errEmailTaken
	}
	_, found, err := addresses.Find(all, strings.ToLower(email))
	if err != nil {
		return err
	}
	if found {
		return errEmailTaken
	}
	return addresses.Put(all, id, strings.ToLower(email))
}

// told is an account as it is told outside of AWS's operations.
func (a *account) told(o *org) Account {
	t := Account{ID: a.ID, Name: a.Name, Email: a.Email, Status: a.status(), Management: a.Organization, Parent: a.Parent, Created: a.Created}
	if o != nil {
		t.Organization = o.ID
	}
	return t
}

// status is AWS's word for whether an account is open.
func (a *account) status() string {
	if a.Closed.IsZero() {
		return "ACTIVE"
	}
	return "SUSPENDED"
}

// Accounts returns all accounts of the server, by ID.
func (s *Service) Accounts(ctx context.Context) (all []Account, err error) {
	err = s.state.View(ctx, func(r state.Reader) error {
		organized := map[cloud.Account]*org{}
		add := func(a *account) error {
			if a.Organization != "" && organized[a.Organization] == nil {
				o, err := s.load(r, a.Organization)
				if err != nil {
					return err
				}
				organized[a.Organization] = o
			}
			all = append(all, a.told(organized[a.Organization]))
			return nil
		}
		first, err := s.account(everywhere(r), s.cfg.First.ID)
		if err != nil {
			return err
		}
		if err := add(&first); err != nil {
			return err
		}
		for entry, err := range accounts.List(everywhere(r)) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if entry.Value.ID == s.cfg.First.ID {
				continue
			}
			if err := add(&entry.Value); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// With calls fn in a transaction with an account that is there and open, such as to make
// a key of its root user.
func (s *Service) With(ctx context.Context, id cloud.Account, fn func(tx state.Tx) error) (Account, error) {
	var told Account
	err := s.state.Update(ctx, func(tx state.Tx) error {
		a, err := s.account(everywhere(tx), id)
		if err != nil {
			return err
		}
		if !a.Closed.IsZero() {
			return cloud.Errorf(cloud.Conflict, "AccountAlreadyClosedException", "The account %s is closed.", id)
		}
		var o *org
		if a.Organization != "" {
			if o, err = s.load(tx, a.Organization); err != nil {
				return err
			}
		}
		told = a.told(o)
		return fn(tx)
	})
	return told, err
}

// Close closes an account of the server, whether or not it is in an organization: its
// keys and sessions hold no longer. The first one, and one that manages an organization,
// stay open.
func (s *Service) Close(ctx context.Context, id cloud.Account) error {
	return s.state.Update(ctx, func(tx state.Tx) error {
		tx.AfterCommit(s.places.forget)
		a, err := s.account(everywhere(tx), id)
		if err != nil {
			return err
		}
		if id == s.cfg.First.ID {
			return cloud.Errorf(cloud.Conflict, "CannotCloseFirstAccount", "The account %s is the one that the server was started with.", id)
		}
		return a.close(writer{tx, cloud.Scope{}})
	})
}

// close closes an account.
func (a *account) close(all resource.Tx) error {
	switch {
	case a.Organization == a.ID:
		return errConstraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You cannot close the management account of an organization.")
	case !a.Closed.IsZero():
		return cloud.Errorf(cloud.Conflict, "AccountAlreadyClosedException", "The provided account is already closed.")
	}
	a.Closed = *resource.Now(time.Millisecond)
	return a.put(all)
}
