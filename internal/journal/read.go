package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
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
// the order in which they ended. Those that have not ended come last, as Begun,
// unless they are waited for.
//
// Where a part of the journal is damaged, or was removed as too old, the
// sequence has a *records.DamageError or *records.RemovedError in its place and
// goes on with what follows, as long as the loop does. Any other error ends it.
func Read(ctx context.Context, dir string, q Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if _, err := os.Stat(dir); err != nil {
			yield(Entry{}, fmt.Errorf("there is no journal of calls: %w", err))
			return
		}
		r := reader{view: records.View(dir), begun: map[uint64]Entry{}}
		r.read(ctx, q, yield)
	}
}

// reader joins the two records of a change.
type reader struct {
	view  records.Reader
	begun map[uint64]Entry // by number
}

func (r *reader) read(ctx context.Context, q Query, yield func(Entry, error) bool) {
	wanted := r.view.Between(ctx, q.Since, time.Time{})
	if q.Follow {
		wanted = r.view.FollowSince(ctx, q.Since)
	}
	for record, err := range wanted {
		var entry Entry
		ended := true
		if err == nil {
			entry, ended, err = r.take(ctx, record)
		}
		if (ended || err != nil) && !yield(entry, err) {
			return
		}
	}
	if ctx.Err() != nil {
		return
	}
	for _, number := range slices.Sorted(maps.Keys(r.begun)) {
		if !yield(r.begun[number], nil) {
			return
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
