package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/sillok/sillok/internal/store/postings"
	"github.com/sillok/sillok/internal/store/records"
	"github.com/sillok/sillok/internal/trail/event"
)

// repairs is how many damaged indexes one question makes again before it fails.
const repairs = 100

// Find returns the newest events that the query asks for, of all that stands
// in the logs when it is asked. Each event is looked at: an index alone finds none.
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
	if err := h.take(ctx); err != nil {
		return err
	}
	defer h.release()
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
	for doc, err := range newestFirst(sources) {
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
			page.Events, last = append(page.Events, e), doc.Key
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

// source is what one index finds in one account.
type source struct {
	newest postings.Key // nothing in it is newer
	found  iter.Seq2[postings.Doc, error]
}

// sources brings the indexes up to date and returns what each of them finds, the
// newest first.
func (h *History) sources(ctx context.Context, q *Query) ([]source, error) {
	if err := h.take(ctx); err != nil {
		return nil, err
	}
	defer h.release()
	if err := h.keep(ctx); err != nil {
		return nil, err
	}
	within := postings.Range{Before: q.After, From: math.MinInt64, To: math.MaxInt64}
	if !q.From.IsZero() {
		within.From = q.From.Unix()
	}
	if !q.To.IsZero() {
		within.To = q.To.Unix()
	}
	var all []source
	for _, account := range q.Accounts {
		wanted := q.terms(account)
		for _, s := range h.shelves {
			for _, f := range s.files {
				all = append(all, source{f.Newest(), f.Find(ctx, wanted, within)})
			}
			for _, m := range s.memory {
				all = append(all, source{m.Newest(), m.Find(ctx, wanted, within)})
			}
		}
	}
	slices.SortFunc(all, func(a, b source) int { return b.newest.Compare(a.newest) })
	return all, nil
}

// newestFirst yields what all sources find in one order. No source is asked before
// what it may hold is next.
func newestFirst(sources []source) iter.Seq2[postings.Doc, error] {
	return func(yield func(postings.Doc, error) bool) {
		var open []*head
		defer func() {
			for _, h := range open {
				h.stop()
			}
		}()
		for {
			for len(sources) > 0 && (len(open) == 0 || sources[0].newest.Compare(open[0].doc.Key) > 0) {
				h := &head{}
				h.next, h.stop = iter.Pull2(sources[0].found)
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
