package insights

// filterCommand is filter: rows of which a condition is true.
type filterCommand struct{ condition expression }

func parseFilter(p *parser) (command, *Error) {
	e, err := p.expression()
	return &filterCommand{e}, err
}

func (c *filterCommand) check(s *scope) *Error { return s.resolve(c.condition, nil) }

func (c *filterCommand) rowwise() {}

func (c *filterCommand) stream(x *run, next sink) sink {
	condition := x.compile(c.condition)
	return func(r row) error {
		if !condition(r).holds() {
			return nil
		}
		return next(r)
	}
}
