package insights

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/language/matcher"
)

// expression is a node of an expression.
type expression interface{ where() span }

func (s span) where() span { return s }

type (
	// literal is a number or a text.
	literal struct {
		span
		value value
	}
	// field is a name, resolved to a slot of the row and a way into its value.
	field struct {
		span
		segments []string
		slot     int
		path     []string
	}
	// call is a function. star is count(*).
	call struct {
		span
		name    token
		star    bool
		args    []expression
		scalar  *scalar
		reduces *aggregate
		slot    int // of an aggregate's result
	}
	// binary is an operator between two.
	binary struct {
		span
		operator    string
		left, right expression
	}
	// unary is a sign or not.
	unary struct {
		span
		operator string
		of       expression
	}
	// like is a search for a text or a regular expression.
	like struct {
		span
		of    expression
		text  string
		regex *regex
		not   bool
	}
	// in compares with each of a list, or with what another query returns.
	in struct {
		span
		of    expression
		list  []expression
		query *Query
		input int
		not   bool
	}
	// into is a way into a value: x.a, x[0].
	into struct {
		span
		of   expression
		path []string
	}
)

const expressionHint = "a field, a number, a text in quotes, a function or a parenthesis is expected"

// expression reads an expression.
func (p *parser) expression() (expression, *Error) { return p.or() }

func (p *parser) or() (expression, *Error) { return p.words("or", p.and) }

func (p *parser) and() (expression, *Error) { return p.words("and", p.not) }

func (p *parser) words(keyword string, operand func() (expression, *Error)) (expression, *Error) {
	left, err := operand()
	for err == nil && p.acceptWord(keyword) {
		var right expression
		if right, err = operand(); err == nil {
			left = &binary{span: p.over(left), operator: keyword, left: left, right: right}
		}
	}
	return left, err
}

// over returns the part of the query from the expression to what was read last.
func (p *parser) over(e expression) span { return span{e.where().start, p.behind} }

func (p *parser) not() (expression, *Error) {
	start := p.token.start
	if p.accept("!") || p.acceptWord("not") {
		of, err := p.not()
		return &unary{span: span{start, p.behind}, operator: "not", of: of}, err
	}
	return p.comparison()
}

func (p *parser) comparison() (expression, *Error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	for _, operator := range []string{"=", "!=", "<", "<=", ">", ">="} {
		if p.accept(operator) {
			right, err := p.sum()
			if err != nil {
				return nil, err
			}
			return &binary{span: p.over(left), operator: operator, left: left, right: right}, nil
		}
	}
	if p.token.kind == symbol && p.token.text == "=~" {
		p.advance()
		regex, err := p.regex()
		if err != nil {
			return nil, err
		}
		return &like{span: p.over(left), of: left, regex: regex}, nil
	}
	not := p.acceptWord("not")
	switch {
	case p.acceptWord("like"):
		return p.like(left, not)
	case p.acceptWord("in"):
		return p.in(left, not)
	case not:
		return nil, p.unexpected("like or in follows not")
	}
	return left, nil
}

func (p *parser) like(of expression, not bool) (expression, *Error) {
	l := &like{of: of, not: not}
	if p.token.kind == quoted {
		l.text = p.token.text
		p.advance()
	} else {
		var err *Error
		if l.regex, err = p.regex(); err != nil {
			return nil, err
		}
	}
	l.span = p.over(of)
	return l, nil
}

func (p *parser) in(of expression, not bool) (expression, *Error) {
	n := &in{of: of, not: not}
	if p.token.kind == symbol && p.token.text == "(" {
		open := p.token
		p.advance()
		if !p.token.is("source") || p.nested {
			return nil, unexpected(p.text, open.span, "in (…) holds a query that begins with SOURCE, and none within another; a list stands in brackets")
		}
		var err *Error
		if n.query, err = p.query(true); err != nil {
			return nil, err
		}
		if len(n.query.final.said) != 1 {
			return nil, unexpected(p.text, open.span, "a query in in (…) ends with one column, by fields, display or stats")
		}
		n.input = p.input(n.query, true)
		n.span = p.over(of)
		return n, p.expect(")", "the query is not closed by a parenthesis")
	}
	if err := p.expect("[", "a list in brackets is expected"); err != nil {
		return nil, err
	}
	values, err := list(p, p.literal)
	if err != nil {
		return nil, err
	}
	n.list = values
	err = p.expect("]", "the list is not closed by a bracket")
	n.span = p.over(of)
	return n, err
}

// input notes another query that runs before this one.
func (p *parser) input(q *Query, set bool) int {
	p.current.inputs++
	p.current.subs = append(p.current.subs, sub{p.current.inputs, q, set})
	return p.current.inputs
}

// literal reads a number with or without a sign, or a text.
func (p *parser) literal() (expression, *Error) {
	start := p.token
	sign := ""
	if p.accept("-") {
		sign = "-"
	}
	l := &literal{}
	switch {
	case p.token.kind == number:
		l.value = textual(sign + p.token.text)
	case p.token.kind == quoted && sign == "":
		l.value = textual(p.token.text)
	case p.token.is("true") && sign == "":
		l.value = truth(true)
	case p.token.is("false") && sign == "":
		l.value = truth(false)
	default:
		return nil, p.unexpected("a number or a text in quotes is expected")
	}
	p.advance()
	l.span = span{start.start, p.behind}
	return l, nil
}

func (p *parser) sum() (expression, *Error) { return p.operators([]string{"+", "-"}, p.product) }

func (p *parser) product() (expression, *Error) {
	return p.operators([]string{"*", "/", "%"}, p.power)
}

func (p *parser) operators(of []string, operand func() (expression, *Error)) (expression, *Error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	for p.token.kind == symbol {
		operator := ""
		for _, o := range of {
			if p.token.text == o {
				operator = o
			}
		}
		if operator == "" {
			break
		}
		p.advance()
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = &binary{span: p.over(left), operator: operator, left: left, right: right}
	}
	return left, nil
}

// power reads from the right: 2 ^ 3 ^ 2 is 2 ^ 9.
func (p *parser) power() (expression, *Error) {
	left, err := p.signed()
	if err != nil || !p.accept("^") {
		return left, err
	}
	right, err := p.power()
	if err != nil {
		return nil, err
	}
	return &binary{span: p.over(left), operator: "^", left: left, right: right}, nil
}

func (p *parser) signed() (expression, *Error) {
	start := p.token.start
	if p.accept("-") {
		of, err := p.signed()
		return &unary{span: span{start, p.behind}, operator: "-", of: of}, err
	}
	return p.postfix()
}

func (p *parser) postfix() (expression, *Error) {
	of, err := p.primary()
	if err != nil {
		return nil, err
	}
	for {
		var step []string
		switch {
		case p.accept("["):
			index := p.token
			if _, err := p.integer(1<<20, "the place of an element is expected, from 0"); err != nil {
				return nil, err
			}
			if err := p.expect("]", "the place is not closed by a bracket"); err != nil {
				return nil, err
			}
			step = []string{index.text}
		case p.token.kind == symbol && p.token.text == "." && p.token.start == p.behind:
			p.advance()
			if p.token.kind != name || p.token.start != p.behind {
				return nil, p.unexpected("a name is expected after the dot")
			}
			step = p.token.segment
			p.advance()
		default:
			return of, nil
		}
		switch x := of.(type) {
		case *field:
			x.segments, x.end = append(slices.Clip(x.segments), step...), p.behind
		case *into:
			x.path, x.end = append(x.path, step...), p.behind
		default:
			of = &into{span: p.over(of), of: of, path: step}
		}
	}
}

func (p *parser) primary() (expression, *Error) {
	switch {
	case p.token.kind == number || p.token.kind == quoted:
		return p.literal()
	case p.accept("("):
		inner, err := p.expression()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")", "the parenthesis is not closed")
	case p.token.kind == name:
		t := p.token
		p.advance()
		if p.token.kind == symbol && p.token.text == "(" && !t.ticked {
			return p.call(t)
		}
		if t.is("true") || t.is("false") {
			return &literal{span: t.span, value: truth(t.is("true"))}, nil
		}
		return &field{span: t.span, segments: t.segment}, nil
	}
	return nil, p.unexpected(expressionHint)
}

// call reads the arguments of a function. A name that is none may have none.
func (p *parser) call(of token) (expression, *Error) {
	lower := strings.ToLower(of.text)
	c := &call{name: of, scalar: p.scalars[lower], reduces: p.aggregates[lower]}
	if c.scalar == nil && c.reduces == nil {
		return nil, p.unexpected("there is no function " + of.text)
	}
	open := p.token
	p.advance()
	if c.reduces != nil && p.accept("*") {
		c.star = true
	} else if p.token.kind != symbol || p.token.text != ")" {
		args, err := list(p, func() (expression, *Error) {
			if p.token.kind == number && p.at < len(p.text) && letter(p.text[p.at]) {
				return p.period()
			}
			return p.expression()
		})
		if err != nil {
			return nil, err
		}
		c.args = args
	}
	if err := p.expect(")", "the arguments are not closed by a parenthesis"); err != nil {
		return nil, err
	}
	c.span = span{of.start, p.behind}
	var fits bool
	if n := len(c.args); c.scalar != nil {
		fits = n >= c.scalar.least && n <= c.scalar.most
	} else {
		fits = n >= c.reduces.least && n <= c.reduces.most && !c.star || c.star && c.reduces.star
	}
	if !fits {
		return nil, unexpected(p.text, open.span, "the function "+of.text+" has another number of arguments")
	}
	return c, nil
}

// regex is a regular expression: find says whether a text matches, groups also where.
type regex struct {
	find   *matcher.Regex
	groups *matcher.Groups
}

// machineMemory is how many bytes the machines of a query's regular expressions have, for
// each worker.
const machineMemory = 8 << 20

// matches returns what says whether a text matches, and notes why it could not.
func (x *run) matches(r *regex) func(text string) bool {
	machine := r.find.Machine(machineMemory / max(x.query.regexes, 1))
	return func(text string) bool {
		found, err := machine.Match(text, x.ended)
		if err != nil {
			x.broken = err
		}
		return found
	}
}

// regex reads a regular expression between slashes.
func (p *parser) regex() (*regex, *Error) {
	start := p.token
	if start.kind != symbol || start.text != "/" {
		return nil, p.unexpected("a text in quotes or a regular expression between slashes is expected")
	}
	text, ok := p.lexer.regex(start.start)
	if !ok {
		return nil, p.unexpected("the regular expression is not closed by a slash")
	}
	where := span{start.start, p.at}
	groups, err := matcher.CompileGroups(text)
	if err != nil {
		return nil, at(p.text, where, "Invalid regular expression", err.Error())
	}
	find, err := matcher.Compile(text)
	if err != nil {
		return nil, at(p.text, where, "Invalid regular expression", err.Error()+": its counts add up to more than 1000")
	}
	p.current.regexes++
	p.token.end = p.at
	p.advance()
	return &regex{find, groups}, nil
}
