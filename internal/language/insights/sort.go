package insights

import (
	"cmp"
	"slices"
)

// sortKey is a field to sort by.
type sortKey struct {
	field      *field
	descending bool
}

// sortCommand is sort: an order of rows.
type sortCommand struct{ keys []*sortKey }

func parseSort(p *parser) (command, *Error) {
	keys, err := list(p, func() (*sortKey, *Error) {
		f, err := p.path()
		if err != nil {
			return nil, err
		}
		if p.token.kind == symbol && p.token.text == "(" {
			return nil, p.unexpected("sort takes names alone: name it with as, such as bin(1d) as day, and sort by that")
		}
		k := &sortKey{field: f}
		if p.acceptWord("desc") {
			k.descending = true
		} else {
			p.acceptWord("asc")
		}
		return k, nil
	})
	return &sortCommand{keys}, err
}

func (c *sortCommand) check(s *scope) *Error {
	for _, k := range c.keys {
		if err := s.field(k.field); err != nil {
			return err
		}
	}
	return nil
}

// sorted keeps the first rows of an order, or all where there is no limit.
type sorted struct {
	x     *run
	keys  []evaluator
	down  []bool
	most  int
	rows  []sortedRow
	count int
}

type sortedRow struct {
	row  row
	keys []value
	came int
}

func (c *sortCommand) gather(x *run, most int) gatherer {
	s := &sorted{x: x, most: most}
	for _, k := range c.keys {
		s.keys, s.down = append(s.keys, x.compile(k.field)), append(s.down, k.descending)
	}
	return s
}

func (s *sorted) add(r row) error {
	keys := make([]value, len(s.keys))
	for i, key := range s.keys {
		keys[i] = key(r)
	}
	s.count++
	one := sortedRow{row: r, keys: keys, came: s.count}
	if s.most > 0 && len(s.rows) >= s.most && s.full() && s.compare(one, s.rows[s.most-1]) >= 0 {
		return nil
	}
	one.row = slices.Clone(r)
	s.rows = append(s.rows, one)
	if err := s.x.hold(one.row); err != nil {
		return err
	}
	if s.most > 0 && len(s.rows) >= 2*s.most {
		s.cut()
	}
	return nil
}

// full tells whether the row at the limit is in its place: those up to there are
// sorted when rows were cut there.
func (s *sorted) full() bool { return len(s.rows) == s.most }

func (s *sorted) cut() {
	slices.SortFunc(s.rows, s.compare)
	if s.most > 0 && len(s.rows) > s.most {
		for _, one := range s.rows[s.most:] {
			s.x.release(one.row)
		}
		clear(s.rows[s.most:])
		s.rows = s.rows[:s.most]
	}
}

func (s *sorted) compare(a, b sortedRow) int {
	for i := range a.keys {
		order := natural(a.keys[i], b.keys[i])
		if s.down[i] {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(a.came, b.came)
}

func (s *sorted) each(next sink) error {
	s.cut()
	for _, one := range s.rows {
		if err := next(one.row); err != nil {
			return err
		}
	}
	return nil
}
