package eventpattern

import "math"

// span is a range of numbers.
type span struct {
	low, high             number
	hasLow, hasHigh       bool
	lowCounts, highCounts bool // it belongs to the range
	coarse                bool // five decimals count
}

// rounded returns a number with five decimals.
func rounded(n float64) float64 {
	const decimals = 1e5
	if math.Abs(n) >= 1e15/decimals {
		return n // it has no more
	}
	return math.Round(n*decimals) / decimals
}

func (s span) matches(l *leaf) bool {
	if l.kind != numberValue || !l.number.comparable {
		return false
	}
	n, low, high := l.number.value, s.low.value, s.high.value
	if s.coarse {
		n, low, high = rounded(n), rounded(low), rounded(high)
	}
	if s.hasLow && (n < low || n == low && !s.lowCounts) {
		return false
	}
	return !s.hasHigh || n < high || n == high && s.highCounts
}

// numericMatch reads comparisons with numbers.
func (c *compiler) numericMatch() (value, error) {
	if err := c.read(); err != nil {
		return nil, err
	}
	if c.kind != startArray {
		return nil, c.barf("Value of numeric must be an array.")
	}
	op, err := c.operator("Invalid member in numeric match: ")
	if err != nil {
		return nil, err
	}
	v, err := c.comparison(op)
	if err != nil {
		return nil, err
	}
	return v, c.end(tooMany)
}

// operator reads a string.
func (c *compiler) operator(otherwise string) (string, error) {
	if err := c.read(); err != nil {
		return "", err
	}
	if c.kind != stringValue {
		what, err := c.toldToken()
		if err != nil {
			return "", err
		}
		return "", c.barf(otherwise + what)
	}
	return c.str()
}

func (c *compiler) toldToken() (string, error) { return c.reader.told() }

// comparison reads what follows the first operator, up to the end of the list.
func (c *compiler) comparison(op string) (value, error) {
	if err := c.read(); err != nil {
		return nil, err
	}
	word := op
	switch op {
	case "=":
		word = "equals"
	case "<", "<=", ">", ">=":
	default:
		return nil, c.barf("Unrecognized numeric range operator: " + op)
	}
	first, ok, err := c.operand(word)
	if err != nil {
		return nil, err
	}
	if err := c.read(); err != nil {
		return nil, err
	}
	if c.kind == endArray {
		if !ok {
			return nil, c.barf("Cannot compare number : " + first.spelled)
		}
		switch op {
		case "=":
			return c.exactNumber(first), nil
		case "<", "<=":
			return span{high: first, hasHigh: true, highCounts: op == "<=", coarse: c.dialect.Plain}, nil
		}
		return span{low: first, hasLow: true, lowCounts: op == ">=", coarse: c.dialect.Plain}, nil
	}
	if op == "=" || op[0] == '<' {
		return nil, c.barf(tooMany)
	}
	return c.between(first, ok, op == ">=")
}

// between reads the upper bound of a range.
func (c *compiler) between(low number, ok, counts bool) (value, error) {
	if c.kind != stringValue {
		what, err := c.toldToken()
		if err != nil {
			return nil, err
		}
		return nil, c.barf("Bad value in numeric range: " + what)
	}
	op, err := c.str()
	if err != nil {
		return nil, err
	}
	if op != "<" && op != "<=" {
		return nil, c.barf("Bad numeric range operator: " + op)
	}
	if err := c.read(); err != nil {
		return nil, err
	}
	high, whole, err := c.operand(op)
	if err != nil {
		return nil, err
	}
	if err := c.read(); err != nil {
		return nil, err
	}
	switch {
	case c.kind != endArray:
		return nil, c.barf("Too many terms in numeric range expression")
	case !ok:
		return nil, c.barf("Cannot compare number : " + low.spelled)
	case !whole:
		return nil, c.barf("Cannot compare number : " + high.spelled)
	case low.value >= high.value:
		return nil, c.barf("Bottom must be less than top")
	}
	return span{low: low, high: high, hasLow: true, hasHigh: true, lowCounts: counts, highCounts: op == "<=", coarse: c.dialect.Plain}, nil
}

// operand takes the number that was just read.
func (c *compiler) operand(op string) (number, bool, error) {
	if !c.numeric() {
		return number{}, false, c.barf("Value of " + op + " must be numeric")
	}
	n, ok := numberOf(c.spelled())
	return n, ok, nil
}
