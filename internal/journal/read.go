package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/store/records"
)

// Query says which calls to read.
type Query struct {
	Since  time.Time // those that were written at this time or later; zero for all
	Follow bool      // go on with what is written from now on, until the context ends
}

// Read yields the calls of the journal in dir, which a server may be writing, in
// the order in which they ended, those of nobody among the others. Those that have
// not ended come last, as Begun, unless they are waited for. What ends while it is
// waited for comes in the order in which it is seen.
//
// Where a part of the journal is damaged, or was removed as too old or too much,
// the sequence has a *records.DamageError or *records.RemovedError in its place and
// goes on with what follows, as long as the loop does. Any other error ends it.
func Read(ctx context.Context, dir string, q Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if _, err := os.Stat(dir); err != nil {
			yield(Entry{}, fmt.Errorf("there is no journal of calls: %w", err))
			return
		}
		known, strangers := newReader(dir, false), newReader(filepath.Join(dir, strangersFolder), true)
		if !merged(known.past(ctx, q.Since), strangers.past(ctx, q.Since), yield) || ctx.Err() != nil {
			return
		}
		if q.Follow {
			beside(ctx, yield, func(ctx context.Context) iter.Seq2[Entry, error] { return known.future(ctx, q.Since) },
				func(ctx context.Context) iter.Seq2[Entry, error] { return strangers.future(ctx, q.Since) })
			return
		}
		for _, number := range slices.Sorted(maps.Keys(known.begun)) {
			if !yield(known.begun[number], nil) {
				return
			}
		}
	}
}

// reader reads one log, and joins the two records of a change.
type reader struct {
	view     records.Reader
	stranger bool
	begun    map[uint64]Entry // by number
	last     uint64           // the number of the last record that was read
}

func newReader(dir string, stranger bool) *reader {
	return &reader{view: records.View(dir), stranger: stranger, begun: map[uint64]Entry{}}
}

// past yields the calls that have ended since a time.
func (r *reader) past(ctx context.Context, since time.Time) iter.Seq2[Entry, error] {
	return r.entries(ctx, r.view.Between(ctx, since, time.Time{}))
}

// future yields the calls that end after those that past has yielded.
func (r *reader) future(ctx context.Context, since time.Time) iter.Seq2[Entry, error] {
	if r.last == 0 {
		return r.entries(ctx, r.view.FollowSince(ctx, since))
	}
	return r.entries(ctx, r.view.Follow(ctx, r.last+1))
}

func (r *reader) entries(ctx context.Context, from iter.Seq2[records.Record, error]) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for record, err := range from {
			if r.stranger && errors.Is(err, fs.ErrNotExist) {
				return // the journal is of before there was such a log
			}
			var entry Entry
			ended := true
			if err == nil {
				r.last = record.Seq
				entry, ended, err = r.take(ctx, record)
				entry.written, entry.Stranger = record.Time, r.stranger
			}
			if r.stranger && err != nil {
				err = fmt.Errorf("calls of nobody: %w", err)
			}
			if (ended || err != nil) && !yield(entry, err) {
				return
			}
		}
	}
}

// take returns the call that a record completes, if it does.
func (r *reader) take(ctx context.Context, record records.Record) (Entry, bool, error) {
	if record.Kind != records.Ended {
		entry, err := decoded(record)
		if record.Kind == records.Begun {
			r.begun[record.Seq] = entry
			return Entry{}, false, err
		}
		return entry, true, err
	}
	entry, ok := r.begun[record.Of]
	delete(r.begun, record.Of)
	if !ok { // it began before the time asked for
		var err error
		if entry, err = r.intent(ctx, record.Of); err != nil {
			return Entry{}, false, err
		}
	}
	if err := json.Unmarshal(record.Data, &entry.ending); err != nil {
		return Entry{}, false, fmt.Errorf("record %d is not the end of a call: %w", record.Seq, err)
	}
	return entry, true, nil
}

// intent reads the record with which a change began.
func (r *reader) intent(ctx context.Context, number uint64) (Entry, error) {
	for record, err := range r.view.Read(ctx, number) {
		if err != nil {
			return Entry{}, fmt.Errorf("the begin of call %d: %w", number, err)
		}
		return decoded(record)
	}
	return Entry{}, fmt.Errorf("call %d ended, and its begin is not in the journal", number)
}

func decoded(record records.Record) (Entry, error) {
	var entry Entry
	if err := json.Unmarshal(record.Data, &entry); err != nil {
		return entry, fmt.Errorf("record %d is not a call: %w", record.Seq, err)
	}
	entry.Number = record.Seq
	return entry, nil
}
