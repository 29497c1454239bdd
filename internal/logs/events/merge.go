package events

import (
	"context"
	"errors"
	"iter"
	"slices"
)

// cursor yields events in the order of a query.
type cursor interface {
	// next returns the next event, or nil at the end. After a *DamageError it may
	// be called again.
	next() (*Event, error)
	close()
}

// source is what may have events of a query.
type source struct {
	bound Key // no event in it is read before that
	open  func() (cursor, error)
}

// head is a source that is open, and its next event.
type head struct {
	event *Event
	cursor
}

// merge yields what all sources have in the order of the query. No source is opened
// before one of its events may be next.
func merge(ctx context.Context, q *Query, sources []source) iter.Seq2[Event, error] {
	slices.SortStableFunc(sources, func(a, b source) int {
		if q.Backward {
			return b.bound.Compare(a.bound)
		}
		return a.bound.Compare(b.bound)
	})
	return func(yield func(Event, error) bool) {
		m := &merger{q: q, yield: yield}
		defer func() {
			for _, h := range m.heads {
				h.close()
			}
		}()
		for n := 0; ; n++ {
			for len(sources) > 0 && (len(m.heads) == 0 || !q.before(m.heads[0].event.Key, sources[0].bound)) {
				c, err := sources[0].open()
				if err != nil && !m.tell(err) {
					return
				}
				if sources = sources[1:]; err == nil && !m.push(c) {
					return
				}
			}
			if n%1024 == 0 && ctx.Err() != nil {
				yield(Event{}, ctx.Err())
				return
			}
			if len(m.heads) == 0 {
				return
			}
			if !yield(*m.heads[0].event, nil) || !m.advance() {
				return
			}
		}
	}
}

type merger struct {
	q     *Query
	yield func(Event, error) bool
	heads []head // a heap: the one whose event is read first is the first
}

// tell yields an error, and says whether reading goes on.
func (m *merger) tell(err error) bool {
	_, damaged := errors.AsType[*DamageError](err)
	return m.yield(Event{}, err) && damaged
}

// take returns the next event of a cursor. It is false when reading has ended.
func (m *merger) take(c cursor) (*Event, bool) {
	for {
		e, err := c.next()
		if err == nil {
			return e, true
		}
		if !m.tell(err) {
			return nil, false
		}
	}
}

// push adds a cursor, unless it has nothing.
func (m *merger) push(c cursor) bool {
	e, ok := m.take(c)
	if e == nil {
		c.close()
		return ok
	}
	m.heads = append(m.heads, head{e, c})
	for i := len(m.heads) - 1; i > 0; {
		up := (i - 1) / 2
		if !m.q.before(m.heads[i].event.Key, m.heads[up].event.Key) {
			break
		}
		m.heads[i], m.heads[up] = m.heads[up], m.heads[i]
		i = up
	}
	return true
}

// advance goes on behind the event that was read.
func (m *merger) advance() bool {
	e, ok := m.take(m.heads[0])
	if !ok {
		return false
	}
	if m.heads[0].event = e; e == nil {
		m.heads[0].close()
		last := len(m.heads) - 1
		m.heads[0] = m.heads[last]
		m.heads = m.heads[:last]
	}
	for i := 0; ; {
		first := i
		for _, down := range []int{2*i + 1, 2*i + 2} {
			if down < len(m.heads) && m.q.before(m.heads[down].event.Key, m.heads[first].event.Key) {
				first = down
			}
		}
		if first == i {
			return true
		}
		m.heads[i], m.heads[first] = m.heads[first], m.heads[i]
		i = first
	}
}
