package logs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/resource"
)

// What follows from events that were appended, metrics and what subscribers are sent,
// is made of the log of events itself, batch by batch, from a place that is kept with
// the documents. The place moves in the transaction in which deliveries to subscribers
// are written, so that each event is in one of them, also after a crash; metrics are
// put just before. The log keeps what is yet to be passed on.

var passages = resource.Kind[passage]{Name: "logs/passed"} // "batches"; it belongs to no account

// passage is how far events were passed on.
type passage struct {
	Next  uint64       // the number of the first batch that is yet to be
	Quiet []quietEntry `json:",omitempty"`
}

// quietEntry is a minute of a metric whose default value may still be due.
type quietEntry struct {
	quietMinute
	quiet
}

// passer passes events on.
type passer struct {
	*Service

	next  atomic.Uint64 // as in passage; 0 while that is not known
	begun chan struct{} // has one when something was appended, or counted

	mu      sync.Mutex // of a round
	last    *events.Batch
	places  map[uint64]groupName // of groups, by number: they never change
	quiet   quiets
	pending *round // what a round could not hand on

	counting sync.Mutex
	counts   *tally // of what became of deliveries

	trouble sync.Mutex
	failed  error // why the last round failed
}

const (
	gatherFor   = 100 * time.Millisecond // what comes, before it is passed on
	passAtMost  = 4 << 20                // bytes of events in a round
	passMetrics = 1 << 20                // bytes of its metrics
	passPause   = time.Second            // after a failure
	quietEvery  = time.Second
)

func newPasser(s *Service) *passer {
	return &passer{Service: s, begun: make(chan struct{}, 1), places: map[uint64]groupName{}, quiet: quiets{}, counts: newTally()}
}

// open finds out how far events were passed on. Where nothing is known of that, what is
// there already is not passed on.
func (p *passer) open(ctx context.Context) error {
	return p.store.Update(nobody(ctx), func(tx resource.Tx) error {
		at, found, err := passages.Find(tx, "batches")
		if err != nil {
			return err
		}
		if end := p.events.Next(); !found || at.Next > end {
			if found {
				p.cfg.Log.ErrorContext(ctx, "the log of events is older than the documents: what is in it is not passed on", "batch", end, "passed_on", at.Next)
			}
			at.Next = end
			if err := passages.Put(tx, at, "batches"); err != nil {
				return err
			}
		}
		for _, e := range at.Quiet {
			p.quiet[e.quietMinute] = e.quiet
		}
		p.next.Store(at.Next)
		return nil
	})
}

// notify has what was appended passed on soon.
func (p *passer) notify() {
	select {
	case p.begun <- struct{}{}:
	default:
	}
}

// run passes on what comes, until ctx is done. What waits then is passed on by the next
// run.
func (p *passer) run(ctx context.Context) error {
	tick := time.NewTicker(quietEvery)
	defer tick.Stop()
	p.notify() // what a crash left
	for {
		wait := gatherFor
		select {
		case <-ctx.Done():
			return nil
		case <-p.begun:
		case <-tick.C:
			if !p.due() {
				continue
			}
		}
		if err := p.pass(ctx); err != nil && ctx.Err() == nil {
			p.cfg.Log.ErrorContext(ctx, "log events could not be passed on, it is tried again", append([]any{"batch", p.next.Load()}, life.Attrs(err)...)...)
			wait = passPause
			p.notify()
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

func (p *passer) due() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.quiet.due(time.Now())
}

// PassOn passes on all that was appended before it was called: metrics are put, and what
// subscribers are sent is written down to be delivered. Run does so by itself; so does
// who cannot wait.
func (s *Service) PassOn(ctx context.Context) error { return s.passer.pass(ctx) }

func (p *passer) pass(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		more, err := p.round(ctx)
		p.trouble.Lock()
		p.failed = err
		p.trouble.Unlock()
		if err != nil || !more {
			return err
		}
	}
}

// problem returns why events are not passed on, or nil.
func (p *passer) problem() error {
	p.trouble.Lock()
	defer p.trouble.Unlock()
	return p.failed
}

// count adds to what was counted beside the events.
func (p *passer) count(add func(*tally)) {
	p.counting.Lock()
	add(p.counts)
	p.counting.Unlock()
	p.notify()
}

// round is what is made of some batches.
type round struct {
	*passer

	now    time.Time
	begin  uint64 // the first batch
	next   uint64 // the one behind the last
	bytes  int
	data   *tally
	quiet  quiets // as they are once it is done
	groups []*sending
	sends  map[sendingKey]*sending
	hits   []int
}

// round passes on what comes next, and says whether there may be more.
func (p *passer) round(ctx context.Context) (more bool, err error) {
	r, again := p.pending, p.pending != nil
	if r == nil {
		if r, err = p.gather(ctx); err != nil {
			return false, err
		}
		p.pending = r
	}
	if err := p.hand(ctx, r); err != nil {
		return false, err
	}
	p.pending, p.quiet = nil, r.quiet
	p.next.Store(r.next)
	return again || r.full(), nil
}

// gather makes a round of the batches that come next.
func (p *passer) gather(ctx context.Context) (*round, error) {
	begin := p.next.Load()
	r := &round{
		passer: p, now: time.Now(), begin: begin, next: begin, data: newTally(), quiet: make(quiets, len(p.quiet)), sends: map[sendingKey]*sending{},
	}
	maps.Copy(r.quiet, p.quiet)
	if err := r.read(ctx); err != nil {
		return nil, err // the batches are read again, and what was made of some is not kept
	}
	p.counting.Lock()
	taken := p.counts
	p.counts = newTally()
	p.counting.Unlock()
	r.data.join(taken)
	r.quiet.over(r.now, r.data)
	return r, nil
}

// read adds batches, until they are enough.
func (r *round) read(ctx context.Context) error {
	for batch, err := range r.events.Batches(ctx, r.begin, r.last) {
		if lost, next, ok := events.LostBatches(err); ok {
			r.next = max(r.next, next)
			r.cfg.Log.ErrorContext(ctx, "log events are not passed on, since they are lost or were removed", "batches", lost, "error", err)
			continue
		}
		if err != nil {
			return err
		}
		if err := r.batch(ctx, &batch); err != nil {
			return err
		}
		if r.data.left > 0 {
			r.cfg.Log.ErrorContext(ctx, "values of metrics are left out: a batch of log events has too many", "group", batch.Group, "stream", batch.Stream, "values", r.data.left)
			r.data.left = 0
		}
		batch.Events = nil // where it lies is what is needed further
		r.next, r.last = batch.Seq+1, &batch
		if r.full() {
			break
		}
	}
	return ctx.Err()
}

// full says whether the round has enough.
func (r *round) full() bool { return r.bytes >= passAtMost || r.data.size >= passMetrics }

// batch adds what follows from one batch.
func (r *round) batch(ctx context.Context, b *events.Batch) error {
	k, err := r.numbered(ctx, b.Group)
	if err != nil || k == nil {
		return err
	}
	stream, err := r.streamName(ctx, k, b.Stream)
	if err != nil || stream == "" {
		return err
	}
	size := 0
	for i := range b.Events {
		size += len(b.Events[i].Message) + eventOverhead
	}
	r.bytes += size
	r.arrived(k, b.Events[0].Ingested, len(b.Events), size)
	for i := range b.Events {
		if err := r.event(k, stream, b.Seq, &b.Events[i]); err != nil {
			return err
		}
	}
	return nil
}

// event adds what follows from one event, which is seen with what is protected masked.
func (r *round) event(k *known, stream string, seq uint64, e *events.Event) error {
	message, err := k.mask(e.Ingested, e.Message)
	if err != nil {
		return err
	}
	if k.group.Class == standard {
		r.metricsIn(k, e, message)
	}
	r.match(k, k.plain, stream, seq, e, message)
	if k.transforming == nil && !k.shape.transforms() {
		return nil
	}
	message, failure, err := k.transformed(stream, e)
	if err != nil {
		return err
	}
	r.transformed(k, e, message, failure)
	if message == nil || k.transforming == nil {
		return nil
	}
	if message, err = k.mask(e.Ingested, message); err != nil {
		return err
	}
	r.match(k, k.transforming, stream, seq, e, message)
	return nil
}

// match matches an event, in the form that is meant, against all filters at once.
func (r *round) match(k *known, m *matchers, stream string, seq uint64, e *events.Event, message []byte) {
	if m == nil {
		return
	}
	r.hits = m.set.Match(message, r.hits[:0])
	for n := range m.metrics {
		if f := &m.metrics[n]; seq >= f.since {
			r.count(k, f, e, message, slices.Contains(r.hits, n))
		}
	}
	for n := range m.subscribers {
		if sub := &m.subscribers[n]; seq >= sub.since && slices.Contains(r.hits, len(m.metrics)+n) {
			r.send(k, sub, stream, e, message)
		}
	}
}

// numbered returns what is known of a group by its number; nil for one that is gone.
func (p *passer) numbered(ctx context.Context, number uint64) (*known, error) {
	at, there := p.places[number]
	if !there {
		var err error
		if at, there, _, err = (wanted{p.Service}).named(ctx, number); err != nil || !there {
			return nil, err
		}
		if len(p.places) >= mostGroups {
			clear(p.places)
		}
		p.places[number] = at
	}
	k, err := p.group(in(ctx, at.scope()), at.Name)
	if err != nil && cloud.KindOf(err) == cloud.NotFound || err == nil && k.group.Number != number {
		return nil, nil
	}
	return k, err
}

// hand hands a round on: its metrics are put, and what is to be delivered is written
// down with how far events were passed on. What was put is not put again where the rest
// fails.
func (p *passer) hand(ctx context.Context, r *round) error {
	for _, of := range r.data.names() {
		if err := r.put(ctx, of); err != nil {
			return fmt.Errorf("put metrics of %s: %w", of.namespace, err)
		}
	}
	deliveries, err := r.deliveries(ctx)
	if err != nil {
		return err
	}
	if r.next == r.begin && len(deliveries) == 0 && len(r.quiet) == len(p.quiet) {
		return nil
	}
	at := passage{Next: r.next}
	for m, q := range r.quiet {
		at.Quiet = append(at.Quiet, quietEntry{m, q})
	}
	return p.store.Update(nobody(ctx), func(tx resource.Tx) error {
		for i := range deliveries {
			if _, err := p.cfg.Targets.Deliver(tx, deliveries[i]); err != nil {
				return err
			}
		}
		return passages.Put(tx, at, "batches")
	})
}
