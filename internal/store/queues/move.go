package queues

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
)

// move moves a message to the end of another queue, with what change makes of it. It
// reports false, and has changed nothing, where the body cannot be read: the message stays
// for those who then find that out.
func (s *Store) move(batch *pebble.Batch, from, to *queue, m *message, now int64, change func(*message)) (bool, error) {
	body, err := s.get(messageKey(spaceBodies, from.Number, m.sequence))
	if err != nil || body == nil {
		s.cfg.Log.Error("a message cannot be moved, since its body cannot be read", "queue", from.Number, "message", m.id.String(), "error", err)
		return false, nil
	}
	sequence, err := to.reserve(batch)
	if err != nil {
		return false, err
	}
	moved := &message{
		sequence: sequence, id: m.id, origin: m.origin, sent: m.sent, base: m.base, visible: now, first: m.first, last: m.last, count: m.count,
		size: m.size, group: to.group(m.group.name), name: m.name, source: m.source,
	}
	if to.Ordered {
		moved.base = now
		moved.visible = max(now, moved.group.until)
		if moved.visible > now {
			moved.state = delayed
		}
	}
	change(moved)
	if err := errors.Join(from.unset(batch, m), to.set(batch, moved), batch.Set(messageKey(spaceBodies, to.Number, sequence), body, nil)); err != nil {
		return false, err
	}
	from.remove(m)
	to.add(moved)
	return true, nil
}

// Move moves messages of a queue that may be received, the oldest first and at most so
// many, as new ones to where each belongs: to is asked with the queue that a message came
// from. It returns how many were moved, and which queues have them. Where to says no, it
// ends with what was moved before, and stuck is true.
func (s *Store) Move(ctx context.Context, number uint64, most int, to func(source string) (uint64, bool)) (moved int, where []uint64, stuck bool, err error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, false, err
	}
	err = s.change(func(batch *pebble.Batch) error {
		q := s.queues[number]
		if q == nil {
			return ErrNoQueue
		}
		now := s.now()
		q.advance(now)
		for moved < most && q.open.len() > 0 {
			m := q.open.of[0].ready.of[0]
			target, ok := to(m.source)
			there := s.queues[target]
			if !ok || there == nil || there == q {
				stuck = true
				return nil
			}
			done, err := s.move(batch, q, there, m, now, func(m *message) {
				if m.origin == nil {
					origin := m.id
					m.origin = &origin
				}
				m.id, m.sent, m.base, m.count, m.first, m.last, m.source = uuid.New(), now, now, 0, 0, 0, ""
			})
			if err != nil {
				return err
			}
			if !done {
				stuck = true
				return nil
			}
			moved, where = moved+1, append(where, target)
		}
		return nil
	})
	return moved, where, stuck, err
}
