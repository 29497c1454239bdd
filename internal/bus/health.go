package bus

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/state"
)

// Health is what an operator wants to know of a Bus.
type Health struct {
	Listeners []Lag // none before Run

	Facts       uint64 // kept in the outbox
	FactBytes   int64  // what they take
	OutboxBytes int64  // how much they may take; Publish refuses beyond

	Pending      int    // deliveries that have not ended; 0 before Run
	PendingBytes int64  // what they take
	InFlight     int    // how many of them are being tried
	DeadLettered uint64 // deliveries that ended with a dead letter, ever
	GivenUp      uint64 // deliveries that ended without one, ever

	WaitedFor int // keys that somebody waits for
}

// Lag is how far a listener is behind.
type Lag struct {
	Listener string
	Behind   uint64        // facts that it is not past
	Oldest   time.Duration // how long ago the first of them happened; 0 when there is none
	Failures int           // in a row, up to now

	LastError   string // "" when it never failed since Run began
	LastErrorAt time.Time
}

// Health returns how the bus is.
func (b *Bus) Health(ctx context.Context) (Health, error) {
	b.mu.Lock()
	listeners := b.listeners
	b.mu.Unlock()
	h := Health{Listeners: make([]Lag, len(listeners)), OutboxBytes: b.cfg.OutboxBytes, WaitedFor: b.waits.count()}
	h.Pending, h.PendingBytes, h.InFlight = b.schedule.figures()
	passed := make([]uint64, len(listeners)) // read before the store is, so that none is ahead of it
	for i, l := range listeners {
		passed[i] = l.passed.Load()
		h.Listeners[i] = l.lag()
	}
	err := b.store.View(ctx, func(r state.Reader) error {
		box, _, err := state.Find[outbox](r, outboxKey())
		if err != nil {
			return err
		}
		book, _, err := state.Find[ledger](r, ledgerKey())
		if err != nil {
			return err
		}
		h.Facts, h.FactBytes = box.Last-box.Removed, box.Bytes
		h.DeadLettered, h.GivenUp = book.DeadLettered, book.GivenUp
		for i := range listeners {
			lag := &h.Listeners[i]
			lag.Behind = box.Last - passed[i]
			if lag.Oldest, err = oldest(r, passed[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return h, err
}

// oldest returns the age of the first fact after a number.
func oldest(r state.Reader, after uint64) (time.Duration, error) {
	for d, err := range r.List(cloud.Scope{}, kindFact, state.Range{After: name(after), Limit: 1}) {
		if err != nil {
			return 0, err
		}
		fact, err := decodeFact(d)
		return time.Since(fact.Time), err
	}
	return 0, nil
}

func (l *listener) lag() Lag {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Lag{Listener: l.Name, Failures: l.failures, LastError: l.lastError, LastErrorAt: l.failedAt}
}

func (s *schedule) figures() (count int, bytes int64, inFlight int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count, s.bytes, s.inFlight
}
