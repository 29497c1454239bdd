package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/store/records"
)

// Call is a call that has ended, and where the journal has it: for an index, which
// finds it again by Find.
type Call struct {
	Entry

	Last  uint64        // the number of its last record: calls are in this order
	Place records.Place // of its last record
	Begun records.Place // of its first one where there are two, and else the zero Place
}

// Unrecorded is the Event of calls that CloudTrail does not record, such as those that put
// events into log groups: most calls of a busy server.
const Unrecorded = "Unrecorded"

// Cursor is a place among the calls that have ended. It is for one goroutine at a
// time. Of calls that are Unrecorded it tells the number and the Event alone: who follows
// the journal looks for records, and reads those calls as fast as they are written.
type Cursor struct {
	reader reader
	places map[uint64]records.Place // of intents that have not ended, by number
	known  uint64                   // from this record on all intents were read
	next   uint64                   // the record to go on with
	last   records.Record           // that was read, without its data; the zero Record before any
}

// Cursor returns a cursor before the calls that ended with a record from number
// from on.
func (j *Journal) Cursor(from uint64) *Cursor {
	return &Cursor{reader: reader{view: j.log.Reader, begun: map[uint64]Entry{}}, places: map[uint64]records.Place{}, known: max(from, 1), next: max(from, 1)}
}

// Next returns the number of the first record that the cursor has not read.
func (c *Cursor) Next() uint64 { return c.next }

// Read yields the calls from the cursor on that have ended, and moves it on. As
// with Read of the package, a part that is damaged or was removed is told in its
// place, and any other error ends the sequence.
func (c *Cursor) Read(ctx context.Context) iter.Seq2[Call, error] {
	return func(yield func(Call, error) bool) {
		wanted := c.reader.view.Read(ctx, c.next)
		if c.last.Seq == c.next-1 && c.last.Seq > 0 {
			wanted = c.reader.view.After(ctx, c.last)
		}
		for record, err := range wanted {
			var call Call
			ended := true
			if err == nil {
				c.next, c.last = record.Seq+1, records.Record{Seq: record.Seq, Place: record.Place}
				call, ended, err = c.take(ctx, record)
			} else if damage, ok := errors.AsType[*records.DamageError](err); ok {
				c.next = max(c.next, damage.Last+1)
			} else if removed, ok := errors.AsType[*records.RemovedError](err); ok {
				c.next = max(c.next, removed.Last+1)
			}
			if (ended || err != nil) && !yield(call, err) {
				return
			}
		}
	}
}

func (c *Cursor) take(ctx context.Context, record records.Record) (call Call, ended bool, err error) {
	call.Last, call.Place = record.Seq, record.Place
	if record.Kind == records.Ended {
		if _, ok := c.places[record.Of]; !ok && record.Of < c.known { // it began before the cursor did
			if err := c.before(ctx, record.Of); err != nil {
				return call, false, fmt.Errorf("the begin of call %d: %w", record.Of, err)
			}
		}
		begun := c.places[record.Of]
		delete(c.places, record.Of)
		call.Begun = begun
	}
	call.Entry, ended, err = c.entry(ctx, record)
	if record.Kind == records.Begun && err == nil {
		c.places[record.Seq] = record.Place
	}
	return call, ended, err
}

// beforeThat is how many records are read before an intent that the cursor did not see: others
// that end behind it began near it, and to look for each anew is to read a segment for each.
const beforeThat = 1000

// before reads the intents from a number on that began before those that are known.
func (c *Cursor) before(ctx context.Context, number uint64) error {
	from, until := max(number, beforeThat)-beforeThat, c.known
	for record, err := range c.reader.view.Read(ctx, max(from, 1)) {
		damage, damaged := errors.AsType[*records.DamageError](err)
		removed, gone := errors.AsType[*records.RemovedError](err)
		switch {
		case damaged && (damage.Last < number || damage.First > number), gone && removed.Last < number:
			continue
		case err != nil:
			return err
		case record.Seq >= until:
			c.known = min(c.known, max(from, 1))
			return nil
		case record.Kind == records.Ended:
			delete(c.places, record.Of)
			delete(c.reader.begun, record.Of)
		case record.Kind == records.Begun:
			if _, _, err := c.entry(ctx, record); err != nil && record.Seq == number {
				return err
			}
			c.places[record.Seq] = record.Place
		}
	}
	return ctx.Err()
}

// entry returns the call that a record completes, if it does.
func (c *Cursor) entry(ctx context.Context, record records.Record) (Entry, bool, error) {
	if record.Kind == records.Ended {
		if entry, ok := c.reader.begun[record.Of]; ok && entry.Event == Unrecorded {
			delete(c.reader.begun, record.Of)
			return entry, true, nil
		}
		entry, ended, err := c.reader.take(ctx, record)
		if err == nil && entry.Event == Unrecorded {
			entry = Entry{Number: entry.Number, Event: Unrecorded}
		}
		return entry, ended, err
	}
	if !unrecorded(record.Data) {
		return c.reader.take(ctx, record)
	}
	entry := Entry{Number: record.Seq, Event: Unrecorded}
	if record.Kind == records.Begun {
		c.reader.begun[record.Seq] = entry
		return Entry{}, false, nil
	}
	return entry, true, nil
}

var errFound = errors.New("found")

// unrecorded says whether the first record of a call says that it is Unrecorded. What a
// client sent stands further within, and says nothing here.
func unrecorded(data []byte) (is bool) {
	if !bytes.Contains(data, []byte(Unrecorded)) {
		return false
	}
	_, err := jsonscan.Members(data, 0, func(name []byte, _ bool, v jsonscan.Value) error {
		if string(name) != "event" {
			return nil
		}
		is = string(v.Bytes(data)) == `"`+Unrecorded+`"`
		return errFound
	})
	return is && errors.Is(err, errFound)
}

// Find returns a call by the places that a Cursor told. Its errors are those of
// records.Reader.At.
func (j *Journal) Find(place, begun records.Place) (Entry, error) {
	last, err := j.log.At(place)
	if err != nil {
		return Entry{}, err
	}
	if last.Kind != records.Ended {
		return decoded(last)
	}
	first, err := j.log.At(begun)
	if err != nil {
		return Entry{}, err
	}
	entry, err := decoded(first)
	if err != nil {
		return entry, err
	}
	if first.Seq != last.Of {
		return entry, fmt.Errorf("record %d is not the begin of call %d", first.Seq, last.Of)
	}
	if err := json.Unmarshal(last.Data, &entry.ending); err != nil {
		return entry, fmt.Errorf("record %d is not the end of a call: %w", last.Seq, err)
	}
	return entry, nil
}

// Closed returns the parts of the journal to which nothing is added any more,
// oldest first.
func (j *Journal) Closed() ([]records.Segment, error) { return j.log.Closed() }

// Next returns the number that the next record will have: a call that ends from now
// on has a Last that is no less.
func (j *Journal) Next() uint64 { return j.log.Next() }

// ViewCursor returns a cursor as Journal.Cursor does, in the journal in dir, which
// another process may be writing.
func ViewCursor(dir string, from uint64) *Cursor {
	return &Cursor{reader: reader{view: records.View(dir), begun: map[uint64]Entry{}}, places: map[uint64]records.Place{}, known: max(from, 1), next: max(from, 1)}
}
