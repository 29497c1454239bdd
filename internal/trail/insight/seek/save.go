package seek

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
)

// The kinds of document. They belong to no account or region.
const (
	kindPlace   = "cloudtrail/insight-place"   // one
	kindScope   = "cloudtrail/insight-scope"   // by scope
	kindDay     = "cloudtrail/insight-day"     // by scope and number
	kindPending = "cloudtrail/insight-pending" // one: what the archive has yet to get
)

// place is where the seeker is.
type place struct {
	Next  uint64               // the first record of the journal that is not counted
	Since map[string]time.Time // by ARN of a trail: since when it has looked for insights
}

// pending is what the archive is to have behind an entry, unless it has it.
type pending struct {
	From   uint64
	Events []pendingEvent
}

type pendingEvent struct {
	Account cloud.Account
	Region  cloud.Region
	JSON    string
}

func placeKey() state.Key   { return state.Key{Kind: kindPlace} }
func pendingKey() state.Key { return state.Key{Kind: kindPending} }

func scopeName(s insight.Scope) string {
	return string(s.Account) + "\x00" + string(s.Region) + "\x00" + s.Trail
}

func scopeKey(s insight.Scope) state.Key { return state.Key{Kind: kindScope, Name: scopeName(s)} }

func dayName(s insight.Scope, number int64) string {
	return fmt.Sprintf("%s\x00%010d", scopeName(s), number)
}

// load begins from what is written down.
func (w *Seeker) load(ctx context.Context) error {
	w.place, w.cursor, w.scopes, w.trails, w.gone = place{}, nil, map[insight.Scope]*counted{}, nil, nil
	err := w.store.View(ctx, func(r state.Reader) (err error) {
		var found bool
		if w.place, found, err = state.Find[place](r, placeKey()); err != nil {
			return err
		}
		if !found {
			w.place.Next = w.cfg.Journal.Next()
		}
		for entry, err := range r.List(cloud.Scope{}, kindScope, state.Range{}) {
			if err != nil {
				return err
			}
			var days [][]byte
			for day, err := range r.List(cloud.Scope{}, kindDay, state.Range{Prefix: entry.Key.Name + "\x00"}) {
				if err != nil {
					return err
				}
				days = append(days, slices.Clone(day.Value))
			}
			d, err := insight.Restore(entry.Value, days)
			if err != nil {
				return err
			}
			w.scopes[d.Scope()] = &counted{Detector: d, saved: w.cfg.Clock()}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.share()
	w.saved, w.loaded = w.cfg.Clock(), true
	w.needed.Store(w.place.Next)
	return w.archive(ctx)
}

// save writes down what was counted and what follows from what was found.
func (w *Seeker) save(ctx context.Context, found []insight.Found) error {
	plan := func(state.Tx) ([]insight.Found, error) { return nil, nil }
	var err error
	if len(found) > 0 {
		slices.SortStableFunc(found, func(a, b insight.Found) int { return a.Event.Time.Compare(b.Event.Time) })
		if plan, err = w.cfg.Trails.Found(ctx, found); err != nil {
			return err
		}
	}
	now := w.cfg.Clock()
	from := uint64(0)
	if w.cfg.Archive != nil {
		from = w.cfg.Archive.Next()
	}
	err = w.store.Update(ctx, func(tx state.Tx) error {
		for _, s := range w.gone {
			if err := forget(tx, s); err != nil {
				return err
			}
		}
		for s, c := range w.scopes {
			if since := now.Sub(c.saved); !c.changed && since >= 0 && since < idleEvery {
				continue
			}
			if err := saveScope(tx, s, c); err != nil {
				return err
			}
		}
		taken, err := plan(tx)
		if err != nil {
			return err
		}
		return errors.Join(w.tell(tx, taken, from), state.Put(tx, placeKey(), w.place))
	})
	if err != nil {
		return err
	}
	for _, c := range w.scopes {
		if c.changed || now.Sub(c.saved) >= idleEvery || now.Before(c.saved) {
			c.changed, c.saved = false, now
		}
	}
	w.gone, w.saved = nil, now
	w.needed.Store(w.place.Next)
	if len(found) == 0 {
		return nil
	}
	return w.archive(ctx)
}

// saveScope writes down what was counted in a scope.
func saveScope(tx state.Tx, s insight.Scope, c *counted) error {
	current, past, err := c.Save()
	if err != nil {
		return err
	}
	if err := tx.Put(scopeKey(s), current); err != nil {
		return err
	}
	for number, text := range past {
		if err := tx.Put(state.Key{Kind: kindDay, Name: dayName(s, number)}, text); err != nil {
			return err
		}
	}
	return forgetDays(tx, s, dayName(s, c.Oldest()))
}

// forgetDays removes the days of a scope before one.
func forgetDays(tx state.Tx, s insight.Scope, before string) error {
	for day, err := range tx.List(cloud.Scope{}, kindDay, state.Range{Prefix: scopeName(s) + "\x00"}) {
		if err != nil {
			return err
		}
		if strings.Compare(day.Key.Name, before) >= 0 {
			return nil
		}
		if err := tx.Delete(day.Key); err != nil {
			return err
		}
	}
	return nil
}

// forget removes what was counted in a scope.
func forget(tx state.Tx, s insight.Scope) error {
	if err := tx.Delete(scopeKey(s)); err != nil && cloud.KindOf(err) != cloud.NotFound {
		return err
	}
	return forgetDays(tx, s, scopeName(s)+"\x01")
}

// tell publishes what was found, and notes what the archive is to have.
func (w *Seeker) tell(tx state.Tx, taken []insight.Found, from uint64) error {
	if len(taken) == 0 {
		return nil
	}
	p := pending{From: from}
	for i := range taken {
		t := &taken[i]
		p.Events = append(p.Events, pendingEvent{t.Scope.Account, t.Scope.Region, string(t.Event.JSON)})
		if w.cfg.Publish == nil {
			continue
		}
		if err := w.cfg.Publish(tx, t); err != nil {
			return fmt.Errorf("publish an insight: %w", err)
		}
	}
	if w.cfg.Archive == nil {
		return nil
	}
	return state.Insert(tx, pendingKey(), p)
}

// archive gives the archive what it has yet to get. Nothing further is written down
// before that, so that there is never more than one pending document.
func (w *Seeker) archive(ctx context.Context) error {
	if w.cfg.Archive == nil {
		return nil
	}
	var p pending
	var there bool
	if err := w.store.View(ctx, func(r state.Reader) (err error) {
		p, there, err = state.Find[pending](r, pendingKey())
		return err
	}); err != nil || !there {
		return err
	}
	has := map[string]bool{}
	for entry, err := range w.cfg.Archive.Cursor(p.From).Read(ctx) {
		if _, damaged := errors.AsType[*records.DamageError](err); err != nil && !damaged && entry.Number == 0 {
			if _, removed := errors.AsType[*records.RemovedError](err); !removed {
				return fmt.Errorf("look for insights in the archive of events: %w", err)
			}
		}
		has[entry.Event.ID] = true
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var missing []archive.Entry
	for _, one := range p.Events {
		e, err := event.Parse(json.RawMessage(one.JSON))
		if err != nil {
			return err
		}
		if !has[e.ID] {
			missing = append(missing, archive.Entry{Account: one.Account, Region: one.Region, Origin: archive.Insight, Event: e})
		}
	}
	if len(missing) > 0 {
		if err := w.cfg.Archive.Append(ctx, missing...); err != nil {
			return fmt.Errorf("keep insights in the archive of events: %w", err)
		}
	}
	return w.store.Update(ctx, func(tx state.Tx) error { return tx.Delete(pendingKey()) })
}
