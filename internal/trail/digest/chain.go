package digest

import (
	"time"

	"github.com/sillok/sillok/internal/trail/place"
)

// Seen is a digest file of a chain as it was found, valid or not.
type Seen struct {
	Bucket, Key string
	At          time.Time // of its key: when it ends
	Signature   string    // of its metadata, or as its successor says
	Read        *Read     // nil where the file is no valid digest
}

// Break is where a chain is not whole.
type Break struct {
	Kind         BreakKind
	Bucket, Key  string    // of the digest that it is about
	Since, Until time.Time // of what no digest is there for, or where times do not join
}

// BreakKind says in which way a chain is not whole.
type BreakKind string

// The ways in which a chain is not whole.
const (
	// Gap is a time for which CloudTrail itself says that there is no digest: a chain
	// ended and another began, as when logging was stopped.
	Gap BreakKind = "gap"
	// Missing is a digest that its successor names, and that is not there.
	Missing BreakKind = "missing"
	// Replaced is a digest that is signed, but is not the one that its successor was
	// built upon.
	Replaced BreakKind = "replaced"
	// Beside is a digest that is signed, but that the chain passes by.
	Beside BreakKind = "beside"
	// Jump is a digest that goes on from its predecessor, but not from the time at which
	// that ended: a clock was set.
	Jump BreakKind = "jump"
	// Elsewhere is a predecessor outside of where the chain was looked for.
	Elsewhere BreakKind = "elsewhere"
)

// Chain follows digests of one trail and region, from the oldest to the newest.
type Chain struct {
	// Since is from when on digests were looked for; zero for all of them.
	Since time.Time
	// There says of a digest by its key whether it was found. Known is false for one in
	// another place than the chain's.
	There func(bucket, key string) (found, known bool)

	last *Seen
}

// Add goes on to the next digest and returns in which ways the chain is not whole
// between the one before and this.
func (c *Chain) Add(s Seen) []Break {
	last := c.last
	c.last = &s
	if s.Read == nil {
		return nil // what it says cannot be relied on
	}
	previous, ok := s.Read.File.Previous()
	if !ok {
		if last == nil {
			return nil
		}
		return []Break{{Kind: Gap, Bucket: s.Bucket, Key: s.Key, Since: last.end(), Until: s.Read.File.Start}}
	}
	if last != nil && previous.Bucket == last.Bucket && previous.Key == last.Key {
		return c.joins(last, &s, previous)
	}
	var breaks []Break
	at, known := timeOf(previous.Key), true
	if !at.Before(c.Since) {
		var found bool
		found, known = c.There(previous.Bucket, previous.Key)
		switch {
		case !known:
			breaks = append(breaks, Break{Kind: Elsewhere, Bucket: previous.Bucket, Key: previous.Key})
		case !found:
			missing := Break{Kind: Missing, Bucket: previous.Bucket, Key: previous.Key, Until: s.Read.File.Start}
			if last != nil && last.At.Before(at) {
				missing.Since = last.end()
			}
			breaks = append(breaks, missing)
		}
	}
	if last != nil && last.Read != nil && known && at.Before(last.At) {
		// The digest's own predecessor is older than one that lies between them.
		breaks = append(breaks, Break{Kind: Beside, Bucket: last.Bucket, Key: last.Key})
	}
	return breaks
}

// joins compares a digest with what its successor says of it.
func (c *Chain) joins(last, s *Seen, previous Link) (breaks []Break) {
	if last.Read == nil {
		return nil // it was named as invalid
	}
	if previous.Hash != last.Read.Hash || previous.Signature != last.Signature {
		breaks = append(breaks, Break{Kind: Replaced, Bucket: last.Bucket, Key: last.Key})
	}
	if !s.Read.File.Start.Equal(last.Read.File.End) {
		breaks = append(breaks, Break{Kind: Jump, Bucket: s.Bucket, Key: s.Key, Since: last.Read.File.End, Until: s.Read.File.Start})
	}
	return breaks
}

// end returns when what a digest is of ends.
func (s *Seen) end() time.Time {
	if s.Read == nil {
		return s.At
	}
	return s.Read.File.End
}

// timeOf returns the time of a digest's key; zero where it is none.
func timeOf(key string) time.Time {
	p, err := place.Parse(key)
	if err != nil {
		return time.Time{}
	}
	return p.Time
}
