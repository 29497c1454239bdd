package insights

import "strings"

// item is an expression with the name of its column.
type item struct {
	expression expression
	alias      *named
	text       string // as it is written, which is the name without an alias
	slot       int
}

func (i *item) name() string {
	if i.alias != nil {
		return i.alias.name
	}
	return i.text
}

// item reads an expression with or without an alias.
func (p *parser) item() (*item, *Error) {
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	i := &item{expression: e, text: strings.TrimSpace(p.text[e.where().start:p.behind])}
	if f, ok := e.(*field); ok {
		i.text = strings.Join(f.segments, ".")
	}
	if p.acceptWord("as") {
		alias, err := p.alias()
		if err != nil {
			return nil, err
		}
		i.alias = &alias
	}
	return i, nil
}

// fieldsCommand is fields: more columns, and names for what is computed.
type fieldsCommand struct{ items []*item }

func parseFields(p *parser) (command, *Error) {
	items, err := list(p, p.item)
	return &fieldsCommand{items}, err
}

func (c *fieldsCommand) check(s *scope) *Error { return s.project(c.items, false) }

// project resolves items and makes columns of them. An expression may use the names
// of those in front of it, but no way into their values.
func (s *scope) project(items []*item, anew bool) *Error {
	fresh := map[string]bool{}
	s.chosen, s.said = true, nil
	if anew {
		s.columns, s.displayed = nil, true
	}
	for _, i := range items {
		if f, ok := i.expression.(*field); ok && len(f.segments) > 1 && fresh[f.segments[0]] {
			return at(s.text, f.span, "Unknown symbols found in or after stats: "+i.text, "a name is looked into behind the command that gives it")
		}
		if err := s.resolve(i.expression, nil); err != nil {
			return err
		}
		plain, isField := i.expression.(*field)
		if i.alias == nil && isField && len(plain.path) == 0 {
			i.slot = plain.slot
		} else {
			i.slot = s.slot()
		}
		if c, ok := i.expression.(*call); ok && c.name.is("split") {
			s.query.split[i.slot] = true
		}
		name := i.name()
		if i.alias != nil {
			if s.projected[name] {
				return at(s.text, i.alias.span, "Unknown symbols found in or after stats: "+name, "the name is given already; give another one")
			}
			s.defined[name] = i.slot
			fresh[name] = true
		}
		s.projected[name] = true
		s.said = append(s.said, column{name, i.slot})
		if anew || !s.displayed {
			s.show(name, i.slot)
		}
	}
	return nil
}

// rowwise says that the command looks at a row alone, so that it may as well come
// before a sort.
func (c *fieldsCommand) rowwise() {}

func (c *fieldsCommand) stream(x *run, next sink) sink { return compute(x, c.items, next) }

// compute puts the values of items into their slots.
func compute(x *run, items []*item, next sink) sink {
	type step struct {
		slot int
		from evaluator
	}
	var steps []step
	for _, i := range items {
		if f, ok := i.expression.(*field); ok && len(f.path) == 0 && f.slot == i.slot {
			continue
		}
		steps = append(steps, step{i.slot, x.compile(i.expression)})
	}
	if len(steps) == 0 {
		return next
	}
	return func(r row) error {
		for _, s := range steps {
			r[s.slot] = s.from(r)
		}
		return next(r)
	}
}
