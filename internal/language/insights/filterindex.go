package insights

// filterIndexCommand is filterIndex: a filter by the values of indexed fields.
type filterIndexCommand struct{ conditions []expression }

func parseFilterIndex(p *parser) (command, *Error) {
	conditions, err := list(p, func() (expression, *Error) {
		f, err := p.path()
		if err != nil {
			return nil, err
		}
		if p.acceptWord("in") {
			return p.in(f, false)
		}
		if err := p.expect("=", "a field is compared by = or in"); err != nil {
			return nil, err
		}
		value, err := p.literal()
		if err != nil {
			return nil, err
		}
		return &binary{span: p.over(f), operator: "=", left: f, right: value}, nil
	})
	return &filterIndexCommand{conditions}, err
}

func (c *filterIndexCommand) check(s *scope) *Error {
	for _, one := range c.conditions {
		if err := s.resolve(one, nil); err != nil {
			return err
		}
	}
	return nil
}

func (c *filterIndexCommand) rowwise() {}

func (c *filterIndexCommand) stream(x *run, next sink) sink {
	conditions := x.compileAll(c.conditions)
	return func(r row) error {
		for _, condition := range conditions {
			if !condition(r).holds() {
				return nil
			}
		}
		return next(r)
	}
}
