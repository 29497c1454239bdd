package insights

import (
	"cmp"
	"slices"
	"strings"
)

// countFrequentCommand is countFrequent: how often combinations of values are there,
// the most frequent first. The counts are exact.
type countFrequentCommand struct {
	fields  []*field
	columns []column
}

func parseCountFrequent(p *parser) (command, *Error) {
	fields, err := list(p, p.path)
	return &countFrequentCommand{fields: fields}, err
}

func (c *countFrequentCommand) check(s *scope) *Error {
	if err := s.all(c.fields); err != nil {
		return err
	}
	for _, f := range c.fields {
		c.columns = append(c.columns, column{strings.Join(f.segments, "."), s.slot()})
	}
	c.columns = append(c.columns, column{"_approxcount", s.slot()})
	s.group(c.columns)
	return nil
}

type frequencies struct {
	x       *run
	columns []column
	values  []evaluator
	byKey   map[string]*frequency
	all     []*frequency
	key     []byte
}

type frequency struct {
	values []value
	n      float64
}

func (c *countFrequentCommand) gather(x *run, _ int) gatherer {
	return &frequencies{x: x, columns: c.columns, values: x.compileFields(c.fields), byKey: map[string]*frequency{}}
}

func (f *frequencies) add(r row) error {
	f.key, _ = keyOf(f.key[:0], f.values, r)
	one, there := f.byKey[string(f.key)]
	if !there {
		one = &frequency{}
		for _, v := range f.values {
			one.values = append(one.values, v(r))
		}
		f.byKey[string(f.key)] = one
		f.all = append(f.all, one)
		if err := f.x.spend(2*len(f.key) + 100); err != nil {
			return err
		}
	}
	one.n++
	return nil
}

func (f *frequencies) each(next sink) error {
	all := slices.Clone(f.all)
	slices.SortStableFunc(all, func(a, b *frequency) int { return cmp.Compare(b.n, a.n) })
	for _, one := range all {
		r := make(row, f.x.query.slots)
		for i, v := range one.values {
			r[f.columns[i].slot] = v
		}
		r[f.columns[len(one.values)].slot] = numeric(one.n)
		if err := next(r); err != nil {
			return err
		}
	}
	return nil
}
