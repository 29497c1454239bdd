package bus

import (
	"context"
	"sync"

	"github.com/sillok/sillok/internal/cloud"
)

// waiters is who waits for which key.
type waiters struct {
	stopped chan struct{}
	stop    func() // ends all waits; may be called twice

	mu    sync.Mutex
	byKey map[string]map[*Waiter]struct{}
}

func newWaiters() *waiters {
	stopped := make(chan struct{})
	return &waiters{
		stopped: stopped,
		stop:    sync.OnceFunc(func() { close(stopped) }),
		byKey:   map[string]map[*Waiter]struct{}{},
	}
}

// Waiter waits for keys. It is for one goroutine; the caller must call Close.
type Waiter struct {
	all   *waiters
	keys  []string
	woken chan struct{}
}

// Waiter returns a Waiter for keys. Make it before looking at what is waited
// for, so that no change comes between the look and the wait:
//
//	w := b.Waiter(queue)
//	defer w.Close()
//	for {
//		messages, err := take(ctx)
//		if err != nil || len(messages) > 0 {
//			return messages, err
//		}
//		if err := w.Wait(ctx); err != nil {
//			return nil, err
//		}
//	}
func (b *Bus) Waiter(keys ...string) *Waiter { return b.waits.waiter(keys...) }

// Wake ends the Wait of everyone who waits for key, or the next one if they are
// not in it just now. To tell of a change, call it once that is committed:
//
//	tx.AfterCommit(func() { b.Wake(queue) })
func (b *Bus) Wake(key string) { b.waits.wake(key) }

// Wait returns nil once one of the keys was woken since the last Wait, or since
// the Waiter was made. It returns ctx's error when that ends first, and an error
// of kind Unavailable when the bus has stopped.
func (w *Waiter) Wait(ctx context.Context) error {
	select {
	case <-w.woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.all.stopped:
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "the server is stopping")
	}
}

// Close ends what the Waiter was made for. It may be called twice.
func (w *Waiter) Close() {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	for _, key := range w.keys {
		delete(w.all.byKey[key], w)
		if len(w.all.byKey[key]) == 0 {
			delete(w.all.byKey, key)
		}
	}
}

func (a *waiters) waiter(keys ...string) *Waiter {
	w := &Waiter{all: a, keys: keys, woken: make(chan struct{}, 1)}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, key := range keys {
		if a.byKey[key] == nil {
			a.byKey[key] = map[*Waiter]struct{}{}
		}
		a.byKey[key][w] = struct{}{}
	}
	return w
}

func (a *waiters) wake(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for w := range a.byKey[key] {
		notify(w.woken)
	}
}

// count returns how many keys are waited for.
func (a *waiters) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.byKey)
}
