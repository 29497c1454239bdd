package bus

import (
	"container/heap"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
)

// schedule says which delivery is to be tried next. It is made from the store
// when Run begins, and follows each change that is committed from then on.
type schedule struct {
	inFlightMax, perTarget int
	changed                chan struct{}

	mu       sync.Mutex
	loaded   bool
	upTo     string // the last ID that load has seen
	lanes    map[cloud.ARN]*lane
	turns    []*lane // with something to try now, in the order of their turns
	later    dueHeap
	inFlight int
	count    int
	bytes    int64
}

// lane is what goes to one target.
type lane struct {
	target   cloud.ARN
	ready    []*entry // in the order in which they became so
	inFlight int
	failing  bool // its last attempt is to be made again
	bytes    int64
	inTurns  bool
	// behind holds, for each group with a delivery that has not ended, those
	// that wait for it.
	behind map[string][]*entry
}

// entry is one delivery that has not ended.
type entry struct {
	id    string
	group string
	due   time.Time
	bytes int64
	lane  *lane
}

func entrySize(payload int) int64 { return int64(payload) + recordOverhead }

func newSchedule(inFlight, perTarget int) *schedule {
	return &schedule{
		inFlightMax: inFlight, perTarget: perTarget,
		changed: make(chan struct{}, 1),
		lanes:   map[cloud.ARN]*lane{},
	}
}

// load takes what read adds, in the order of IDs, and from then on what add is
// called with unless that is not after the last ID that read returns. It holds
// the schedule meanwhile, so that nothing comes in between.
func (s *schedule) load(read func(add func(Pending)) (last uint64, err error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, err := read(s.insert)
	s.loaded, s.upTo = err == nil, name(last)
	return err
}

// add takes a delivery that was accepted.
func (s *schedule) add(p Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded && p.ID > s.upTo {
		s.insert(p)
	}
}

// insert puts p in its place; s is locked.
func (s *schedule) insert(p Pending) {
	l := s.lanes[p.Target]
	if l == nil {
		l = &lane{target: p.Target, behind: map[string][]*entry{}}
		s.lanes[p.Target] = l
	}
	due := p.Next
	if latest := time.Now().Add(p.longestPause()); due.After(latest) {
		due = latest // the clock was set back since this was written
	}
	e := &entry{id: p.ID, group: p.Group, due: due, bytes: entrySize(p.Size), lane: l}
	s.count++
	s.bytes += e.bytes
	l.bytes += e.bytes
	if e.group != "" {
		waiting, busy := l.behind[e.group]
		if busy {
			l.behind[e.group] = append(waiting, e)
			return
		}
		l.behind[e.group] = nil
	}
	s.wait(e)
}

// wait has e tried once it is due; s is locked.
func (s *schedule) wait(e *entry) {
	heap.Push(&s.later, e)
	notify(s.changed)
}

// size returns how many bytes wait for a target.
func (s *schedule) size(target cloud.ARN) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.lanes[target]; l != nil {
		return l.bytes
	}
	return 0
}

// next returns a delivery to try now, which is then in flight, or nil and how
// long it is until one is due: 0 when nobody knows.
func (s *schedule) next(now time.Time) (*entry, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.later) > 0 && !s.later[0].due.After(now) {
		e, _ := heap.Pop(&s.later).(*entry)
		e.lane.ready = append(e.lane.ready, e)
		s.takeTurn(e.lane)
	}
	for s.inFlight < s.inFlightMax && len(s.turns) > 0 {
		l := s.turns[0]
		s.turns = s.turns[1:]
		l.inTurns = false
		if !s.hasTurn(l) {
			continue // an attempt has failed since it was put there
		}
		e := l.ready[0]
		l.ready = l.ready[1:]
		s.inFlight++
		l.inFlight++
		s.takeTurn(l)
		return e, 0
	}
	if len(s.later) > 0 {
		return nil, s.later[0].due.Sub(now)
	}
	return nil, 0
}

// takeTurn puts l at the end of the turns, if it has one to take; s is locked.
func (s *schedule) takeTurn(l *lane) {
	if !l.inTurns && s.hasTurn(l) {
		l.inTurns = true
		s.turns = append(s.turns, l)
	}
}

// hasTurn reports whether something of l can be tried now. While its last
// attempt is one to be made again, that is one at a time: targets that hang
// would otherwise take all that may be in flight.
func (s *schedule) hasTurn(l *lane) bool {
	room := s.perTarget
	if l.failing {
		room = 1
	}
	return len(l.ready) > 0 && l.inFlight < room
}

// again has a delivery in flight tried once more.
func (s *schedule) again(e *entry, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.land(e, true)
	e.due = due
	s.wait(e)
}

// done takes out a delivery in flight that has ended.
func (s *schedule) done(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.land(e, false)
	l := e.lane
	s.count--
	s.bytes -= e.bytes
	l.bytes -= e.bytes
	if e.group != "" {
		if waiting := l.behind[e.group]; len(waiting) > 0 {
			l.behind[e.group] = waiting[1:]
			s.wait(waiting[0])
		} else {
			delete(l.behind, e.group)
		}
	}
	if l.bytes == 0 {
		delete(s.lanes, l.target)
	}
}

// land ends e's flight; s is locked.
func (s *schedule) land(e *entry, failing bool) {
	s.inFlight--
	e.lane.inFlight--
	e.lane.failing = failing
	s.takeTurn(e.lane)
	notify(s.changed)
}

// dueHeap is a heap of entries, the one due first at its root; of those due at
// the same time, the one accepted first.
type dueHeap []*entry

func (h dueHeap) Len() int      { return len(h) }
func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h dueHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].id < h[j].id
	}
	return h[i].due.Before(h[j].due)
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	if e, ok := x.(*entry); ok {
		*h = append(*h, e)
	}
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
