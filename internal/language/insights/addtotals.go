package insights

// addTotalsCommand is addtotals: the sum of the numbers of a row.
type addTotalsCommand struct {
	name   string
	row    bool
	fields []*field
	slots  []int
	slot   int
}

func parseAddTotals(p *parser) (command, *Error) {
	c := &addTotalsCommand{name: "Total", row: true}
	for {
		start := p.token
		if given := p.option("fieldname"); given {
			n, err := p.alias()
			if err != nil {
				return nil, err
			}
			c.name = n.name
			continue
		}
		row := p.option("row")
		col := false
		if !row {
			col = p.option("col")
		}
		if !row && !col {
			break
		}
		b, err := p.boolean()
		if err != nil {
			return nil, err
		}
		if row {
			c.row = b
		} else if b && p.current.uncarried == nil {
			p.current.uncarried = at(p.text, start.span, "col=true is not carried out by this server", "AWS's answer is not known exactly")
		}
	}
	if p.token.kind == name {
		var err *Error
		if c.fields, err = list(p, p.path); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *addTotalsCommand) check(s *scope) *Error {
	if err := s.all(c.fields); err != nil {
		return err
	}
	if len(c.fields) == 0 {
		for _, column := range s.visible() {
			c.slots = append(c.slots, column.slot)
		}
	}
	if c.row {
		c.slot = s.slot()
		s.give(c.name, c.slot)
	}
	return nil
}

func (c *addTotalsCommand) stream(x *run, next sink) sink {
	if !c.row {
		return next
	}
	of := x.compileFields(c.fields)
	for _, slot := range c.slots {
		of = append(of, func(r row) value { return r[slot] })
	}
	return func(r row) error {
		sum := 0.0
		for _, one := range of {
			if v := one(r); v.form != moment {
				f, _ := v.asNumber()
				sum += f
			}
		}
		r[c.slot] = finite(sum)
		return next(r)
	}
}
