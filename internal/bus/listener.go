package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/state"
)

// Listener is told of facts.
type Listener struct {
	// Name is what its place is kept under. A listener with a new name is a
	// new listener.
	Name string
	// Wants says which kinds of fact it is told of; nil means all. It must
	// answer the same for the same kind.
	Wants func(kind string) bool
	// FromStart lets a new listener begin with the oldest fact that is kept,
	// instead of the next one published.
	FromStart bool
	// Handle is given facts in the order of their numbers, one call at a time.
	// Nil means that they are dealt with. After an error it is given them again
	// one by one, so that it gets past those before the one that fails. What it
	// publishes has as Cause the number of the fact that led to it.
	Handle func(ctx context.Context, facts []Fact) error
}

const (
	batchFacts = 256
	batchBytes = 1 << 20
)

// listener is a Listener that runs.
type listener struct {
	Listener

	passed atomic.Uint64 // number of the last fact that it is past
	saved  uint64        // what the store says of that; used by one goroutine at a time

	mu        sync.Mutex
	failures  int // in a row
	lastError string
	failedAt  time.Time
}

// register gives each listener its cursor, and forgets the cursors of others.
func (b *Bus) register(ctx context.Context, listeners []Listener) ([]*listener, error) {
	running := make([]*listener, len(listeners))
	names := map[string]bool{}
	for i, l := range listeners {
		if l.Name == "" || l.Handle == nil || names[l.Name] {
			return nil, fmt.Errorf("run the bus: listener %d, %q: it needs a Handle and a name of its own", i, l.Name)
		}
		names[l.Name] = true
		running[i] = &listener{Listener: l}
	}
	gone := map[string]uint64{}
	var last uint64
	err := b.store.Update(ctx, func(tx state.Tx) error {
		box, _, err := state.Find[outbox](tx, outboxKey())
		if err != nil {
			return err
		}
		last = box.Last
		for cursor, err := range state.List[uint64](tx, cloud.Scope{}, kindCursor, state.Range{}) {
			if err != nil {
				return err
			}
			if name := cursor.Key.Name; !names[name] {
				gone[name] = cursor.Value
				if err := tx.Delete(cursor.Key); err != nil {
					return err
				}
			}
		}
		for _, l := range running {
			if err := l.begin(tx, box); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("run the bus: %w", err)
	}
	for name, at := range gone {
		b.cfg.Log.Warn("a listener is gone and its place is forgotten", "listener", name, "facts_behind", last-at)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listeners = running
	return running, nil
}

// begin puts l at its cursor, which a new listener is given.
func (l *listener) begin(tx state.Tx, box outbox) error {
	at, found, err := state.Find[uint64](tx, cursorKey(l.Name))
	if err != nil {
		return err
	}
	if !found {
		at = box.Last
		if l.FromStart {
			at = box.Removed
		}
		if err := state.Put(tx, cursorKey(l.Name), at); err != nil {
			return err
		}
	}
	l.passed.Store(at)
	l.saved = at
	return nil
}

// listen gives l its facts until ctx ends; calls of its Handle have work.
func (b *Bus) listen(ctx, work context.Context, l *listener) {
	published := b.published.waiter("")
	defer published.Close()
	var oneByOne uint64 // up to this number, the end of the last batch that failed
	for ctx.Err() == nil {
		limit := batchFacts
		if l.passed.Load() < oneByOne {
			limit = 1
		}
		batch, err := b.read(ctx, l, limit)
		if err == nil && batch.last == l.passed.Load() {
			if published.Wait(ctx) != nil {
				return
			}
			continue
		}
		if err == nil && len(batch.facts) > 0 {
			err = l.handle(work, batch.facts)
		}
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			oneByOne = max(oneByOne, batch.last)
			b.listenerFailed(ctx, l, batch, err)
			continue
		}
		l.succeeded()
		l.passed.Store(batch.last)
		notify(b.moved)
	}
}

// batch is the facts that a listener wants among those up to last.
type batch struct {
	facts []Fact
	last  uint64
}

// read returns the facts that come next for l, out of at most limit.
func (b *Bus) read(ctx context.Context, l *listener, limit int) (next batch, err error) {
	next.last = l.passed.Load()
	err = b.store.View(ctx, func(r state.Reader) error {
		bytes := 0
		for d, err := range r.List(cloud.Scope{}, kindFact, state.Range{After: name(next.last), Limit: limit}) {
			if err != nil {
				return err
			}
			fact, err := decodeFact(d)
			if err != nil {
				return err
			}
			next.last = fact.Number
			wanted, err := l.wants(fact.Kind)
			if err != nil {
				return err
			}
			if wanted {
				next.facts = append(next.facts, fact)
				if bytes += len(d.Value); bytes >= batchBytes {
					break
				}
			}
		}
		return nil
	})
	return next, err
}

func decodeFact(d state.Document) (Fact, error) {
	var fact Fact
	if err := json.Unmarshal(d.Value, &fact); err != nil {
		return Fact{}, fmt.Errorf("decode fact %q: %w", d.Key.Name, err)
	}
	var err error
	fact.Number, err = number(d.Key.Name)
	return fact, err
}

// wants asks the listener's Wants. A panic is an error.
func (l *listener) wants(kind string) (wanted bool, err error) {
	if l.Wants == nil {
		return true, nil
	}
	err = life.Catch(func() error {
		wanted = l.Wants(kind)
		return nil
	})
	return wanted, err
}

// handle calls the listener's Handle. A panic is an error.
func (l *listener) handle(ctx context.Context, facts []Fact) error {
	return life.Catch(func() error { return l.Handle(ctx, facts) })
}

// listenerFailed writes down that l failed, and waits before it is tried again.
func (b *Bus) listenerFailed(ctx context.Context, l *listener, failed batch, err error) {
	l.mu.Lock()
	l.failures++
	l.lastError, l.failedAt = err.Error(), time.Now()
	failures := l.failures
	l.mu.Unlock()
	wait := backoff(b.cfg.FirstPause, longestListenerPause, failures)
	b.cfg.Log.Error("a listener failed and is called again", append([]any{
		"listener", l.Name, "after_fact", l.passed.Load(), "up_to_fact", failed.last, "failures", failures, "pause", wait,
	}, life.Attrs(err)...)...)
	pause(ctx, wait)
}

func (l *listener) succeeded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = 0
}
