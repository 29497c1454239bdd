package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/state"
)

// Config is what a Bus needs to know. Where a number is 0, its default holds.
type Config struct {
	Log *slog.Logger

	// OutboxBytes is how much the facts that some listener is not past may
	// take, each counted with 1 KiB on top; 0 means 1 GiB.
	OutboxBytes int64
	// TargetBytes is how much may wait for one target, each delivery counted
	// with 1 KiB on top; 0 means 256 MiB.
	TargetBytes int64
	// InFlight is how many deliveries are under way at once; 0 means 64.
	InFlight int
	// InFlightPerTarget is how many of them go to one target; 0 means 8.
	InFlightPerTarget int
	// AttemptTime is how long one attempt at a delivery may take; 0 means 30 s.
	AttemptTime time.Duration
	// FirstPause bounds the pause after a first failure, of a delivery or a
	// listener; it doubles with each further one. 0 means 1 s.
	FirstPause time.Duration
}

const (
	// recordOverhead stands for a document's key, its place in the index and
	// what is kept beside it.
	recordOverhead = 1 << 10

	longestListenerPause = time.Minute
	longestDeliveryPause = 15 * time.Minute

	// graceTime is how long what is under way may go on after Run's context
	// has ended.
	graceTime = 5 * time.Second
)

func (c Config) withDefaults() Config {
	c.OutboxBytes = cmp.Or(c.OutboxBytes, 1<<30)
	c.TargetBytes = cmp.Or(c.TargetBytes, 256<<20)
	c.InFlight = cmp.Or(c.InFlight, 64)
	c.InFlightPerTarget = cmp.Or(c.InFlightPerTarget, 8)
	c.AttemptTime = cmp.Or(c.AttemptTime, 30*time.Second)
	c.FirstPause = cmp.Or(c.FirstPause, time.Second)
	return c
}

// Bus carries facts, payloads and wake-ups between services.
type Bus struct {
	cfg   Config
	store state.Store

	waits     *waiters
	published *waiters // the listeners, waiting for facts
	schedule  *schedule
	moved     chan struct{} // a listener's cursor moved

	begun     atomic.Bool
	mu        sync.Mutex
	listeners []*listener // set once, when Run begins
}

// New returns a Bus that keeps facts and deliveries in store. It does no I/O
// and starts nothing: what is published and delivered waits until Run.
func New(cfg Config, store state.Store) *Bus {
	cfg = cfg.withDefaults()
	return &Bus{
		cfg: cfg, store: store,
		waits: newWaiters(), published: newWaiters(),
		schedule: newSchedule(cfg.InFlight, cfg.InFlightPerTarget),
		moved:    make(chan struct{}, 1),
	}
}

// Run gives facts to listeners and deliveries to targets, which are named by
// the service in their ARNs ("sqs"), until ctx is done. Then no further call of
// either begins; those under way have five seconds before their context ends
// too, and what they achieved is written down. Waits end when ctx does.
//
// Listeners must be complete: cursors of any other name are forgotten. Run may
// be called once. It returns an error when it could not begin, or could not save
// the places of listeners at its end, which then see some facts again.
func (b *Bus) Run(ctx context.Context, listeners []Listener, targets map[string]Target) error {
	if b.begun.Swap(true) {
		return errors.New("run the bus: it was run before")
	}
	defer b.stopWaits()
	defer context.AfterFunc(ctx, b.stopWaits)()
	work, cancel := withGrace(ctx)
	defer cancel()

	running, err := b.register(work, listeners)
	if err != nil {
		return err
	}
	if err := b.loadSchedule(work); err != nil {
		return err
	}
	group, ctx := life.New(ctx, b.cfg.Log)
	begin := func(name string, run func(ctx context.Context)) {
		group.Go(ctx, name, func(ctx context.Context) error {
			run(ctx)
			return nil
		})
	}
	for _, l := range running {
		begin("listener "+l.Name, func(ctx context.Context) { b.listen(ctx, work, l) })
	}
	begin("deliveries", func(ctx context.Context) { b.dispatch(ctx, work, targets) })
	begin("outbox", func(ctx context.Context) { b.keepOutbox(ctx, running) })
	err = group.Wait()
	if _, unsaved := b.saveCursors(context.WithoutCancel(ctx), running); unsaved != nil {
		err = errors.Join(err, fmt.Errorf("save the places of listeners: %w", unsaved))
	}
	return err
}

func (b *Bus) stopWaits() {
	b.waits.stop()
	b.published.stop()
}

// withGrace returns a context that ends graceTime after ctx.
func withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(graceTime, cancel)
		context.AfterFunc(work, func() { timer.Stop() })
	})
	return work, func() {
		unhook()
		cancel()
	}
}

// notify leaves a token in a channel of capacity 1, if there is none.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
