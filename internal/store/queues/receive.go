package queues

import (
	"context"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
)

// Want is what a receiver asks for.
type Want struct {
	Most       int           // messages
	Visibility time.Duration // for how long nobody else receives them
	Retention  time.Duration // for how long messages are kept; older ones are removed
	// Attempt names what is asked for: asked for again within five minutes it is the same,
	// as far as nothing else happened to it. "" is no name. Names are lost when the server
	// ends.
	Attempt    string
	DeadLetter *DeadLetter // nil for none
}

// DeadLetter is where messages go that were received in vain.
type DeadLetter struct {
	To     uint64 // a queue
	After  uint32 // so many times
	Source string // what they have as where they came from
}

// Received is a message with its receiver.
type Received struct {
	ID       uuid.UUID
	Origin   uuid.UUID // the ID under which it was first sent, which its body was kept with
	Body     []byte
	Sent     time.Time
	First    time.Time // when it was first received
	Count    int       // how often it was received, now included
	Receipt  string
	Sequence uint64
	Group    string
	Name     string
	Source   string // the queue that it came from when it was given up there
}

// Receipts is what a receiver gets.
type Receipts struct {
	Messages []Received
	// Moved is how many messages went to the queue of dead letters meanwhile.
	Moved int
	// Next is when to look again: something may be received then that may not be now. It is
	// zero for never, as far as is known.
	Next time.Time
}

// lookMost is how many messages one receiver looks at that are not for it.
const lookMost = 1000

// Receive receives messages from a queue, and returns once it is on disk that nobody else
// gets them. The error is ErrNoQueue, or ErrInFlight where too many messages of a queue
// that is not in order are with receivers.
func (s *Store) Receive(ctx context.Context, number uint64, want Want) (out Receipts, err error) {
	if err := ctx.Err(); err != nil {
		return out, err
	}
	r := &receiving{store: s, number: number, want: &want}
	batch, err := s.begin(r.take, false)
	if err != nil {
		return out, err
	}
	out = r.out
	if batch == nil {
		return out, nil // there is nothing
	}
	if err := s.bodies(number, &out); err != nil {
		_ = s.wait(batch) // the read is what is told
		return out, err
	}
	return out, s.wait(batch)
}

// receiving is one Receive.
type receiving struct {
	store  *Store
	number uint64
	want   *Want
	out    Receipts

	queue *queue
	batch *pebble.Batch
	now   int64
	looks int
	taken []*message
}

// take takes messages from the queue.
func (r *receiving) take(batch *pebble.Batch) error {
	q := r.store.queues[r.number]
	if q == nil {
		return ErrNoQueue
	}
	r.queue, r.batch, r.now = q, batch, r.store.now()
	q.advance(r.now)
	again, err := r.again()
	if err != nil || again {
		return err
	}
	for len(r.taken) < r.want.Most && q.open.len() > 0 && r.looks < lookMost {
		if q.counts[inFlight] >= r.store.cfg.InFlight {
			if !q.Ordered && len(r.taken) == 0 {
				return ErrInFlight
			}
			break
		}
		g := q.open.of[0]
		if err := r.one(g.ready.of[0]); err != nil {
			return err
		}
		// A group that is in order gives all that it can before it is closed.
		for q.Ordered && len(r.taken) < r.want.Most && g.ready.len() > 0 && r.looks < lookMost && q.counts[inFlight] < r.store.cfg.InFlight {
			if err := r.one(g.ready.of[0]); err != nil {
				return err
			}
		}
	}
	if r.want.Attempt != "" && len(r.taken) > 0 {
		a := &attempt{at: r.now, messages: r.taken}
		for _, m := range r.taken {
			a.counts = append(a.counts, m.count)
		}
		q.attempts[r.want.Attempt] = a
	}
	if r.out.Next = q.expects(); r.looks >= lookMost {
		r.out.Next = time.UnixMilli(r.now) // there may be more behind those
	}
	return nil
}

// one takes a message that is ready, or does with it what is due instead.
func (r *receiving) one(m *message) error {
	q, dead := r.queue, r.want.DeadLetter
	if m.base+r.want.Retention.Milliseconds() <= r.now {
		r.looks++
		if err := q.unset(r.batch, m); err != nil {
			return err
		}
		q.remove(m)
		return nil
	}
	if dead != nil && m.count >= dead.After {
		r.looks++
		if to := r.store.queues[dead.To]; to != nil && to != q {
			moved, err := r.store.move(r.batch, q, to, m, r.now, func(m *message) { m.source = dead.Source })
			if err != nil {
				return err
			}
			if moved {
				r.out.Moved++
				return nil
			}
		}
	}
	q.leave(m)
	m.count++
	m.last, m.visible = r.now, r.now+r.want.Visibility.Milliseconds()
	if m.first == 0 {
		m.first = r.now
	}
	q.enter(m, inFlight)
	return r.give(m)
}

// again gives what an attempt of that name was given, and reports whether there is some.
func (r *receiving) again() (bool, error) {
	a := r.queue.attempts[r.want.Attempt]
	if a == nil || r.want.Attempt == "" || a.at <= r.now-Repeats.Milliseconds() {
		return false, nil
	}
	for i, m := range a.messages {
		if r.queue.messages[m.sequence] != m || m.state != inFlight || m.count != a.counts[i] {
			continue
		}
		r.queue.leave(m)
		m.visible = r.now + r.want.Visibility.Milliseconds()
		r.queue.enter(m, inFlight)
		if err := r.give(m); err != nil {
			return false, err
		}
	}
	return len(r.taken) > 0, nil
}

// give gives a message that is with the receiver from now on.
func (r *receiving) give(m *message) error {
	if err := r.queue.set(r.batch, m); err != nil {
		return err
	}
	r.taken = append(r.taken, m)
	origin := m.id
	if m.origin != nil {
		origin = *m.origin
	}
	r.out.Messages = append(r.out.Messages, Received{
		ID: m.id, Origin: origin, Sent: time.UnixMilli(m.sent), First: time.UnixMilli(m.first), Count: int(m.count),
		Receipt: r.store.receipt(r.number, m), Sequence: m.sequence, Group: m.group.name, Name: m.name, Source: m.source,
	})
	return nil
}

// bodies reads the bodies of messages. One that was removed meanwhile is left out.
func (s *Store) bodies(number uint64, out *Receipts) error {
	kept := out.Messages[:0]
	for i := range out.Messages {
		m := &out.Messages[i]
		body, err := s.get(messageKey(spaceBodies, number, m.Sequence))
		if err != nil {
			return err
		}
		if body == nil {
			if s.has(number, m.Sequence) {
				return errRead(errRecord)
			}
			continue
		}
		m.Body = body
		kept = append(kept, *m)
	}
	out.Messages = kept
	return nil
}

func (s *Store) has(number, sequence uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[number]
	return q != nil && q.messages[sequence] != nil
}
