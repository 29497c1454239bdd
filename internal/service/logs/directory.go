package logs

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/policy"
	"github.com/sillok/sillok/internal/resource"
)

// Numbers are given to groups and streams from one count, and are kept beside them so
// that whoever knows the number of an event finds its names. They belong to no
// account.
var (
	counts    = resource.Kind[uint64]{Name: "logs/count"}        // "number" is the last one that was given
	foreign   = resource.Kind[[]span]{Name: "logs/foreign"}      // "numbers" are those up to it that were not given by these documents
	ofGroups  = resource.Kind[groupName]{Name: "logs/numbered"}  // by the number of a group
	ofStreams = resource.Kind[string]{Name: "logs/numberedname"} // by the numbers of a group and a stream
)

// groupName is where a group is.
type groupName struct {
	Account cloud.Account
	Region  cloud.Region
	Name    string
}

func (g groupName) scope() cloud.Scope { return cloud.Scope{Account: g.Account, Region: g.Region} }

// span is the numbers from First to Last.
type span struct{ First, Last uint64 }

func digits(n uint64) string { return strconv.FormatUint(n, 10) }

// nobody returns a context of no account, in which numbers are kept.
func nobody(ctx context.Context) context.Context {
	call := cloud.CallOf(ctx)
	call.Account, call.Region = "", ""
	return cloud.WithCall(ctx, call)
}

// in returns a context of an account and region.
func in(ctx context.Context, scope cloud.Scope) context.Context {
	call := cloud.CallOf(ctx)
	call.Account, call.Region = scope.Account, scope.Region
	return cloud.WithCall(ctx, call)
}

// number makes sure that no number is given which events have already: a store of
// documents that was brought back from a copy knows fewer than were given. Those that
// it does not know are kept as such, so that their events are not taken for those of
// groups that are gone.
func (s *Service) number(ctx context.Context) error {
	return s.store.Update(nobody(ctx), func(tx resource.Tx) error {
		last, _, err := counts.Find(tx, "number")
		highest := s.events.Highest()
		s.given.Store(max(last, highest))
		if err != nil || last >= highest {
			return err
		}
		spans, _, err := foreign.Find(tx, "numbers")
		if err != nil {
			return err
		}
		return errors.Join(
			foreign.Put(tx, append(spans, span{last + 1, highest}), "numbers"), counts.Put(tx, highest, "number"))
	})
}

// gave returns what says whether a number was given by these documents: one that was
// not is not told to be gone.
func gave(r resource.Reader) (func(number uint64) bool, error) {
	last, _, err := counts.Find(r, "number")
	if err != nil {
		return nil, err
	}
	spans, _, err := foreign.Find(r, "numbers")
	return func(number uint64) bool {
		return number <= last && !slices.ContainsFunc(spans, func(s span) bool { return number >= s.First && number <= s.Last })
	}, err
}

// next gives a number. It is higher than all that were given since the service was
// opened, even where the count was lost since: see Forget.
func (s *Service) next(tx resource.Tx) (uint64, error) {
	last, _, err := counts.Find(tx, "number")
	if err != nil {
		return 0, err
	}
	number := max(last, s.given.Load()) + 1
	s.given.Store(number)
	return number, counts.Put(tx, number, "number")
}

// Forget has the service look at its documents again: all of them were removed by
// somebody else.
func (s *Service) Forget() { s.directory.forgetAll() }

// wanted tells the store of events which of them are kept.
type wanted struct{ *Service }

// Group implements events.Wanted.
func (w wanted) Group(ctx context.Context, number uint64) (from int64, there bool, err error) {
	at, there, known, err := w.named(ctx, number)
	if err != nil || !there {
		return math.MinInt64, !known, err
	}
	err = w.store.View(in(ctx, at.scope()), func(r resource.Reader) error {
		g, found, err := groups.Find(r, at.Name)
		from, there = g.from(), found && g.Number == number
		return err
	})
	return from, there, err
}

// named returns the name of a group by its number, and whether the number is one that
// was given: what was not is not told to be gone.
func (s *Service) named(ctx context.Context, number uint64) (at groupName, there, known bool, err error) {
	err = s.store.View(nobody(ctx), func(r resource.Reader) (err error) {
		if at, there, err = ofGroups.Find(r, digits(number)); err != nil {
			return err
		}
		given, err := gave(r)
		if err != nil {
			return err
		}
		known = given(number)
		return nil
	})
	return at, there, known, err
}

// Gone implements events.Wanted.
func (w wanted) Gone(ctx context.Context, number uint64, streams []uint64) (gone []uint64, err error) {
	err = w.store.View(nobody(ctx), func(r resource.Reader) error {
		given, err := gave(r)
		if err != nil {
			return err
		}
		for _, stream := range streams {
			_, found, err := ofStreams.Find(r, digits(number), digits(stream))
			if err != nil {
				return err
			}
			if !found && given(stream) {
				gone = append(gone, stream)
			}
		}
		return nil
	})
	return gone, err
}

// directory remembers groups and streams, so that a batch is taken without a look at
// the documents. It forgets what changes, before the change is answered.
type directory struct {
	mu      sync.RWMutex
	changes uint64 // how often something was forgotten
	groups  map[groupName]*known
}

// known is what is remembered of a group.
type known struct {
	group group
	at    groupName
	shape *shape // what is done to its events

	plain, transforming *matchers // of events as they came, and as they were transformed; nil for none

	conditions map[string][]string // keys that follow from tags
	policies   []policy.Attached

	mu      sync.RWMutex
	streams map[string]uint64 // numbers by name
	names   map[uint64]string
}

// What is remembered at most: beyond that it is begun anew.
const (
	mostGroups  = 10_000
	mostStreams = 50_000 // of one group
)

func newDirectory() *directory { return &directory{groups: map[groupName]*known{}} }

func (d *directory) find(at groupName) (k *known, changes uint64) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.groups[at], d.changes
}

// remember keeps what was read when there had been so many changes.
func (d *directory) remember(at groupName, k *known, changes uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changes != changes {
		return
	}
	if len(d.groups) >= mostGroups {
		clear(d.groups)
	}
	d.groups[at] = k
}

// forget has a group read again.
func (d *directory) forget(at groupName) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes++
	delete(d.groups, at)
}

// forgetAll has all groups read again.
func (d *directory) forgetAll() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes++
	clear(d.groups)
}

// change changes something of a group of the call's account, and has it read again.
func (s *Service) change(ctx context.Context, name string, fn func(tx resource.Tx) error) error {
	err := s.store.Update(ctx, fn)
	scope := cloud.CallOf(ctx).Scope()
	s.directory.forget(groupName{scope.Account, scope.Region, name})
	return err
}

// group returns what is known of a group of the call's account and region, or the
// error that it does not exist.
func (s *Service) group(ctx context.Context, name string) (*known, error) {
	scope := cloud.CallOf(ctx).Scope()
	at := groupName{scope.Account, scope.Region, name}
	k, changes := s.directory.find(at)
	if k != nil {
		return k, nil
	}
	k = &known{at: at, streams: map[string]uint64{}, names: map[uint64]string{}}
	err := s.store.View(ctx, func(r resource.Reader) (err error) {
		if k.group, err = groups.Get(r, name); err != nil {
			return err
		}
		if k.shape, err = shapeOf(r, &k.group); err != nil {
			return err
		}
		return errors.Join(k.matchersOf(r), k.rules(r))
	})
	if err != nil {
		return nil, err
	}
	s.directory.remember(at, k, changes)
	return k, nil
}

// stream returns the number of a stream, or the error that it does not exist.
func (s *Service) stream(ctx context.Context, k *known, name string) (uint64, error) {
	k.mu.RLock()
	number, ok := k.streams[name]
	k.mu.RUnlock()
	if ok {
		return number, nil
	}
	err := s.store.View(ctx, func(r resource.Reader) error {
		st, err := streams.Get(r, k.group.Name, name)
		number = st.Number
		return err
	})
	if err != nil {
		return 0, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.streams) >= mostStreams {
		clear(k.streams)
	}
	k.streams[name] = number
	return number, nil
}

// streamName returns the name of a stream, or "" when it is gone.
func (s *Service) streamName(ctx context.Context, k *known, number uint64) (string, error) {
	k.mu.RLock()
	name, ok := k.names[number]
	k.mu.RUnlock()
	if ok {
		return name, nil
	}
	err := s.store.View(nobody(ctx), func(r resource.Reader) (err error) {
		name, _, err = ofStreams.Find(r, digits(k.group.Number), digits(number))
		return err
	})
	if err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.names) >= mostStreams {
		clear(k.names)
	}
	k.names[number] = name
	return name, nil
}
