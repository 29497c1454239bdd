package insights

import (
	"strconv"
	"strings"
)

// autoregressCommand is autoregress: the values of rows before.
type autoregressCommand struct {
	of       *field
	from, to int
	slots    []int
}

// mostLag bounds how many rows back one may look.
const mostLag = 1000

func parseAutoregress(p *parser) (command, *Error) {
	c := &autoregressCommand{from: 1, to: 1}
	var err *Error
	if c.of, err = p.path(); err != nil {
		return nil, err
	}
	if as := p.token; p.acceptWord("as") {
		if _, err := p.alias(); err != nil {
			return nil, err
		}
		if p.current.uncarried == nil {
			p.current.uncarried = at(p.text, as.span, "autoregress with as is not carried out by this server", "how AWS names the fields is not known")
		}
	}
	if !p.option("p") {
		return c, nil
	}
	const hint = "a number of rows or two with a hyphen between them are expected, such as p=1-4"
	if c.from, err = p.integer(mostLag, hint); err != nil {
		return nil, err
	}
	c.to = c.from
	if p.accept("-") {
		if c.to, err = p.integer(mostLag, hint); err != nil {
			return nil, err
		}
	}
	if c.from < 1 || c.to < c.from {
		return nil, at(p.text, span{p.behind - 1, p.behind}, "Invalid range of rows", hint)
	}
	return c, nil
}

func (c *autoregressCommand) check(s *scope) *Error {
	if err := s.field(c.of); err != nil {
		return err
	}
	for n := c.from; n <= c.to; n++ {
		slot := s.slot()
		c.slots = append(c.slots, slot)
		s.give(strings.Join(c.of.segments, ".")+"_p"+strconv.Itoa(n), slot)
	}
	return nil
}

func (c *autoregressCommand) stream(x *run, next sink) sink {
	of := x.compile(c.of)
	before := make([]value, 0, c.to) // the latest first
	return func(r row) error {
		for i, slot := range c.slots {
			r[slot] = value{}
			if n := c.from + i; n <= len(before) {
				r[slot] = before[n-1]
			}
		}
		if len(before) < c.to {
			before = append(before, value{})
		}
		copy(before[1:], before)
		before[0] = of(r)
		return next(r)
	}
}
