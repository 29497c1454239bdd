package insights

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/language/matcher"
)

// stateless is a command that looks at each row alone, so that several workers may
// run it over different events.
type stateless interface {
	streaming
	stateless()
}

func (c *filterCommand) stateless()      {}
func (c *filterIndexCommand) stateless() {}
func (c *fieldsCommand) stateless()      {}
func (c *displayCommand) stateless()     {}
func (c *parseCommand) stateless()       {}
func (c *jsonCommand) stateless()        {}
func (c *unnestCommand) stateless()      {}
func (c *expandCommand) stateless()      {}
func (c *lookupCommand) stateless()      {}
func (c *joinCommand) stateless()        {}

// split returns the commands that workers run, and those behind them.
func split(commands []command) (apart, together []command) {
	for i, c := range commands {
		if _, ok := c.(stateless); !ok {
			return commands[:i], commands[i:]
		}
	}
	return commands, nil
}

// batchSize is how many events a worker gets at once, and batchBytes how many bytes of
// messages from which on it gets no more: so what is read ahead is bounded.
const (
	batchSize  = 128
	batchBytes = 1 << 20
)

// batch is events in their order, and the rows that workers make of them.
type batch struct {
	events []Event
	bytes  int // of their messages
	rows   []passed
	values []value // that the rows consist of
	made   int     // bytes of rows, about, without what their events are
	err    error
	done   chan struct{}
}

// mostKept bounds the memory of rows that is kept for the next batch, as batch.made counts it.
const mostKept = 1 << 20

// reset makes a batch that has been taken a new one. What it points to stays until there
// is something else in its place.
func (b *batch) reset() {
	fresh := batch{events: b.events[:0]}
	if b.made <= mostKept {
		fresh.rows, fresh.values = b.rows[:0], b.values[:0]
	}
	*b = fresh
}

// keep returns a copy of a row that is there until the batch is reset.
func (b *batch) keep(r row) row {
	if len(b.values)+len(r) > cap(b.values) {
		b.values = make([]value, 0, max(2*cap(b.values), 16*len(r)))
	}
	n := len(b.values)
	b.values = append(b.values, r...)
	return b.values[n:len(b.values):len(b.values)]
}

// passed is a row that came through, the event that it is of, and how many were
// matched in the batch up to it.
type passed struct {
	row     row
	event   int
	matched float64
}

// worker runs commands over batches.
type worker struct {
	x      *run
	fields *discovery
	r      row
	last   row // of the event: what it was read as, or the last one that was made of it
	next   sink
	batch  *batch
	event  int
}

func (x *run) worker(ctx context.Context, commands []command, counts bool) *worker {
	own := x.own(ctx)
	w := &worker{x: own, fields: newDiscovery(maps.Clone(x.query.raw)), r: make(row, x.query.slots), last: make(row, x.query.slots)}
	w.next = own.chain(commands, func(r row) error {
		if err := w.count(r); err != nil {
			return err
		}
		w.batch.rows = append(w.batch.rows, passed{w.batch.keep(r), w.event, own.statistics.RecordsMatched})
		return nil
	}, counts)
	return w
}

// own returns the run for a worker: what a run computes with is each worker's own, what it
// only reads is shared.
func (x *run) own(ctx context.Context) *run {
	own := *x
	own.key, own.regexes, own.zones, own.statistics = nil, map[string]*matcher.Groups{}, map[string]*time.Location{}, Statistics{}
	own.ended = func() error { return context.Cause(ctx) }
	return &own
}

// count counts a row against what the run may hold until it is taken.
func (w *worker) count(r row) error {
	n := rowOverhead * len(r)
	for i := range r {
		if r[i].text != w.last[i].text { // otherwise it is the same text
			n += len(r[i].text)
		}
	}
	copy(w.last, r)
	w.batch.made += n
	if w.x.made.Add(int64(n)) > int64(w.x.memory()) {
		return ErrMemory
	}
	return nil
}

func (w *worker) run(b *batch) error {
	w.batch, w.x.statistics.RecordsMatched = b, 0
	for i := range b.events {
		e := &b.events[i]
		if i%looks == 0 {
			if err := w.x.ended(); err != nil {
				return err
			}
		}
		if !w.x.query.mayPass(e) {
			continue
		}
		w.event = i
		if err := w.look(e); err != nil {
			return err
		}
	}
	return nil
}

// look hands what an event is through the commands.
func (w *worker) look(e *Event) error {
	clear(w.r)
	w.fields.read(e, w.r)
	if w.x.query.pointed && w.x.env.Pointer != nil {
		w.r[pointerSlot] = textual(w.x.env.Pointer(e.Pointer))
	}
	if w.batch != nil {
		copy(w.last, w.r)
	}
	return cmp.Or(w.next(w.r), w.x.broken)
}

// workers is how many a run has.
func (x *run) workers() int {
	if x.env.Workers > 0 {
		return x.env.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// read hands the events through the commands to end. Workers run those in front that
// look at a row alone; their rows are taken in the order of the events.
func (x *run) read(ctx context.Context, commands []command, end sink, partial func(func() (*Result, error))) error {
	apart, together := split(commands)
	counts := !slices.ContainsFunc(together, filters) // whether those apart count what is matched
	c := &consumer{x: x, next: x.chain(together, end, !counts), counts: counts, partial: partial}
	jobs := make(chan *batch)
	var working sync.WaitGroup
	defer working.Wait()
	defer close(jobs)
	inner, stop := context.WithCancel(ctx)
	defer stop() // of what workers still make
	for range x.workers() {
		w := x.worker(inner, apart, counts)
		working.Go(func() {
			for b := range jobs {
				b.err = life.Catch(func() error { return w.run(b) })
				close(b.done)
			}
		})
	}
	b := c.fresh()
	send := func() error {
		if b.done = make(chan struct{}); len(b.events) == 0 {
			return nil
		}
		clear(b.events[len(b.events):cap(b.events)])
		select {
		case jobs <- b:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		c.waiting = append(c.waiting, b)
		b = c.fresh()
		return nil
	}
	for event, err := range x.env.Events(ctx, Read{x.query.source, x.query.needs, x.query.streams, x.query.pointed || x.query.final.events}) {
		if err != nil {
			return err
		}
		b.events, b.bytes = append(b.events, *event), b.bytes+len(event.Message)
		if len(b.events) < batchSize && b.bytes < batchBytes {
			continue
		}
		if err := send(); err != nil {
			return err
		}
		if err := c.take(ctx, 2*x.workers()); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
	}
	if err := send(); err != nil {
		return err
	}
	if err := c.take(ctx, 0); err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return ctx.Err()
}

// consumer takes the rows of batches, in their order.
type consumer struct {
	x       *run
	next    sink
	counts  bool // workers count what is matched
	partial func(func() (*Result, error))
	waiting []*batch
	idle    []*batch // that have been taken
	count   int      // events that were taken
}

// fresh returns a batch of no events.
func (c *consumer) fresh() *batch {
	if n := len(c.idle); n > 0 {
		b := c.idle[n-1]
		c.idle = c.idle[:n-1]
		b.reset()
		return b
	}
	return &batch{events: make([]Event, 0, batchSize)}
}

// take takes batches until no more than most are left.
func (c *consumer) take(ctx context.Context, most int) error {
	for len(c.waiting) > most {
		b := c.waiting[0]
		select {
		case <-b.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		c.waiting = c.waiting[1:]
		err := c.rows(b)
		c.x.made.Add(-int64(b.made))
		if err != nil {
			return err
		}
		c.idle = append(c.idle, b)
	}
	return nil
}

func (c *consumer) rows(b *batch) error {
	for _, one := range b.rows {
		if err := c.next(one.row); err != nil {
			c.scanned(b, one.event+1, one.matched)
			return err
		}
	}
	matched := 0.0
	if n := len(b.rows); n > 0 {
		matched = b.rows[n-1].matched
	}
	c.scanned(b, len(b.events), matched)
	return b.err
}

// scanned counts the first n events of a batch.
func (c *consumer) scanned(b *batch, n int, matched float64) {
	s := &c.x.statistics
	s.RecordsScanned += float64(n)
	if n == len(b.events) {
		s.BytesScanned += float64(b.bytes)
	} else {
		for i := range b.events[:n] {
			s.BytesScanned += float64(len(b.events[i].Message))
		}
	}
	if c.counts {
		s.RecordsMatched += matched
	}
	if before := c.count; c.partial != nil && (before+n)/snapshots > before/snapshots {
		c.partial(c.x.result)
	}
	c.count += n
}
