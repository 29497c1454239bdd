package insights

// dedupCommand is dedup: the first row of each combination of values. Rows in which
// one of them is null are all kept.
type dedupCommand struct{ fields []*field }

func parseDedup(p *parser) (command, *Error) {
	fields, err := list(p, p.path)
	return &dedupCommand{fields}, err
}

func (c *dedupCommand) check(s *scope) *Error { return s.all(c.fields) }

// all resolves names.
func (s *scope) all(fields []*field) *Error {
	for _, f := range fields {
		if err := s.field(f); err != nil {
			return err
		}
	}
	return nil
}

func (c *dedupCommand) stream(x *run, next sink) sink {
	values := x.compileFields(c.fields)
	seen := map[string]bool{}
	var key []byte
	return func(r row) error {
		var whole bool
		if key, whole = keyOf(key[:0], values, r); !whole {
			return next(r)
		}
		if seen[string(key)] {
			return nil
		}
		seen[string(key)] = true
		if err := x.spend(len(key) + 50); err != nil {
			return err
		}
		return next(r)
	}
}

func (x *run) compileFields(fields []*field) []evaluator {
	values := make([]evaluator, len(fields))
	for i, f := range fields {
		values[i] = x.compile(f)
	}
	return values
}

// keyOf appends a text that is the same for rows with the same values, and tells
// whether none of them is null.
func keyOf(key []byte, values []evaluator, r row) ([]byte, bool) {
	whole := true
	for _, v := range values {
		one := v(r)
		whole = whole && !one.isNull()
		from := len(key)
		key = one.appendKey(append(key, 0, 0, 0, 0))
		n := len(key) - from
		key[from], key[from+1], key[from+2], key[from+3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24) //nolint:gosec // its bytes
	}
	return key, whole
}
