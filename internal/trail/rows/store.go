package rows

import (
	"context"
	"fmt"
	"reflect"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/selector"
)

// Store is what rows must know of an event data store.
type Store struct {
	ID           string // the last part of its ARN
	Account      cloud.Account
	Home         cloud.Region
	Organization string `json:",omitempty"` // whose accounts it is of; empty for its own alone
	MultiRegion  bool
	Collects     bool // it takes events
	Days         int  // for which rows are kept
	Selectors    []cloudtrailapi.AdvancedEventSelector
}

// era is a store as it was from a record of the journal on.
type era struct {
	From  uint64
	Store Store
}

// ledger is how a store was. Events before the first era are not its own.
type ledger struct{ Eras []era }

func (l *ledger) now() Store {
	if len(l.Eras) == 0 {
		return Store{}
	}
	return l.Eras[len(l.Eras)-1].Store
}

const kindLedger = "cloudtrail/rows"

func ledgerKey(id string) state.Key { return state.Key{Kind: kindLedger, Name: id} }

// maxEras is how many changes of a store are remembered until its rows are written.
const maxEras = 1000

// Set tells of a store that was made or changed, as part of the transaction that changes
// it: calls that end from now on are collected as it says.
func (r *Rows) Set(tx state.Tx, s Store) error {
	l, _, err := state.Find[ledger](tx, ledgerKey(s.ID))
	if err != nil || reflect.DeepEqual(l.now(), s) {
		return err
	}
	from := r.cfg.Journal.Next()
	if n := len(l.Eras); n > 0 {
		from = max(from, l.Eras[n-1].From)
	}
	l.Eras = append(l.Eras, era{from, s})
	l.prune(r.kept.Place(fromJournal))
	if len(l.Eras) > maxEras {
		return cloud.Errorf(cloud.Throttled, "ThrottlingException", "The event data store was changed too often: wait a minute and call again.")
	}
	return state.Put(tx, ledgerKey(s.ID), l)
}

// Remove tells of a store that was deleted for good, as part of the transaction that
// deletes it. Its rows go.
func (r *Rows) Remove(tx state.Tx, id string) error {
	err := tx.Delete(ledgerKey(id))
	if err != nil && cloud.KindOf(err) == cloud.NotFound {
		return nil
	}
	return err
}

// prune forgets the eras that ended before the record up to which rows are written.
func (l *ledger) prune(written uint64) {
	for len(l.Eras) > 1 && l.Eras[1].From <= written {
		l.Eras = l.Eras[1:]
	}
}

// collector gives events to stores.
type collector struct {
	rows   *Rows
	stores []*collecting
}

// collecting is a store to which events are given.
type collecting struct {
	eras []era
	sets []*selector.Set
	at   int // the era of the last record
}

// collector returns what gives events to the stores that there are.
func (r *Rows) collector(ctx context.Context) (*collector, error) {
	c := &collector{rows: r}
	if r.store == nil { // whose state nobody reads
		return c, nil
	}
	return c, r.store.View(ctx, func(tx state.Reader) error {
		for entry, err := range state.List[ledger](tx, cloud.Scope{}, kindLedger, state.Range{}) {
			if err != nil {
				return err
			}
			one := &collecting{eras: entry.Value.Eras}
			for i := range one.eras {
				set, err := selector.Advanced(selector.EventDataStore, one.eras[i].Store.Selectors)
				if err != nil {
					return fmt.Errorf("the selectors of event data store %s: %w", entry.Key.Name, err)
				}
				one.sets = append(one.sets, set)
			}
			c.stores = append(c.stores, one)
		}
		return nil
	})
}

// of returns the IDs of the stores that take an event of a record.
func (c *collector) of(ctx context.Context, number uint64, e *event.Event) (ids []string, err error) {
	for _, s := range c.stores {
		s.advance(number)
		era := &s.eras[s.at]
		if number < era.From || !era.Store.Collects {
			continue
		}
		if !era.Store.MultiRegion && e.Region != era.Store.Home || !s.sets[s.at].Selects(e) {
			continue
		}
		own, err := c.concerns(ctx, &era.Store, number, e)
		if err != nil {
			return nil, err
		}
		if own {
			ids = append(ids, era.Store.ID)
		}
	}
	return ids, nil
}

// advance moves on to the era of a record, which is not before the last one.
func (s *collecting) advance(number uint64) {
	for s.at+1 < len(s.eras) && s.eras[s.at+1].From <= number {
		s.at++
	}
}

// concerns says whether an event of a record is of an account that a store was of then.
func (c *collector) concerns(ctx context.Context, s *Store, number uint64, e *event.Event) (bool, error) {
	if e.Account == s.Account {
		return true, nil
	}
	if s.Organization == "" || c.rows.cfg.Organization == nil {
		return false, nil
	}
	id, err := c.rows.cfg.Organization(ctx, e.Account, number)
	return id == s.Organization, err
}
