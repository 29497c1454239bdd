package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/bus"
)

func TestWaitEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		end   func(b *bus.Bus, cancel, stop func())
		check func(error) bool
	}{
		{"with a wake-up", func(b *bus.Bus, _, _ func()) { b.Wake("a") }, func(err error) bool { return err == nil }},
		{"with one for another of its keys", func(b *bus.Bus, _, _ func()) { b.Wake("b") }, func(err error) bool { return err == nil }},
		{"with its context", func(_ *bus.Bus, cancel, _ func()) { cancel() }, func(err error) bool { return errors.Is(err, context.Canceled) }},
		{"when the bus stops", func(_ *bus.Bus, _, stop func()) { stop() }, func(err error) bool { return err != nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, newPath(t), bus.Config{})
				stop := r.run(t, nil)
				synctest.Wait()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				w := r.Waiter("a", "b")
				ended := make(chan error, 1)
				go func() { ended <- w.Wait(ctx) }()
				synctest.Wait()
				r.Wake("c")
				if h := r.health(t); h.WaitedFor != 2 {
					t.Errorf("%d keys are waited for", h.WaitedFor)
				}
				synctest.Wait()
				select {
				case err := <-ended:
					t.Fatalf("Wait = %v before anything happened", err)
				default:
				}
				tt.end(r.Bus, cancel, stop)
				synctest.Wait()
				if err := <-ended; !tt.check(err) {
					t.Errorf("Wait = %v", err)
				}
				w.Close()
				w.Close()
				if h := r.health(t); h.WaitedFor != 0 {
					t.Errorf("%d keys are waited for after Close", h.WaitedFor)
				}
			})
		})
	}
}

func TestAWakeBeforeTheWaitIsNotLost(t *testing.T) {
	r := open(t, newPath(t), bus.Config{})
	w := r.Waiter("a")
	defer w.Close()
	r.Wake("a")
	r.Wake("a")
	if err := w.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait = %v: two wake-ups end one Wait", err)
	}
}

// Waiters come and go while a counter rises; each waits until it is high
// enough. A lost wake-up would leave one waiting, which the bubble reports.
func TestNoWakeUpIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const waiters, rises, keys = 200, 500, 7
		r := open(t, newPath(t), bus.Config{})
		r.run(t, nil)
		var counters [keys]atomic.Int64
		var group errgroup.Group
		for n := range waiters {
			group.Go(func() error {
				key := n % keys
				for want := int64(1); want <= rises; want += int64(1 + n%13) {
					w := r.Waiter(fmt.Sprint(key))
					for counters[key].Load() < want {
						if err := w.Wait(t.Context()); err != nil {
							return err
						}
					}
					w.Close()
				}
				return nil
			})
		}
		for key := range keys {
			group.Go(func() error {
				for range rises {
					counters[key].Add(1)
					r.Wake(fmt.Sprint(key))
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		if h := r.health(t); h.WaitedFor != 0 {
			t.Errorf("%d keys are left", h.WaitedFor)
		}
	})
}

func TestAllWaitsEndWhenTheBusStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		stop := r.run(t, map[string]bus.Target{"sqs": target(func(ctx context.Context, _ bus.Delivery) error {
			<-ctx.Done()
			return ctx.Err()
		})})
		r.send(t, bus.Delivery{Target: queue("q")})
		synctest.Wait()
		var waiting sync.WaitGroup
		for n := range 1000 {
			waiting.Go(func() {
				w := r.Waiter(fmt.Sprint(n))
				defer w.Close()
				wantUnavailable(t, w.Wait(t.Context()))
			})
		}
		synctest.Wait()
		start := time.Now()
		stopped := make(chan struct{})
		go func() {
			stop() // which waits for the target
			close(stopped)
		}()
		waiting.Wait()
		if took := time.Since(start); took != 0 {
			t.Errorf("waits ended after %s", took)
		}
		late := r.Waiter("a")
		defer late.Close()
		wantUnavailable(t, late.Wait(t.Context()))
		<-stopped
	})
}
