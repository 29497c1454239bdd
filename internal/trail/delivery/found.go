package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/api/cloudtrailapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
	"github.com/sillok/sillok/internal/trail/place"
)

// found is a plan of files of insights: what they consist of, as nothing else is read
// for them.
type found struct {
	Number uint64 // of the trail's
	Made   time.Time
	Events []string
}

const (
	kindFound = "cloudtrail/insight-file"
	// mostFound is how many plans of insights of a trail are put in one round.
	mostFound = 100
)

func foundName(arn string, number uint64) string { return fmt.Sprintf("%s\x00%020d", arn, number) }

// Watching returns the trails that look for insights, and how often trails had been
// changed by then.
func (d *Delivery) Watching(ctx context.Context) (watching []Trail, changes uint64, err error) {
	all, changes, err := d.ledgers(ctx)
	for _, l := range all {
		if t := l.now(); !l.Gone && len(t.Insights) > 0 {
			watching = append(watching, *t)
		}
	}
	return watching, changes, err
}

// Changes returns how often trails were changed.
func (d *Delivery) Changes() uint64 { return d.changes.Load() }

// Watches says whether the trail looks for a type of insight into events of a category.
func (t *Trail) Watches(kind insight.Type, category event.Category) bool {
	return slices.ContainsFunc(t.Insights, func(s cloudtrailapi.InsightSelector) bool {
		if insight.Type(*s.InsightType) != kind {
			return false
		}
		if len(s.EventCategories) == 0 {
			return category == event.Management
		}
		return slices.Contains(s.EventCategories, string(category))
	})
}

// takes says whether what was found goes to the trail as it is now. of has the
// organizations of accounts.
func (t *Trail) takes(f *insight.Found, of map[cloud.Account]string) bool {
	category := event.Management
	if f.Scope.Trail != "" {
		category = event.Data
	}
	switch {
	case !t.Logging, f.Scope.Trail != "" && f.Scope.Trail != t.ARN, !t.Watches(f.Key.Type, category), !t.Covers(&f.Event):
		return false
	}
	return f.Scope.Account == t.Account || t.Organization != "" && of[f.Scope.Account] == t.Organization
}

// Found returns what plans, as part of a transaction, what was found for the trails
// that look for it, and returns what any of them takes.
func (d *Delivery) Found(ctx context.Context, all []insight.Found) (plan func(state.Tx) ([]insight.Found, error), err error) {
	of := map[cloud.Account]string{}
	for i := range all { // not in the transaction, as others are asked
		account := all[i].Scope.Account
		if _, known := of[account]; known || d.cfg.Organization == nil {
			continue
		}
		if of[account], err = d.cfg.Organization(ctx, account, now); err != nil {
			return nil, fmt.Errorf("the organization of account %s: %w", account, err)
		}
	}
	return func(tx state.Tx) (taken []insight.Found, err error) {
		var ledgers []ledger
		for entry, err := range state.List[ledger](tx, cloud.Scope{}, kindLedger, state.Range{}) {
			if err != nil {
				return nil, err
			}
			if !entry.Value.Gone {
				ledgers = append(ledgers, entry.Value)
			}
		}
		by := make([]bool, len(all))
		for i := range ledgers {
			if err := ledgers[i].plan(tx, all, of, by, d.clock().UTC()); err != nil {
				return nil, err
			}
		}
		for i := range all {
			if by[i] {
				taken = append(taken, all[i])
			}
		}
		return taken, nil
	}, nil
}

// plan plans what a trail takes, and notes that in by.
func (l *ledger) plan(tx state.Tx, all []insight.Found, of map[cloud.Account]string, by []bool, now time.Time) error {
	plan := found{Number: l.Found + 1, Made: now}
	for i := range all {
		if l.now().takes(&all[i], of) {
			plan.Events, by[i] = append(plan.Events, string(all[i].Event.JSON)), true
		}
	}
	if len(plan.Events) == 0 {
		return nil
	}
	l.Found = plan.Number
	arn := l.now().ARN
	return errors.Join(state.Insert(tx, state.Key{Kind: kindFound, Name: foundName(arn, plan.Number)}, plan), state.Put(tx, ledgerKey(arn), *l))
}

// putFound puts the files of insights that are planned for a trail.
func (d *Delivery) putFound(ctx context.Context, l *ledger) error {
	arn := l.now().ARN
	var all []delivery
	err := d.store.View(ctx, func(r state.Reader) error {
		for entry, err := range state.List[found](r, cloud.Scope{}, kindFound, state.Range{Prefix: arn + "\x00", Limit: mostFound}) {
			if err != nil {
				return err
			}
			p, err := entry.Value.delivery(l.now())
			if err != nil {
				return err
			}
			p.found = &entry.Key
			all = append(all, p)
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return err
	}
	return d.putAll(ctx, all)
}

// delivery returns the files of a plan, which are the same each time.
func (f *found) delivery(t *Trail) (delivery, error) {
	out := collected{kind: place.Insight, grouped: t.LogGroup != ""}
	for _, text := range f.Events {
		e, err := event.Parse([]byte(text))
		if err != nil {
			return delivery{}, fmt.Errorf("an insight that is planned for %s: %w", t.ARN, err)
		}
		out.add(&e)
	}
	b, bodies, err := out.plan(t, f.Number, f.Number, f.Made)
	if err != nil {
		return delivery{}, err
	}
	return delivery{trail: *t, batch: b, bodies: bodies, events: out.sorted(b)}, nil
}
