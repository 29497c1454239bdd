package seek

import (
	"fmt"
	"sync"
	"time"
)

const (
	// longestPause is how long is waited at most after ticks that failed.
	longestPause = time.Minute
	// toldAfter is how many of them are told to everybody.
	toldAfter = 3
)

// trouble is since when ticks fail, and when the next one is tried.
type trouble struct {
	mu       sync.Mutex
	failures int
	since    time.Time
	next     time.Time
}

// due says whether it is time to try again.
func (t *trouble) due(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !now.Before(t.next) || t.next.Sub(now) > longestPause // the clock was set back
}

// was takes note of how a tick went.
func (t *trouble) was(err error, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.failures, t.since, t.next = 0, time.Time{}, time.Time{}
		return
	}
	if t.failures++; t.failures == 1 {
		t.since = now.UTC()
	}
	t.next = now.Add(min(tickEvery<<min(t.failures, 10), longestPause))
}

// Problems returns what everybody who runs the server should know.
func (w *Seeker) Problems() []string {
	w.trouble.mu.Lock()
	defer w.trouble.mu.Unlock()
	if w.trouble.failures < toldAfter {
		return nil
	}
	return []string{fmt.Sprintf("CloudTrail does not look for insights since %s: calls wait in the journal to be counted; the log says why", w.trouble.since.Format(time.RFC3339))}
}
