package insights

// appendColsCommand is appendcols: the columns of another query, row by row.
type appendColsCommand struct {
	override bool
	most     int
	query    *Query
	input    int
	columns  []column // of the other query, and where they are put
	targets  []int
}

func parseAppendCols(p *parser) (command, *Error) {
	c := &appendColsCommand{most: DefaultLimit}
	var err *Error
	for {
		override := p.option("override")
		if override {
			if c.override, err = p.boolean(); err != nil {
				return nil, err
			}
			continue
		}
		limited := p.option("max")
		if !limited {
			break
		}
		if c.most, err = p.integer(MaxLimit, "a number of rows is expected"); err != nil {
			return nil, err
		}
	}
	if err := p.expect("(", "a query in parentheses is expected"); err != nil {
		return nil, err
	}
	if p.nested {
		return nil, p.unexpected("a query stands in no other one but the whole")
	}
	if c.query, err = p.query(true); err != nil {
		return nil, err
	}
	c.input = p.input(c.query, false)
	return c, p.expect(")", "the query is not closed by a parenthesis")
}

func (c *appendColsCommand) check(s *scope) *Error {
	if c.query.uncarried != nil && s.query.uncarried == nil {
		s.query.uncarried = c.query.uncarried
	}
	there := map[string]bool{}
	for _, column := range s.visible() {
		there[column.name] = true
	}
	for _, column := range c.query.columns {
		if there[column.name] && !c.override {
			continue
		}
		slot := s.slot()
		c.columns, c.targets = append(c.columns, column), append(c.targets, slot)
		s.give(column.name, slot)
	}
	return nil
}

func (c *appendColsCommand) stream(x *run, next sink) sink {
	others := x.others[c.input]
	n := 0
	return func(r row) error {
		for i, column := range c.columns {
			r[c.targets[i]] = value{}
			if n < min(len(others), c.most) {
				r[c.targets[i]] = others[n][column.slot]
			}
		}
		n++
		return next(r)
	}
}
