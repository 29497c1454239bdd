package events

import (
	"context"
	"iter"
	"slices"
	"sync"
)

// memory holds the events that are in the log and in no file yet.
type memory struct {
	mu     sync.RWMutex
	groups map[uint64]*tail
	bytes  int64  // of memory, about
	oldest int64  // the time of the oldest event
	last   uint64 // the highest number of a batch
}

// tail is the events of a group: runs, each of them in order, and those that make
// the next one as they came.
type tail struct {
	runs    [][]Event
	open    []Event
	bytes   int64
	streams map[uint64]*Stats
}

const (
	runEvents  = 4096 // of a run
	eventBytes = 80   // that an event takes in memory beside its message
)

func newMemory() *memory { return &memory{groups: map[uint64]*tail{}} }

// add adds a batch, whose events' messages lie in memory of size bytes.
func (m *memory) add(group uint64, events []Event, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.groups[group]
	if t == nil {
		t = &tail{streams: map[uint64]*Stats{}}
		m.groups[group] = t
	}
	s := t.streams[events[0].Stream]
	if s == nil {
		s = &Stats{}
		t.streams[events[0].Stream] = s
	}
	for i := range events {
		if s.add(&events[i]); m.bytes == 0 || events[i].Time < m.oldest {
			m.oldest = events[i].Time
		}
		t.bytes += events[i].size()
	}
	m.last = max(m.last, events[0].Seq)
	m.bytes += int64(size) + int64(len(events))*eventBytes
	for len(t.open)+len(events) >= runEvents {
		n := runEvents - len(t.open)
		run := append(t.open, events[:n]...) //nolint:gocritic // open is begun anew
		sortEvents(run)
		t.runs, t.open, events = append(t.runs, run), nil, events[n:]
	}
	t.open = append(t.open, events...)
}

func sortEvents(events []Event) {
	inOrder := func(a, b Event) int { return a.Compare(b.Key) }
	if !slices.IsSortedFunc(events, inOrder) {
		slices.SortFunc(events, inOrder)
	}
}

// sorted returns the runs of a group, all in order.
func (m *memory) sorted(group uint64) [][]Event {
	m.mu.RLock()
	t := m.groups[group]
	if t == nil {
		m.mu.RUnlock()
		return nil
	}
	runs, open := slices.Clip(t.runs), slices.Clone(t.open)
	m.mu.RUnlock()
	if len(open) > 0 {
		sortEvents(open)
		runs = append(runs, open)
	}
	return runs
}

func (m *memory) size() int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.bytes
}

// groupBytes returns the size of a group's events.
func (m *memory) groupBytes(group uint64) int64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if t := m.groups[group]; t != nil {
		return t.bytes
	}
	return 0
}

// stats adds what is known of a group's streams.
func (m *memory) stats(group uint64, to map[uint64]Stats) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := m.groups[group]
	if t == nil {
		return
	}
	for stream, s := range t.streams {
		all := to[stream]
		all.merge(*s)
		to[stream] = all
	}
}

// sources adds where a query finds events in memory.
func (m *memory) sources(q *Query, wanted *wanted, to []source) []source {
	for piece := range m.pieces(q, wanted) {
		first, last := piece[0].Key, piece[len(piece)-1].Key
		to = append(to, source{group: q.Group, bound: q.edge(first, last), open: func() (cursor, error) { return newRun(q, wanted.of(q, piece)), nil }})
	}
	return to
}

// pieces yields events in order that may be wanted. Where texts are, they are as many as a
// block has, so that what lacks the texts is told of as of blocks.
func (m *memory) pieces(q *Query, wanted *wanted) iter.Seq[[]Event] {
	return func(yield func([]Event) bool) {
		for _, run := range m.sorted(q.Group) {
			for len(run) > 0 {
				n := len(run)
				if len(wanted.needs) > 0 {
					n = blockEnd(run)
				}
				if q.meets(run[0].Key, run[n-1].Key) && !yield(run[:n]) {
					return
				}
				run = run[n:]
			}
		}
	}
}

// run is a cursor over events in order.
type run struct {
	q    *Query
	left []Event
}

// newRun skips what comes before the query's range.
func newRun(q *Query, events []Event) *run {
	if q.Backward {
		end, _ := slices.BinarySearchFunc(events, q.To, func(e Event, t int64) int {
			if e.Time > t {
				return 1
			}
			return -1
		})
		if q.After != nil {
			behind, _ := slices.BinarySearchFunc(events, *q.After, func(e Event, k Key) int { return e.Compare(k) })
			end = min(end, behind)
		}
		return &run{q, events[:end]}
	}
	begin, _ := slices.BinarySearchFunc(events, q.From, func(e Event, t int64) int {
		if e.Time < t {
			return -1
		}
		return 1
	})
	if q.After != nil {
		behind, found := slices.BinarySearchFunc(events, *q.After, func(e Event, k Key) int { return e.Compare(k) })
		if found {
			behind++
		}
		begin = max(begin, behind)
	}
	return &run{q, events[begin:]}
}

// next implements cursor.
func (r *run) next(context.Context) (*Event, error) {
	for len(r.left) > 0 {
		var e *Event
		if r.q.Backward {
			e, r.left = &r.left[len(r.left)-1], r.left[:len(r.left)-1]
		} else {
			e, r.left = &r.left[0], r.left[1:]
		}
		if e.Time < r.q.From && r.q.Backward || e.Time > r.q.To && !r.q.Backward {
			r.left = nil
			return nil, nil
		}
		if r.q.holds(e.Key, e.Stream) {
			return e, nil
		}
	}
	return nil, nil
}

// bound implements cursor: it is never asked, since no event is looked for long.
func (*run) bound() Key { return Key{} }

// close implements cursor.
func (*run) close() {}
