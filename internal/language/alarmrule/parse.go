package alarmrule

import (
	"slices"
	"unicode/utf8"
)

// AWS's lists of what could stand in a place.
const (
	anExpression = "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA"
	aName        = "'NOT', 'AND', 'OR', 'AT_LEAST', NUMBER, PERCENTAGE NUMBER, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA, unquoted alarm name, quoted alarm name"
	aCount       = "NUMBER, PERCENTAGE NUMBER"
	aState       = "'NOT', ALARM, OK, or INSUFFICIENT_DATA"
)

// names are the tokens that name an alarm: a name may look like any word.
var names = []string{wordNot, wordAnd, wordOr, atLeast, number, percent, boolean, stateWord, unquoted, quoted}

type parser struct {
	tokens   []token
	elements int
	depth    int
	meaning  error // the first that is wrong though it reads well, which is told of a rule that reads well as a whole
}

// Parse reads a rule. The error is an *Error.
func Parse(text string) (*Rule, error) {
	if n := utf8.RuneCountInString(text); n > mostText {
		return nil, faulty("The rule has %d characters, and may have %d", n, mostText)
	}
	p := &parser{tokens: lex(text)}
	root, err := p.joined(or, wordOr)
	if err == nil {
		err = p.close(eof)
	}
	if err == nil {
		err = p.meaning
	}
	if err != nil {
		return nil, err
	}
	r := &Rule{text: text, root: root}
	r.collect(&root)
	if n := len(r.children); n > mostChildren {
		return nil, faulty("The rule names %d alarms, and may name %d", n, mostChildren)
	}
	return r, nil
}

func (r *Rule) collect(n *node) {
	for _, alarm := range n.alarms {
		if !slices.Contains(r.children, alarm) {
			r.children = append(r.children, alarm)
		}
	}
	for i := range n.of {
		r.collect(&n.of[i])
	}
}

func (p *parser) peek() *token { return &p.tokens[0] }

// after is the token behind the next one.
func (p *parser) after() *token { return &p.tokens[min(1, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != eof {
		p.tokens = p.tokens[1:]
	}
	return t
}

func unsupported(text string, at int, expected string) error {
	return faulty("Unsupported token '%s' at char %d, must be: %s", text, at, expected)
}

// expect takes a token of one of these kinds.
func (p *parser) expect(expected string, kinds ...string) (token, error) {
	t := p.peek()
	if !slices.Contains(kinds, t.kind) {
		return token{}, unsupported(t.text, t.at, expected)
	}
	return p.next(), nil
}

// close takes what ends an expression. AWS's parser tries without the token that is in its
// way: where that mends the rule, an operator is not among what it says is missing.
func (p *parser) close(kind string) error {
	t := p.peek()
	if t.kind == kind {
		p.next()
		return nil
	}
	expected := kind
	if t.kind == eof || p.after().kind != kind {
		expected += ", 'AND', 'OR'"
	}
	return unsupported(t.text, t.at, expected)
}

// element counts what a rule is made of.
func (p *parser) element() error {
	if p.elements++; p.elements > mostElements {
		return faulty("The rule has more than %d elements", mostElements)
	}
	return nil
}

// joined reads operands of OR, or those of AND, which binds closer.
func (p *parser) joined(kind kind, operator string) (node, error) {
	operand := p.unary
	if kind == or {
		operand = func() (node, error) { return p.joined(and, wordAnd) }
	}
	first, err := operand()
	if err != nil || p.peek().kind != operator {
		return first, err
	}
	n := node{kind: kind, of: []node{first}}
	for p.peek().kind == operator {
		p.next()
		if err := p.element(); err != nil {
			return n, err
		}
		more, err := operand()
		if err != nil {
			return n, err
		}
		n.of = append(n.of, more)
	}
	return n, nil
}

func (p *parser) unary() (node, error) {
	if err := p.element(); err != nil {
		return node{}, err
	}
	t, err := p.expect(anExpression, opening, wordNot, atLeast, boolean, stateWord)
	if err != nil {
		return node{}, err
	}
	switch t.kind {
	case wordNot:
		operand, err := p.unary()
		return node{kind: not, of: []node{operand}}, err
	case boolean:
		return node{constant: t.text == "TRUE"}, nil
	case opening:
		p.elements-- // parentheses are no element; they count by their depth
		if p.depth++; p.depth > mostElements {
			return node{}, faulty("The rule has more than %d parentheses in one another", mostElements)
		}
		n, err := p.joined(or, wordOr)
		p.depth--
		if err != nil {
			return n, err
		}
		return n, p.close(closing)
	case atLeast:
		return p.atLeast()
	default:
		return p.function(t.text)
	}
}

// function reads the alarm of STATE(alarm).
func (p *parser) function(state string) (node, error) {
	if _, err := p.expect(opening, opening); err != nil {
		return node{}, err
	}
	alarm, err := p.name()
	if err != nil {
		return node{}, err
	}
	_, err = p.expect(closing, closing)
	return node{kind: in, state: state, alarms: []string{alarm}, atLeast: 1}, err
}

func (p *parser) name() (string, error) {
	t := p.peek()
	if slices.Contains(names, t.kind) {
		return p.next().value, nil
	}
	text := t.text
	if next := p.after(); t.kind != eof && next.kind != eof {
		text += next.text // AWS's parser looks at two tokens here, and names both
	}
	return "", unsupported(text, t.at, aName)
}

// atLeast reads (count, [NOT] STATE, (alarm, …)).
func (p *parser) atLeast() (node, error) {
	n := node{kind: in}
	if _, err := p.expect(opening, opening); err != nil {
		return n, err
	}
	count, err := p.expect(aCount, number, percent)
	if err != nil {
		return n, err
	}
	if _, err := p.expect(comma, comma); err != nil {
		return n, err
	}
	t, err := p.expect(aState, wordNot, stateWord)
	if err == nil && t.kind == wordNot {
		n.not = true
		t, err = p.expect(stateWord, stateWord)
	}
	if err != nil {
		return n, err
	}
	n.state = t.text
	if _, err := p.expect(comma, comma); err != nil {
		return n, err
	}
	if n.alarms, err = p.list(); err != nil {
		return n, err
	}
	if _, err := p.expect(closing, closing); err != nil {
		return n, err
	}
	if n.atLeast, err = threshold(count, len(n.alarms)); err != nil && p.meaning == nil {
		p.meaning = err
	}
	return n, nil
}

func (p *parser) list() ([]string, error) {
	if _, err := p.expect(opening, opening); err != nil {
		return nil, err
	}
	var out []string
	for {
		alarm, err := p.name()
		if err != nil {
			return nil, err
		}
		if out = append(out, alarm); len(out) > mostElements {
			return nil, faulty("The rule has more than %d elements", mostElements)
		}
		t, err := p.expect(closing+", "+comma, closing, comma)
		if err != nil || t.kind == closing {
			return out, err
		}
	}
}

// threshold is how many of these alarms a count means; of a percentage, the next whole one.
func threshold(count token, alarms int) (int, error) {
	n := count.count()
	switch {
	case count.kind == percent && (n < 1 || n > 100):
		return 0, faulty("AT_LEAST percentage threshold must be between 1 and 100")
	case count.kind == percent:
		return (n*alarms + 99) / 100, nil
	case n < 1 || n > alarms:
		return 0, faulty("AT_LEAST absolute threshold must be between 1 and number of alarms (%d)", alarms)
	}
	return n, nil
}
