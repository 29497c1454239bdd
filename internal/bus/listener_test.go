package bus_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/bus"
)

func wantHeard(t *testing.T, e *ear, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, e.all()); diff != "" {
		t.Errorf("%s heard (-want +got):\n%s", e.name, diff)
	}
}

// One listener hangs and one panics; the third hears all the same.
func TestListenersAreIsolated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		open := make(chan struct{})
		slow := &ear{name: "slow", fail: func(bus.Fact) error {
			<-open
			return nil
		}}
		var well atomic.Bool
		panics := &ear{name: "panics", fail: func(fact bus.Fact) error {
			if !well.Load() && fact.Number == 2 {
				panic("at the second fact")
			}
			return nil
		}}
		wants := &ear{name: "wants", wants: func(string) bool {
			if !well.Load() {
				panic("in Wants")
			}
			return true
		}}
		fine := &ear{name: "fine"}
		r.run(t, nil, slow.listener(), panics.listener(), wants.listener(), fine.listener())
		synctest.Wait()
		r.publish(t, "a", "b", "c")
		pass(10 * time.Minute)
		wantHeard(t, fine, "1 a", "2 b", "3 c")
		wantHeard(t, slow)
		wantHeard(t, wants)
		r.log.has(t, "listener=panics", "at the second fact", "listener_test.go")
		r.log.has(t, "listener=wants", "in Wants")

		well.Store(true)
		close(open)
		pass(time.Minute)
		for _, e := range []*ear{slow, panics, wants, fine} {
			if diff := cmp.Diff([]string{"1 a", "2 b", "3 c"}, unrepeated(e.all())); diff != "" {
				t.Errorf("%s heard (-want +got):\n%s", e.name, diff)
			}
		}
	})
}

// unrepeated returns what was heard without what was heard before.
func unrepeated(heard []string) []string {
	var once []string
	seen := map[string]bool{}
	for _, h := range heard {
		if !seen[h] {
			once = append(once, h)
		}
		seen[h] = true
	}
	return once
}

// Facts before the one that fails are repeated once, with the batch, and then
// are behind the listener.
func TestAFailingFactIsTriedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		r.publish(t, numbered("k", 6)...)
		failures := 0
		e := &ear{name: "a", start: true, fail: func(fact bus.Fact) error {
			if fact.Number == 3 && failures < 5 {
				failures++
				return errTest
			}
			return nil
		}}
		r.run(t, nil, e.listener())
		pass(time.Hour)
		wantHeard(t, e, "1 k1", "2 k2", "1 k1", "2 k2", "3 k3", "4 k4", "5 k5", "6 k6")
	})
}

func TestAListenerGoesOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		e := &ear{name: "a"}
		r := open(t, path, bus.Config{})
		stop := r.run(t, nil, e.listener())
		synctest.Wait()
		r.publish(t, "a", "b")
		synctest.Wait()
		stop()
		r.publish(t, "while nobody ran")

		again := open(t, path, bus.Config{})
		again.publish(t, "before it ran")
		again.run(t, nil, e.listener())
		synctest.Wait()
		again.publish(t, "after")
		synctest.Wait()
		wantHeard(t, e, "1 a", "2 b", "3 while nobody ran", "4 before it ran", "5 after")
	})
}

func TestNewAndRemovedListeners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		r := open(t, path, bus.Config{})
		old := &ear{name: "old", fail: func(fact bus.Fact) error {
			if fact.Number > 1 {
				return errTest
			}
			return nil
		}}
		stop := r.run(t, nil, old.listener())
		synctest.Wait()
		r.publish(t, "a", "b", "c")
		pass(time.Minute)
		stop()

		// It is gone, so it holds nothing, and its place is forgotten.
		fromEnd, fromStart := &ear{name: "end"}, &ear{name: "start", start: true}
		r = open(t, path, bus.Config{})
		stop = r.run(t, nil, fromEnd.listener(), fromStart.listener())
		synctest.Wait()
		r.publish(t, "d")
		pass(time.Second)
		wantHeard(t, fromEnd, "4 d")
		wantHeard(t, fromStart, "2 b", "3 c", "4 d")
		r.log.has(t, "WARN", "a listener is gone", "listener=old", "facts_behind=2")
		if h := r.health(t); h.Facts != 0 {
			t.Errorf("%d facts are held", h.Facts)
		}
		stop()

		back := &ear{name: "old"}
		r = open(t, path, bus.Config{})
		r.run(t, nil, back.listener(), fromStart.listener(), fromEnd.listener())
		synctest.Wait()
		r.publish(t, "e")
		synctest.Wait()
		wantHeard(t, back, "5 e")
		wantHeard(t, fromEnd, "4 d", "5 e")
	})
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	handle := func(context.Context, []bus.Fact) error { return nil }
	for _, tt := range []struct {
		name      string
		listeners []bus.Listener
		want      string
	}{
		{"no name", []bus.Listener{{Handle: handle}}, `listener 0, ""`},
		{"no Handle", []bus.Listener{{Name: "a"}}, `listener 0, "a"`},
		{"a name twice", []bus.Listener{{Name: "a", Handle: handle}, {Name: "a", Handle: handle}}, `listener 1, "a"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := open(t, newPath(t), bus.Config{})
			if err := r.Run(t.Context(), tt.listeners, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Run = %v, want an error that names %s", err, tt.want)
			}
			if err := r.Run(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "run before") {
				t.Errorf("second Run = %v", err)
			}
		})
	}
}

// What is under way when the server stops may end, and counts; it is cut off
// when it takes too long, and comes again.
func TestStopping(t *testing.T) {
	for _, tt := range []struct {
		name  string
		takes time.Duration
		want  []string // after the restart
	}{
		{"what ends soon is done", 2 * time.Second, nil},
		{"what takes long is cut off", time.Hour, []string{"1 a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				r := open(t, path, bus.Config{})
				work := func(ctx context.Context) error {
					select {
					case <-ctx.Done():
						return ctx.Err()
					case <-time.After(tt.takes):
						return nil
					}
				}
				stop := r.run(t, map[string]bus.Target{"sqs": target(func(ctx context.Context, _ bus.Delivery) error { return work(ctx) })},
					bus.Listener{Name: "a", FromStart: true, Handle: func(ctx context.Context, _ []bus.Fact) error { return work(ctx) }})
				r.publish(t, "a")
				r.send(t, bus.Delivery{Target: queue("q")})
				synctest.Wait()
				start := time.Now()
				stop()
				if took := time.Since(start); took != min(tt.takes, 5*time.Second) {
					t.Errorf("the stop took %s", took)
				}

				e := &ear{name: "a"}
				var delivered []string
				r = open(t, path, bus.Config{})
				left, err := r.Pending(t.Context(), "", 10)
				if err != nil || len(left) != len(tt.want) || len(left) > 0 && left[0].Attempts != 0 {
					t.Errorf("left is %+v, %v; want an attempt that was cut off not to count", left, err)
				}
				r.run(t, map[string]bus.Target{"sqs": target(func(_ context.Context, d bus.Delivery) error {
					delivered = append(delivered, d.ID)
					return nil
				})}, e.listener())
				pass(time.Minute)
				if diff := cmp.Diff(tt.want, e.all()); diff != "" {
					t.Errorf("heard after the restart (-want +got):\n%s", diff)
				}
				if len(delivered) != len(tt.want) {
					t.Errorf("delivered after the restart: %v", delivered)
				}
			})
		})
	}
}
