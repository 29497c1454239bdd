package verify

import (
	"slices"
	"time"
)

// cover is the times that valid digests are of.
type cover struct{ spans []span }

type span struct{ since, until time.Time }

// add adds a time. Digests come about in their order, so the last spans are those that
// it may go on from.
func (c *cover) add(since, until time.Time) {
	at, _ := slices.BinarySearchFunc(c.spans, since, func(s span, t time.Time) int { return s.until.Compare(t) })
	end := at
	for end < len(c.spans) && !c.spans[end].since.After(until) {
		since, until = earlier(since, c.spans[end].since), later(until, c.spans[end].until)
		end++
	}
	c.spans = slices.Replace(c.spans, at, end, span{since, until})
}

// has says whether a time is covered.
func (c *cover) has(at time.Time) bool {
	i, _ := slices.BinarySearchFunc(c.spans, at, func(s span, t time.Time) int { return s.until.Compare(t) })
	return i < len(c.spans) && !at.Before(c.spans[i].since)
}

// end returns the end of the last time that is covered.
func (c *cover) end() time.Time {
	if len(c.spans) == 0 {
		return time.Time{}
	}
	return c.spans[len(c.spans)-1].until
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
