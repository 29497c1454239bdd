package insights

import (
	"fmt"
	"slices"
	"strings"
)

// lookupCommand is lookup: columns of a table whose keys are values of the row.
type lookupCommand struct {
	table   named
	keys    []*lookupKey
	fresh   bool // OUTPUTNEW: only where there is nothing
	columns []named
	slots   []int
	before  []*field // what has the names of the columns, where something may
}

type lookupKey struct {
	column string
	field  *field
}

func parseLookup(p *parser) (command, *Error) {
	c := &lookupCommand{}
	var err *Error
	if c.table, err = p.alias(); err != nil {
		return nil, err
	}
	if c.keys, err = list(p, func() (*lookupKey, *Error) {
		f, err := p.path()
		if err != nil {
			return nil, err
		}
		k := &lookupKey{column: strings.Join(f.segments, "."), field: f}
		if p.acceptWord("as") {
			k.field, err = p.path()
		}
		return k, err
	}); err != nil {
		return nil, err
	}
	if c.fresh = p.token.is("OUTPUTNEW"); !c.fresh && !p.token.is("OUTPUT") {
		return nil, p.unexpected("OUTPUT or OUTPUTNEW and columns are expected")
	}
	p.advance()
	c.columns, err = list(p, p.alias)
	return c, err
}

func (c *lookupCommand) check(s *scope) *Error {
	for _, k := range c.keys {
		if err := s.field(k.field); err != nil {
			return err
		}
	}
	for _, n := range c.columns {
		before := &field{span: n.span, segments: strings.Split(n.name, ".")}
		if !c.fresh || s.field(before) != nil {
			before = nil
		}
		slot := s.slot()
		c.slots, c.before = append(c.slots, slot), append(c.before, before)
		s.give(n.name, slot)
	}
	s.query.tables = append(s.query.tables, c.table.name)
	return nil
}

func (c *lookupCommand) stream(x *run, next sink) sink {
	rows, err := x.table(c)
	if err != nil {
		return func(row) error { return err }
	}
	var keys, before []evaluator
	for _, k := range c.keys {
		keys = append(keys, x.compile(k.field))
	}
	for _, f := range c.before {
		if f == nil {
			before = append(before, func(row) value { return value{} })
		} else {
			before = append(before, x.compile(f))
		}
	}
	return func(r row) error {
		var key strings.Builder
		for _, k := range keys {
			text, _ := k(r).asText()
			fmt.Fprintf(&key, "%d:%s", len(text), text)
		}
		found := rows[key.String()]
		for i, slot := range c.slots {
			r[slot] = before[i](r)
			if found != nil && (r[slot].isNull() || !c.fresh) {
				r[slot] = textual(found[i])
			}
		}
		return next(r)
	}
}

// table returns the columns of a table that are asked for, by its keys. Of rows with
// the same keys the first one counts.
func (x *run) table(c *lookupCommand) (map[string][]string, error) {
	all := x.tables[c.table.name]
	if len(all) == 0 {
		return nil, fmt.Errorf("lookup table %s has no header", c.table.name)
	}
	place := func(column string, where span) (int, error) {
		i := slices.Index(all[0], column)
		if i < 0 {
			return 0, at(x.query.text, where, "Lookup table "+c.table.name+" has no column "+column, "its columns are "+strings.Join(all[0], ", "))
		}
		return i, nil
	}
	var keys, columns []int
	for _, k := range c.keys {
		i, err := place(k.column, k.field.span)
		if err != nil {
			return nil, err
		}
		keys = append(keys, i)
	}
	for _, n := range c.columns {
		i, err := place(n.name, n.span)
		if err != nil {
			return nil, err
		}
		columns = append(columns, i)
	}
	rows := make(map[string][]string, len(all))
	for _, one := range all[1:] {
		var key strings.Builder
		for _, i := range keys {
			fmt.Fprintf(&key, "%d:%s", len(cell(one, i)), cell(one, i))
		}
		if _, there := rows[key.String()]; there {
			continue
		}
		values := make([]string, len(columns))
		for n, i := range columns {
			values[n] = cell(one, i)
		}
		rows[key.String()] = values
	}
	return rows, nil
}

func cell(record []string, i int) string {
	if i < len(record) {
		return record[i]
	}
	return ""
}
