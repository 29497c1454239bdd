package history

import (
	"context"
	"iter"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/postings"
	"github.com/sillok/sillok/internal/trail/event"
)

// Called says of each event whether history has one of that ID and second in an account
// that was made here: a call in the first shelf, the journal of calls, or an insight in
// any. It is quick where the events are of another time than the first shelf, and no
// insights.
func (h *History) Called(ctx context.Context, account cloud.Account, events []event.Event) (has []bool, err error) {
	err = h.repairing(ctx, func() error {
		has = make([]bool, len(events))
		for n, s := range h.shelves {
			if err := h.called(ctx, s, n == 0, account, events, has); err != nil {
				return err
			}
		}
		return nil
	})
	return has, err
}

// called adds what a shelf has: of insights alone unless it is of calls too. No shelf is
// asked for nothing.
func (h *History) called(ctx context.Context, s *shelf, calls bool, account cloud.Account, events []event.Event, has []bool) error {
	var asked []int
	for i := range events {
		if !has[i] && events[i].ID != "" && (calls || events[i].Category == event.Insight) {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	if err := s.complete(ctx); err != nil {
		return err
	}
	if err := h.turn.take(ctx); err != nil {
		return err
	}
	defer h.turn.release()
	if err := s.keep(ctx); err != nil {
		return err
	}
	for _, i := range asked {
		var err error
		if has[i], err = s.has(ctx, &recorded{events[i], account}); err != nil {
			return err
		}
	}
	return nil
}

// complete brings a shelf up to date with all that is missing.
func (s *shelf) complete(ctx context.Context) error {
	if err := s.turn.take(ctx); err != nil {
		return err
	}
	err := s.keep(ctx)
	s.turn.release()
	if err != nil {
		return err
	}
	return s.catchUp(ctx)
}

// has says whether the shelf has an event.
func (s *shelf) has(ctx context.Context, e *recorded) (bool, error) {
	q := Query{Accounts: []cloud.Account{e.in}, Categories: []event.Category{e.Category}, Matches: []Match{{EventID, e.ID}}}
	wanted := q.sets()
	within := postings.Range{From: e.Time.Unix(), To: e.Time.Unix()}
	for _, m := range s.memory {
		if found, err := s.among(m.Find(ctx, wanted, within), e); found || err != nil {
			return found, err
		}
	}
	for _, f := range s.files {
		if found, err := s.among(f.Find(ctx, wanted, within), e); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// among says whether an event is among documents that are found. What the log has lost
// is not.
func (s *shelf) among(docs iter.Seq2[postings.Doc, error], e *recorded) (bool, error) {
	for doc, err := range docs {
		if err != nil {
			return false, err
		}
		there, err := s.find(&doc)
		switch {
		case isLost(err):
		case err != nil:
			return false, err
		case there != nil && there.ID == e.ID && there.in == e.in:
			return true, nil
		}
	}
	return false, nil
}
