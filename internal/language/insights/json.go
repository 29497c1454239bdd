package insights

import "strings"

// jsonCommand is json: a field out of one that holds JSON.
type jsonCommand struct {
	of   *field
	path []string
	name named
	slot int
}

func parseJSON(p *parser) (command, *Error) {
	if !p.option("field") {
		return nil, p.unexpected(`json field=name "a.b" as name is expected`)
	}
	c := &jsonCommand{}
	var err *Error
	if c.of, err = p.path(); err != nil {
		return nil, err
	}
	if p.token.kind != quoted {
		return nil, p.unexpected("the way into the field is expected in quotes")
	}
	c.path = strings.FieldsFunc(p.token.text, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	p.advance()
	if !p.acceptWord("as") {
		return nil, p.unexpected("as and a name are expected")
	}
	c.name, err = p.alias()
	return c, err
}

func (c *jsonCommand) check(s *scope) *Error {
	if err := s.field(c.of); err != nil {
		return err
	}
	c.slot = s.slot()
	s.give(c.name.name, c.slot)
	return nil
}

func (c *jsonCommand) stream(x *run, next sink) sink {
	of := x.compile(c.of)
	return func(r row) error {
		r[c.slot] = structure(of(r)).into(c.path)
		return next(r)
	}
}
