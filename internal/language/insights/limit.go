package insights

// limitCommand is limit: so many rows and no more.
type limitCommand struct{ n int }

// parseTail reads tail, which AWS's parser knows.
func parseTail(p *parser) (command, *Error) {
	c := &uncarriedCommand{name: "tail", why: "which rows AWS takes is not known; sort the other way and use limit"}
	_, err := parseLimit(p)
	return p.uncarried(c), err
}

func parseLimit(p *parser) (command, *Error) {
	p.acceptWord("any") // any rows will do: the first ones are some
	n, err := p.integer(MaxLimit, "a number of rows up to 100000 is expected")
	return &limitCommand{n}, err
}

func (c *limitCommand) check(s *scope) *Error {
	s.query.limited = true
	return nil
}

func (c *limitCommand) stream(_ *run, next sink) sink {
	passed := 0
	return func(r row) error {
		if passed == c.n {
			return errEnough
		}
		passed++
		if err := next(r); err != nil || passed < c.n {
			return err
		}
		return errEnough
	}
}
