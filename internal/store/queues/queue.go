package queues

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// state is where a message is.
type state uint8

const (
	ready    state = iota // it may be received, as far as its group lets it
	delayed               // it was sent and may not be received yet
	inFlight              // it is with a receiver
)

// message is where a message stands. Times are in milliseconds since 1970.
type message struct {
	sequence uint64
	id       uuid.UUID
	origin   *uuid.UUID // the ID under which it was first sent; nil for id

	sent    int64
	base    int64 // from when on it is kept
	visible int64 // from when on it may be received
	first   int64 // when it was first received, 0 for never
	last    int64 // when it was last received
	count   uint32
	size    uint32
	state   state
	at      int // its place in the heap that its state says

	group  *group
	name   string // what it named itself, so that it is not sent twice
	source string // the queue that it came from when it was given up there
}

// group is the messages of a queue that belong together; those without a group are one
// that is called "".
type group struct {
	name     string
	ready    heap[*message] // by sequence
	inFlight int
	all      int
	until    int64 // of a queue that is in order: when the last delayed one may be received
	at       int   // its place among those that something can be taken from; -1 for none
}

// queue is a queue in memory.
type queue struct {
	Queue

	next, reserved uint64 // sequences
	messages       map[uint64]*message
	groups         map[string]*group
	open           heap[*group]   // those that something can be taken from
	waiting        heap[*message] // those that are delayed or with receivers, by when that ends
	counts         [3]int         // of messages by state
	oldest         int64          // no message is kept from before it

	seen     map[string]seen
	order    []string // of seen, the oldest first
	attempts map[string]*attempt
}

// seen is a message that named itself.
type seen struct {
	id       uuid.UUID
	sequence uint64
	at       int64
}

// attempt is what a receiver got who may ask again for the same.
type attempt struct {
	at       int64
	messages []*message
	counts   []uint32
}

func newQueue(of Queue) *queue {
	q := &queue{
		Queue: of, next: 1, reserved: 1, messages: map[uint64]*message{}, groups: map[string]*group{},
		seen: map[string]seen{}, attempts: map[string]*attempt{},
	}
	q.waiting = heap[*message]{
		less: func(a, b *message) bool {
			return a.visible < b.visible || a.visible == b.visible && a.sequence < b.sequence
		},
		at: func(m *message) *int { return &m.at },
	}
	q.open = heap[*group]{less: q.before, at: func(g *group) *int { return &g.at }}
	return q
}

// before says whether something is taken from a before it is from b.
func (q *queue) before(a, b *group) bool {
	if x, y := a.held(), b.held(); !q.Ordered && x != y {
		return x < y
	}
	return a.ready.of[0].sequence < b.ready.of[0].sequence
}

// held is how many messages of a group are with receivers, as far as others are taken
// first because of them. Messages without a group stand back for nobody.
func (g *group) held() int {
	if g.name == "" {
		return 0
	}
	return g.inFlight
}

func (q *queue) group(name string) *group {
	g := q.groups[name]
	if g == nil {
		g = &group{name: name, at: -1, ready: heap[*message]{
			less: func(a, b *message) bool { return a.sequence < b.sequence },
			at:   func(m *message) *int { return &m.at },
		}}
		q.groups[name] = g
	}
	return g
}

// add adds a message that is in its group already and has its state.
func (q *queue) add(m *message) {
	if len(q.messages) == 0 || m.base < q.oldest {
		q.oldest = m.base
	}
	q.messages[m.sequence] = m
	m.group.all++
	q.enter(m, m.state)
}

// enter puts a message, which is in no heap, into a state.
func (q *queue) enter(m *message, s state) {
	m.state = s
	q.counts[s]++
	if s == ready {
		m.group.ready.push(m)
	} else {
		q.waiting.push(m)
	}
	if s == inFlight {
		m.group.inFlight++
	}
	q.place(m.group)
}

// leave takes a message out of its state.
func (q *queue) leave(m *message) {
	q.counts[m.state]--
	if m.state == ready {
		m.group.ready.remove(m)
	} else {
		q.waiting.remove(m)
	}
	if m.state == inFlight {
		m.group.inFlight--
	}
	q.place(m.group)
}

// place puts a group where it belongs after it has changed.
func (q *queue) place(g *group) {
	can := g.ready.len() > 0 && (!q.Ordered || g.inFlight == 0)
	switch {
	case can && g.at >= 0:
		q.open.fix(g.at)
	case can:
		q.open.push(g)
	case g.at >= 0:
		q.out(g)
	}
}

// out takes a group out of those that something can be taken from. It may have nothing to
// be compared by any more, so it goes to the end as it is.
func (q *queue) out(g *group) {
	at, last := g.at, q.open.len()-1
	q.open.swap(at, last)
	q.open.of[last] = nil
	q.open.of = q.open.of[:last]
	g.at = -1
	if at < last {
		q.open.fix(at)
	}
}

// remove removes a message.
func (q *queue) remove(m *message) {
	q.leave(m)
	delete(q.messages, m.sequence)
	if m.group.all--; m.group.all == 0 {
		delete(q.groups, m.group.name)
	}
}

// advance makes ready what may be received now.
func (q *queue) advance(now int64) {
	for q.waiting.len() > 0 && q.waiting.of[0].visible <= now {
		m := q.waiting.of[0]
		q.leave(m)
		q.enter(m, ready)
	}
}

// expects is when something may be received next that may not be now; zero for never.
func (q *queue) expects() time.Time {
	if q.waiting.len() == 0 {
		return time.Time{}
	}
	return time.UnixMilli(q.waiting.of[0].visible)
}

// forget forgets a name that a message gave itself.
func (q *queue) forget(before int64) (names []string) {
	for len(q.order) > 0 {
		s, ok := q.seen[q.order[0]]
		if ok && s.at >= before {
			return names
		}
		names = append(names, q.order[0])
		delete(q.seen, q.order[0])
		q.order = q.order[1:]
	}
	return names
}

// sortSeen puts the names that were read in the order of their time.
func (q *queue) sortSeen() {
	q.order = slices.SortedFunc(maps.Keys(q.seen), func(a, b string) int {
		return cmp.Or(cmp.Compare(q.seen[a].at, q.seen[b].at), cmp.Compare(q.seen[a].sequence, q.seen[b].sequence))
	})
}
