package insights

import (
	"slices"
	"strings"
)

// fillDownCommand is filldown: where a column is null, the value of a row before.
type fillDownCommand struct {
	exact []*field
	globs []named
	from  []int // the slots of columns, and those of what is filled
	to    []int
}

func parseFillDown(p *parser) (command, *Error) {
	c := &fillDownCommand{}
	for p.token.kind == name || p.token.kind == symbol && p.token.text == "*" {
		start := p.token
		glob := false
		for first := true; p.token.kind == name || p.token.kind == symbol && p.token.text == "*"; first = false {
			if !first && p.token.start != p.behind {
				break
			}
			glob = glob || p.token.kind == symbol
			p.advance()
		}
		where := span{start.start, p.behind}
		if glob {
			c.globs = append(c.globs, named{where, p.text[where.start:where.end]})
		} else {
			c.exact = append(c.exact, &field{span: where, segments: start.segment})
		}
		p.accept(",")
	}
	if len(c.exact)+len(c.globs) == 0 {
		return nil, p.unexpected("a field is expected")
	}
	return c, nil
}

func (c *fillDownCommand) check(s *scope) *Error {
	if err := s.all(c.exact); err != nil {
		return err
	}
	fill := func(name string, slot int) {
		to := s.slot()
		c.from, c.to = append(c.from, slot), append(c.to, to)
		s.give(name, to)
	}
	for _, f := range c.exact {
		if len(f.path) > 0 {
			return unexpected(s.text, f.span, "filldown takes columns")
		}
		fill(strings.Join(f.segments, "."), f.slot)
	}
	for _, glob := range c.globs {
		for _, column := range slices.Clone(s.visible()) {
			if matches(glob.name, column.name) {
				fill(column.name, column.slot)
			}
		}
	}
	return nil
}

// matches tells whether a name is what a glob with wildcards says.
func matches(glob, name string) bool {
	pieces := strings.Split(glob, "*")
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		_, rest, found := strings.Cut(name, piece)
		if !found {
			return false
		}
		name = rest
	}
	return true
}

func (c *fillDownCommand) stream(_ *run, next sink) sink {
	before := make([]value, len(c.from))
	return func(r row) error {
		for i, slot := range c.from {
			if v := r[slot]; !v.isNull() {
				before[i] = v
			}
			r[c.to[i]] = before[i]
		}
		return next(r)
	}
}
