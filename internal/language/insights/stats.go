package insights

// statsCommand is stats: rows in groups, and what is computed of each.
type statsCommand struct {
	items   []*item
	by      []*item
	reduced []*call
	stamp   int
}

func parseStats(p *parser) (command, *Error) {
	c := &statsCommand{}
	var err *Error
	if c.items, err = list(p, p.item); err != nil {
		return nil, err
	}
	if p.acceptWord("by") {
		if c.by, err = list(p, p.item); err != nil {
			return nil, err
		}
	}
	if offset := p.token; p.acceptWord("offset") {
		if _, err := p.period(); err != nil {
			return nil, err
		}
		if p.current.uncarried == nil {
			p.current.uncarried = at(p.text, offset.span, "offset is not carried out by this server", "AWS's answer is not known exactly")
		}
	}
	return c, nil
}

func (c *statsCommand) check(s *scope) *Error {
	c.stamp = s.stamp()
	outer := *s
	for _, i := range c.by {
		if err := s.resolve(i.expression, nil); err != nil {
			return err
		}
		i.slot = s.slot()
	}
	// What is not within an aggregate are names that stats itself gives.
	after := newScope(s.query)
	after.fields = false
	var columns []column
	for _, i := range c.by {
		after.defined[i.name()] = i.slot
		columns = append(columns, column{i.name(), i.slot})
	}
	for _, i := range c.items {
		if err := s.reduce(i.expression, after, &c.reduced); err != nil {
			return err
		}
		i.slot = s.slot()
		after.defined[i.name()] = i.slot
		columns = append(columns, column{i.name(), i.slot})
	}
	*s = outer
	s.group(columns)
	return nil
}

// reduce resolves an item of stats: names within aggregates are those of the rows,
// others those of after.
func (s *scope) reduce(e expression, after *scope, reduced *[]*call) *Error {
	switch x := e.(type) {
	case *call:
		if x.reduces != nil {
			return s.call(x, reduced)
		}
		if x.scalar.special != "" {
			return unexpected(s.text, x.span, x.name.text+" stands behind by, or within an aggregate")
		}
		for _, arg := range x.args {
			if err := s.reduce(arg, after, reduced); err != nil {
				return err
			}
		}
		return nil
	case *unary:
		return s.reduce(x.of, after, reduced)
	case *binary:
		if err := s.reduce(x.left, after, reduced); err != nil {
			return err
		}
		return s.reduce(x.right, after, reduced)
	case *like:
		return s.reduce(x.of, after, reduced)
	case *in:
		return s.reduce(x.of, after, reduced)
	case *into:
		return s.reduce(x.of, after, reduced)
	}
	return after.resolve(e, nil)
}

// grouping keeps the groups, in the order in which they came.
type grouping struct {
	x       *run
	command *statsCommand
	by      []evaluator
	args    [][]evaluator
	groups  map[string]*group
	order   []*group
	key     []byte
	values  []value
}

type group struct {
	keys     []value
	reducers []reducer
	first    place // of the row that keys are of
}

func (c *statsCommand) gather(x *run, _ int) gatherer {
	g := &grouping{x: x, command: c, groups: map[string]*group{}}
	for _, i := range c.by {
		g.by = append(g.by, x.compile(i.expression))
	}
	for _, call := range c.reduced {
		args := x.compileAll(call.args)
		if call.reduces.timed {
			stamp := c.stamp
			args = append(args, func(r row) value { return r[stamp] })
		}
		g.args = append(g.args, args)
	}
	return g
}

func (g *grouping) add(r row) error {
	g.key, _ = keyOf(g.key[:0], g.by, r)
	one, there := g.groups[string(g.key)]
	if at := g.x.at; at != nil {
		if at.row++; there && at.before(one.first) {
			one.first, one.keys = *at, g.keysOf(one.keys[:0], r)
		}
	}
	if !there {
		one = &group{keys: g.keysOf(nil, r)}
		if g.x.at != nil {
			one.first = *g.x.at
		}
		for _, call := range g.command.reduced {
			one.reducers = append(one.reducers, call.reduces.start(g.x))
		}
		g.groups[string(g.key)] = one
		g.order = append(g.order, one)
		if err := g.x.spend(2*len(g.key) + 200 + 64*len(one.reducers)); err != nil {
			return err
		}
	}
	for i, args := range g.args {
		g.values = g.values[:0]
		for _, arg := range args {
			g.values = append(g.values, arg(r))
		}
		before := one.reducers[i].size()
		one.reducers[i].add(g.values)
		if grown := one.reducers[i].size() - before; grown > 0 {
			if err := g.x.spend(grown); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *grouping) keysOf(keys []value, r row) []value {
	for _, by := range g.by {
		keys = append(keys, by(r))
	}
	return keys
}

func (g *grouping) each(next sink) error {
	next = compute(g.x, g.command.items, next)
	for _, one := range g.order {
		r := make(row, g.x.query.slots)
		for i, by := range g.command.by {
			r[by.slot] = one.keys[i]
		}
		for i, call := range g.command.reduced {
			r[call.slot] = one.reducers[i].result()
		}
		if err := next(r); err != nil {
			return err
		}
	}
	return nil
}
