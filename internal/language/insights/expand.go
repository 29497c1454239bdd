package insights

import "strings"

// expandCommand is expand: a row for each element of a field's array, in its place.
type expandCommand struct {
	of   *field
	slot int
}

func parseExpand(p *parser) (command, *Error) {
	f, err := p.path()
	return &expandCommand{of: f}, err
}

func (c *expandCommand) check(s *scope) *Error {
	if err := s.field(c.of); err != nil {
		return err
	}
	if s.query.split[c.of.slot] {
		return unexpected(s.text, c.of.span, "expand takes an array of JSON, not split")
	}
	c.slot = s.slot()
	s.give(strings.Join(c.of.segments, "."), c.slot)
	return nil
}

func (c *expandCommand) stream(x *run, next sink) sink { return x.unnested(c.of, c.slot, true, next) }
