package queues

import (
	"context"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
)

// Repeats is how long a name that a message gave itself keeps others of that name out.
const Repeats = 5 * time.Minute

// Message is a message that is to be sent.
type Message struct {
	ID    uuid.UUID
	Body  []byte // as it is to be kept
	Size  int    // as its sender counts it
	Delay time.Duration
	Group string // "" is no group
	Name  string // keeps others of that name out for a while; "" is none
	// Seen is what the name is kept as, where it does not count in the whole queue alone;
	// "" is Name.
	Seen string
}

// Sent is what became of a message that was sent.
type Sent struct {
	ID       uuid.UUID // of the message, or of the earlier one that had its name
	Sequence uint64
	Repeated bool // there was an earlier one
}

// Send sends messages to a queue, all of them in this order, and returns once they are on
// disk.
func (s *Store) Send(ctx context.Context, number uint64, messages []Message) (sent []Sent, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return sent, s.change(func(batch *pebble.Batch) error {
		q := s.queues[number]
		if q == nil {
			return ErrNoQueue
		}
		now := s.now()
		for i := range messages {
			one, err := q.send(batch, &messages[i], now)
			if err != nil {
				return err
			}
			sent = append(sent, one)
		}
		return nil
	})
}

func (s *Store) now() int64 { return s.cfg.Now().UnixMilli() }

func (q *queue) send(batch *pebble.Batch, from *Message, now int64) (Sent, error) {
	name := from.Seen
	if name == "" {
		name = from.Name
	}
	if name != "" && q.Ordered {
		if before, ok := q.seen[name]; ok && before.at > now-Repeats.Milliseconds() {
			return Sent{before.id, before.sequence, true}, nil
		}
	}
	sequence, err := q.reserve(batch)
	if err != nil {
		return Sent{}, err
	}
	m := &message{
		sequence: sequence, id: from.ID, sent: now, base: now, visible: now + from.Delay.Milliseconds(),
		size: uint32(max(from.Size, 0)), group: q.group(from.Group), name: from.Name, //nolint:gosec // messages are smaller
	}
	if q.Ordered {
		// One that is delayed for less than the one before it must not come before that.
		m.visible = max(m.visible, m.group.until)
		m.group.until = m.visible
	}
	if m.visible > now {
		m.state = delayed
	}
	if err := errors.Join(q.set(batch, m), batch.Set(messageKey(spaceBodies, q.Number, sequence), from.Body, nil)); err != nil {
		return Sent{}, err
	}
	if name != "" && q.Ordered {
		one := seen{m.id, sequence, now}
		if err := batch.Set(seenKey(q.Number, name), one.encode(), nil); err != nil {
			return Sent{}, err
		}
		q.seen[name], q.order = one, append(q.order, name)
	}
	q.add(m)
	return Sent{m.id, sequence, false}, nil
}

// reserveMany is how many sequences are taken from the disk at a time.
const reserveMany = 1024

// reserve returns the next sequence. None is given twice, whatever happens to messages.
func (q *queue) reserve(batch *pebble.Batch) (uint64, error) {
	if q.next == q.reserved {
		q.reserved += reserveMany
		if err := batch.Set(queueKey(spaceNext, q.Number), queueKey(0, q.reserved)[1:], nil); err != nil {
			return 0, err
		}
	}
	q.next++
	return q.next - 1, nil
}

// set writes down where a message stands.
func (q *queue) set(batch *pebble.Batch, m *message) error {
	return batch.Set(messageKey(spaceMessages, q.Number, m.sequence), m.encode(), nil)
}

// unset removes a message from the disk.
func (q *queue) unset(batch *pebble.Batch, m *message) error {
	return errors.Join(
		batch.Delete(messageKey(spaceMessages, q.Number, m.sequence), nil),
		batch.Delete(messageKey(spaceBodies, q.Number, m.sequence), nil),
	)
}
