package rows

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/lake/kept"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/archive"
	"github.com/sillok/sillok/internal/trail/event"
)

// calls are the rows of the journal of calls.
type calls struct{ rows *Rows }

// Closed implements kept.Source.
func (c calls) Closed() ([]kept.Span, error) { return spans(c.rows.cfg.Journal.Closed()) }

// Next implements kept.Source.
func (c calls) Next() uint64 { return c.rows.cfg.Journal.Next() }

// Reader implements kept.Source.
func (c calls) Reader(from uint64) kept.Reader {
	return &callReader{rows: c.rows, cursor: c.rows.cfg.Journal.Cursor(from)}
}

func spans(closed []records.Segment, err error) ([]kept.Span, error) {
	all := make([]kept.Span, len(closed))
	for i, s := range closed {
		all[i] = kept.Span{First: s.First, Last: s.Last}
	}
	return all, err
}

type callReader struct {
	rows    *Rows
	cursor  *journal.Cursor
	waiting *journal.Call // it was read, and nothing follows from it yet
}

// Next implements kept.Reader.
func (c *callReader) Next() uint64 {
	if c.waiting != nil {
		return c.waiting.Last
	}
	return c.cursor.Next()
}

// Read implements kept.Reader.
func (c *callReader) Read(ctx context.Context) iter.Seq2[kept.Item, error] {
	return func(yield func(kept.Item, error) bool) {
		// What ends after the stores were looked at may be after a change of one of them.
		end := c.rows.cfg.Journal.Next()
		stores, err := c.rows.collector(ctx)
		if err != nil {
			yield(kept.Item{}, err)
			return
		}
		if waited := c.waiting; waited != nil && waited.Last < end {
			c.waiting = nil
			if !c.give(ctx, stores, waited, nil, yield) {
				return
			}
		}
		if c.waiting != nil {
			return
		}
		for call, err := range c.cursor.Read(ctx) {
			if err == nil && call.Last >= end {
				c.waiting = &call
				return
			}
			if !c.give(ctx, stores, &call, err, yield) {
				return
			}
		}
	}
}

// give yields what follows from a call, and says whether to go on.
func (c *callReader) give(ctx context.Context, stores *collector, call *journal.Call, err error, yield func(kept.Item, error) bool) bool {
	item := kept.Item{Number: call.Last}
	var of []event.Event
	if err == nil {
		of, err = event.Of(&call.Entry)
	}
	if err != nil {
		err = c.rows.lost(ctx, fromJournal, item.Number, err)
		return err == nil || yield(item, err)
	}
	for i := range of {
		e := &of[i]
		item.Rows = append(item.Rows, row(ofAccount+string(e.Account), e))
		ids, err := stores.of(ctx, call.Last, e)
		if err != nil {
			yield(item, err)
			return false
		}
		for _, id := range ids {
			item.Rows = append(item.Rows, row(ofStore+id, e))
		}
	}
	return yield(item, nil)
}

// lost tells of what a log does not have any more, or has not as an event. Any other
// error it returns.
func (r *Rows) lost(ctx context.Context, source string, number uint64, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, removed := errors.AsType[*records.RemovedError](err); removed {
		return nil
	}
	if _, damaged := errors.AsType[*records.DamageError](err); !damaged && number == 0 {
		return err // the log cannot be read
	}
	r.cfg.Log.ErrorContext(ctx, "an event is in no table, since it cannot be read", "log", source, "number", number, "error", err)
	return nil
}

// row returns an event as a row of a table.
func row(table string, e *event.Event) kept.Row {
	r := kept.Row{Table: table, Time: e.Time, Text: e.JSON}
	// Foreign records may tell it in another zone, or in fractions.
	r.Loose = !bytes.Contains(e.JSON, []byte(`"`+e.Time.UTC().Format(time.RFC3339)+`"`))
	return r
}

// events are the rows of the archive of events.
type events struct{ rows *Rows }

// Closed implements kept.Source.
func (s events) Closed() ([]kept.Span, error) { return spans(s.rows.cfg.Archive.Closed()) }

// Next implements kept.Source.
func (s events) Next() uint64 { return s.rows.cfg.Archive.Next() }

// Reader implements kept.Source.
func (s events) Reader(from uint64) kept.Reader {
	return &eventReader{s.rows, s.rows.cfg.Archive.Cursor(from)}
}

type eventReader struct {
	rows   *Rows
	cursor *archive.Cursor
}

// Next implements kept.Reader.
func (r *eventReader) Next() uint64 { return r.cursor.Next() }

// Read implements kept.Reader.
func (r *eventReader) Read(ctx context.Context) iter.Seq2[kept.Item, error] {
	return func(yield func(kept.Item, error) bool) {
		for entry, err := range r.cursor.Read(ctx) {
			item := kept.Item{Number: entry.Number}
			if err != nil {
				if err = r.rows.lost(ctx, fromArchive, item.Number, err); err != nil {
					yield(item, err)
					return
				}
				continue
			}
			table := ofAccount + string(entry.Account)
			if entry.Store != "" {
				table = ofStore + entry.Store[strings.LastIndexByte(entry.Store, '/')+1:]
			}
			item.Rows = []kept.Row{row(table, &entry.Event)}
			if !yield(item, nil) {
				return
			}
		}
	}
}
