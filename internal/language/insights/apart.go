package insights

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/sillok/sillok/internal/kit/life"
)

// place is where a row stands in the order in which events are read: the newest first, and of
// one event as its rows were made.
type place struct {
	time int64
	seq  uint64
	n    uint32
	row  uint32
}

func (p *place) before(o place) bool {
	return cmp.Or(cmp.Compare(o.time, p.time), cmp.Compare(o.seq, p.seq), cmp.Compare(o.n, p.n), cmp.Compare(p.row, o.row)) < 0
}

// mayBeApart says whether the rows of events may be gathered in any order: commands that look
// at a row alone stand in front of groups of which nothing depends on the order.
func (x *run) mayBeApart(commands []command) (*grouping, bool) {
	g, groups := x.first.(*grouping)
	_, together := split(commands)
	if !groups || x.env.Apart == nil || len(together) > 1 { // one is what groups
		return nil, false
	}
	for _, c := range g.command.reduced {
		if !c.reduces.apart {
			return nil, false
		}
		for _, arg := range c.args[min(1, len(c.args)):] {
			if _, ok := arg.(*literal); !ok {
				return nil, false // such as a percentile that each row names anew: the last one holds
			}
		}
	}
	return g, true
}

// readApart hands the events through the commands to groups. Each worker has groups of its
// own, and now and then adds them to those of all.
func (x *run) readApart(ctx context.Context, commands []command, all *grouping, partial func(func() (*Result, error))) error {
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	a := &apart{x: x, all: all, partial: partial}
	parts := x.env.Apart(inner, Read{x.query.source, x.query.needs, x.query.streams, x.query.pointed}, x.workers())
	workers := make([]*apartWorker, len(parts)) // all of them before one begins to change what they are made of
	for i := range parts {
		workers[i] = a.worker(inner, commands)
	}
	var working sync.WaitGroup
	for i, w := range workers {
		working.Go(func() {
			if err := life.Catch(func() error { return w.run(parts[i]) }); err != nil {
				stop(err) // the first one is the cause
			}
		})
	}
	working.Wait()
	if err := context.Cause(inner); err != nil {
		return err
	}
	all.sort()
	return nil
}

// sort puts the groups in the order in which they would have come.
func (g *grouping) sort() {
	slices.SortFunc(g.order, func(a, b *group) int {
		if a.first.before(b.first) {
			return -1
		}
		return 1
	})
}

// apart is what workers add to.
type apart struct {
	x       *run
	partial func(func() (*Result, error))

	mu  sync.Mutex
	all *grouping
}

// apartWorker gathers the rows of some events.
type apartWorker struct {
	worker

	to  *apart
	own *grouping
}

func (a *apart) worker(ctx context.Context, commands []command) *apartWorker {
	own := a.x.own(ctx)
	own.at = &place{}
	w := &apartWorker{to: a, worker: worker{x: own, fields: newDiscovery(a.x.query.raw), r: make(row, a.x.query.slots)}}
	w.own, _ = a.all.command.gather(own, 0).(*grouping)
	w.next = own.chain(commands, w.own.add, true)
	return w
}

func (w *apartWorker) run(events iter.Seq2[*Event, error]) error {
	n := 0
	for e, err := range events {
		if err != nil {
			return err
		}
		if n%looks == 0 {
			if err := w.x.ended(); err != nil {
				return err
			}
		}
		n++
		w.x.statistics.RecordsScanned++
		w.x.statistics.BytesScanned += float64(len(e.Message))
		if w.x.query.mayPass(e) {
			*w.x.at = place{time: e.Timestamp, seq: e.Seq, n: e.N}
			if err := w.look(e); err != nil {
				return err
			}
		}
		if n%snapshots == 0 {
			if err := w.add(); err != nil {
				return err
			}
		}
	}
	return w.add()
}

// add adds what a worker has gathered to what all have.
func (w *apartWorker) add() error {
	a := w.to
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.all.merge(w.own); err != nil {
		return err
	}
	s, own := &a.x.statistics, &w.x.statistics
	s.RecordsMatched += own.RecordsMatched
	s.RecordsScanned += own.RecordsScanned
	s.BytesScanned += own.BytesScanned
	*own, w.x.held = Statistics{}, a.x.held
	if a.partial != nil {
		a.partial(func() (*Result, error) {
			a.all.sort()
			return a.x.result()
		})
	}
	return nil
}

// merge adds groups that were gathered elsewhere, which are no more there then.
func (g *grouping) merge(o *grouping) error {
	for key, from := range o.groups {
		to, there := g.groups[key]
		if !there {
			g.groups[key] = from
			g.order = append(g.order, from)
			n := 2*len(key) + 200 + 64*len(from.reducers)
			for _, r := range from.reducers {
				n += r.size()
			}
			if err := g.x.spend(n); err != nil {
				return err
			}
			continue
		}
		if from.first.before(to.first) {
			to.first, to.keys = from.first, from.keys
		}
		for i, r := range to.reducers {
			before := r.size()
			if m, ok := r.(merger); ok {
				m.merge(from.reducers[i])
			}
			if grown := r.size() - before; grown > 0 {
				if err := g.x.spend(grown); err != nil {
					return err
				}
			}
		}
	}
	clear(o.groups)
	o.order = o.order[:0]
	return nil
}
