package metricmath

import (
	"slices"
	"strings"
)

const (
	deepest   = 100   // how deep an expression may nest
	mostNodes = 5_000 // how many operands and operators it may have
)

// Expression is an expression that can be evaluated.
type Expression struct{ root *node }

type nodeKind int

const (
	nodeNumber nodeKind = iota
	nodeText
	nodeWord  // REPEAT, ASC, …: what some functions take
	nodeQuery // by its ID
	nodeUnary // the minus
	nodeBinary
	nodeArray
	nodeCall
)

type node struct {
	kind     nodeKind
	number   float64
	text     string // of a text, word, query, operator or function
	args     []*node
	function *function
}

// Parse reads the expression of a query. An error is an *Error.
func Parse(id, text string) (*Expression, error) {
	e, err := parse(text)
	return e, named(id, err)
}

// named is an error with the ID of its query.
func named(id string, err error) error {
	if e, ok := err.(*Error); ok { //nolint:errorlint // it is our own, not wrapped
		e.ID = id
	}
	return err
}

func parse(text string) (*Expression, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, tokens: tokens}
	root, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokenEnd {
		return nil, p.unexpected()
	}
	if root.kind == nodeText || root.kind == nodeWord {
		return nil, refuse("'%s' is not a metric, an expression or a number", root.text)
	}
	return &Expression{root}, nil
}

// References returns the IDs of the queries that the expression is about, each once.
func (e *Expression) References() []string { return e.texts(nodeQuery) }

// texts returns the texts of the parts of a kind, each once.
func (e *Expression) texts(kind nodeKind) []string {
	var all []string
	var walk func(n *node)
	walk = func(n *node) {
		if n.kind == kind && !slices.Contains(all, n.text) {
			all = append(all, n.text)
		}
		for _, arg := range n.args {
			walk(arg)
		}
	}
	walk(e.root)
	return all
}

type parser struct {
	text   string
	tokens []token
	next   int
	depth  int
	nodes  int
}

func (p *parser) peek() token { return p.tokens[p.next] }

// take moves over a sign or a name, if it is one of these.
func (p *parser) take(texts ...string) (string, bool) {
	t := p.peek()
	if (t.kind == tokenSign || t.kind == tokenName) && slices.Contains(texts, t.text) {
		p.next++
		return t.text, true
	}
	return "", false
}

func (p *parser) unexpected() error {
	t := p.peek()
	return refuse("Unexpected %s at character %d", t.shown(), place(p.text, t.at))
}

func (p *parser) expect(sign string) error {
	if _, ok := p.take(sign); !ok {
		t := p.peek()
		return refuse("Unexpected %s at character %d, where '%s' is missing", t.shown(), place(p.text, t.at), sign)
	}
	return nil
}

func (p *parser) make(n node) (*node, error) {
	if p.nodes++; p.nodes > mostNodes {
		return nil, refuse("The expression has more than %d operands and operators", mostNodes)
	}
	return &n, nil
}

// levels are the operators of two operands, by how tightly they bind.
var levels = [][]string{
	{"OR", "||"},
	{"AND", "&&"},
	{"==", "!=", "<", "<=", ">", ">="},
	{"+", "-"},
	{"*", "/"},
	{"^"},
}

// binary reads operators of a level and of tighter ones. Those of one level are read from
// left to right.
func (p *parser) binary(level int) (*node, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		operator, ok := p.take(levels[level]...)
		if !ok {
			return left, nil
		}
		var right *node
		if right, err = p.binary(level + 1); err != nil {
			break
		}
		left, err = p.make(node{kind: nodeBinary, text: operator, args: []*node{left, right}})
	}
	return nil, err
}

func (p *parser) unary() (*node, error) {
	if p.depth++; p.depth > deepest {
		return nil, refuse("The expression nests more than %d deep", deepest)
	}
	defer func() { p.depth-- }()
	if _, ok := p.take("-"); ok {
		operand, err := p.unary()
		if err != nil {
			return nil, err
		}
		return p.make(node{kind: nodeUnary, args: []*node{operand}})
	}
	if _, ok := p.take("+"); ok {
		return p.unary()
	}
	return p.primary()
}

func (p *parser) primary() (*node, error) {
	t := p.peek()
	switch t.kind {
	case tokenNumber:
		p.next++
		return p.make(node{kind: nodeNumber, number: t.number})
	case tokenText:
		p.next++
		return p.make(node{kind: nodeText, text: t.text})
	case tokenName:
		return p.name()
	default:
		return p.bracketed()
	}
}

// bracketed reads what begins with a bracket.
func (p *parser) bracketed() (*node, error) {
	if _, ok := p.take("("); ok {
		n, err := p.binary(0)
		if err == nil {
			err = p.expect(")")
		}
		return n, err
	}
	if _, ok := p.take("["); ok {
		args, err := p.list("]")
		if err != nil {
			return nil, err
		}
		return p.make(node{kind: nodeArray, args: args})
	}
	return nil, p.unexpected()
}

// name reads what begins with a name.
func (p *parser) name() (*node, error) {
	name := p.peek().text
	if name == "AND" || name == "OR" {
		return nil, p.unexpected()
	}
	p.next++
	if _, ok := p.take("("); ok {
		return p.call(name)
	}
	if name[0] >= 'a' && name[0] <= 'z' {
		return p.make(node{kind: nodeQuery, text: name})
	}
	return p.make(node{kind: nodeWord, text: name})
}

func (p *parser) call(name string) (*node, error) {
	f := functions()[name]
	if f == nil {
		return nil, refuse("Function '%s' not found", name)
	}
	args, err := p.list(")")
	if err != nil {
		return nil, err
	}
	if f.call == nil {
		return nil, &Error{Unsupported: true, Message: "Sillok does not have the function " + name + " yet"}
	}
	if len(args) < f.least || len(args) > f.most {
		return nil, refuse("Function '%s' does not take %d arguments: it is %s", name, len(args), f.usage)
	}
	for i, arg := range args {
		words := f.words[i]
		switch {
		case arg.kind == nodeWord && !slices.Contains(words, arg.text):
			return nil, refuse("Function '%s' does not take '%s': it is %s", name, arg.text, f.usage)
		case arg.kind != nodeWord && words != nil && !f.wordsOrValues:
			return nil, refuse("Argument %d of function '%s' must be one of %s", i+1, name, strings.Join(words, ", "))
		}
	}
	return p.make(node{kind: nodeCall, text: name, args: args, function: f})
}

// list reads what is between brackets.
func (p *parser) list(closing string) (all []*node, err error) {
	if _, ok := p.take(closing); ok {
		return nil, nil
	}
	for {
		one, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		if _, ok := p.take(closing); ok {
			return all, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}
