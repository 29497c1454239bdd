package records

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// Reader reads the records of a log, each verified. A DamageError or
// RemovedError is yielded in the place of what is lost: who goes on with the
// loop gets what follows. Any other error ends the sequence.
//
// A Reader may be used by many at once, while records are appended, sealed and
// removed.
type Reader struct {
	src   source
	known known
}

// known is where a record is known to lie, so that reading can begin there.
type known struct {
	seq   uint64 // 0 for none
	place Place
}

// source is where a Reader finds the segments.
type source interface {
	// look returns what there is to be read now.
	look() (shelf, error)
	// wait returns when there may be more than there was in s.
	wait(ctx context.Context, s shelf) error
}

// shelf is what there was to be read at one moment.
type shelf struct {
	dir      string
	segments []segment // oldest first
	removed  removed
	end      int64  // where the last segment's records end
	last     uint64 // the number of the last record
	tail     bool   // end and last are not known: see segmentReader
}

// removed says what retention has taken away.
type removed struct {
	last  uint64 // the number of the last record; 0 is none
	until int64  // its time
}

// Read yields the records from number from on, in order, to the last one that
// was durable when it was called.
func (r Reader) Read(ctx context.Context, from uint64) iter.Seq2[Record, error] {
	return r.scan(ctx, false, func(shelf) uint64 { return from })
}

// After is Read from the record behind one that was read before, without looking at
// what stands before it.
func (r Reader) After(ctx context.Context, last Record) iter.Seq2[Record, error] {
	r.known = known{last.Seq, last.Place}
	return r.Read(ctx, last.Seq+1)
}

// Between yields the records that were appended at from or later and before to,
// in order. A zero to is no limit.
func (r Reader) Between(ctx context.Context, from, to time.Time) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for record, err := range r.scan(ctx, false, func(s shelf) uint64 { return s.at(from) }) {
			if err == nil && record.Time.Before(from) {
				continue
			}
			if err == nil && !to.IsZero() && !record.Time.Before(to) || !yield(record, err) {
				return
			}
		}
	}
}

// Follow yields the records from number from on and goes on with those that are
// appended, once they are durable, until ctx ends.
func (r Reader) Follow(ctx context.Context, from uint64) iter.Seq2[Record, error] {
	return r.scan(ctx, true, func(shelf) uint64 { return from })
}

// FollowSince is Follow from the first record that was appended at from or
// later.
func (r Reader) FollowSince(ctx context.Context, from time.Time) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for record, err := range r.scan(ctx, true, func(s shelf) uint64 { return s.at(from) }) {
			if (err != nil || !record.Time.Before(from)) && !yield(record, err) {
				return
			}
		}
	}
}

// at returns the number of a record before which none was appended at t or
// later.
func (s shelf) at(t time.Time) uint64 {
	if s.removed.last > 0 && !time.Unix(0, s.removed.until).Before(t) {
		return 1
	}
	first := s.removed.last + 1
	for _, seg := range s.segments {
		if !time.Unix(0, seg.floor).Before(t) {
			break
		}
		first = seg.first
	}
	return first
}

// find returns the index of the segment that has the record seq.
func (s shelf) find(seq uint64) int {
	i := len(s.segments) - 1
	for i > 0 && s.segments[i].first > seq {
		i--
	}
	return max(i, 0)
}

// scan yields the records from the number that begin chooses.
func (r Reader) scan(ctx context.Context, follow bool, begin func(shelf) uint64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		s, err := r.src.look()
		if err != nil {
			yield(Record{}, err)
			return
		}
		c := cursor{src: r.src, known: r.known, next: max(begin(s), 1)}
		defer c.close()
		left := false
		give := func(record Record, err error) bool {
			left = !yield(record, err)
			return !left
		}
		for c.read(ctx, s, give) && follow {
			if err = r.src.wait(ctx, s); err == nil {
				s, err = r.src.look()
			}
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
		}
		if err := ctx.Err(); err != nil && !follow && !left {
			yield(Record{}, err)
		}
	}
}

// cursor is a place among the records.
type cursor struct {
	src   source
	known known
	next  uint64 // the number of the next record
	file  *os.File
	in    *segmentReader // reads file
}

// read yields what s has from the cursor on. It is false when the loop or ctx
// has ended.
func (c *cursor) read(ctx context.Context, s shelf, yield func(Record, error) bool) bool {
	if gone := s.removed; c.next <= gone.last {
		err := &RemovedError{First: c.next, Last: gone.last, Until: time.Unix(0, gone.until).UTC()}
		c.next = gone.last + 1
		if !yield(Record{}, err) {
			return false
		}
	}
	if !s.tail && c.next > s.last {
		return true
	}
	for i := s.find(c.next); i < len(s.segments); i++ {
		seg := s.segments[i]
		if c.next < seg.first && !c.lose(seg, seg.first-1, "the records before it are missing", yield) {
			return false
		}
		err := c.open(s, i)
		if errors.Is(err, fs.ErrNotExist) {
			return c.missing(ctx, seg, yield)
		}
		if err != nil {
			yield(Record{}, err)
			return false
		}
		if !c.segment(ctx, yield) {
			return false
		}
	}
	return true
}

// missing goes on when the file of seg is not there: it was removed since it
// was looked up, or is lost.
func (c *cursor) missing(ctx context.Context, seg segment, yield func(Record, error) bool) bool {
	s, err := c.src.look()
	if err != nil {
		yield(Record{}, err)
		return false
	}
	if i := s.find(seg.first); i < len(s.segments) && s.segments[i].first == seg.first {
		last := s.last
		if i+1 < len(s.segments) {
			last = s.segments[i+1].first - 1
		}
		s.segments = s.segments[i+1:]
		if c.next <= last && !c.lose(seg, last, "the file is missing", yield) {
			return false
		}
	}
	return c.read(ctx, s, yield)
}

// lose tells that the records from the cursor to last are lost.
func (c *cursor) lose(seg segment, last uint64, reason string, yield func(Record, error) bool) bool {
	err := &DamageError{Segment: seg.name(), First: c.next, Last: last, Reason: reason}
	c.next = last + 1
	return yield(Record{}, err)
}

// open makes c.in read the i-th segment of s, from where it has come to if it
// reads that already.
func (c *cursor) open(s shelf, i int) error {
	seg := s.segments[i]
	if c.in == nil || c.in.seg.first != seg.first {
		c.close()
		file, err := os.Open(filepath.Join(s.dir, seg.name()))
		if err != nil {
			return err
		}
		c.file, c.in = file, newSegmentReader(file, seg)
		if c.known.seq > 0 && c.known.seq < c.next && c.known.place.Segment == seg.first {
			c.in.pos, c.in.next = int64(c.known.place.Offset), c.known.seq
		}
	}
	latest := i == len(s.segments)-1
	if latest && !s.tail {
		c.in.end, c.in.last, c.in.tail = s.end, s.last, false
		return nil
	}
	info, err := c.file.Stat()
	if err != nil {
		return err
	}
	c.in.end, c.in.tail = info.Size(), latest
	if !latest {
		c.in.last = s.segments[i+1].first - 1
	}
	return nil
}

// segment yields the records of c.in from the cursor on.
func (c *cursor) segment(ctx context.Context, yield func(Record, error) bool) bool {
	for ctx.Err() == nil {
		f, err := c.in.read()
		damage, damaged := errors.AsType[*DamageError](err)
		switch {
		case errors.Is(err, io.EOF):
			return true
		case damaged:
			if max(damage.First, damage.Last) < c.next {
				continue
			}
			c.next = max(c.next, c.in.next)
			if !yield(Record{}, damage) {
				return false
			}
		case err != nil:
			yield(Record{}, err)
			return false
		case f.isRecord() && f.seq >= c.next:
			c.next = f.seq + 1
			if !yield(f.record(), nil) {
				return false
			}
		}
	}
	return false
}

func (c *cursor) close() {
	if c.file != nil {
		c.file.Close() //nolint:errcheck,gosec // only read
	}
	c.file, c.in = nil, nil
}
