package insights

// displayCommand is display: these columns and no others.
type displayCommand struct{ items []*item }

func parseDisplay(p *parser) (command, *Error) {
	items, err := list(p, p.item)
	return &displayCommand{items}, err
}

func (c *displayCommand) check(s *scope) *Error { return s.project(c.items, true) }

func (c *displayCommand) rowwise() {}

func (c *displayCommand) stream(x *run, next sink) sink { return compute(x, c.items, next) }
