package insights

// uncarriedCommand is a command that is read and not carried out: what AWS returns
// is not known exactly enough to return the same.
type uncarriedCommand struct {
	where  span
	name   string
	why    string
	fields []*field
	given  []named
	before func(s *scope) *Error // more to check
}

func (p *parser) uncarried(c *uncarriedCommand) command {
	c.where = span{p.behind, p.behind}
	return c
}

func (c *uncarriedCommand) check(s *scope) *Error {
	if err := s.all(c.fields); err != nil {
		return err
	}
	if c.before != nil {
		if err := c.before(s); err != nil {
			return err
		}
	}
	s.uncarried(c.where, c.name, c.why)
	for _, n := range c.given {
		s.give(n.name, s.slot())
	}
	return nil
}

func (c *uncarriedCommand) stream(_ *run, next sink) sink { return next }

const unknownColumns = "which columns AWS returns is not known exactly"

// parseAnomaly reads anomaly, behind pattern.
func parseAnomaly(p *parser) (command, *Error) {
	opens := func(s *scope) *Error {
		s.fields = true // its columns may have any name
		return nil
	}
	return p.uncarried(&uncarriedCommand{name: "anomaly", why: unknownColumns, before: opens}), nil
}

// parseDiff reads diff, behind pattern.
func parseDiff(p *parser) (command, *Error) {
	for _, window := range []string{"previousDay", "previousWeek", "previousMonth"} {
		if p.acceptWord(window) {
			break
		}
	}
	return p.uncarried(&uncarriedCommand{name: "diff", why: unknownColumns}), nil
}

// parseLogCompare reads logcompare timeshift 7d.
func parseLogCompare(p *parser) (command, *Error) {
	if !p.acceptWord("timeshift") {
		return nil, p.unexpected("timeshift and a period are expected")
	}
	if _, err := p.period(); err != nil {
		return nil, err
	}
	return p.uncarried(&uncarriedCommand{name: "logcompare", why: unknownColumns}), nil
}

// parseRelevantFields reads relevantfields a, b where a condition.
func parseRelevantFields(p *parser) (command, *Error) {
	c := &uncarriedCommand{name: "relevantfields", why: unknownColumns}
	if !p.token.is("where") {
		fields, err := list(p, p.path)
		if err != nil {
			return nil, err
		}
		c.fields = fields
	}
	if !p.acceptWord("where") {
		return nil, p.unexpected("where and a condition are expected")
	}
	condition, err := p.expression()
	if err != nil {
		return nil, err
	}
	c.before = func(s *scope) *Error { return s.resolve(condition, nil) }
	return p.uncarried(c), nil
}

// parseOutlier reads outlier action=remove param=3.0 a b.
func parseOutlier(p *parser) (command, *Error) {
	c := &uncarriedCommand{name: "outlier", why: "how AWS computes its quartiles is not known exactly"}
options:
	for {
		for _, option := range []string{"action", "param", "uselower", "mark"} {
			given := p.option(option)
			if given {
				if p.token.kind != name && p.token.kind != number {
					return nil, p.unexpected("the value of " + option + " is expected")
				}
				p.advance()
				continue options
			}
		}
		break
	}
	fields, err := p.fieldsBeside()
	c.fields = fields
	return p.uncarried(c), err
}

// fieldsBeside reads fields with white space or commas between them.
func (p *parser) fieldsBeside() ([]*field, *Error) {
	var all []*field
	for {
		f, err := p.path()
		if err != nil {
			return nil, err
		}
		all = append(all, f)
		if !p.accept(",") && p.token.kind != name {
			return all, nil
		}
	}
}

// parseSessionize reads sessionize a, b maxspan 30m as name.
func parseSessionize(p *parser) (command, *Error) {
	fields, err := list(p, p.path)
	if err != nil {
		return nil, err
	}
	c := &uncarriedCommand{name: "sessionize", why: "how AWS names sessions is not known exactly", fields: fields, given: []named{{name: "session_id"}}}
	if p.acceptWord("maxspan") {
		if _, err := p.period(); err != nil {
			return nil, err
		}
	}
	if p.acceptWord("as") {
		n, err := p.alias()
		if err != nil {
			return nil, err
		}
		c.given = []named{n}
	}
	return p.uncarried(c), nil
}

// parseFillMissing reads fillmissing with 0 for a, 1 for b.
func parseFillMissing(p *parser) (command, *Error) {
	c := &uncarriedCommand{name: "fillmissing", why: "between which bins AWS fills is not known exactly"}
	if !p.acceptWord("with") {
		return p.uncarried(c), nil
	}
	fields, err := list(p, func() (*field, *Error) {
		if _, err := p.literal(); err != nil {
			return nil, err
		}
		if !p.acceptWord("for") {
			return nil, p.unexpected("for and a field are expected")
		}
		return p.path()
	})
	c.fields = fields
	return p.uncarried(c), err
}

// parseCIDRLookup reads cidrlookup table field OUTPUT a, b as c.
func parseCIDRLookup(p *parser) (command, *Error) {
	c := &uncarriedCommand{name: "cidrlookup", why: "in which column AWS looks for networks is not known exactly"}
	if _, err := p.alias(); err != nil {
		return nil, err
	}
	f, err := p.path()
	if err != nil {
		return nil, err
	}
	c.fields = []*field{f}
	if p.acceptWord("as") {
		if _, err := p.alias(); err != nil {
			return nil, err
		}
	}
	if !p.acceptWord("OUTPUT") && !p.acceptWord("OUTPUTNEW") {
		return nil, p.unexpected("OUTPUT or OUTPUTNEW and columns are expected")
	}
	c.given, err = list(p, func() (named, *Error) {
		n, err := p.alias()
		if err == nil && p.acceptWord("as") {
			return p.alias()
		}
		return n, err
	})
	return p.uncarried(c), err
}
