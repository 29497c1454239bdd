package filterpattern

import "strconv"

const (
	mostWildcards = 3 // in the selectors of one pattern
	mostRegexes   = 2 // in one pattern of JSON or fields
)

// object is a pattern of conditions on a JSON object.
type object struct {
	condition condition
	selectors []selector // each once, as tests name them
}

// selector is a way to values in a message.
type selector struct {
	text  string
	steps []step
}

// condition is a test, or several that are combined.
type condition struct {
	any  []condition // one of them
	all  []condition // each of them
	test *test       // otherwise
}

// test is one condition on the values that a selector leads to.
type test struct {
	selector int
	kind     testKind
	compared comparison
}

type testKind int

const (
	compares testKind = iota
	isNull
	isTrue
	isFalse
	notExists
)

type objectParser struct {
	reader
	object  *object
	stars   int
	regexes int
}

const valueHint = "put a value with other than letters, digits, _ . * + - in double quotes"

const conditionHint = `a condition is written as $.key = value, with = != < <= > >=, or $.key IS NULL, IS TRUE, IS FALSE or NOT EXISTS`

// parseObject reads what stands between the braces, pattern[from:to].
func parseObject(pattern string, from, to int) (*object, *Error) {
	tokens, err := newReader(&lexer{pattern: pattern, at: from, stop: to, extra: "()", paths: true, compare: true, bare: inValue, hint: valueHint})
	if err != nil {
		return nil, err
	}
	p := &objectParser{reader: tokens, object: &object{}}
	if p.object.condition, err = p.or(); err != nil {
		return nil, err
	}
	if p.token.kind != end {
		return nil, refuse(pattern, p.token.start, "conditions are combined by && and ||")
	}
	return p.object, nil
}

func (p *objectParser) or() (condition, *Error) {
	return p.combined(disjunction, p.and, func(of []condition) condition { return condition{any: of} })
}

func (p *objectParser) and() (condition, *Error) {
	return p.combined(conjunction, p.primary, func(of []condition) condition { return condition{all: of} })
}

func (p *objectParser) combined(by kind, operand func() (condition, *Error), combine func([]condition) condition) (condition, *Error) {
	var of []condition
	for {
		one, err := operand()
		if err != nil {
			return one, err
		}
		of = append(of, one)
		if p.token.kind != by {
			break
		}
		p.advance()
	}
	if len(of) == 1 {
		return of[0], nil
	}
	return combine(of), nil
}

func (p *objectParser) primary() (condition, *Error) {
	switch p.token.kind {
	case open:
		p.advance()
		inner, err := p.or()
		if err != nil {
			return inner, err
		}
		if p.token.kind != closing {
			return inner, refuse(p.pattern, p.token.start, "a parenthesis is not closed")
		}
		p.advance()
		return inner, nil
	case selecting:
		return p.test()
	default:
		return condition{}, refuse(p.pattern, p.token.start, conditionHint)
	}
}

func (p *objectParser) test() (condition, *Error) {
	which, err := p.selector()
	if err != nil {
		return condition{}, err
	}
	t := &test{selector: which}
	operator := p.token
	p.advance()
	value := p.token
	switch {
	case operator.kind == operating:
		if value.kind == regular {
			if p.regexes++; p.regexes > mostRegexes {
				return condition{}, refuse(p.pattern, value.start, "a pattern has at most "+strconv.Itoa(mostRegexes)+" regular expressions")
			}
		}
		if t.compared, err = p.compare(operator, value); err != nil {
			return condition{}, err
		}
	case operator.kind == word && value.kind == word:
		kinds := map[string]testKind{"IS NULL": isNull, "IS TRUE": isTrue, "IS FALSE": isFalse, "NOT EXISTS": notExists}
		kind, known := kinds[operator.text+" "+value.text]
		if !known {
			return condition{}, refuse(p.pattern, operator.start, conditionHint)
		}
		t.kind = kind
	default:
		return condition{}, refuse(p.pattern, operator.start, conditionHint)
	}
	p.advance()
	return condition{test: t}, nil
}

// selector takes the selector that is next and returns its number.
func (p *objectParser) selector() (int, *Error) {
	t := p.token
	path, ok := steps(t.text)
	if !ok {
		return 0, refuse(p.pattern, t.start, "no message has so many elements")
	}
	stars := wildcards(path)
	if p.stars += stars; stars > 1 || p.stars > mostWildcards {
		return 0, refuse(p.pattern, t.start, "a selector has at most one wildcard, a pattern at most "+strconv.Itoa(mostWildcards))
	}
	p.advance()
	for i, s := range p.object.selectors {
		if s.text == t.text {
			return i, nil
		}
	}
	p.object.selectors = append(p.object.selectors, selector{text: t.text, steps: path})
	return len(p.object.selectors) - 1, nil
}

// holds evaluates the condition over the values that were found. slots says where
// the values of each selector are.
func (c *condition) holds(s *scan, slots []int) bool {
	switch {
	case c.test != nil:
		return c.test.holds(s, slots[c.test.selector])
	case c.all != nil:
		for i := range c.all {
			if !c.all[i].holds(s, slots) {
				return false
			}
		}
		return true
	}
	for i := range c.any {
		if c.any[i].holds(s, slots) {
			return true
		}
	}
	return false
}

// holds tells whether one of the values passes. An object or an array passes no
// comparison, nor does null.
func (t *test) holds(s *scan, slot int) bool {
	at := s.found(s.slots[slot].first)
	if t.kind == notExists {
		return at == 0
	}
	for ; at > 0; at = s.found(s.entries[at-1].next) {
		value := s.entries[at-1].value
		switch t.kind {
		case isNull:
			if value.Kind == 'n' {
				return true
			}
		case isTrue:
			if value.Kind == 't' {
				return true
			}
		case isFalse:
			if value.Kind == 'f' {
				return true
			}
		case compares:
			if value.Kind != 'n' && value.Kind != '{' && value.Kind != '[' && t.compared.holds(s.text(value), value.Kind == '0') {
				return true
			}
		case notExists:
		}
	}
	return false
}
