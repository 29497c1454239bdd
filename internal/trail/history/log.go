package history

import (
	"context"
	"iter"

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
		events = event.Of
	}
	return calls{j, events}
}

type calls struct {
	*journal.Journal

	of func(*journal.Entry) ([]event.Event, error)
}

// Cursor implements Log.
func (c calls) Cursor(from uint64) Cursor { return callCursor{c.Journal.Cursor(from), c} }

// Find implements Log.
func (c calls) Find(place, begun records.Place) (Item, error) {
	entry, err := c.Journal.Find(place, begun)
	return c.item(journal.Call{Entry: entry, Place: place, Begun: begun}), err
}

func (c calls) item(call journal.Call) Item {
	return Item{Number: call.Number, Last: call.Last, Place: call.Place, Begun: call.Begun, events: func() ([]recorded, error) {
		all, err := c.of(&call.Entry)
		found := make([]recorded, len(all))
		for i, e := range all {
			found[i] = recorded{e, e.Account}
		}
		return found, err
	}}
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

func itemOf(e archive.Entry) Item {
	return Item{Number: e.Number, Last: e.Number, Place: e.Place, events: func() ([]recorded, error) {
		if e.Store != "" {
			return nil, nil
		}
		return []recorded{{e.Event, e.Account}}, nil
	}}
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
