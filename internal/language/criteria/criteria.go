// Package criteria reads the selection criteria of CloudWatch Logs: which log groups
// an account's policy is about, and of which account and region the events are that a
// filter takes.
//
//	LogGroupName NOT IN ["a", "b"]
//	@aws.region = "eu-central-1" AND (@aws.account != "111122223333" OR @aws.account IN ["444455556666"])
//
// It is pure: what the fields are worth is the caller's.
package criteria

import (
	"fmt"
	"slices"
	"strings"
)

// Criteria are compiled criteria. They are safe for concurrent use.
type Criteria struct {
	text string
	root node
}

// node is a test of a field, or what joins others.
type node struct {
	field  string
	values []string
	not    bool // the field is none of the values

	all bool // every one of of holds, else one of them
	of  []node
}

// Error is why criteria are refused.
type Error struct {
	At     int // the byte at which it was seen
	Reason string
}

// Error says what is wrong and where.
func (e *Error) Error() string { return fmt.Sprintf("%s at position %d", e.Reason, e.At) }

// Compile reads criteria over these fields. The error is an *Error.
func Compile(text string, fields ...string) (*Criteria, error) {
	p := &parser{text: text, fields: fields}
	p.next()
	root, err := p.or(0)
	if err == nil && p.token.kind != end {
		err = p.unexpected("AND, OR or the end")
	}
	if err != nil {
		return nil, err
	}
	return &Criteria{text, root}, nil
}

// String returns the criteria as they were given.
func (c *Criteria) String() string { return c.text }

// Holds says whether the criteria hold where value says what a field is worth.
func (c *Criteria) Holds(value func(field string) string) bool { return c.root.holds(value) }

func (n *node) holds(value func(string) string) bool {
	if n.of == nil {
		return slices.Contains(n.values, value(n.field)) != n.not
	}
	for i := range n.of {
		if n.of[i].holds(value) != n.all {
			return !n.all
		}
	}
	return n.all
}

// Only returns the one test that the criteria are: its field, its values, and whether
// the field must be none of them. It is false for criteria that join several.
func (c *Criteria) Only() (field string, values []string, not, ok bool) {
	return c.root.field, c.root.values, c.root.not, c.root.of == nil
}

type kind int

const (
	end kind = iota
	word
	text
	mark
	bad
)

type token struct {
	kind kind
	at   int
	text string
}

// is says whether the token is a keyword or mark.
func (t token) is(s string) bool {
	return (t.kind == word || t.kind == mark) && strings.EqualFold(t.text, s)
}

type parser struct {
	text   string
	fields []string
	at     int
	token  token
}

const (
	mostDepth  = 50
	mostValues = 1000
)

func (p *parser) next() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	start := p.at
	if start == len(p.text) {
		p.token = token{end, start, ""}
		return
	}
	switch c := p.text[start]; {
	case c == '"' || c == '\'':
		p.quoted(c)
		return
	case strings.HasPrefix(p.text[start:], "!="):
		p.at += 2
	case strings.IndexByte("()[],=", c) >= 0:
		p.at++
	default:
		for p.at < len(p.text) && partOfWord(p.text[p.at]) {
			p.at++
		}
		if p.at == start {
			p.token = token{bad, start, p.text[start:]}
			return
		}
		p.token = token{word, start, p.text[start:p.at]}
		return
	}
	p.token = token{mark, start, p.text[start:p.at]}
}

func partOfWord(c byte) bool {
	return c == '@' || c == '.' || c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// quoted reads a text up to the quote that it begins with. A backslash keeps the
// character behind it as it is.
func (p *parser) quoted(quote byte) {
	start := p.at
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == quote:
			p.at++
			p.token = token{text, start, b.String()}
			return
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteByte(p.text[p.at])
		default:
			b.WriteByte(c)
		}
	}
	p.token = token{bad, start, p.text[start:]}
}

func (p *parser) unexpected(wanted string) error {
	if p.token.kind == end {
		return &Error{p.token.at, "the criteria end where " + wanted + " is expected"}
	}
	return &Error{p.token.at, fmt.Sprintf("%q where %s is expected", p.token.text, wanted)}
}

func (p *parser) or(depth int) (node, error)  { return p.joined(depth, "OR", false, p.and) }
func (p *parser) and(depth int) (node, error) { return p.joined(depth, "AND", true, p.primary) }

func (p *parser) joined(depth int, by string, all bool, operand func(int) (node, error)) (node, error) {
	first, err := operand(depth)
	if err != nil || !p.token.is(by) {
		return first, err
	}
	n := node{all: all, of: []node{first}}
	for p.token.is(by) {
		p.next()
		one, err := operand(depth)
		if err != nil {
			return n, err
		}
		n.of = append(n.of, one)
	}
	return n, nil
}

func (p *parser) primary(depth int) (node, error) {
	if p.token.is("(") {
		if depth == mostDepth {
			return node{}, &Error{p.token.at, fmt.Sprintf("more than %d parentheses in one another", mostDepth)}
		}
		p.next()
		n, err := p.or(depth + 1)
		if err == nil && !p.token.is(")") {
			err = p.unexpected(")")
		}
		p.next()
		return n, err
	}
	if p.token.kind != word || !slices.Contains(p.fields, p.token.text) {
		return node{}, p.unexpected("one of the fields " + strings.Join(p.fields, ", "))
	}
	n := node{field: p.token.text}
	p.next()
	switch {
	case p.token.is("="), p.token.is("!="):
		n.not = p.token.is("!=")
		p.next()
		err := p.value(&n)
		return n, err
	case p.token.is("NOT"):
		n.not = true
		p.next()
	}
	if !p.token.is("IN") {
		return n, p.unexpected("=, !=, IN or NOT IN")
	}
	p.next()
	err := p.list(&n)
	return n, err
}

func (p *parser) value(n *node) error {
	if p.token.kind != text {
		return p.unexpected("a text in quotes")
	}
	if len(n.values) == mostValues {
		return &Error{p.token.at, fmt.Sprintf("more than %d values", mostValues)}
	}
	n.values = append(n.values, p.token.text)
	p.next()
	return nil
}

func (p *parser) list(n *node) error {
	if !p.token.is("[") {
		return p.unexpected("[")
	}
	for {
		p.next()
		if err := p.value(n); err != nil {
			return err
		}
		if p.token.is("]") {
			p.next()
			return nil
		}
		if !p.token.is(",") {
			return p.unexpected(", or ]")
		}
	}
}
