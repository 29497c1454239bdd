package delivery

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/place"
	"github.com/sillok/sillok/internal/trail/selector"
)

// principal is who CloudTrail acts as.
const principal = "cloudtrail.amazonaws.com"

// feed is a trail to which the journal is read.
type feed struct {
	arn  string
	eras []era
	sets []*selector.Set // of the eras
	data []bool          // whether they may select data events
	at   int             // the era of the next record
	kept uint64          // the place that is written down
	next uint64
	out  collected
}

func (d *Delivery) feed(l *ledger) (*feed, error) {
	t := l.now()
	f := &feed{arn: t.ARN, eras: l.Eras, kept: l.Next, next: max(l.Next, d.places[t.ARN])}
	f.out.kind, f.out.grouped = place.Log, t.LogGroup != ""
	for i := range l.Eras {
		set, err := l.Eras[i].Trail.Set()
		if err != nil {
			return nil, fmt.Errorf("the selectors of %s: %w", t.ARN, err)
		}
		f.sets, f.data = append(f.sets, set), append(f.data, set.Has(event.Data))
	}
	return f, nil
}

// settled says whether the place that is written down is behind all changes of the
// trail; otherwise others wait for that.
func (f *feed) settled() bool {
	last := f.eras[len(f.eras)-1].From
	return f.kept >= last || f.next < last
}

// errChanged is that a trail was changed while the journal was read for it.
var errChanged = errors.New("a trail was changed meanwhile")

// pass reads the journal once for trails that are near each other, and plans and
// puts what they select. more says that it stopped before the end of the journal.
func (d *Delivery) pass(ctx context.Context, feeds []*feed, changes uint64) (more bool, err error) {
	to, more, err := d.read(ctx, feeds, feeds[0].next, 0)
	if err != nil {
		return false, err
	}
	if d.changes.Load() != changes {
		return false, errChanged // records behind the change may have been judged by what was before it
	}
	made := d.clock().UTC()
	var errs []error
	var waiting []delivery
	for _, f := range feeds {
		from := f.next
		f.next = max(f.next, to)
		d.places[f.arn] = f.next
		if f.out.records == 0 && f.out.lost == 0 && f.next-f.kept < keepPlace && f.settled() {
			continue
		}
		planned, err := d.planned(ctx, f, from, made, changes)
		if err != nil {
			d.places[f.arn] = from // it is read again
			errs = append(errs, err)
			continue
		}
		if planned.batch != nil {
			waiting = append(waiting, planned)
		}
	}
	return more && len(errs) == 0, errors.Join(append(errs, d.putAll(ctx, waiting))...)
}

// delivery is a batch with what it consists of.
type delivery struct {
	trail  Trail
	batch  *batch
	bodies [][]byte
	events []LogEvents
	found  *state.Key // of the plan, where it is of insights; nil where it is the ledger's batch
}

// strike removes the plan, since there is nothing left to do.
func (p *delivery) strike(tx state.Tx, l *ledger) error {
	if p.found != nil {
		return tx.Delete(*p.found)
	}
	l.Batch = nil
	return nil
}

// planned writes down what a trail is to get, and that its place in the journal is
// behind that.
func (d *Delivery) planned(ctx context.Context, f *feed, from uint64, made time.Time, changes uint64) (p delivery, err error) {
	return p, d.change(ctx, f.arn, func(_ state.Tx, l *ledger) (err error) {
		if d.changes.Load() != changes {
			return errChanged
		}
		p = delivery{trail: *l.now()}
		if f.out.records > 0 {
			if p.batch, p.bodies, err = f.out.plan(l.now(), from, f.next, made); err != nil {
				return err
			}
			p.events = f.out.sorted(p.batch)
		}
		l.Batch, l.Next = p.batch, f.next
		l.Status.Lost += f.out.lost
		return nil
	})
}

// read gives the records of the journal from one to another to feeds; to 0 is as far
// as there are any, or as the feeds have room. It returns the first record that was
// not read, and whether there are further ones.
func (d *Delivery) read(ctx context.Context, feeds []*feed, from, to uint64) (next uint64, more bool, err error) {
	cursor := d.cursor
	if to > 0 || cursor == nil || cursor.Next() != from {
		cursor = d.cfg.Journal.Cursor(from)
	}
	if to == 0 {
		// One place is remembered: of those who are not behind.
		if d.cursor == nil || cursor.Next() >= d.cursor.Next() {
			d.cursor = cursor
		}
	}
	n := 0
	for call, err := range cursor.Read(ctx) {
		if to > 0 && (err == nil && call.Last >= to) {
			return to, true, nil
		}
		if err != nil {
			if err := d.lost(ctx, feeds, &call, err, from); err != nil {
				d.cursor = nil
				return 0, false, err
			}
			from = cursor.Next()
			continue
		}
		from = cursor.Next()
		full, err := d.take(ctx, feeds, &call)
		if err != nil {
			d.cursor = nil
			return 0, false, err
		}
		if n++; to == 0 && (full || n >= mostRead) {
			return cursor.Next(), true, nil
		}
	}
	return cursor.Next(), false, ctx.Err()
}

// lost counts the records that the journal no longer has, or cannot read. Any other
// error it returns.
func (d *Delivery) lost(ctx context.Context, feeds []*feed, call *journal.Call, err error, from uint64) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var first, last uint64
	if damage, ok := errors.AsType[*records.DamageError](err); ok {
		first, last = max(damage.First, from), damage.Last
	} else if removed, ok := errors.AsType[*records.RemovedError](err); ok {
		first, last = from, removed.Last
	} else if call.Last > 0 {
		first, last = call.Last, call.Last
	} else {
		return err // the journal cannot be read
	}
	for _, f := range feeds {
		if lost := max(first, f.next); lost <= last {
			f.out.lost += last - lost + 1
			d.cfg.Log.ErrorContext(ctx, "the journal of calls has lost records that a trail had yet to deliver", "arn", f.arn, "first", lost, "last", last, "error", err)
		}
	}
	return nil
}

// take gives a call to the feeds that select it. full says that one of them has no
// room for a further one.
func (d *Delivery) take(ctx context.Context, feeds []*feed, call *journal.Call) (full bool, err error) {
	if ItsOwn(&call.Entry) {
		return false, nil
	}
	wanted := false
	for _, f := range feeds {
		wanted = wanted || f.advance(call)
	}
	if !wanted {
		return false, nil
	}
	events, err := event.Of(&call.Entry)
	if err != nil {
		d.cfg.Log.ErrorContext(ctx, "a call is in no trail, since it cannot be shown as CloudTrail does", "number", call.Last, "error", err)
		return false, nil
	}
	for _, f := range feeds {
		for i := range events {
			selected, err := d.selects(ctx, f, call, &events[i])
			if err != nil {
				return false, err
			}
			if selected {
				f.out.add(&events[i])
			}
		}
		full = full || f.out.full()
	}
	return full, nil
}

// advance moves the feed to the era of a call, and says whether it may select it.
func (f *feed) advance(call *journal.Call) bool {
	if call.Last < f.next {
		return false
	}
	for f.at+1 < len(f.eras) && f.eras[f.at+1].From <= call.Last {
		f.at++
	}
	of := f.of(call)
	if of < 0 {
		return false
	}
	return f.data[of] || call.Event != string(event.Data) && call.Event != "data"
}

// of returns the era that decides over a call; -1 for none.
func (f *feed) of(call *journal.Call) int {
	e := &f.eras[f.at]
	switch {
	case call.Last < f.next || call.Last < e.From:
		return -1
	case e.Trail.Logging:
		return f.at
	case f.at > 0 && e.By != "" && e.By == call.RequestID && f.eras[f.at-1].Trail.Logging:
		return f.at - 1 // the call that stopped it is the last one
	}
	return -1
}

// selects says whether a trail records an event.
func (d *Delivery) selects(ctx context.Context, f *feed, call *journal.Call, e *event.Event) (bool, error) {
	of := f.of(call)
	if of < 0 {
		return false, nil
	}
	t := &f.eras[of].Trail
	if !t.Covers(e) || !f.sets[of].Selects(e) {
		return false, nil
	}
	return d.was(ctx, t, e.Account, call.Last)
}

// now is a number of a record that none is behind.
const now = math.MaxUint64

// Of says whether a trail is of an account now: its own, or one of its organization.
func (d *Delivery) Of(ctx context.Context, t *Trail, account cloud.Account) (bool, error) {
	return d.was(ctx, t, account, now)
}

// was says whether a trail was of an account when a record of the journal was written.
func (d *Delivery) was(ctx context.Context, t *Trail, account cloud.Account, number uint64) (bool, error) {
	if account == t.Account {
		return true, nil
	}
	if t.Organization == "" || d.cfg.Organization == nil {
		return false, nil
	}
	id, err := d.cfg.Organization(ctx, account, number)
	if err != nil {
		return false, fmt.Errorf("the organization of account %s: %w", account, err)
	}
	return id == t.Organization, nil
}

// ItsOwn says whether a call is one of those by which trails deliver, or by which what
// they delivered is imported again: recording them would never come to an end.
func ItsOwn(e *journal.Entry) bool {
	if e.InvokedBy == principal && strings.Contains(e.SourceARN, ":import/") {
		return e.Service == "s3" || e.Service == "kms"
	}
	if !strings.Contains(e.SourceARN, ":trail/") {
		return false
	}
	if e.InvokedBy == principal && e.Service == "logs" {
		return true // in the role of a trail
	}
	return e.Principal.Type == cloud.AWSService && e.Principal.Name == principal &&
		(e.Service == "s3" && e.Operation == "PutObject" || e.Service == "kms" || e.Service == "sts")
}

// again makes the files of a batch that was not put before, and puts them; put says
// whether they were taken.
func (d *Delivery) again(ctx context.Context, l *ledger) (put bool, err error) {
	f, err := d.feed(l)
	if err != nil {
		return false, err
	}
	t, was := l.now(), l.Batch
	f.next = was.From
	if _, _, err := d.read(ctx, []*feed{f}, was.From, was.To); err != nil {
		return false, err
	}
	made := was.Made
	moved := was.Bucket != t.Bucket || len(was.Files) > 0 && keyOf(t, place.Log, group{was.Files[0].Account, was.Files[0].Region}, was.From, was.To, made) != was.Files[0].Key
	b, bodies, err := f.out.plan(t, was.From, was.To, made)
	if err != nil {
		return false, err
	}
	p := delivery{trail: *t, batch: b, bodies: bodies, events: f.out.sorted(b)}
	if moved || !same(b, was) {
		// The trail was changed meanwhile, or a newer version shows calls otherwise.
		if err := d.change(ctx, t.ARN, func(_ state.Tx, l *ledger) error {
			l.Batch = b
			l.Status.Lost += f.out.lost
			return nil
		}); err != nil {
			return false, err
		}
	}
	if err := d.putAll(ctx, []delivery{p}); err != nil {
		return false, err
	}
	_, failed := d.pauses[t.ARN]
	if !failed {
		l.Batch = nil
	}
	return !failed, nil
}

func same(a, b *batch) bool {
	if len(a.Files) != len(b.Files) {
		return false
	}
	for i := range a.Files {
		if a.Files[i].Key != b.Files[i].Key || a.Files[i].Hash != b.Files[i].Hash {
			return false
		}
	}
	return true
}
