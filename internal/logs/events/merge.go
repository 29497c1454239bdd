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
	// be called again, and after errLater: then nothing was found in a part of what
	// there is, and what is left lies behind bound.
	next(ctx context.Context) (*Event, error)
	bound() Key
	close()
}

var errLater = errors.New("nothing was found yet")

// source is what may have events of a query.
type source struct {
	group uint64
	bound Key // no event in it is read before that
	open  func() (cursor, error)
}

// head is a source that is open, and its next event.
type head struct {
	event *Event // nil where it is not known yet
	key   Key    // of the event, or before which there is none
	group uint64
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
			if n%1024 == 0 && ctx.Err() != nil {
				yield(Event{}, ctx.Err())
				return
			}
			if len(sources) > 0 && (len(m.heads) == 0 || !q.before(m.heads[0].key, sources[0].bound)) {
				if !m.passed(sources[0].bound) {
					return
				}
				c, err := sources[0].open()
				if err != nil && !m.tell(err) {
					return
				}
				group := sources[0].group
				if sources = sources[1:]; err == nil && !m.push(ctx, c, group) {
					return
				}
				continue
			}
			if len(m.heads) == 0 {
				return
			}
			if first := m.heads[0]; first.event == nil && !m.passed(first.key) || first.event != nil && !m.give(&first) {
				return
			}
			if !m.advance(ctx) {
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

// give yields an event. It is shared by all who read it, so that its group is told of a copy.
func (m *merger) give(h *head) bool {
	e := *h.event
	if m.q.Groups != nil {
		e.Group = h.group
	}
	return m.yield(e, nil)
}

// tell yields an error, and says whether reading goes on.
func (m *merger) tell(err error) bool {
	_, damaged := errors.AsType[*DamageError](err)
	return m.yield(Event{}, err) && damaged
}

// passed tells that all before a key has been read, and says whether reading goes on.
func (m *merger) passed(key Key) bool {
	if m.q.Passed == nil {
		return true
	}
	at := m.q.just(key)
	return m.q.After != nil && !m.q.before(*m.q.After, at) || m.q.Passed(at)
}

// take returns a cursor with its next event, or none at its end. It is false when
// reading has ended.
func (m *merger) take(ctx context.Context, c cursor) (*head, bool) {
	for {
		e, err := c.next(ctx)
		switch {
		case errors.Is(err, errLater):
			return &head{key: c.bound(), cursor: c}, true
		case err == nil && e == nil:
			return nil, true
		case err == nil:
			return &head{event: e, key: e.Key, cursor: c}, true
		case !m.tell(err):
			return nil, false
		}
	}
}

// push adds a cursor, unless it has nothing.
func (m *merger) push(ctx context.Context, c cursor, group uint64) bool {
	h, ok := m.take(ctx, c)
	if h == nil {
		c.close()
		return ok
	}
	h.group = group
	m.heads = append(m.heads, *h)
	for i := len(m.heads) - 1; i > 0; {
		up := (i - 1) / 2
		if !m.q.before(m.heads[i].key, m.heads[up].key) {
			break
		}
		m.heads[i], m.heads[up] = m.heads[up], m.heads[i]
		i = up
	}
	return true
}

// advance goes on behind the event that was read.
func (m *merger) advance(ctx context.Context) bool {
	h, ok := m.take(ctx, m.heads[0].cursor)
	if !ok {
		return false
	}
	if h != nil {
		h.group = m.heads[0].group
		m.heads[0] = *h
	} else {
		m.heads[0].close()
		last := len(m.heads) - 1
		m.heads[0] = m.heads[last]
		m.heads = m.heads[:last]
	}
	for i := 0; ; {
		first := i
		for _, down := range []int{2*i + 1, 2*i + 2} {
			if down < len(m.heads) && m.q.before(m.heads[down].key, m.heads[first].key) {
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
