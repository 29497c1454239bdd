package bus_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// trying is a target that answers what it is told, and notes when it was asked.
type trying struct {
	began time.Time
	at    []time.Duration
	says  func(n int) error
}

// Deliver implements bus.Target.
func (t *trying) Deliver(context.Context, bus.Delivery) error {
	t.at = append(t.at, time.Since(t.began).Round(time.Millisecond))
	return t.says(len(t.at))
}

// A delivery that brings pauses is tried again after just those.
func TestADeliveryBringsItsPauses(t *testing.T) {
	s := time.Second
	for _, tt := range []struct {
		name   string
		phases []bus.Phase
		want   []time.Duration
	}{
		{"at once", []bus.Phase{{Times: 2}}, []time.Duration{0, 0, 0}},
		{"the same", []bus.Phase{{Times: 2, First: 5 * s, Last: 5 * s}}, []time.Duration{0, 5 * s, 10 * s}},
		{"linear", []bus.Phase{{Times: 3, First: s, Last: 5 * s, Curve: bus.Linear}}, []time.Duration{0, s, 4 * s, 9 * s}},
		{"arithmetic", []bus.Phase{{Times: 3, First: s, Last: 7 * s, Curve: bus.Arithmetic}}, []time.Duration{0, s, 4 * s, 11 * s}},
		{"geometric", []bus.Phase{{Times: 3, First: s, Last: 16 * s, Curve: bus.Geometric}}, []time.Duration{0, s, 5 * s, 21 * s}},
		{"exponential", []bus.Phase{{Times: 3, First: s, Last: 4 * s, Curve: bus.Exponential}}, []time.Duration{0, s, 3 * s, 7 * s}},
		{"one after the other, longer than a quarter of an hour", []bus.Phase{{Times: 1}, {Times: 1, First: time.Hour, Last: time.Hour}}, []time.Duration{0, 0, time.Hour}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, newPath(t), bus.Config{})
				to := &trying{began: time.Now(), says: func(int) error { return cloud.Errorf(cloud.Unavailable, "X", "not now") }}
				r.run(t, map[string]bus.Target{"x": to})
				if _, err := r.Send(t.Context(), bus.Delivery{Target: cloud.ARN{Service: "x", Resource: "y"}, Phases: tt.phases, MaxAttempts: bus.Tries(tt.phases)}); err != nil {
					t.Fatal(err)
				}
				pass(bus.Lasting(tt.phases) + time.Hour)
				if diff := cmp.Diff(tt.want, to.at); diff != "" {
					t.Errorf("tried at (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A target that puts a delivery off is asked again then, and that is no failure.
func TestATargetPutsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, newPath(t), bus.Config{})
		to := &trying{began: time.Now()}
		to.says = func(n int) error {
			if n < 4 {
				return bus.Postpone(time.Now().Add(time.Minute))
			}
			return nil
		}
		r.run(t, map[string]bus.Target{"x": to})
		if _, err := r.Send(t.Context(), bus.Delivery{Target: cloud.ARN{Service: "x", Resource: "y"}, MaxAttempts: 1}); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		if diff := cmp.Diff([]time.Duration{0, time.Minute, 2 * time.Minute, 3 * time.Minute}, to.at); diff != "" {
			t.Errorf("asked at (-want +got):\n%s", diff)
		}
		if h := r.health(t); h.Pending != 0 || h.GivenUp != 0 {
			t.Errorf("%+v", h)
		}
	})
}
