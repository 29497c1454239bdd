package sns

import (
	"sync"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
)

// limiter keeps what endpoints are sent below what they take in a second. Each message
// that comes too early is given a time of its own.
type limiter struct {
	mu       sync.Mutex
	byTarget map[cloud.ARN]*pace
}

// pace is how far one endpoint is.
type pace struct {
	next  time.Time
	given map[string]time.Time // by delivery
}

const (
	mostPaces = 10_000
	mostGiven = 100_000
)

// take returns nil where a message may be sent now, and when it may be otherwise.
func (l *limiter) take(to cloud.ARN, delivery string, perSecond float64) error {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.byTarget[to]
	if p == nil {
		if len(l.byTarget) >= mostPaces {
			clear(l.byTarget)
		}
		p = &pace{given: map[string]time.Time{}}
		l.byTarget[to] = p
	}
	at, given := p.given[delivery]
	if !given {
		if at = p.next; at.Before(now) {
			at = now
		}
		p.next = at.Add(time.Duration(float64(time.Second) / perSecond))
	}
	if !at.After(now) {
		delete(p.given, delivery)
		return nil
	}
	if len(p.given) < mostGiven {
		p.given[delivery] = at
	}
	return bus.Postpone(at)
}
