package archive

import (
	"context"
	"errors"
	"iter"

	"github.com/sillok/sillok/internal/store/records"
)

// Cursor is a place among the entries of an archive. It is for one goroutine at a time.
type Cursor struct {
	log  records.Reader
	next uint64         // the record to go on with
	last records.Record // that was read, without its data; the zero Record before any
}

// Cursor returns a cursor before the entries from number from on.
func (a *Archive) Cursor(from uint64) *Cursor {
	return &Cursor{log: a.log.Reader, next: max(from, 1)}
}

// Next returns the number of the first entry that the cursor has not read.
func (c *Cursor) Next() uint64 { return c.next }

// Read yields the entries from the cursor on to the last that is durable, and moves it
// on. A part that is damaged or was removed is told in its place, by a
// *records.DamageError or *records.RemovedError, and so is a record that is no event,
// by an error beside an Entry with its Number; any other error ends the sequence.
func (c *Cursor) Read(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		wanted := c.log.Read(ctx, c.next)
		if c.last.Seq > 0 && c.last.Seq == c.next-1 {
			wanted = c.log.After(ctx, c.last)
		}
		for record, err := range wanted {
			var entry Entry
			if err == nil {
				c.next, c.last = record.Seq+1, records.Record{Seq: record.Seq, Place: record.Place}
				entry, err = decode(record)
			} else if damage, ok := errors.AsType[*records.DamageError](err); ok {
				c.next = max(c.next, damage.Last+1)
			} else if removed, ok := errors.AsType[*records.RemovedError](err); ok {
				c.next = max(c.next, removed.Last+1)
			}
			if !yield(entry, err) {
				return
			}
		}
	}
}
