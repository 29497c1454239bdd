package history

import (
	"context"
	"iter"
	"math"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
)

// Log is a log in which events stand, such as the journal of calls.
type Log interface {
	// Cursor returns a cursor before what stands from record number from on.
	Cursor(from uint64) Cursor
	// Find returns what a cursor told of these places. Its errors are those of
	// records.Reader.At.
	Find(place, begun records.Place) (Item, error)
	// Closed returns the parts to which nothing is added any more, oldest first.
	Closed() ([]records.Segment, error)
	// Until returns a time, in seconds, after which no event of such a part is, unless the
	// clock was set back in the middle of it.
	Until(records.Segment) int64
}

// Cursor reads a log. It is for one goroutine at a time.
type Cursor interface {
	// Next returns the number of the first record that the cursor has not read.
	Next() uint64
	// Read yields what stands behind the cursor, and moves it on. What is lost is told
	// in its place, as package records does, by an Item with what is known of it.
	Read(ctx context.Context) iter.Seq2[Item, error]
}

// Item is what stands in a log: the events of one call, or one event.
type Item struct {
	Number uint64        // by which it is told from others
	Last   uint64        // the number of its last record: a log is in this order
	Place  records.Place // of its last record
	Begun  records.Place // of its first one where there are two, and else the zero Place

	events func() ([]recorded, error) // always the same in the same order
	facts  func() ([]recorded, error) // the same, perhaps without their records
}

// recorded is an event, and in whose history it is.
type recorded struct {
	event.Event

	in cloud.Account
}

// Calls is the journal as a log of events. Events returns the events that a call is,
// always the same in the same order; nil is event.Of.
func Calls(j *journal.Journal, events func(*journal.Entry) ([]event.Event, error)) Log {
	if events == nil {
		return calls{j, event.Of, event.Facts}
	}
	return calls{j, events, events}
}

type calls struct {
	*journal.Journal

	of, facts func(*journal.Entry) ([]event.Event, error)
}

// Cursor implements Log.
func (c calls) Cursor(from uint64) Cursor { return callCursor{c.Journal.Cursor(from), c} }

// Find implements Log.
func (c calls) Find(place, begun records.Place) (Item, error) {
	entry, err := c.Journal.Find(place, begun)
	return c.item(journal.Call{Entry: entry, Place: place, Begun: begun}), err
}

// drift is by how many seconds a call may seem to end after its record was written,
// since how long it took is measured by another clock.
const drift = 2

// Until implements Log: each call ended before its last record was written.
func (calls) Until(s records.Segment) int64 { return s.To.Unix() + drift }

func (c calls) item(call journal.Call) Item {
	by := func(of func(*journal.Entry) ([]event.Event, error)) func() ([]recorded, error) {
		return func() ([]recorded, error) {
			all, err := of(&call.Entry)
			found := make([]recorded, len(all))
			for i, e := range all {
				found[i] = recorded{e, e.Account}
			}
			return found, err
		}
	}
	return Item{Number: call.Number, Last: call.Last, Place: call.Place, Begun: call.Begun, events: by(c.of), facts: by(c.facts)}
}

type callCursor struct {
	*journal.Cursor

	of calls
}

// Read implements Cursor.
func (c callCursor) Read(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for call, err := range c.Cursor.Read(ctx) {
			if !yield(c.of.item(call), err) {
				return
			}
		}
	}
}

// Archived is the archive as a log of events: those that no event data store has alone.
func Archived(a *archive.Archive) Log { return archived{a} }

type archived struct{ *archive.Archive }

// Cursor implements Log.
func (a archived) Cursor(from uint64) Cursor { return entryCursor{a.Archive.Cursor(from)} }

// Find implements Log.
func (a archived) Find(place, _ records.Place) (Item, error) {
	entry, err := a.Archive.Find(place)
	return itemOf(entry), err
}

// Until implements Log: events come from wherever, with any time.
func (archived) Until(records.Segment) int64 { return math.MaxInt64 }

func itemOf(e archive.Entry) Item {
	events := func() ([]recorded, error) {
		if e.Store != "" {
			return nil, nil
		}
		return []recorded{{e.Event, e.Account}}, nil
	}
	return Item{Number: e.Number, Last: e.Number, Place: e.Place, events: events, facts: events}
}

type entryCursor struct{ *archive.Cursor }

// Read implements Cursor.
func (c entryCursor) Read(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for entry, err := range c.Cursor.Read(ctx) {
			if !yield(itemOf(entry), err) {
				return
			}
		}
	}
}
