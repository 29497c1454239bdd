package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/store/postings"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/event"
)

// repairs is how many damaged indexes one question makes again before it fails.
const repairs = 100

// Find returns the newest events that the query asks for, of all that stands
// in the logs when it is asked. Each event is looked at: an index alone finds none.
//
// While old events have no index yet, a page may be short or empty, and say nevertheless
// where the listing goes on.
//
// What retention has removed meanwhile is not found. What a log has lost is not
// either, and is logged.
func (h *History) Find(ctx context.Context, q Query) (page Page, err error) {
	err = h.repairing(ctx, func() error {
		page, err = h.find(ctx, &q)
		return err
	})
	return page, err
}

// repairing asks again as long as it meets an index that is damaged, which it has made
// again.
func (h *History) repairing(ctx context.Context, ask func() error) error {
	for range repairs {
		err := ask()
		if errors.Is(err, errUnexpected) {
			continue // its index is there now
		}
		damage, damaged := errors.AsType[*postings.DamageError](err)
		if !damaged {
			return err
		}
		h.cfg.Log.WarnContext(ctx, "an index of event history is made again", "error", damage)
		if err := h.drop(ctx, damage.Path); err != nil {
			return err
		}
	}
	return fmt.Errorf("event history: more than %d indexes are damaged", repairs)
}

// drop forgets the file of an index, so that it is made again.
func (h *History) drop(ctx context.Context, path string) error {
	if err := h.turn.take(ctx); err != nil {
		return err
	}
	defer h.turn.release()
	for _, s := range h.shelves {
		for first := range s.files {
			if s.path(first) == path {
				delete(s.files, first)
				s.started = max(s.started, first+1) // it is not in memory
			}
		}
	}
	return nil
}

func (h *History) find(ctx context.Context, q *Query) (page Page, err error) {
	sources, err := h.sources(ctx, q)
	if err != nil {
		return page, err
	}
	var last Position
	for doc, err := range h.newestFirst(ctx, sources, q) {
		if paused, ok := errors.AsType[*pausedError](err); ok {
			page.Next = &Position{Key: paused.before}
			return page, nil
		}
		if err != nil {
			return page, err
		}
		e, found, err := h.load(ctx, q, &doc)
		switch {
		case err != nil:
			return page, err
		case !found:
		case len(page.Events) == q.Most:
			page.Next = &last
			return page, nil
		default:
			page.Events, last.Key = append(page.Events, e), doc.Key
		}
	}
	return page, nil
}

// load returns the event of a document, and whether it is asked for.
func (h *History) load(ctx context.Context, q *Query, doc *postings.Doc) (e event.Event, found bool, err error) {
	s := h.shelves[doc.Part>>shelfBits]
	there, err := s.find(doc)
	if isLost(err) {
		if _, damaged := errors.AsType[*records.DamageError](err); damaged {
			h.cfg.Log.ErrorContext(ctx, "an event is left out of event history, since its record is lost", "folder", s.Dir, "number", doc.Number, "error", err)
		}
		return e, false, nil
	}
	if err != nil || there == nil {
		return e, false, err
	}
	return there.Event, q.holds(there), nil
}

// isLost says whether an error is that a log has lost something, to retention or to
// damage.
func isLost(err error) bool {
	_, removed := errors.AsType[*records.RemovedError](err)
	_, damaged := errors.AsType[*records.DamageError](err)
	return removed || damaged
}

// source is what one index finds.
type source struct {
	newest postings.Key // nothing in it is newer
	found  iter.Seq2[postings.Doc, error]
	make   func() (index, error) // the index of a segment that had none; nil for one that is there
}

// sources brings the indexes up to date, as far as that is soon done, and returns what
// each of them finds, the newest first.
func (h *History) sources(ctx context.Context, q *Query) ([]source, error) {
	if err := h.turn.take(ctx); err != nil {
		return nil, err
	}
	defer h.turn.release()
	if err := h.keep(ctx); err != nil {
		return nil, err
	}
	wanted, within := q.sets(), q.within()
	var all []source
	for _, s := range h.shelves {
		for _, f := range s.files {
			all = append(all, source{newest: f.Newest(), found: f.Find(ctx, wanted, within)})
		}
		for _, m := range s.memory {
			all = append(all, source{newest: m.Newest(), found: m.Find(ctx, wanted, within)})
		}
		for _, segment := range s.missing {
			newest := postings.Key{Time: s.Of.Until(segment), Number: math.MaxUint64, Part: math.MaxUint32}
			if newest.Time < within.From {
				continue
			}
			all = append(all, source{newest: newest, make: func() (index, error) { return s.indexed(ctx, segment.First) }})
		}
	}
	slices.SortFunc(all, func(a, b source) int { return b.newest.Compare(a.newest) })
	return all, nil
}

// within returns the part of an index that the query is about.
func (q *Query) within() postings.Range {
	within := postings.Range{From: math.MinInt64, To: math.MaxInt64}
	if q.After != nil {
		within.Before = &q.After.Key
	}
	if !q.From.IsZero() {
		within.From = q.From.Unix()
	}
	if !q.To.IsZero() {
		within.To = q.To.Unix()
	}
	return within
}

// pausedError says that what is older has no index yet, and where it begins.
type pausedError struct{ before postings.Key }

func (*pausedError) Error() string { return "older calls are not indexed yet" }

// errUnexpected says that an index was made that has something newer than was thought,
// because the clock was set back in the middle of a call.
var errUnexpected = errors.New("a segment has newer calls than it says")

// newestFirst yields what all sources find in one order. No source is asked before
// what it may hold is next. Where an index has to be made for that, and another
// was made and patience is over, it ends with a *pausedError.
func (h *History) newestFirst(ctx context.Context, sources []source, q *Query) iter.Seq2[postings.Doc, error] {
	return func(yield func(postings.Doc, error) bool) {
		began, made := time.Now(), false
		var open []*head
		defer func() {
			for _, h := range open {
				h.stop()
			}
		}()
		for {
			for len(sources) > 0 && (len(open) == 0 || sources[0].newest.Compare(open[0].doc.Key) > 0) {
				next := sources[0]
				if next.make != nil {
					if made && time.Since(began) > h.cfg.Patience {
						yield(postings.Doc{}, &pausedError{next.newest})
						return
					}
					made = true
					index, err := next.make()
					if err == nil && index.Newest().Compare(next.newest) > 0 {
						err = errUnexpected
					}
					if err != nil {
						yield(postings.Doc{}, err)
						return
					}
					next.found = index.Find(ctx, q.sets(), q.within())
				}
				h := &head{}
				h.next, h.stop = iter.Pull2(next.found)
				sources = sources[1:]
				there, err := h.advance()
				if err != nil {
					yield(postings.Doc{}, err)
					return
				}
				if there {
					open = append(open, h)
					slices.SortFunc(open, compareHeads)
				}
			}
			if len(open) == 0 {
				return
			}
			if !yield(open[0].doc, nil) {
				return
			}
			there, err := open[0].advance()
			if err != nil {
				yield(postings.Doc{}, err)
				return
			}
			if !there {
				open = open[1:]
			}
			slices.SortFunc(open, compareHeads)
		}
	}
}

// head is a source that is asked.
type head struct {
	doc  postings.Doc
	next func() (postings.Doc, error, bool)
	stop func()
}

// advance goes on to the next document, and says whether there is one.
func (h *head) advance() (bool, error) {
	doc, err, there := h.next()
	h.doc = doc
	if err != nil || !there {
		h.stop()
	}
	return there && err == nil, err
}

func compareHeads(a, b *head) int { return cmp.Compare(0, a.doc.Compare(b.doc.Key)) }
