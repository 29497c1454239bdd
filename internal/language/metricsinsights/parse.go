package metricsinsights

import (
	"slices"
	"strconv"
	"strings"
)

// longest is how many bytes a query may have.
const longest = 10_000

// reserved are the words that are names in double quotes alone.
var reserved = []string{"SELECT", "FROM", "SCHEMA", "WHERE", "AND", "OR", "NOT", "GROUP", "BY", "ORDER", "ASC", "DESC", "LIMIT"}

// Is says whether the text of an expression is a query, and not metric math.
func Is(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	const word = "SELECT"
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word) && (len(text) == len(word) || !isName(text[len(word)]) && text[len(word)] != '(')
}

// Parse reads a query. An error is an *Error.
func Parse(text string) (*Query, error) {
	if len(text) > longest {
		return nil, refuse("The query has more than %d bytes", longest)
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, q: &Query{}}
	for _, clause := range []func() error{p.selected, p.from, p.where, p.group, p.order, p.limit} {
		if err := clause(); err != nil {
			return nil, err
		}
	}
	if p.peek().kind != tokenEnd {
		return nil, p.unexpected("")
	}
	return p.q, nil
}

type parser struct {
	tokens []token
	next   int
	q      *Query
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) unexpected(missing string) error {
	t := p.peek()
	if missing != "" {
		missing = ", where " + missing + " is missing"
	}
	return refuse("The query has an unexpected %s at character %d%s", t.shown(), t.at, missing)
}

// keyword moves over a keyword, if it is there.
func (p *parser) keyword(word string) bool {
	if !p.peek().is(word) {
		return false
	}
	p.next++
	return true
}

func (p *parser) needKeyword(word string) error {
	if !p.keyword(word) {
		return p.unexpected(word)
	}
	return nil
}

// sign moves over a sign, if it is there.
func (p *parser) sign(text string) bool {
	if t := p.peek(); t.kind != tokenSign || t.text != text {
		return false
	}
	p.next++
	return true
}

func (p *parser) needSign(text string) error {
	if !p.sign(text) {
		return p.unexpected("'" + text + "'")
	}
	return nil
}

// name reads a name, plain or in double quotes.
func (p *parser) name(what string) (string, error) {
	t := p.peek()
	switch {
	case t.kind == tokenQuoted && t.text != "":
	case t.kind != tokenName || slices.ContainsFunc(reserved, t.is):
		return "", p.unexpected(what)
	case strings.Contains(t.text, "."):
		return "", refuse("The name '%s' at character %d of the query must be in double quotes", t.text, t.at)
	}
	p.next++
	return t.text, nil
}

// key reads the name of a dimension, or that of the account.
func (p *parser) key() (string, error) {
	t := p.peek()
	if t.kind == tokenName && strings.Contains(t.text, ".") {
		prefix, _, _ := strings.Cut(t.text, ".")
		switch {
		case strings.EqualFold(t.text, AccountKey):
			p.next++
			return AccountKey, nil
		case strings.EqualFold(prefix, "tag"):
			return "", &Error{Unsupported: true, Message: "Sillok does not query metrics by tags of resources yet: " + t.text}
		}
	}
	return p.name("a key")
}

func (p *parser) function() (Function, error) {
	t := p.peek()
	for _, f := range allFunctions {
		if t.is(string(f)) {
			p.next++
			return f, p.needSign("(")
		}
	}
	return "", p.unexpected("AVG, COUNT, MAX, MIN or SUM")
}

func (p *parser) selected() (err error) {
	if err = p.needKeyword("SELECT"); err != nil {
		return err
	}
	if p.q.Function, err = p.function(); err != nil {
		return err
	}
	if p.q.Metric, err = p.name("the name of a metric"); err != nil {
		return err
	}
	return p.needSign(")")
}

func (p *parser) from() (err error) {
	if err = p.needKeyword("FROM"); err != nil {
		return err
	}
	if !p.keyword("SCHEMA") {
		p.q.Namespace, err = p.name("a namespace")
		return err
	}
	if err = p.needSign("("); err != nil {
		return err
	}
	if p.q.Namespace, err = p.name("a namespace"); err != nil {
		return err
	}
	p.q.HasSchema = true
	for p.sign(",") {
		name, err := p.name("the name of a dimension")
		if err != nil {
			return err
		}
		if slices.Contains(p.q.Schema, name) {
			return refuse("The schema of the query has '%s' twice", name)
		}
		p.q.Schema = append(p.q.Schema, name)
	}
	slices.Sort(p.q.Schema)
	return p.needSign(")")
}

func (p *parser) where() error {
	if !p.keyword("WHERE") {
		return nil
	}
	for {
		c, err := p.condition()
		if err != nil {
			return err
		}
		p.q.Where = append(p.q.Where, c)
		if !p.keyword("AND") {
			return nil
		}
	}
}

func (p *parser) condition() (c Condition, err error) {
	if c.Key, err = p.key(); err != nil {
		return c, err
	}
	if c.Not = p.sign("!="); !c.Not {
		if err := p.needSign("="); err != nil {
			return c, err
		}
	}
	if p.keyword("CURRENT_ACCOUNT_ID") {
		if c.Current = c.Key == AccountKey; !c.Current {
			return c, refuse("CURRENT_ACCOUNT_ID() is a value of %s alone", AccountKey)
		}
		if err := p.needSign("("); err != nil {
			return c, err
		}
		return c, p.needSign(")")
	}
	t := p.peek()
	if t.kind != tokenText {
		return c, p.unexpected("a value in single quotes")
	}
	p.next++
	c.Value = t.text
	return c, nil
}

func (p *parser) group() error {
	if !p.keyword("GROUP") {
		return nil
	}
	if err := p.needKeyword("BY"); err != nil {
		return err
	}
	for {
		key, err := p.key()
		if err != nil {
			return err
		}
		if slices.Contains(p.q.GroupBy, key) {
			return refuse("The query groups by '%s' twice", key)
		}
		p.q.GroupBy = append(p.q.GroupBy, key)
		if !p.sign(",") {
			return nil
		}
	}
}

func (p *parser) order() (err error) {
	if !p.keyword("ORDER") {
		return nil
	}
	if err = p.needKeyword("BY"); err != nil {
		return err
	}
	if p.q.OrderBy, err = p.function(); err != nil {
		return err
	}
	if err = p.needSign(")"); err != nil {
		return err
	}
	if !p.keyword("ASC") {
		p.q.Descending = p.keyword("DESC")
	}
	return nil
}

func (p *parser) limit() error {
	if !p.keyword("LIMIT") {
		return nil
	}
	t := p.peek()
	n, err := strconv.Atoi(t.text)
	if err != nil || n < 1 || t.kind != tokenName {
		return p.unexpected("a whole number from 1")
	}
	p.next++
	p.q.Limit = n
	return nil
}
