package series

import (
	"bytes"
	"context"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
)

// Filter says which metrics are listed. The zero value is for all of them.
type Filter struct {
	Namespace, Name string // empty for any
	Dimensions      []Wanted
	// Since is the time since which a metric had data, to half an hour; the zero value
	// is for all that are there.
	Since time.Time
}

// Wanted is a dimension that a metric has, maybe among others.
type Wanted struct {
	Name  string
	Value *string // nil for any
}

// List calls yield with the metrics of an account and region that a filter is for, in an
// order that holds still, and with what List goes on after as after, until yield returns
// false. A metric that comes meanwhile may be missing.
func (s *Store) List(ctx context.Context, scope cloud.Scope, f Filter, after []byte, yield func(id metric.ID, after []byte) bool) (err error) {
	l := &listing{store: s, scope: scope, filter: &f, since: activeAt(f.Since)}
	l.choose()
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: l.prefix, UpperBound: nextOf(l.prefix)})
	if err != nil {
		return errRead(err)
	}
	defer func() {
		if closed := iter.Close(); err == nil && closed != nil {
			err = errRead(closed)
		}
	}()
	seen := 0
	for valid := iter.SeekGE(append(bytes.Clone(l.scoped), after...)); valid; valid = iter.Next() {
		if seen++; seen%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		key := iter.Key()
		rest := key[len(l.scoped):]
		if len(after) > 0 && bytes.Equal(rest, after) {
			continue
		}
		id, ok, err := l.look(key, iter)
		if err != nil {
			return err
		}
		if ok && !yield(id, bytes.Clone(rest)) {
			return nil
		}
	}
	if err := iter.Error(); err != nil {
		return errRead(err)
	}
	return nil
}

// listing is one List.
type listing struct {
	store  *Store
	scope  cloud.Scope
	filter *Filter
	since  uint32
	scoped []byte // where keys begin that may be listed, without what the filter adds
	prefix []byte // where those begin that are
	terms  int    // texts before the name of the series
}

// choose chooses the index in which the fewest may be: that of a dimension's value, of
// the name, of the namespace.
func (l *listing) choose() {
	f := l.filter
	term := func(name, value string) {
		l.scoped, l.terms = appendScope(nil, spaceTerms, l.scope), 2
		l.prefix = appendText(appendText(bytes.Clone(l.scoped), name), value)
	}
	for _, d := range f.Dimensions {
		if d.Value != nil {
			term(d.Name, *d.Value)
			break
		}
	}
	switch {
	case l.terms > 0:
	case f.Namespace == "" && f.Name != "":
		term(ofName, f.Name)
	default:
		l.scoped = appendScope(nil, spaceSeries, l.scope)
		l.prefix = bytes.Clone(l.scoped)
	}
	if f.Namespace != "" {
		l.prefix = appendText(l.prefix, f.Namespace)
		if f.Name != "" {
			l.prefix = appendText(l.prefix, f.Name)
		}
	}
}

// look returns the metric at key if the filter is for it.
func (l *listing) look(key []byte, iter *pebble.Iterator) (id metric.ID, ok bool, err error) {
	name := key[len(l.scoped):]
	for range l.terms {
		if _, name, ok = cutText(name); !ok {
			return id, false, errRead(errRecord)
		}
	}
	if id, ok = idOf(name); !ok {
		return id, false, errRead(errRecord)
	}
	if !l.filter.matches(&id) {
		return id, false, nil
	}
	if l.filter.Since.IsZero() {
		return id, true, nil
	}
	var have listed
	if l.terms > 0 {
		// Names in memory are not asked: a listing would drive out those that data need.
		have, err = l.store.listedAt(append(appendScope(nil, spaceSeries, l.scope), name...))
	} else {
		have, err = listedIn(iter)
	}
	return id, err == nil && have.active >= l.since, err
}

func listedIn(iter *pebble.Iterator) (listed, error) {
	value, err := iter.ValueAndErr()
	if err != nil {
		return listed{}, errRead(err)
	}
	l, ok := decodeListed(value)
	if !ok {
		return l, errRead(errRecord)
	}
	return l, nil
}

func (f *Filter) matches(id *metric.ID) bool {
	if f.Namespace != "" && f.Namespace != id.Namespace || f.Name != "" && f.Name != id.Name {
		return false
	}
	for _, want := range f.Dimensions {
		found := false
		for _, d := range id.Dimensions {
			found = found || d.Name == want.Name && (want.Value == nil || *want.Value == d.Value)
		}
		if !found {
			return false
		}
	}
	return true
}
