package logs

import (
	"context"
	"iter"
	"math"
	"sync"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/logs/events"
	"github.com/sillok/sillok/internal/logs/rows"
	"github.com/sillok/sillok/internal/resource"
)

// groupNames remembers the names of the groups of an account and region, until a group
// changes.
type groupNames struct {
	mu sync.Mutex
	of map[cloud.Scope]namesOf
}

type namesOf struct {
	changes uint64 // of the directory, when they were read
	names   []string
}

// mostNames is of how many accounts and regions names are remembered.
const mostNames = 1000

// Tables returns the names of the log groups of the call's account and region whose events
// a query can read as rows. The caller does not change it.
func (s *Service) Tables(ctx context.Context) ([]string, error) {
	scope := cloud.CallOf(ctx).Scope()
	_, changes := s.directory.find(groupName{})
	s.names.mu.Lock()
	known, ok := s.names.of[scope]
	s.names.mu.Unlock()
	if ok && known.changes == changes {
		return known.names, nil
	}
	var names []string
	err := s.store.View(ctx, func(r resource.Reader) error {
		for g, err := range values(groups.List(r)) {
			if err != nil {
				return err
			}
			if g.Class != delivered {
				names = append(names, g.Name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	if s.names.of == nil || len(s.names.of) >= mostNames {
		s.names.of = map[cloud.Scope]namesOf{}
	}
	s.names.of[scope] = namesOf{changes, names}
	return names, nil
}

// ReadARN is the resource about which it is asked whether events of a group may be read.
func ReadARN(scope cloud.Scope, name string) string { return groupARN(scope, name) + ":log-stream:" }

// Rows returns a log group of the call's account and region as a query of its rows reads
// it. Whether the caller may read it has been decided.
func (s *Service) Rows(ctx context.Context, name string) (*rows.Group, error) {
	k, err := s.group(ctx, name)
	if err != nil {
		return nil, err
	}
	g := &rows.Group{
		Number: k.group.Number, Name: name, Account: cloud.CallOf(ctx).Account, From: k.group.from(), To: math.MaxInt64,
		Read:    func(ctx context.Context, q events.Query) iter.Seq2[events.Event, error] { return s.readable(ctx, k, q) },
		Pointer: func(key events.Key) string { return Pointer(k.group.Number, key) },
	}
	stats, err := s.events.Streams(ctx, k.group.Number)
	if err := s.unread(ctx, err); err != nil {
		return nil, err
	}
	return g, s.store.View(ctx, func(r resource.Reader) error {
		for st, err := range values(streams.List(r, name)) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if of, ok := stats[st.Number]; ok {
				g.Streams = append(g.Streams, rows.Stream{Name: st.Name, Number: st.Number, Stats: of})
			}
		}
		return nil
	})
}

// readable yields the events of a group that a query asks for, as they are shown. What is
// damaged is told, and is the end.
func (s *Service) readable(ctx context.Context, k *known, q events.Query) iter.Seq2[events.Event, error] {
	return func(yield func(events.Event, error) bool) {
		k, err := s.again(ctx, k) // it may protect more by now
		if err == nil {
			err = s.keyring.readable(ctx, k.group.Number)
		}
		if err != nil {
			yield(events.Event{}, err)
			return
		}
		looked, now := 0, current{Service: s, known: k}
		for e, err := range s.events.Read(ctx, q) {
			if err = s.unread(ctx, err); err != nil {
				yield(e, err)
				return
			}
			if looked += len(e.Message) + eventOverhead; looked >= lookEvery {
				if looked = 0; ctx.Err() != nil {
					yield(e, ctx.Err())
					return
				}
			}
			if e.Message, err = now.mask(ctx, &e); err != nil {
				yield(e, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}
