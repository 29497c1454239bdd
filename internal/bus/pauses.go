package bus

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Phase is a part of how a delivery is tried again: so many times, after pauses that go
// from First to Last.
type Phase struct {
	Times       int           `json:"times"`
	First, Last time.Duration // the same for pauses that do not grow
	Curve       Curve         `json:"curve,omitempty"`
}

// Curve says how the pauses of a phase grow.
type Curve string

// The curves. The empty one is Linear.
const (
	Linear      Curve = "linear"
	Arithmetic  Curve = "arithmetic"
	Geometric   Curve = "geometric"
	Exponential Curve = "exponential"
)

// pause returns the pause before try n of the phase, counted from 0.
func (p *Phase) pause(n int) time.Duration {
	if p.Times < 2 || p.First >= p.Last {
		return p.First
	}
	part := float64(n) / float64(p.Times-1) // of the way
	span := float64(p.Last - p.First)
	switch p.Curve {
	case Arithmetic: // each step is one more than the one before
		part = float64(n*(n+1)) / float64(p.Times*(p.Times-1))
	case Geometric: // each pause is the same multiple of the one before
		first := max(float64(p.First), float64(time.Second))
		return min(time.Duration(math.Max(float64(p.First), first*math.Pow(float64(p.Last)/first, part))), p.Last)
	case Exponential: // the steps double
		part = (math.Exp2(float64(n)) - 1) / (math.Exp2(float64(p.Times-1)) - 1)
		if math.IsNaN(part) || math.IsInf(part, 0) {
			part = math.Exp2(float64(n - p.Times + 1))
		}
	case Linear:
	}
	return p.First + time.Duration(span*part)
}

// Tries returns how often a delivery with these phases is tried at most.
func Tries(phases []Phase) int {
	tries := 1
	for i := range phases {
		tries += phases[i].Times
	}
	return tries
}

// Lasting returns how long all pauses of phases are together.
func Lasting(phases []Phase) time.Duration {
	var sum time.Duration
	for i := range phases {
		p := &phases[i]
		if p.First >= p.Last {
			sum += time.Duration(p.Times) * p.First
			continue
		}
		for n := range p.Times {
			sum += p.pause(n)
		}
	}
	return sum
}

// pauseAfter returns how long to wait after so many failed attempts.
func (p *Pending) pauseAfter(failed int, first time.Duration) time.Duration {
	if len(p.Phases) == 0 {
		return backoff(first, longestDeliveryPause, failed)
	}
	n := failed - 1
	for i := range p.Phases {
		if n < p.Phases[i].Times {
			return p.Phases[i].pause(n)
		}
		n -= p.Phases[i].Times
	}
	last := p.Phases[len(p.Phases)-1]
	return last.pause(last.Times - 1)
}

// longestPause bounds the pause before the next attempt at p.
func (p *Pending) longestPause() time.Duration {
	longest := longestDeliveryPause
	for i := range p.Phases {
		longest = max(longest, p.Phases[i].First, p.Phases[i].Last)
	}
	return longest
}

// postponed is no failure: the target takes the delivery, and not yet.
type postponed struct{ until time.Time }

// Error says until when.
func (p *postponed) Error() string {
	return fmt.Sprintf("the target takes no more before %s", p.until.Format(time.RFC3339Nano))
}

// Postpone returns an error for a target that takes a delivery, and not yet, as it takes
// only so many in a time. The delivery comes again then, or after a restart, and that it
// came before does not count as an attempt.
func Postpone(until time.Time) error { return &postponed{until} }

// later returns until when an attempt was put off.
func later(err error) (time.Time, bool) {
	p, ok := errors.AsType[*postponed](err)
	if !ok {
		return time.Time{}, false
	}
	return p.until, true
}
