package seek

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/store/state"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/delivery"
	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
)

// Trails knows which trails look for insights, and delivers to them.
type Trails interface {
	// Watching returns the trails that look for insights, and how often trails had been
	// changed by then.
	Watching(ctx context.Context) ([]delivery.Trail, uint64, error)
	// Changes returns how often trails were changed.
	Changes() uint64
	// Of says whether a trail is of an account now.
	Of(ctx context.Context, t *delivery.Trail, account cloud.Account) (bool, error)
	// Found returns what plans the delivery of what was found as part of a transaction,
	// and returns what any trail takes.
	Found(ctx context.Context, all []insight.Found) (func(state.Tx) ([]insight.Found, error), error)
}

// Config says what a Seeker works with.
type Config struct {
	Log     *slog.Logger
	Journal *journal.Journal
	Archive *archive.Archive // nil where there is none
	Trails  Trails
	// Publish states, as part of tx, that an insight began or has ended; nil does nothing.
	Publish func(tx state.Tx, f *insight.Found) error
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
}

const (
	tickEvery = time.Second
	// grace is how long after a minute its calls may still come from the journal.
	grace = 10 * time.Second
	// saveEvery is how often what was counted is written down where nothing was found.
	saveEvery = 5 * time.Minute
	// idleEvery is the same for who had no calls.
	idleEvery = 30 * time.Minute
	// mostRead is how many calls are read before what was found is written down.
	mostRead = 20_000
	// mostScopes bounds how many accounts and regions are counted. Further ones are not,
	// which is logged.
	mostScopes = 400
	// mostRegions bounds them for an account: a caller may sign for regions that there are not.
	mostRegions = 40
	// mostKeys bounds what is counted of all of them in a day: each has its part.
	mostKeys = 20_000
)

// Seeker reads the journal, counts, and writes down what is found.
type Seeker struct {
	cfg   Config
	store state.Store

	needed atomic.Uint64 // the first record of the journal that is not counted durably; 0 while that is not known

	mu      sync.Mutex // of a tick
	loaded  bool
	place   place
	cursor  *journal.Cursor
	scopes  map[insight.Scope]*counted
	trails  []watching
	changes uint64          // of trails, when they were looked at last
	gone    []insight.Scope // to be forgotten
	saved   time.Time
	full    bool // mostScopes was told

	trouble trouble
}

// counted is a scope that is counted.
type counted struct {
	*insight.Detector
	changed bool // since it was saved
	saved   time.Time
}

// New returns a Seeker that keeps what it counts in store. It does no I/O.
func New(cfg Config, store state.Store) *Seeker {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Seeker{cfg: cfg, store: store}
}

// Run follows until ctx is done.
func (w *Seeker) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, w.cfg.Log)
	work.Every(ctx, "insights", tickEvery, func(ctx context.Context) error {
		if !w.trouble.due(time.Now()) {
			return nil
		}
		err := w.Tick(ctx)
		w.trouble.was(err, time.Now())
		return err
	})
	return work.Wait()
}

// Needed returns the number of the first record of the journal that has yet to be
// counted: 0 where any may be, the highest number there is where none is.
func (w *Seeker) Needed() uint64 { return w.needed.Load() }

// Tick counts what the journal has now and writes down what is found. Run calls it; so
// does who cannot wait. After an error the next one goes on from what is written down.
func (w *Seeker) Tick(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.tick(ctx)
	if err != nil {
		w.loaded = false
	}
	return err
}

func (w *Seeker) tick(ctx context.Context) error {
	if !w.loaded {
		if err := w.load(ctx); err != nil {
			return fmt.Errorf("load what was counted for insights: %w", err)
		}
	}
	changed, err := w.look(ctx)
	if err != nil {
		return fmt.Errorf("the trails that look for insights: %w", err)
	}
	if len(w.trails) == 0 {
		w.cursor, w.place.Next = nil, w.cfg.Journal.Next()
		if changed {
			err = w.save(ctx, nil)
		}
		w.needed.Store(math.MaxUint64)
		return err
	}
	for {
		now := w.cfg.Clock()
		found, more, err := w.read(ctx)
		if err != nil {
			return fmt.Errorf("count calls for insights: %w", err)
		}
		if !more {
			some, err := w.close(now)
			if err != nil {
				return err
			}
			found = append(found, some...)
		}
		if since := now.Sub(w.saved); changed || more || len(found) > 0 || since >= saveEvery || since < 0 {
			if err := w.save(ctx, found); err != nil {
				return fmt.Errorf("write down what was counted for insights: %w", err)
			}
			changed = false
		}
		if !more {
			return nil
		}
	}
}

// close closes the minutes that are over now.
func (w *Seeker) close(now time.Time) (all []insight.Found, err error) {
	var errs []error
	for _, c := range w.scopes {
		back, err := c.SetBack(now)
		some, err2 := c.Advance(now.Add(-grace))
		all, errs = append(append(all, back...), some...), append(errs, err, err2)
		c.changed = c.changed || len(back)+len(some) > 0
	}
	return all, errors.Join(errs...)
}

// read counts the calls that the journal has from the cursor on. more says that it
// stopped before their end.
func (w *Seeker) read(ctx context.Context) (all []insight.Found, more bool, err error) {
	if w.cursor == nil {
		w.cursor = w.cfg.Journal.Cursor(w.place.Next)
	}
	n, from := 0, w.cursor.Next()
	for call, err := range w.cursor.Read(ctx) {
		if err == nil {
			found, err := w.take(ctx, &call)
			if err != nil {
				return nil, false, err
			}
			all = append(all, found...)
		} else if err := w.lost(ctx, &call, err, from); err != nil {
			return nil, false, err
		}
		from = w.cursor.Next()
		if n++; n >= mostRead {
			w.place.Next = from
			return all, true, nil
		}
	}
	w.place.Next = w.cursor.Next()
	return all, false, ctx.Err()
}

// lost logs which records the journal no longer has, or cannot read. Any other error it
// returns.
func (w *Seeker) lost(ctx context.Context, call *journal.Call, err error, from uint64) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, damaged := errors.AsType[*records.DamageError](err)
	_, removed := errors.AsType[*records.RemovedError](err)
	if !damaged && !removed && call.Last == 0 {
		return err // the journal cannot be read
	}
	w.cfg.Log.ErrorContext(ctx, "the journal of calls has lost records that insights had yet to count", "first", from, "last", w.cursor.Next()-1, "error", err)
	return nil
}

// take counts a call in all scopes that it belongs to.
func (w *Seeker) take(ctx context.Context, call *journal.Call) (all []insight.Found, err error) {
	if delivery.ItsOwn(&call.Entry) {
		return nil, nil
	}
	if data := call.Event == string(event.Data) || call.Event == "data"; !w.wants(data) {
		return nil, nil
	}
	events, err := event.Of(&call.Entry)
	if err != nil {
		w.cfg.Log.ErrorContext(ctx, "a call is not counted for insights, since it cannot be shown as CloudTrail does", "number", call.Last, "error", err)
		return nil, nil
	}
	for i := range events {
		e := &events[i]
		scopes, err := w.scopesOf(ctx, e)
		if err != nil {
			return nil, err
		}
		for _, s := range scopes {
			if w.scopes[s.Scope] == nil && !insight.Counts(e) {
				continue
			}
			c := w.scope(ctx, s.Scope, s.since, e.Time)
			if c == nil {
				continue
			}
			found, err := c.Advance(e.Time.Add(-grace))
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
			c.Add(e)
			c.changed = true
		}
	}
	return all, nil
}

// scope returns what counts a scope, which has been watched since a time; nil where
// there are too many.
func (w *Seeker) scope(ctx context.Context, s insight.Scope, since, now time.Time) *counted {
	if c := w.scopes[s]; c != nil {
		return c
	}
	regions := 0
	for other := range w.scopes {
		if other.Account == s.Account {
			regions++
		}
	}
	if len(w.scopes) >= mostScopes || regions >= mostRegions {
		if !w.full {
			w.full = true
			w.cfg.Log.WarnContext(ctx, "insights are not looked for in an account and region, as there are too many", "account", s.Account, "region", s.Region, "limit", mostScopes)
		}
		return nil
	}
	c := &counted{Detector: insight.New(s, uuid.NewString(), since, now.Add(-grace)), changed: true}
	w.scopes[s] = c
	w.share()
	return c
}

// share gives each scope its part of what may be counted.
func (w *Seeker) share() {
	for _, c := range w.scopes {
		c.SetRoom(mostKeys / len(w.scopes))
	}
}
