package history

import (
	"context"
	"errors"
	"sync"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/records"
)

const (
	// mostLooked is how many records of a log one answer to who follows looks at.
	mostLooked = 20_000
	// mostReaders is how many places in a log are kept of those who follow; others are
	// found again in the log.
	mostReaders = 64
)

// Follow returns the events that the query asks for in the order in which they were
// recorded, those of each log by themselves, from q.After on, and where it goes on.
// Without q.After it returns none, and the place behind all that Find finds from then
// on. So a listing and what follows have each event, whatever its time, and those of
// the listing alone twice that were recorded between the two questions.
func (h *History) Follow(ctx context.Context, q Query) (Page, error) {
	if q.After == nil || len(q.After.Logs) != len(h.shelves) {
		return h.end(ctx)
	}
	page := Page{Next: &Position{Logs: make([]Step, len(h.shelves))}}
	for i, s := range h.shelves {
		var err error
		if page.Next.Logs[i], err = s.follow(ctx, &q, q.After.Logs[i], &page); err != nil {
			return Page{}, err
		}
	}
	return page, nil
}

// end returns the place behind all that Find finds.
func (h *History) end(ctx context.Context) (Page, error) {
	if err := h.turn.take(ctx); err != nil {
		return Page{}, err
	}
	defer h.turn.release()
	if err := h.keep(ctx); err != nil {
		return Page{}, err
	}
	at := &Position{}
	for _, s := range h.shelves {
		at.Logs = append(at.Logs, Step{Number: s.cursor.Next()})
	}
	return Page{Next: at}, nil
}

// follow adds events of a shelf to a page, from a place on, and returns where it goes on.
func (s *shelf) follow(ctx context.Context, q *Query, from Step, page *Page) (next Step, err error) {
	if len(page.Events) == q.Most {
		return from, nil
	}
	reader := s.readers.take(from, s.Of)
	part := from.Part
	looked := 0
	for item, err := range reader.Read(ctx) {
		if _, removed := errors.AsType[*records.RemovedError](err); removed {
			return next, cloud.Errorf(cloud.Invalid, "InvalidNextTokenException", "What was recorded since then is no longer kept.")
		}
		if damage, damaged := errors.AsType[*records.DamageError](err); damaged {
			s.log.ErrorContext(ctx, "who follows event history misses what is lost", "folder", s.Dir, "error", damage)
			continue
		}
		var all []recorded
		if err == nil {
			all, err = item.events()
		}
		if err != nil {
			if ctx.Err() != nil || item.Last == 0 {
				return next, err
			}
			s.log.ErrorContext(ctx, "who follows event history misses a record that cannot be read", "folder", s.Dir, "number", item.Last, "error", err)
			part = 0
			continue
		}
		for i := range all {
			switch {
			case i < int(part) || !q.holds(&all[i]):
			case len(page.Events) == q.Most:
				return Step{Number: item.Last, Part: uint32(i)}, nil
			default:
				page.Events = append(page.Events, all[i].Event)
			}
		}
		part = 0
		if looked++; looked == mostLooked {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return next, err
	}
	next = Step{Number: reader.Next()}
	s.readers.put(reader)
	return next, nil
}

// readers are cursors of those who follow, by where they go on: one that came to a place
// knows where in a segment that is.
type readers struct {
	mu sync.Mutex
	at map[uint64]Cursor
}

// take returns a cursor at a place.
func (r *readers) take(from Step, of Log) Cursor {
	r.mu.Lock()
	defer r.mu.Unlock()
	reader := r.at[from.Number]
	if reader == nil || from.Part > 0 {
		return of.Cursor(from.Number)
	}
	delete(r.at, from.Number)
	return reader
}

// put keeps a cursor for the next answer to whoever follows with it.
func (r *readers) put(reader Cursor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == nil || len(r.at) >= mostReaders {
		r.at = map[uint64]Cursor{} // most of them were of those who are gone
	}
	r.at[reader.Next()] = reader
}
