package filterpattern

import (
	"bytes"
	"strings"

	"github.com/sillok/sillok/internal/language/decimal"
)

// comparison is an operator and what stands to the right of it.
type comparison struct {
	operator string
	text     []byte
	quoted   bool
	numeric  bool
	number   decimal.Number
	glob     glob   // where text has a wildcard
	regex    *regex // instead of text
}

// compare returns the comparison with value, a token of the pattern.
func (r *reader) compare(operator, value token) (comparison, *Error) {
	c := comparison{operator: operator.text, text: []byte(value.text), quoted: value.kind == quoted}
	switch value.kind {
	case word, quoted:
		c.number, c.numeric = decimal.Parse(c.text)
		if strings.Contains(value.text, "*") {
			c.glob = newGlob(value.text)
		}
	case regular:
		if c.operator != "=" && c.operator != "!=" {
			return c, refuse(r.pattern, operator.start, "a regular expression is compared by = and != alone")
		}
		var err *Error
		if c.regex, err = r.compileRegex(value); err != nil {
			return c, err
		}
	default:
		return c, refuse(r.pattern, value.start, "a value is expected: a number, a text in double quotes, a word of letters, digits and _, or %a regular expression%")
	}
	return c, nil
}

// holds tells whether the comparison is true of text; number says that it is one
// by its type, and not a text.
func (c *comparison) holds(text []byte, number bool) bool {
	switch c.operator {
	case "=":
		return c.equal(text, number)
	case "!=":
		return !c.equal(text, number)
	}
	if !c.numeric {
		return false
	}
	other, ok := decimal.Parse(text)
	if !ok {
		return false
	}
	order := other.Compare(c.number)
	switch c.operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// equal compares as numbers where both sides can be read as one and one of them
// is written as one: a quoted "01" is not the text "1", but it is the number 1.
func (c *comparison) equal(text []byte, number bool) bool {
	switch {
	case c.regex != nil:
		return c.regex.match(text)
	case c.glob != nil:
		return c.glob.match(text)
	case c.numeric && (number || !c.quoted):
		if other, ok := decimal.Parse(text); ok {
			return other.Compare(c.number) == 0
		}
	}
	return bytes.Equal(text, c.text)
}

// glob is a text with wildcards, cut at them.
type glob [][]byte

func newGlob(text string) glob { return bytes.Split([]byte(text), []byte("*")) }

// match takes each piece where it is first found, which loses no match.
func (g glob) match(text []byte) bool {
	first, last := g[0], g[len(g)-1]
	if len(text) < len(first)+len(last) || !bytes.HasPrefix(text, first) || !bytes.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, piece := range g[1 : len(g)-1] {
		i := bytes.Index(text, piece)
		if i < 0 {
			return false
		}
		text = text[i+len(piece):]
	}
	return true
}
