package insights

// accumCommand is accum: a running sum.
type accumCommand struct {
	of   *field
	name named
	slot int
}

func parseAccum(p *parser) (command, *Error) {
	c := &accumCommand{}
	var err *Error
	if c.of, err = p.path(); err != nil {
		return nil, err
	}
	if p.acceptWord("as") {
		c.name, err = p.alias()
	} else if p.current.uncarried == nil {
		p.current.uncarried = at(p.text, c.of.span, "accum without as is not carried out by this server", "name the running sum")
	}
	return c, err
}

func (c *accumCommand) check(s *scope) *Error {
	if err := s.field(c.of); err != nil {
		return err
	}
	c.slot = s.slot()
	s.give(c.name.name, c.slot)
	return nil
}

func (c *accumCommand) stream(x *run, next sink) sink {
	of := x.compile(c.of)
	sum := 0.0
	return func(r row) error {
		r[c.slot] = value{}
		if f, ok := of(r).asNumber(); ok {
			sum += f
			r[c.slot] = finite(sum)
		}
		return next(r)
	}
}
