package insights

// unnestCommand is unnest: a row for each element of an array.
type unnestCommand struct {
	of   *field
	name named
	slot int
}

func parseUnnest(p *parser) (command, *Error) {
	c := &unnestCommand{}
	var err *Error
	if c.of, err = p.path(); err != nil {
		return nil, err
	}
	if !p.acceptWord("into") {
		return nil, p.unexpected("into and a name are expected")
	}
	c.name, err = p.alias()
	return c, err
}

func (c *unnestCommand) check(s *scope) *Error {
	if err := s.field(c.of); err != nil {
		return err
	}
	if s.query.split[c.of.slot] {
		return unexpected(s.text, c.of.span, "unnest takes what jsonParse returns, not split")
	}
	c.slot = s.slot()
	s.give(c.name.name, c.slot)
	return nil
}

// stream makes one row of what is no array.
func (c *unnestCommand) stream(x *run, next sink) sink { return x.unnested(c.of, c.slot, false, next) }

func (x *run) unnested(field *field, slot int, written bool, next sink) sink {
	of := x.compile(field)
	return func(r row) error {
		v := of(r)
		if s := structure(v); written && s.form == listing {
			v = s
		}
		if v.form != listing {
			r[slot] = v
			return next(r)
		}
		for _, one := range v.elements() {
			r[slot] = one
			if err := next(r); err != nil {
				return err
			}
		}
		return nil
	}
}
