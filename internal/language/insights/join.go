package insights

import "strings"

// joinCommand is join: rows with those of another source that have the same key.
type joinCommand struct {
	left, right       named
	outer             bool // rows without a match stay
	leftKey, rightKey *field
	source            *Source
	input             int
	sideRight         map[string]int // the fields of the right side that are asked for
}

const joinHint = `join type=inner left=a right=b where a.x=b.y (SOURCE "group")`

func parseJoin(p *parser) (command, *Error) {
	c := &joinCommand{}
	if given := p.option("type"); given {
		switch {
		case p.acceptWord("left"):
			c.outer = true
		case !p.acceptWord("inner"):
			return nil, p.unexpected("a join is of type inner or left")
		}
	}
	var err *Error
	for _, side := range []struct {
		keyword string
		name    *named
	}{{"left", &c.left}, {"right", &c.right}} {
		given := p.option(side.keyword)
		if !given {
			return nil, p.unexpected(joinHint)
		}
		if *side.name, err = p.alias(); err != nil {
			return nil, err
		}
	}
	if !p.acceptWord("where") {
		return nil, p.unexpected(joinHint)
	}
	a, err := p.path()
	if err != nil {
		return nil, err
	}
	if err := p.expect("=", "a join compares by = alone"); err != nil {
		return nil, err
	}
	b, err := p.path()
	if err != nil {
		return nil, err
	}
	if a.segments[0] == c.right.name {
		a, b = b, a
	}
	if a.segments[0] != c.left.name || b.segments[0] != c.right.name || len(a.segments) < 2 || len(b.segments) < 2 || c.left.name == c.right.name {
		return nil, unexpected(p.text, a.span, "the sides of = are fields of the two sides of the join")
	}
	c.leftKey, c.rightKey = a, b
	if err := p.expect("(", joinHint); err != nil {
		return nil, err
	}
	if !p.token.is("source") || p.nested {
		return nil, p.unexpected("the right side is a SOURCE alone")
	}
	if c.source, err = p.source(); err != nil {
		return nil, err
	}
	c.input = p.current.inputs
	p.current.inputs++
	return c, p.expect(")", "the right side is not closed by a parenthesis")
}

// check makes fields of both sides known by their names with the side in front.
func (c *joinCommand) check(s *scope) *Error {
	if !s.fields {
		return unexpected(s.text, c.left.span, "join joins events: it stands in front of stats")
	}
	c.sideRight = map[string]int{}
	key := &field{span: c.leftKey.span, segments: c.leftKey.segments[1:]}
	if err := s.field(key); err != nil {
		return err
	}
	c.leftKey = key
	name := strings.Join(c.rightKey.segments[1:], ".")
	c.sideRight[name] = s.slot()
	s.sides = map[string]map[string]int{c.left.name: s.query.raw, c.right.name: c.sideRight}
	given := s.defined
	s.defined = map[string]int{}
	for n, slot := range given {
		s.defined[c.left.name+"."+n] = slot
	}
	s.defined[c.left.name+".@timestamp"] = timestampSlot
	s.fields = false
	if s.chosen {
		for i := range s.columns {
			s.columns[i].name = c.left.name + "." + s.columns[i].name
		}
	}
	s.query.joins = append(s.query.joins, c)
	return nil
}

// mostJoined is how many keys the right side of a join may have.
const mostJoined = 50000

// joined is the right side: rows by their keys, each with the values of fields.
type joined struct {
	slots []int
	rows  map[string][][]value
}

func (c *joinCommand) stream(x *run, next sink) sink {
	right := x.joins[c.input]
	of := x.compile(c.leftKey)
	var key []byte
	return func(r row) error {
		v := of(r)
		var matches [][]value
		if !v.isNull() && !v.structured() {
			key = v.appendKey(key[:0])
			matches = right.rows[string(key)]
		}
		if len(matches) == 0 {
			if !c.outer {
				return nil
			}
			for _, slot := range right.slots {
				r[slot] = value{}
			}
			return next(r)
		}
		for _, match := range matches {
			for i, slot := range right.slots {
				r[slot] = match[i]
			}
			if err := next(r); err != nil {
				return err
			}
		}
		return nil
	}
}
