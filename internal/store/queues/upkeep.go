package queues

import (
	"context"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Counts is how many messages of a queue are where.
type Counts struct {
	Ready, Delayed, InFlight int
}

// Count counts the messages of a queue, of which those are left out that were kept for
// longer than retention.
func (s *Store) Count(number uint64, retention time.Duration) (Counts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[number]
	if q == nil {
		return Counts{}, ErrNoQueue
	}
	now := s.now()
	q.advance(now)
	c := Counts{Ready: q.counts[ready], Delayed: q.counts[delayed], InFlight: q.counts[inFlight]}
	if kept := now - retention.Milliseconds(); q.oldest <= kept {
		for _, m := range q.messages {
			if m.base > kept {
				continue
			}
			switch m.state {
			case ready:
				c.Ready--
			case delayed:
				c.Delayed--
			case inFlight:
				c.InFlight--
			}
		}
	}
	return c, nil
}

// Purge removes all messages of a queue, those with receivers too, and returns once that is
// on disk, with how many there were.
func (s *Store) Purge(ctx context.Context, number uint64) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return n, s.change(func(batch *pebble.Batch) error {
		q := s.queues[number]
		if q == nil {
			return ErrNoQueue
		}
		for _, space := range []byte{spaceMessages, spaceBodies} {
			if err := batch.DeleteRange(queueKey(space, number), nextOf(queueKey(space, number)), nil); err != nil {
				return err
			}
		}
		n = len(q.messages)
		empty := newQueue(q.Queue)
		empty.next, empty.reserved, empty.seen, empty.order = q.next, q.reserved, q.seen, q.order
		s.queues[number] = empty
		return nil
	})
}

// sweepMost is how many messages one change of Sweep removes.
const sweepMost = 10_000

// Sweep removes messages of a queue that were kept for longer than retention, and what need
// not be remembered any more. It returns how many messages.
func (s *Store) Sweep(ctx context.Context, number uint64, retention time.Duration) (removed int, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		due, err := s.due(number, retention)
		if err != nil || !due {
			return removed, err
		}
		n := 0
		err = s.change(func(batch *pebble.Batch) (err error) {
			n, err = s.sweep(batch, number, retention)
			return err
		})
		removed += n
		if err != nil || n < sweepMost {
			return removed, err
		}
	}
}

// due says whether there is anything to be swept.
func (s *Store) due(number uint64, retention time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[number]
	if q == nil {
		return false, ErrNoQueue
	}
	now := s.now()
	for name, a := range q.attempts {
		if a.at <= now-Repeats.Milliseconds() {
			delete(q.attempts, name)
		}
	}
	if len(q.order) > 0 && q.seen[q.order[0]].at <= now-Repeats.Milliseconds() {
		return true, nil
	}
	return len(q.messages) > 0 && q.oldest <= now-retention.Milliseconds(), nil
}

func (s *Store) sweep(batch *pebble.Batch, number uint64, retention time.Duration) (n int, err error) {
	q := s.queues[number]
	if q == nil {
		return 0, ErrNoQueue
	}
	now := s.now()
	for _, name := range q.forget(now - Repeats.Milliseconds() + 1) {
		if _, again := q.seen[name]; again {
			continue
		}
		if err := batch.Delete(seenKey(number, name), nil); err != nil {
			return 0, err
		}
	}
	kept := now - retention.Milliseconds()
	if q.oldest > kept {
		return 0, nil
	}
	oldest := now
	for _, m := range q.messages {
		if m.base > kept || n >= sweepMost {
			oldest = min(oldest, m.base)
			continue
		}
		if err := q.unset(batch, m); err != nil {
			return n, err
		}
		q.remove(m)
		n++
	}
	q.oldest = oldest
	return n, nil
}

// load reads where all messages stand, and removes what is kept of queues that are not
// there.
func (s *Store) load(ctx context.Context) error {
	now := s.now()
	gone := map[uint64]bool{}
	err := errors.Join(
		s.scan(ctx, spaceNext, gone, func(q *queue, _, value []byte) bool {
			if len(value) != 8 {
				return false
			}
			q.next = sequenceIn(value)
			q.reserved = q.next
			return true
		}),
		s.scan(ctx, spaceMessages, gone, func(q *queue, rest, value []byte) bool {
			if len(rest) != 8 {
				return false
			}
			m, group, ok := decode(value, sequenceIn(rest))
			if !ok || m.sequence >= q.next {
				return false
			}
			m.group = q.group(group)
			if m.state == delayed && m.visible <= now {
				m.state = ready
			}
			if q.Ordered && m.count == 0 {
				m.group.until = max(m.group.until, m.visible)
			}
			q.add(m)
			return true
		}),
		s.scan(ctx, spaceSeen, gone, func(q *queue, rest, value []byte) bool {
			one, ok := decodeSeen(value)
			if ok {
				q.seen[string(rest)] = one
			}
			return ok
		}),
	)
	if err != nil {
		return err
	}
	for _, q := range s.queues {
		q.sortSeen()
	}
	if len(gone) == 0 {
		return nil
	}
	return s.change(func(batch *pebble.Batch) error {
		for number := range gone {
			if err := drop(batch, number); err != nil {
				return err
			}
		}
		return nil
	})
}

// scan calls yield with all records of a space; the rest of a key is what comes after the
// number of the queue.
func (s *Store) scan(ctx context.Context, space byte, gone map[uint64]bool, yield func(q *queue, rest, value []byte) bool) (err error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
	if err != nil {
		return errRead(err)
	}
	defer func() {
		if closed := iter.Close(); err == nil && closed != nil {
			err = errRead(closed)
		}
	}()
	n := 0
	for valid := iter.First(); valid; {
		if n++; n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		key := iter.Key()
		if len(key) < 9 {
			return errRead(errRecord)
		}
		number := sequenceIn(key[1:9])
		q := s.queues[number]
		if q == nil {
			gone[number] = true
			valid = iter.SeekGE(nextOf(queueKey(space, number)))
			continue
		}
		value, err := iter.ValueAndErr()
		if err != nil {
			return errRead(err)
		}
		if !yield(q, key[9:], value) {
			return errRead(errRecord)
		}
		valid = iter.Next()
	}
	if err := iter.Error(); err != nil {
		return errRead(err)
	}
	return nil
}
