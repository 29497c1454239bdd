package history

import (
	"context"
	"errors"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/store/records"
)

const (
	// mostLooked is how many calls one answer to who follows looks at.
	mostLooked = 20_000
	// mostReaders is how many places are kept of those who follow; others are found
	// again in the journal.
	mostReaders = 64
)

// Follow returns the events that the query asks for in the order in which their calls
// were recorded, from q.After on, and where it goes on. Without q.After it returns
// none, and the place behind all that Find finds from then on. So a listing and what
// follows have each event, whatever its time, and those of the listing alone twice that
// were recorded between the two questions.
func (h *History) Follow(ctx context.Context, q Query) (Page, error) {
	if q.After == nil {
		return h.end(ctx)
	}
	reader, part := h.reader(*q.After), q.After.Part
	var page Page
	looked := 0
	for call, err := range reader.Read(ctx) {
		if _, removed := errors.AsType[*records.RemovedError](err); removed {
			return Page{}, cloud.Errorf(cloud.Invalid, "InvalidNextTokenException", "What was recorded since then is no longer kept.")
		}
		if damage, damaged := errors.AsType[*records.DamageError](err); damaged {
			h.cfg.Log.ErrorContext(ctx, "who follows event history misses calls that the journal has lost", "error", damage)
			continue
		}
		if err != nil {
			return Page{}, err
		}
		all, err := h.cfg.Events(&call.Entry)
		if err != nil {
			return Page{}, err
		}
		for i := range all {
			switch {
			case i < int(part) || !q.holds(&all[i]):
			case len(page.Events) == q.Most:
				page.Next = &Position{Number: call.Last, Part: uint32(i)}
				return page, nil
			default:
				page.Events = append(page.Events, all[i])
			}
		}
		part = 0
		if looked++; looked == mostLooked {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return Page{}, err
	}
	page.Next = &Position{Number: reader.Next()}
	h.putAside(reader)
	return page, nil
}

// end returns the place behind all that Find finds.
func (h *History) end(ctx context.Context) (Page, error) {
	if err := h.take(ctx); err != nil {
		return Page{}, err
	}
	defer h.release()
	if err := h.keep(ctx); err != nil {
		return Page{}, err
	}
	return Page{Next: &Position{Number: h.cursor.Next()}}, nil
}

// reader returns a cursor at a place: the one that came there, which knows where in a
// segment that is, or a new one.
func (h *History) reader(at Position) *journal.Cursor {
	h.following.Lock()
	defer h.following.Unlock()
	reader := h.readers[at.Number]
	if reader == nil || at.Part > 0 {
		return h.cfg.Journal.Cursor(at.Number)
	}
	delete(h.readers, at.Number)
	return reader
}

// putAside keeps a cursor for the next answer to whoever follows with it.
func (h *History) putAside(reader *journal.Cursor) {
	h.following.Lock()
	defer h.following.Unlock()
	if len(h.readers) >= mostReaders {
		clear(h.readers) // of those who are gone, most of them
	}
	h.readers[reader.Next()] = reader
}
