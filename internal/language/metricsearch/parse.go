package metricsearch

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const deepest = 100 // how deep terms may nest

type nodeKind int

const (
	nodeTerm nodeKind = iota
	nodeAnd
	nodeOr
	nodeNot
)

// node is a term, or what joins others.
type node struct {
	kind  nodeKind
	parts []*node

	// Of a term:
	property string // "MetricName", "Namespace", ":aws.AccountId" or a dimension; empty for any part of a metric
	exact    bool
	text     string // what it looks for: of words, in lower case and nothing between them
}

type tokenKind int

const (
	tokenEnd   tokenKind = iota
	tokenWord            // as it stands
	tokenExact           // in quotes
	tokenSign            // ( ) =
)

type token struct {
	kind tokenKind
	at   int
	text string
}

// is says whether the token is a sign or one of the words that join terms.
func (t token) is(text string) bool {
	return (t.kind == tokenSign || t.kind == tokenWord) && t.text == text
}

// Parse reads a filter. An error is an *Error.
func Parse(text string) (*Filter, error) {
	if utf8.RuneCountInString(text) > longest {
		return nil, refuse("The search filter has more than %d characters", longest)
	}
	f := &Filter{}
	rest := strings.TrimLeft(text, " \t\r\n")
	if strings.HasPrefix(rest, "{") {
		var err error
		if rest, err = f.readSchema(rest[1:]); err != nil {
			return nil, err
		}
	}
	p := &parser{}
	if err := p.lex(rest); err != nil {
		return nil, err
	}
	if p.peek().kind == tokenEnd {
		if !f.hasSchema {
			return nil, refuse("The search filter is empty")
		}
		return f, nil
	}
	var err error
	if f.expression, err = p.or(""); err != nil {
		return nil, err
	}
	if p.peek().kind != tokenEnd {
		return nil, p.unexpected()
	}
	return f, nil
}

// readSchema reads what follows a curly bracket, and returns what follows the other one.
func (f *Filter) readSchema(text string) (rest string, err error) {
	var names []string
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		var name string
		if strings.HasPrefix(text, `"`) {
			if name, text, err = quoted(text); err != nil {
				return "", err
			}
		} else {
			end := strings.IndexAny(text, ",}\"{")
			if end < 0 {
				return "", refuse("The schema of the search filter has no closing bracket")
			}
			name, text = strings.TrimSpace(text[:end]), text[end:]
		}
		if name == "" {
			return "", refuse("The schema of the search filter has an empty name")
		}
		names = append(names, name)
		text = strings.TrimLeft(text, " \t\r\n")
		switch {
		case strings.HasPrefix(text, ","):
			text = text[1:]
		case strings.HasPrefix(text, "}"):
			f.hasSchema, f.namespace, f.schema = true, names[0], names[1:]
			slices.Sort(f.schema)
			return text[1:], nil
		default:
			return "", refuse("The schema of the search filter has no closing bracket")
		}
	}
}

// quoted reads a text that begins with a quote, in which a backslash is for the character
// after it, and returns what follows.
func quoted(text string) (inner, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == text[0]:
			return b.String(), text[i+1:], nil
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return "", "", refuse("The search filter has a quote that is not closed")
}

type parser struct {
	tokens []token
	next   int
	depth  int
}

func (p *parser) lex(text string) error {
	rest := text
	for {
		rest = strings.TrimLeft(rest, " \t\r\n")
		t := token{at: utf8.RuneCountInString(text[:len(text)-len(rest)])}
		switch {
		case rest == "":
			p.tokens = append(p.tokens, t)
			return nil
		case strings.IndexByte("()=", rest[0]) >= 0:
			t.kind, t.text, rest = tokenSign, rest[:1], rest[1:]
		case rest[0] == '"' || rest[0] == '\'':
			var err error
			t.kind = tokenExact
			if t.text, rest, err = quoted(rest); err != nil {
				return err
			}
		default:
			end := strings.IndexAny(rest, " \t\r\n()=\"'{}")
			if end == 0 {
				return refuse("The search filter has a '%s' where it has none", rest[:1])
			}
			if end < 0 {
				end = len(rest)
			}
			t.kind, t.text, rest = tokenWord, rest[:end], rest[end:]
		}
		p.tokens = append(p.tokens, t)
	}
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) unexpected() error {
	if t := p.peek(); t.kind != tokenEnd {
		return refuse("The search filter has an unexpected '%s'", t.text)
	}
	return refuse("The search filter ends where a term is missing")
}

// or reads terms with OR, of a property or of any.
func (p *parser) or(property string) (*node, error) {
	if p.depth++; p.depth > deepest {
		return nil, refuse("The search filter nests more than %d deep", deepest)
	}
	defer func() { p.depth-- }()
	n, err := p.and(property)
	for err == nil && p.peek().is("OR") {
		p.next++
		var right *node
		right, err = p.and(property)
		n = &node{kind: nodeOr, parts: []*node{n, right}}
	}
	return n, err
}

// and reads terms with AND, or beside each other.
func (p *parser) and(property string) (*node, error) {
	n, err := p.not(property)
	for err == nil {
		t := p.peek()
		if t.kind == tokenEnd || t.is(")") || t.is("OR") {
			break
		}
		if t.is("AND") {
			p.next++
		}
		var right *node
		right, err = p.not(property)
		n = &node{kind: nodeAnd, parts: []*node{n, right}}
	}
	return n, err
}

func (p *parser) not(property string) (*node, error) {
	negative := false
	for p.peek().is("NOT") {
		p.next++
		negative = !negative
	}
	n, err := p.term(property)
	if err != nil || !negative {
		return n, err
	}
	return &node{kind: nodeNot, parts: []*node{n}}, nil
}

func (p *parser) term(property string) (*node, error) {
	t := p.peek()
	if t.is("(") {
		p.next++
		n, err := p.or(property)
		if err == nil && !p.peek().is(")") {
			return nil, refuse("The search filter has a bracket that is not closed")
		}
		p.next++
		return n, err
	}
	if t.kind != tokenWord && t.kind != tokenExact || t.is("AND") || t.is("OR") {
		return nil, p.unexpected()
	}
	p.next++
	if p.peek().is("=") {
		if property != "" {
			return nil, p.unexpected()
		}
		p.next++
		if strings.HasPrefix(t.text, ":") && t.text != accountProperty {
			return nil, refuse("The search filter has the property '%s', which is not one", t.text)
		}
		return p.term(t.text)
	}
	if t.kind == tokenExact {
		return &node{property: property, exact: true, text: t.text}, nil
	}
	words := strings.Join(split(t.text), "")
	if words == "" {
		return nil, refuse("The search filter has the term '%s', which has no letter or digit: put it into double quotes", t.text)
	}
	return &node{property: property, text: words}, nil
}
