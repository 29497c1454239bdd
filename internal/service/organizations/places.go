package organizations

import (
	"context"
	"fmt"
	"sync"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/store/state"
)

// places is what is known in memory of all accounts: in which organizations they are,
// by which policies they are bound, and which are closed. A change forgets all of it,
// before it is answered.
//
// Whoever reads from the store notes the number of changes before, and keeps what was
// found only if nothing has changed since.
type places struct {
	mu      sync.RWMutex
	changed uint64
	known   *known

	// documents are compiled policies by kind and text, which never become old. Those
	// that no organization has any more are let go with the next reading, of which there
	// is one at a time.
	reading   sync.Mutex
	documents map[string]*policy.Document
}

// known are the places of accounts at one time: of those that are in an organization, or
// closed.
type known struct {
	members map[cloud.Account]access.Membership
}

// now returns what is known, nil for nothing, and how many changes there were.
func (p *places) now() (k *known, changes uint64) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.known, p.changed
}

// forget lets go what is known.
func (p *places) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed++
	p.known = nil
}

// Forget lets go all that is known in memory. It is for a store that others have
// changed, such as one that tests empty.
func (s *Service) Forget() { s.places.forget() }

// Membership implements access.Organization.
func (s *Service) Membership(ctx context.Context, account cloud.Account) (access.Membership, error) {
	k, err := s.known(ctx)
	if err != nil {
		return access.Membership{}, err
	}
	return k.members[account], nil
}

// Closed says whether an account is closed, so that its keys and sessions hold no
// longer.
func (s *Service) Closed(ctx context.Context, account cloud.Account) (bool, error) {
	m, err := s.Membership(ctx, account)
	return m.Closed, err
}

// known returns the places of all accounts, from memory where they are there.
func (s *Service) known(ctx context.Context) (*known, error) {
	p := s.places
	if k, _ := p.now(); k != nil {
		return k, nil
	}
	p.reading.Lock() // one reads for all that wait
	defer p.reading.Unlock()
	k, seen := p.now()
	if k != nil {
		return k, nil
	}
	err := s.state.View(ctx, func(r state.Reader) (err error) {
		k, err = s.read(ctx, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the places of accounts in organizations: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == seen {
		p.known = k
	}
	return k, nil
}

// read finds out the places of all accounts.
func (s *Service) read(ctx context.Context, r state.Reader) (*known, error) {
	k := &known{members: map[cloud.Account]access.Membership{}}
	compiled := map[string]*policy.Document{}
	byManager := map[cloud.Account]*levels{}
	for entry, err := range accounts.List(everywhere(r)) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		a := &entry.Value
		closed := !a.Closed.IsZero()
		if a.Organization == "" {
			if closed {
				k.members[a.ID] = access.Membership{Closed: true}
			}
			continue
		}
		l := byManager[a.Organization]
		if l == nil {
			o, err := s.load(r, a.Organization)
			if err != nil {
				return nil, err
			}
			l = &levels{org: o, compiled: compiled, before: s.places.documents, attached: map[string]policy.Attached{}, units: map[string]place{}}
			byManager[a.Organization] = l
		}
		m, err := l.membership(a)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", a.ID, err)
		}
		m.Closed = closed
		k.members[a.ID] = m
	}
	s.places.documents = compiled
	return k, nil
}

// levels finds the places of one organization's accounts.
type levels struct {
	org              *org
	compiled, before map[string]*policy.Document
	attached         map[string]policy.Attached // by the policy's ID
	units            map[string]place           // by the ID of the root or a unit
}

// place is a root or unit: its path, and the policies of each level down to it.
type place struct {
	path              string
	service, resource [][]policy.Attached
}

// membership returns an account's place. The management account is bound by no policy.
func (l *levels) membership(a *account) (access.Membership, error) {
	in, err := l.place(a.Parent)
	if err != nil {
		return access.Membership{}, err
	}
	m := access.Membership{ID: l.org.ID, Path: in.path}
	if a.ID == l.org.management {
		return m, nil
	}
	here, err := l.add(in, "", a.Policies)
	m.ServiceControl, m.ResourceControl = here.service, here.resource
	return m, err
}

// place returns the root or a unit with all that is above.
func (l *levels) place(id string) (place, error) {
	if p, ok := l.units[id]; ok {
		return p, nil
	}
	if id == l.org.Root {
		p, err := l.add(place{path: l.org.ID + "/"}, id, l.org.Policies)
		l.units[id] = p
		return p, err
	}
	u, err := l.org.unit(id)
	if err != nil {
		return place{}, err
	}
	above, err := l.place(u.Parent)
	if err != nil {
		return place{}, err
	}
	p, err := l.add(above, id, u.Policies)
	l.units[id] = p
	return p, err
}

// add goes down by one level.
func (l *levels) add(above place, id string, policies []string) (place, error) {
	p := place{path: above.path}
	if id != "" {
		p.path += id + "/"
	}
	for _, of := range []struct {
		kind     string
		as       policy.Kind
		from, to *[][]policy.Attached
	}{
		{serviceControl, policy.ServiceControl, &above.service, &p.service},
		{resourceControl, policy.ResourceControl, &above.resource, &p.resource},
	} {
		if !l.org.enabled(of.kind) {
			continue
		}
		level := []policy.Attached{} // one without any allows nothing
		for _, id := range policies {
			attached, is, err := l.policy(id, of.kind, of.as)
			if err != nil {
				return p, err
			}
			if is {
				level = append(level, attached)
			}
		}
		*of.to = append(append([][]policy.Attached{}, *of.from...), level)
	}
	return p, nil
}

// policy returns a policy, compiled, if it is of a kind.
func (l *levels) policy(id, kind string, as policy.Kind) (policy.Attached, bool, error) {
	if attached, ok := l.attached[id]; ok {
		return attached, attached.Document.Kind() == as, nil
	}
	d, err := l.org.policy(id)
	if err != nil || d.Type != kind {
		return policy.Attached{}, false, err
	}
	text := kind + "\n" + d.Content
	document, ok := l.before[text]
	if !ok {
		if document, err = policy.Parse(d.Content, as); err != nil {
			return policy.Attached{}, false, fmt.Errorf("policy %s: %w", id, err)
		}
	}
	l.compiled[text] = document
	attached := policy.Attached{Name: l.org.policyARN(&d), Document: document}
	l.attached[id] = attached
	return attached, true, nil
}
