package schedule

import (
	"context"
	"time"
)

// Run calls do at each second of the clock with the keys that are due, where there are
// some, until ctx is done. A second that do takes too long for is made up with the next.
func Run[K comparable](ctx context.Context, w *Wheel[K], do func(ctx context.Context, now time.Time, due []K)) {
	for {
		now := time.Now()
		timer := time.NewTimer(now.Truncate(time.Second).Add(time.Second).Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		now = time.Now()
		if due := w.Due(now); len(due) > 0 {
			do(ctx, now.UTC(), due)
		}
	}
}
