package records

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/kit/disk"
)

// Segment is a closed segment: nothing is appended to it.
type Segment struct {
	First, Last uint64    // the numbers of its records
	From, To    time.Time // no record in it is older or newer
}

// Sink takes the records of one segment.
type Sink interface {
	// Append takes a record. They come in order.
	Append(record Record) error
	// Lost takes what is told instead of records that are damaged. After an
	// error the segment is not sealed.
	Lost(damage *DamageError) error
	// Commit makes what was taken durable and visible. It may happen again with
	// the same segment when a crash follows, and replaces then what was
	// committed before.
	Commit() error
	// Abort drops what was taken. It is called instead of Commit.
	Abort()
}

// Retention says what Retain keeps.
type Retention struct {
	MaxAge   time.Duration // records that are younger; 0 is all
	MaxBytes int64         // the newest segments that are not more on disk; 0 is all

	// Segments with records from number Needed on are kept, whatever MaxAge and
	// MaxBytes say, while they are younger than NeededAge; 0 keeps none for that.
	Needed    uint64
	NeededAge time.Duration
}

// Rotate closes the segment that is written to, if it has a record, so that Seal
// can hand it over and Retain remove it. Its errors are Append's.
func (l *Log) Rotate(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := l.attempt
	switch {
	case l.stopped != nil:
		return l.stopped
	case l.closing:
		return errClosed()
	case l.file == nil || l.segments[len(l.segments)-1].first == l.next:
		return nil
	case asked == nil:
		asked = l.ask()
	}
	if err := l.await(ctx, asked.done); err != nil {
		return err
	}
	return asked.err
}

// Seal hands every closed segment that is not yet sealed to a Sink of its own,
// oldest first, and remembers that. sink returns the Sink of a segment; what it
// names the output by must come from the Segment alone, see Sink.Commit.
func (l *Log) Seal(ctx context.Context, sink func(Segment) (Sink, error)) error {
	l.upkeep.Lock()
	defer l.upkeep.Unlock()
	for {
		closed, now := l.closed()
		i := slices.IndexFunc(closed, func(c closedSegment) bool { return c.Last > now.sealed })
		if i < 0 {
			return nil
		}
		if err := l.seal(ctx, closed[i], sink); err != nil {
			return fmt.Errorf("seal records %d to %d: %w", closed[i].First, closed[i].Last, err)
		}
		now.sealed = closed[i].Last
		if err := l.setProgress(now, nil); err != nil {
			return err
		}
	}
}

func (l *Log) seal(ctx context.Context, c closedSegment, open func(Segment) (Sink, error)) error {
	sink, err := open(c.Segment)
	if err != nil {
		return err
	}
	only := Reader{src: oneSegment{shelf{dir: l.cfg.Dir, segments: []segment{c.segment}, end: c.size, last: c.Last}}}
	for record, err := range only.Read(ctx, c.First) {
		damage, damaged := errors.AsType[*DamageError](err)
		switch {
		case damaged:
			err = sink.Lost(damage)
		case err == nil:
			err = sink.Append(record)
		}
		if err != nil {
			sink.Abort()
			return err
		}
	}
	return sink.Commit()
}

// oneSegment is the source of a reader that reads a shelf once.
type oneSegment struct{ shelf shelf }

func (o oneSegment) look() (shelf, error)              { return o.shelf, nil }
func (o oneSegment) wait(context.Context, shelf) error { return nil }

// Retain removes the oldest segments that keep does not keep. Only closed
// segments are removed, each whole, and none after one that has an open intent
// or that has yet to be sealed. It returns once that is durable.
func (l *Log) Retain(ctx context.Context, keep Retention) error {
	l.upkeep.Lock()
	defer l.upkeep.Unlock()
	closed, now := l.closed()
	expired := l.expired(closed, now, keep)
	if len(expired) == 0 {
		return ctx.Err()
	}
	last := expired[len(expired)-1]
	now.removed = removed{last: last.Last, until: last.To.UnixNano()}
	// From here on readers no longer look for these segments.
	if err := l.setProgress(now, func() { l.segments = slices.Clone(l.segments[len(expired):]) }); err != nil {
		return err
	}
	for _, c := range expired {
		if err := os.Remove(filepath.Join(l.cfg.Dir, c.name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove a segment: %w", err)
		}
	}
	l.cfg.Log.Info("removed records", "folder", l.cfg.Dir, "first", expired[0].First, "last", last.Last)
	return disk.SyncFolder(l.cfg.Dir)
}

// expired returns the segments that can be removed and are not to be kept.
func (l *Log) expired(closed []closedSegment, now progress, keep Retention) []closedSegment {
	l.mu.Lock()
	defer l.mu.Unlock()
	var bytes int64
	for _, s := range l.segments {
		bytes += s.size
	}
	pinned := l.next
	for _, p := range l.open {
		pinned = min(pinned, p.segment)
	}
	for i, c := range closed {
		old := keep.MaxAge > 0 && time.Since(c.To) > keep.MaxAge
		large := keep.MaxBytes > 0 && bytes > keep.MaxBytes
		needed := c.Last >= keep.Needed && time.Since(c.To) <= keep.NeededAge
		if !old && !large || needed || c.First >= pinned || l.cfg.Sealed && c.Last > now.sealed {
			return closed[:i]
		}
		bytes -= c.size
	}
	return closed
}

// closedSegment is a segment that is followed by another one.
type closedSegment struct {
	Segment
	segment
}

// closed returns all segments but the last, and what is remembered of them.
func (l *Log) closed() ([]closedSegment, progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var closed []closedSegment
	for i := range len(l.segments) - 1 {
		seg, after := l.segments[i], l.segments[i+1]
		closed = append(closed, closedSegment{segment: seg, Segment: Segment{
			First: seg.first, Last: after.first - 1,
			From: time.Unix(0, seg.floor).UTC(), To: time.Unix(0, after.floor).UTC(),
		}})
	}
	return closed, l.progress.now
}

// setProgress makes now durable, and then calls also with mu held.
func (l *Log) setProgress(now progress, also func()) error {
	if err := l.progress.set(now); err != nil {
		return fmt.Errorf("remember what is sealed and removed: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.now = now
	if also != nil {
		also()
	}
	return nil
}
