// Package member remembers in which organization each account was when a call ended.
//
// What an organization's trail or event data store takes is decided when files are made,
// which may be weeks after a call. So each change of an account's organization is written
// down in the transaction that makes it, with the record of the journal from which on it
// holds, for as long as the journal has records from before it. Order comes from the
// numbers of records, not from clocks.
package member

import (
	"context"
	"fmt"
	"sync"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/state"
)

// Now returns the ID of the organization that an account is in, empty for none.
type Now func(ctx context.Context, account cloud.Account) (string, error)

// Members knows in which organizations accounts were. It is safe for concurrent use.
type Members struct {
	journal *journal.Journal
	store   state.Store
	now     Now

	mu      sync.Mutex
	known   map[cloud.Account][]era
	changes uint64
}

// era is in which organization an account was from a record of the journal on.
type era struct {
	From         uint64
	Organization string `json:",omitempty"`
}

// ledger is how an account's organization changed, oldest first. The first era is of all
// that was before.
type ledger struct{ Eras []era }

const (
	kindLedger = "cloudtrail/member"
	// maxEras is how often an account may change its organization within the time of the
	// journal.
	maxEras = 1000
	// maxKnown is of how many accounts the eras are kept in memory.
	maxKnown = 10_000
)

func ledgerKey(account cloud.Account) state.Key {
	return state.Key{Kind: kindLedger, Name: string(account)}
}

// New returns a Members that keeps changes in store; now tells of accounts that have not
// changed since the journal begins. It does no I/O.
func New(calls *journal.Journal, store state.Store, now Now) *Members {
	return &Members{journal: calls, store: store, now: now, known: map[cloud.Account][]era{}}
}

// Moved tells, as part of the transaction that does it, that an account goes from an
// organization to another; each is an ID, or empty for none. It holds for calls that end
// from now on.
func (m *Members) Moved(tx state.Tx, account cloud.Account, from, to string) error {
	tx.AfterCommit(m.forget)
	l, found, err := state.Find[ledger](tx, ledgerKey(account))
	if err != nil {
		return err
	}
	if !found {
		l.Eras = []era{{Organization: from}}
	}
	l.Eras = append(l.Eras, era{max(m.journal.Next(), l.Eras[len(l.Eras)-1].From), to})
	closed, err := m.journal.Closed()
	if err != nil {
		return fmt.Errorf("the first call that is kept: %w", err)
	}
	if len(closed) > 0 {
		l.prune(closed[0].First)
	}
	if len(l.Eras) > maxEras {
		return cloud.Errorf(cloud.Throttled, "TooManyRequestsException", "The account %s changed its organization too often: event data stores have yet to follow.", account)
	}
	return state.Put(tx, ledgerKey(account), l)
}

// prune forgets the eras that ended before the first record that is kept.
func (l *ledger) prune(first uint64) {
	for len(l.Eras) > 1 && l.Eras[1].From <= first {
		l.Eras = l.Eras[1:]
	}
}

func (m *Members) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes++
	clear(m.known)
}

// At returns the ID of the organization that an account was in when a record of the
// journal was written, empty for none.
func (m *Members) At(ctx context.Context, account cloud.Account, number uint64) (string, error) {
	m.mu.Lock()
	eras, ok := m.known[account]
	seen := m.changes
	m.mu.Unlock()
	if !ok {
		var err error
		if eras, err = m.find(ctx, account); err != nil {
			return "", err
		}
		m.keep(account, eras, seen)
	}
	for i := len(eras) - 1; i > 0; i-- {
		if eras[i].From <= number {
			return eras[i].Organization, nil
		}
	}
	return eras[0].Organization, nil
}

// find returns the eras of an account. How it is now is asked for before what is written
// down is looked at: of a change between the two the latter knows.
func (m *Members) find(ctx context.Context, account cloud.Account) (eras []era, err error) {
	now, err := m.now(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("the organization of account %s: %w", account, err)
	}
	return eras, m.store.View(ctx, func(r state.Reader) error {
		l, found, err := state.Find[ledger](r, ledgerKey(account))
		if eras = l.Eras; !found {
			eras = []era{{Organization: now}}
		}
		return err
	})
}

// keep remembers the eras of an account, unless one has changed since.
func (m *Members) keep(account cloud.Account, eras []era, seen uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.changes != seen {
		return
	}
	if len(m.known) >= maxKnown {
		clear(m.known)
	}
	m.known[account] = eras
}
