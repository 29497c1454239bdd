package delivery

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// Set tells of a trail that was made or changed by the call in ctx, as part of the
// transaction that changes it: calls that end from now on are recorded as it says.
func (d *Delivery) Set(ctx context.Context, tx state.Tx, t Trail) error {
	l, found, err := state.Find[ledger](tx, ledgerKey(t.ARN))
	if err != nil {
		return err
	}
	d.changes.Add(1)
	next, now := d.cfg.Journal.Next(), d.clock().UTC()
	if !found && !t.Logging {
		return nil // there is nothing to deliver before it records
	}
	if found && !l.Gone && reflect.DeepEqual(*l.now(), t) {
		return nil
	}
	if !found {
		l.Next = next
	}
	was := found && l.now().digested()
	if found && l.now().Logging {
		next = max(next, l.Eras[len(l.Eras)-1].From)
	}
	if found && l.idle() {
		l.Next, l.Eras = max(l.Next, next), nil
	}
	l.Eras, l.Gone = append(l.Eras, era{From: next, By: cloud.CallOf(ctx).RequestID, Trail: t}), false
	if err := d.chains(tx, &l, was, t.digested(), next, now); err != nil {
		return err
	}
	return state.Put(tx, ledgerKey(t.ARN), l)
}

// Remove tells of a trail that was deleted by the call in ctx, as part of the
// transaction that deletes it. What it had recorded is delivered, unless its bucket
// does not take it.
func (d *Delivery) Remove(ctx context.Context, tx state.Tx, arn string) error {
	l, found, err := state.Find[ledger](tx, ledgerKey(arn))
	if err != nil || !found {
		return err
	}
	d.changes.Add(1)
	t, was, next := *l.now(), l.now().digested(), d.cfg.Journal.Next()
	t.Logging = false
	l.Eras, l.Gone = append(l.Eras, era{From: next, By: cloud.CallOf(ctx).RequestID, Trail: t}), true
	if err := d.chains(tx, &l, was, false, next, d.clock().UTC()); err != nil {
		return err
	}
	return state.Put(tx, ledgerKey(arn), l)
}

// Status returns how the deliveries of a trail went; the zero Status for one that
// never recorded.
func (d *Delivery) Status(ctx context.Context, arn string) (s Status, err error) {
	return s, d.store.View(ctx, func(r state.Reader) error {
		l, _, err := state.Find[ledger](r, ledgerKey(arn))
		s = l.Status
		return err
	})
}

// Needed returns the number of the first record of the journal that a trail still
// has to deliver, 0 where any may be.
func (d *Delivery) Needed() uint64 { return d.needed.Load() }

// failing is what Problems tells.
type failing struct {
	mu    sync.Mutex
	count int
	since time.Time
	waits uint64 // the most records of the journal that one of them has before it
	lost  uint64
}

// tell takes note of what the ledgers say as a whole.
func (d *Delivery) tell(all []*ledger) {
	end := d.cfg.Journal.Next()
	needed := end
	var f failing
	for _, l := range all {
		from := max(l.from(), d.places[l.now().ARN])
		if l.Batch != nil {
			from = l.Batch.From
		}
		f.lost += l.Status.Lost
		if l.idle() {
			continue
		}
		needed = min(needed, from)
		if s := &l.Status; s.Error != "" && l.Batch != nil {
			f.count++
			f.waits = max(f.waits, end-from)
			if f.since.IsZero() || s.FailingSince.Before(f.since) {
				f.since = s.FailingSince
			}
		}
	}
	d.needed.Store(needed)
	d.failed.mu.Lock()
	defer d.failed.mu.Unlock()
	d.failed.count, d.failed.since, d.failed.waits, d.failed.lost = f.count, f.since, f.waits, f.lost
}

// Problems returns what everybody who runs the server should know: which deliveries
// wait, and what was lost. It names no trail. kept is how long the journal keeps what
// a trail has yet to deliver.
func (d *Delivery) Problems(kept time.Duration) (problems []string) {
	f := &d.failed
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count > 0 {
		until := "until they are delivered"
		if kept > 0 {
			until = "until " + f.since.Add(kept).Format(time.RFC3339) + " and are lost to it then"
		}
		problems = append(problems, fmt.Sprintf("%d trails of CloudTrail cannot deliver since %s: up to %d records of the journal wait, which are kept %s; get-trail-status says why",
			f.count, f.since.Format(time.RFC3339), f.waits, until))
	}
	if f.lost > 0 {
		problems = append(problems, fmt.Sprintf("the journal of calls has lost %d records that trails of CloudTrail had yet to deliver: the log says which", f.lost))
	}
	return problems
}
