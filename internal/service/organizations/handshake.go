package organizations

import (
	"context"
	"fmt"
	"slices"
	"time"

	api "github.com/sillok/sillok/internal/api/organizationsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/resource"
	"github.com/sillok/sillok/internal/store/state"
)

// What a handshake is about.
const (
	invite          = "INVITE"
	enableFeatures  = "ENABLE_ALL_FEATURES"
	approveFeatures = "APPROVE_ALL_FEATURES"
)

// The states of a handshake.
const (
	requested = "REQUESTED"
	open      = "OPEN"
	canceled  = "CANCELED"
	accepted  = "ACCEPTED"
	declined  = "DECLINED"
	expired   = "EXPIRED"
)

// maxInvitations is how many handshakes of an organization can wait for an answer.
const maxInvitations = 1000

// How long a handshake waits for an answer, and is told of after its end.
const (
	inviteLasts   = 15 * 24 * time.Hour
	featuresLast  = 90 * 24 * time.Hour
	rememberedFor = 30 * 24 * time.Hour
)

// handshake is a question of an organization to an account, or to all that it invited.
type handshake struct {
	ID        string
	Action    string
	State     string
	Requested time.Time
	Expires   time.Time
	Ended     time.Time `json:",omitzero"`

	Organization string        // its ID
	Management   cloud.Account // that asks
	Manager      party         // what is told of it to whom it asks
	Features     string
	Account      cloud.Account `json:",omitempty"` // that is asked; empty for the question of an organization to itself
	Email        string        `json:",omitempty"` // by which it was asked, where it was not by its ID
	Notes        string        `json:",omitempty"`
	Parent       string        `json:",omitempty"` // the handshake that it is a part of
	Tags         []api.Tag     `json:",omitempty"` // that the account gets
	Order        string
}

// party is what is told of an account to another one.
type party struct{ Name, Email string }

// handshakes lie everywhere, since two accounts see each; which an account sees is
// listed with it.
var (
	handshakes = resource.Kind[handshake]{Name: "organizations/handshake", Missing: func(...string) error {
		return cloud.Errorf(cloud.NotFound, "HandshakeNotFoundException", "You specified a handshake that doesn't exist.")
	}}
	seen = resource.Kind[string]{Name: "organizations/seen"} // IDs by role, account and order
)

// What an account is to a handshake.
const (
	asker = "asker"
	asked = "asked"
)

// now is the handshake as it is at this time: one that nobody answered has expired.
func (h *handshake) now() {
	if (h.State == open || h.State == requested) && time.Now().After(h.Expires) {
		h.State, h.Ended = expired, h.Expires
	}
}

// gone says whether a handshake ended so long ago that it is told of no longer.
func (h *handshake) gone() bool { return !h.Ended.IsZero() && time.Since(h.Ended) > rememberedFor }

// arn is the handshake's name. It is its organization's.
func (h *handshake) arn() string {
	kind := map[string]string{invite: "invite", enableFeatures: "enable_all_features", approveFeatures: "approve_all_features"}[h.Action]
	return cloud.ARN{Service: "organizations", Account: h.Management, Resource: "handshake/" + h.Organization + "/" + kind + "/" + h.ID}.String()
}

// shape is a handshake as it is answered.
func (h *handshake) shape() *api.Handshake {
	shape := &api.Handshake{
		Id: &h.ID, Arn: new(h.arn()), State: &h.State, Action: &h.Action, RequestedTimestamp: &h.Requested, ExpirationTimestamp: &h.Expires,
		Parties: []api.HandshakeParty{{Id: new(h.Organization[len("o-"):]), Type: new("ORGANIZATION")}},
	}
	of := api.HandshakeResource{Type: new("ORGANIZATION"), Value: &h.Organization}
	switch h.Action {
	case invite:
		of.Resources = []api.HandshakeResource{
			{Type: new("MASTER_EMAIL"), Value: &h.Manager.Email},
			{Type: new("MASTER_NAME"), Value: &h.Manager.Name},
			{Type: new("ORGANIZATION_FEATURE_SET"), Value: &h.Features},
		}
	default:
		shape.Resources = append(shape.Resources, api.HandshakeResource{Type: new("ORGANIZATION_FEATURE_SET"), Value: new(allFeatures)})
	}
	shape.Resources = append(shape.Resources, of)
	switch {
	case h.Email != "":
		shape.Parties = append(shape.Parties, api.HandshakeParty{Id: &h.Email, Type: new("EMAIL")})
		shape.Resources = append(shape.Resources, api.HandshakeResource{Type: new("EMAIL"), Value: &h.Email})
	case h.Account != "":
		shape.Parties = append(shape.Parties, api.HandshakeParty{Id: new(string(h.Account)), Type: new(ofAccount)})
		shape.Resources = append(shape.Resources, api.HandshakeResource{Type: new(ofAccount), Value: new(string(h.Account))})
	}
	if h.Notes != "" {
		shape.Resources = append(shape.Resources, api.HandshakeResource{Type: new("NOTES"), Value: &h.Notes})
	}
	if h.Parent != "" {
		shape.Resources = append(shape.Resources, api.HandshakeResource{Type: new("PARENT_HANDSHAKE"), Value: &h.Parent})
	}
	return shape
}

// ask makes a handshake and lists it with those that see it.
func (o *org) ask(h handshake) (*handshake, error) {
	manager, err := o.service.account(o.all, o.management)
	if err != nil {
		return nil, err
	}
	h.ID, h.Requested = newID("h-", 32), *resource.Now(time.Millisecond)
	lasts := inviteLasts
	if h.Action != invite {
		lasts = featuresLast
	}
	h.Expires, h.Order = h.Requested.Add(lasts), order(time.Now(), h.ID)
	h.Organization, h.Management, h.Manager, h.Features = o.ID, o.management, party{manager.Name, manager.Email}, o.Features
	all := o.everywhere()
	if err := seen.Put(all, h.ID, asker, string(o.management), h.Order); err != nil {
		return nil, err
	}
	if h.Account != "" {
		if err := seen.Put(all, h.ID, asked, string(h.Account), h.Order); err != nil {
			return nil, err
		}
	}
	return &h, handshakes.Put(all, h, h.ID)
}

// end ends a handshake.
func (h *handshake) end(all resource.Tx, state string) error {
	h.State, h.Ended = state, *resource.Now(time.Millisecond)
	return handshakes.Put(all, *h, h.ID)
}

// pending yields the handshakes of an organization that wait for an answer. Those that
// are told of no longer are removed.
func (o *org) pending(yield func(*handshake) error) error {
	var all, gone []handshake // first: what is listed is changed then
	for entry, err := range seen.List(o.all, asker, string(o.management)) {
		if err != nil {
			return err
		}
		h, err := handshakes.Get(o.all, entry.Value)
		if err != nil {
			return err
		}
		h.now()
		switch {
		case h.gone():
			gone = append(gone, h)
		case h.Organization == o.ID && (h.State == open || h.State == requested):
			all = append(all, h)
		}
	}
	for i := range gone {
		if err := gone[i].forget(o.everywhere()); err != nil {
			return err
		}
	}
	for i := range all {
		if err := yield(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// forget removes a handshake, and from the lists of those that saw it.
func (h *handshake) forget(all resource.Tx) error {
	if err := seen.Discard(all, asker, string(h.Management), h.Order); err != nil {
		return err
	}
	if err := seen.Discard(all, asked, string(h.Account), h.Order); err != nil {
		return err
	}
	return handshakes.Discard(all, h.ID)
}

// endInvitations cancels all that an organization asked, as its end does.
func (o *org) endInvitations() error {
	return o.pending(func(h *handshake) error { return h.end(o.everywhere(), canceled) })
}

// InviteAccountToOrganization asks an account to join the organization. Whether there is
// one of that ID or address is not told: nobody answers then, and the handshake expires.
func (s *Service) InviteAccountToOrganization(ctx context.Context, in *api.InviteAccountToOrganizationInput) (*api.InviteAccountToOrganizationOutput, error) {
	out := &api.InviteAccountToOrganizationOutput{}
	return out, s.update(ctx, ask{action: "InviteAccountToOrganization"}, func(o *org) error {
		h := handshake{Action: invite, State: open, Notes: resource.Value(in.Notes), Tags: in.Tags}
		var err error
		if h.Account, h.Email, err = o.invited(*in.Target); err != nil {
			return err
		}
		if _, err := o.member(string(h.Account), errNoAccount); err == nil {
			return errHandshake("ALREADY_IN_AN_ORGANIZATION", "The provided account is already a member of your organization.")
		} else if cloud.KindOf(err) != cloud.NotFound {
			return err
		}
		waiting := 0
		if err := o.pending(func(other *handshake) error {
			waiting++
			switch {
			case waiting >= maxInvitations:
				return errHandshake("HANDSHAKE_RATE_LIMIT_EXCEEDED", "You have exceeded the number of handshakes that can wait for an answer.")
			case other.Action != invite:
				return errHandshake("INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES", "You can't invite accounts while the organization is enabling all features.")
			case other.Email == h.Email && (h.Email != "" || other.Account == h.Account):
				return cloud.Errorf(cloud.Conflict, "DuplicateHandshakeException", "A handshake with the same action and target already exists.")
			}
			return nil
		}); err != nil {
			return err
		}
		made, err := o.ask(h)
		if err == nil {
			out.Handshake = made.shape()
		}
		return err
	})
}

// invited returns the account that a target of an invitation is, and in lower case the
// address by which it was named. Of an address that nobody has the account is empty.
func (o *org) invited(target api.HandshakeParty) (account cloud.Account, email string, err error) {
	switch id := *target.Id; *target.Type {
	case ofAccount:
		if accountPattern.MatchString(id) {
			return cloud.Account(id), "", nil
		}
	case "EMAIL":
		email := lower(id)
		if !validEmail(email) {
			return "", "", errInput("INVALID_EMAIL_ADDRESS_TARGET", "You specified an invalid email address for the invited account owner.")
		}
		if email == lower(o.service.cfg.First.Email) {
			return o.service.cfg.First.ID, email, nil
		}
		account, _, err := addresses.Find(o.all, email)
		return account, email, err
	}
	return "", "", errInput("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity (account, organization, or email) as a party.")
}

// answer lets an account that a handshake is about end it, in whatever state its
// organization is.
func (s *Service) answer(ctx context.Context, id string, fn func(tx state.Tx, h *handshake, caller cloud.Account) error) (*api.Handshake, error) {
	var shape *api.Handshake
	err := s.state.Update(ctx, func(tx state.Tx) error {
		tx.AfterCommit(s.places.forget)
		caller := cloud.CallOf(ctx).Account
		h, err := handshakes.Get(everywhere(tx), id)
		if err != nil {
			return err
		}
		if h.Account != caller && h.Management != caller {
			return handshakes.Missing(id)
		}
		h.now()
		if err := fn(tx, &h, caller); err != nil {
			return err
		}
		shape = h.shape()
		return nil
	})
	return shape, err
}

// mustWait returns AWS's error for a handshake that has ended, or ended so already.
func (h *handshake) mustWait(to string) error {
	switch h.State {
	case open, requested:
		return nil
	case to:
		return cloud.Errorf(cloud.Conflict, "HandshakeAlreadyInStateException", "The specified handshake is already in the requested state.")
	}
	return cloud.Errorf(cloud.Conflict, "InvalidHandshakeTransitionException", "You can't perform the operation on the handshake in its current state: %s.", h.State)
}

// AcceptHandshake answers a handshake with yes: an invited account becomes a member.
func (s *Service) AcceptHandshake(ctx context.Context, in *api.AcceptHandshakeInput) (*api.AcceptHandshakeOutput, error) {
	shape, err := s.answer(ctx, *in.HandshakeId, func(tx state.Tx, h *handshake, caller cloud.Account) error {
		if h.Action == enableFeatures != (h.Management == caller) {
			return errDenied()
		}
		if err := h.mustWait(accepted); err != nil {
			return err
		}
		o, err := s.load(tx, h.Management)
		if err != nil {
			return err
		}
		o.change(tx)
		switch h.Action {
		case invite:
			err = o.admit(h)
		case enableFeatures:
			err = o.finishFeatures(h)
		}
		if err != nil {
			return err
		}
		return h.end(o.everywhere(), accepted)
	})
	return &api.AcceptHandshakeOutput{Handshake: shape}, err
}

// admit makes an account that was invited a member.
func (o *org) admit(h *handshake) error {
	a, err := o.service.account(o.all, h.Account)
	if err != nil {
		return err
	}
	if a.Organization != "" {
		return errHandshake("ALREADY_IN_AN_ORGANIZATION", "The handshake request is invalid because the account is already in an organization.")
	}
	if err := o.join(&a, "INVITED"); err != nil {
		return err
	}
	return o.tag(o.arnOf(string(a.ID)), h.Tags)
}

// DeclineHandshake answers a handshake with no.
func (s *Service) DeclineHandshake(ctx context.Context, in *api.DeclineHandshakeInput) (*api.DeclineHandshakeOutput, error) {
	shape, err := s.answer(ctx, *in.HandshakeId, func(tx state.Tx, h *handshake, caller cloud.Account) error {
		if h.Account != caller {
			return errDenied()
		}
		if err := h.mustWait(declined); err != nil {
			return err
		}
		return h.end(writer{tx, cloud.Scope{}}, declined)
	})
	return &api.DeclineHandshakeOutput{Handshake: shape}, err
}

// CancelHandshake takes a handshake back.
func (s *Service) CancelHandshake(ctx context.Context, in *api.CancelHandshakeInput) (*api.CancelHandshakeOutput, error) {
	shape, err := s.answer(ctx, *in.HandshakeId, func(tx state.Tx, h *handshake, caller cloud.Account) error {
		if h.Management != caller {
			return errDenied()
		}
		if err := h.mustWait(canceled); err != nil {
			return err
		}
		if h.Action != enableFeatures {
			return h.end(writer{tx, cloud.Scope{}}, canceled)
		}
		o, err := s.load(tx, h.Management)
		if err != nil {
			return err
		}
		o.change(tx)
		if err := o.pending(func(part *handshake) error {
			if part.Parent != h.ID {
				return nil
			}
			return part.end(o.everywhere(), canceled)
		}); err != nil {
			return err
		}
		return h.end(o.everywhere(), canceled)
	})
	return &api.CancelHandshakeOutput{Handshake: shape}, err
}

// DescribeHandshake returns a handshake to an account that it is about.
func (s *Service) DescribeHandshake(ctx context.Context, in *api.DescribeHandshakeInput) (*api.DescribeHandshakeOutput, error) {
	out := &api.DescribeHandshakeOutput{}
	return out, s.state.View(ctx, func(r state.Reader) error {
		caller := cloud.CallOf(ctx).Account
		h, err := handshakes.Get(everywhere(r), *in.HandshakeId)
		if err != nil {
			return err
		}
		h.now()
		if h.Account != caller && h.Management != caller || h.gone() {
			return handshakes.Missing(*in.HandshakeId)
		}
		out.Handshake = h.shape()
		return nil
	})
}

// shown returns a handshake of a list, and whether it is asked for.
func shown(r resource.Reader, filter *api.HandshakeFilter) func(id string) (api.Handshake, bool, error) {
	return func(id string) (api.Handshake, bool, error) {
		h, err := handshakes.Get(r, id)
		if err != nil {
			return api.Handshake{}, false, err
		}
		h.now()
		keep := !h.gone()
		if filter != nil {
			keep = keep && (filter.ActionType == nil || *filter.ActionType == h.Action) && (filter.ParentHandshakeId == nil || *filter.ParentHandshakeId == h.Parent)
		}
		return *h.shape(), keep, nil
	}
}

// ListHandshakesForAccount returns a page of what the caller's account is asked.
func (s *Service) ListHandshakesForAccount(ctx context.Context, in *api.ListHandshakesForAccountInput) (*api.ListHandshakesForAccountOutput, error) {
	out := &api.ListHandshakesForAccountOutput{}
	return out, s.state.View(ctx, func(r state.Reader) error {
		var err error
		out.Handshakes, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults),
			seen.From(everywhere(r), asked, string(cloud.CallOf(ctx).Account)), shown(everywhere(r), in.Filter))
		return err
	})
}

// ListHandshakesForOrganization returns a page of what the organization asks accounts.
func (s *Service) ListHandshakesForOrganization(ctx context.Context, in *api.ListHandshakesForOrganizationInput) (*api.ListHandshakesForOrganizationOutput, error) {
	out := &api.ListHandshakesForOrganizationOutput{}
	return out, s.view(ctx, ask{action: "ListHandshakesForOrganization"}, func(o *org) error {
		show := shown(o.all, in.Filter)
		var err error
		out.Handshakes, out.NextToken, err = resource.Page(ctx, page(in, in.NextToken, in.MaxResults), seen.From(o.all, asker, string(o.management)),
			func(id string) (api.Handshake, bool, error) {
				h, err := handshakes.Get(o.all, id)
				if err != nil || h.Organization != o.ID {
					return api.Handshake{}, false, err
				}
				return show(id)
			})
		return err
	})
}

// askForFeatures asks all accounts that were invited to allow all features, and the
// organization itself, which ends it. Accounts that the organization made are not asked.
func (o *org) askForFeatures() (*handshake, error) {
	if err := o.pending(func(h *handshake) error {
		if h.Action == enableFeatures {
			return errHandshake("ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION", "The handshake request is invalid because the organization has already started the process to enable all features.")
		}
		return nil
	}); err != nil {
		return nil, err
	}
	whole, err := o.ask(handshake{Action: enableFeatures, State: requested})
	if err != nil {
		return nil, err
	}
	var invited []cloud.Account
	for entry, err := range members.List(o.r) {
		if err != nil {
			return nil, err
		}
		a, err := o.member(string(entry.Value), errNoAccount)
		if err != nil {
			return nil, err
		}
		if a.Method == "INVITED" && a.ID != o.management {
			invited = append(invited, a.ID)
		}
	}
	for _, id := range invited {
		if _, err := o.ask(handshake{Action: approveFeatures, State: open, Account: id, Parent: whole.ID}); err != nil {
			return nil, err
		}
	}
	return whole, nil
}

// finishFeatures gives an organization all features, once nobody is asked any more.
func (o *org) finishFeatures(whole *handshake) error {
	var waiting []cloud.Account
	if err := o.pending(func(h *handshake) error {
		if h.Parent == whole.ID {
			waiting = append(waiting, h.Account)
		}
		return nil
	}); err != nil {
		return err
	}
	if len(waiting) > 0 {
		slices.Sort(waiting)
		return cloud.Errorf(cloud.Conflict, "InvalidHandshakeTransitionException", "These accounts have not approved it yet: %s.", fmt.Sprint(waiting))
	}
	o.Features = allFeatures
	return o.save()
}
