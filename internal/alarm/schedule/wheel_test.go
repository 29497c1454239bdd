package schedule_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/alarm/schedule"
)

var begin = time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)

// due counts how often each key comes due until so long after the begin.
func due(w *schedule.Wheel[string], from, to, step time.Duration) map[string]int {
	counts := map[string]int{}
	for at := from; at <= to; at += step {
		for _, key := range w.Due(begin.Add(at)) {
			counts[key]++
		}
	}
	return counts
}

func TestEachKeyComesDueOnceAnInterval(t *testing.T) {
	w := schedule.New(cmp.Compare[string])
	w.Set("minute", "a", time.Minute)
	w.Set("beside", "a", time.Minute)
	w.Set("fast", "b", 10*time.Second)
	w.Set("gone", "c", time.Minute)
	w.Remove("gone")
	w.Due(begin)
	got := fmt.Sprint(due(w, time.Second, 10*time.Minute, time.Second))
	if want := "map[beside:10 fast:60 minute:10]"; got != want {
		t.Errorf("came due %s, want %s", got, want)
	}
	w.Set("fast", "b", time.Minute)
	got = fmt.Sprint(due(w, 10*time.Minute+time.Second, 20*time.Minute, time.Second))
	if want := "map[beside:10 fast:10 minute:10]"; got != want {
		t.Errorf("came due %s once it is slower, want %s", got, want)
	}
}

func TestKeysOfOneNameComeTogether(t *testing.T) {
	w := schedule.New(cmp.Compare[string])
	for _, key := range []string{"c", "a", "b"} {
		w.Set(key, "the metric", time.Minute)
	}
	w.Due(begin)
	for second := range 60 {
		if got := w.Due(begin.Add(time.Duration(second+1) * time.Second)); len(got) > 0 && !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("after %d seconds %v are due", second+1, got)
		}
	}
}

func TestWorkIsSpreadOverTheInterval(t *testing.T) {
	w := schedule.New(cmp.Compare[int])
	for key := range 6000 {
		w.Set(key, fmt.Sprint("metric ", key), time.Minute)
	}
	w.Due(begin)
	for second := range 60 {
		if n := len(w.Due(begin.Add(time.Duration(second+1) * time.Second))); n < 50 || n > 150 {
			t.Errorf("%d of 6000 are due in second %d", n, second)
		}
	}
}

func TestWhatWasMissedComesOnce(t *testing.T) {
	w := schedule.New(cmp.Compare[string])
	w.Set("a", "a", 10*time.Second)
	w.Once("b", begin.Add(time.Minute))
	w.Once("b", begin.Add(2*time.Minute))
	w.Once("later", begin.Add(24*time.Hour))
	w.Due(begin)
	if got := w.Due(begin.Add(time.Hour)); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("after an hour %v are due", got)
	}
	if got := w.Due(begin.Add(time.Hour)); len(got) != 0 {
		t.Errorf("asked again, %v are due", got)
	}
	w.Due(begin)
	if got := due(w, time.Second, time.Minute, time.Second); got["a"] != 6 {
		t.Errorf("after the clock was set back, %v came due in a minute", got)
	}
}

func TestRunFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := schedule.New(cmp.Compare[string])
		w.Set("a", "a", 10*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 61*time.Second)
		defer cancel()
		var at []string
		schedule.Run(ctx, w, func(_ context.Context, now time.Time, due []string) {
			at = append(at, fmt.Sprint(now.Second()%10, strings.Join(due, "")))
		})
		if len(at) != 6 || slices.ContainsFunc(at, func(one string) bool { return one != at[0] }) {
			t.Errorf("in a minute it was called %v", at)
		}
	})
}
