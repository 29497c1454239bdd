package verify

import "sync"

// ordered passes problems on in the order of turns, though turns work side by side.
// Whose turn it is not yet keeps some and then waits, so that little is kept.
type ordered struct {
	tell func(Problem) error

	mu     sync.Mutex
	moved  sync.Cond
	turns  []*turn
	at     int // whose turn it is
	failed error
}

// turn is one's place in the order.
type turn struct {
	of    *ordered
	n     int
	kept  []Problem
	ended bool
}

// keptAtMost is how many problems a turn keeps before it waits.
const keptAtMost = 1000

func newOrdered(tell func(Problem) error) *ordered {
	o := &ordered{tell: tell}
	o.moved.L = &o.mu
	return o
}

// turn returns the next place in the order. The caller must end it.
func (o *ordered) turn() *turn {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := &turn{of: o, n: len(o.turns)}
	o.turns = append(o.turns, t)
	return t
}

// add passes a problem on, now or when it is this turn's time.
func (t *turn) add(p Problem) error {
	o := t.of
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.at != t.n && len(t.kept) >= keptAtMost && o.failed == nil {
		o.moved.Wait()
	}
	t.kept = append(t.kept, p)
	if o.at == t.n {
		t.pass()
	}
	return o.failed
}

// pass passes on what is kept. o.mu is held.
func (t *turn) pass() {
	o := t.of
	for _, p := range t.kept {
		if o.failed == nil {
			o.failed = o.tell(p)
		}
	}
	t.kept = nil
}

// end says that nothing more will come.
func (t *turn) end() {
	o := t.of
	o.mu.Lock()
	defer o.mu.Unlock()
	t.ended = true
	for o.at < len(o.turns) && o.turns[o.at].ended {
		o.turns[o.at].pass()
		o.turns[o.at] = &turn{ended: true}
		o.at++
	}
	if o.at < len(o.turns) {
		o.turns[o.at].pass()
	}
	o.moved.Broadcast()
}

func (o *ordered) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}
