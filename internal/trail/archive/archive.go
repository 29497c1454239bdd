package archive

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/life"
	"github.com/sillok/sillok/internal/store/records"
)

// Config says where an Archive is and how long it keeps events.
type Config struct {
	Dir string // made if its parent is there
	Log *slog.Logger
	// Keep is by the time when events were kept here, not when they happened.
	Keep records.Retention
	// Needed returns the first record that somebody still has to read, 0 where any may
	// be: such are kept for Keep.NeededAge. nil means that nobody has.
	Needed func() uint64
	// SegmentBytes is what the archive takes of the disk at a time, before it is
	// needed; 0 means 16 MiB.
	SegmentBytes int64
}

const (
	segmentBytes = 16 << 20 // the SegmentBytes that nobody chose
	keepEvery    = time.Minute
)

// Archive keeps events. It is safe for concurrent use.
type Archive struct {
	cfg Config
	log *records.Log
}

// Open opens or creates the archive in cfg.Dir, which nobody else may have open. The
// caller must call Close.
func Open(ctx context.Context, cfg Config) (*Archive, error) {
	log, err := records.Open(ctx, records.Config{Dir: cfg.Dir, SegmentBytes: cmp.Or(cfg.SegmentBytes, segmentBytes), Log: cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("open the archive of events: %w", err)
	}
	return &Archive{cfg: cfg, log: log}, nil
}

// Append keeps entries in their order, with one sync for all, and returns once they are
// durable. Their Number and Place are not looked at. After an error of the disk the
// first of them may be kept, and none that stands behind one that is not.
//
// The error is of kind Invalid where an event does not fit, and nothing is kept then; it
// is of kind Unavailable when the disk is full or has failed.
func (a *Archive) Append(ctx context.Context, entries ...Entry) error {
	_, err := a.Keep(ctx, entries)
	return err
}

// Keep is Append, and returns the numbers that the entries got. After an error, what is
// kept of the entries is durable already, and a cursor finds it: no more comes behind it.
func (a *Archive) Keep(ctx context.Context, entries []Entry) ([]uint64, error) {
	all := make([][]byte, len(entries))
	for i := range entries {
		var err error
		if all[i], err = entries[i].encode(); err != nil {
			return nil, err
		}
		if most := a.log.MaxRecord(); len(all[i]) > most {
			return nil, cloud.Errorf(cloud.Invalid, "EventTooLarge", "Event %s has %d bytes, and an event may have about %d.", entries[i].Event.ID, len(all[i]), most)
		}
	}
	numbers := make([]uint64, len(all))
	for i, data := range all {
		add := a.log.Enqueue
		if i == len(all)-1 {
			add = a.log.Append // it waits for those before it too
		}
		var err error
		if numbers[i], err = add(ctx, data); err != nil {
			if i > 0 {
				a.settle(context.WithoutCancel(ctx), numbers[i-1])
			}
			return nil, err
		}
	}
	return numbers, nil
}

// settle waits until an entry that has its number is durable, or never will be.
func (a *Archive) settle(ctx context.Context, number uint64) {
	for range a.log.Follow(ctx, number) { //nolint:errcheck // Keep tells of an error of its own
		return // the entry, or why nothing is written any more
	}
}

// Fits says whether Append would take an entry.
func (a *Archive) Fits(e *Entry) bool {
	data, err := e.encode()
	return err == nil && len(data) <= a.log.MaxRecord()
}

// Find returns the entry at a place that a Cursor told. Its errors are those of
// records.Reader.At.
func (a *Archive) Find(place records.Place) (Entry, error) {
	record, err := a.log.At(place)
	if err != nil {
		return Entry{}, err
	}
	return decode(record)
}

// Closed returns the parts of the archive to which nothing is added any more, oldest
// first.
func (a *Archive) Closed() ([]records.Segment, error) { return a.log.Closed() }

// First returns the number of the first entry that retention has not removed.
func (a *Archive) First() uint64 { return a.log.First() }

// Next returns the number that the next entry will have.
func (a *Archive) Next() uint64 { return a.log.Next() }

// Err returns why events cannot be kept; nil while they can.
func (a *Archive) Err() error { return a.log.Err() }

// Run removes what is older than is kept, until ctx is done.
func (a *Archive) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, a.cfg.Log)
	work.Every(ctx, "archive of events", keepEvery, a.keep)
	return work.Wait()
}

// keep does once what Run does again and again.
func (a *Archive) keep(ctx context.Context) error {
	keep := a.cfg.Keep
	if a.cfg.Needed == nil {
		keep.NeededAge = 0
	} else {
		keep.Needed = a.cfg.Needed()
	}
	return a.log.Retain(ctx, keep)
}

// Close writes what waits and closes the archive. It may be called twice.
func (a *Archive) Close() error { return a.log.Close() }
