package parse

import "github.com/sillok/sillok/internal/sql/ast"

// kind says what a token is.
type kind uint8

const (
	endOfText   kind = iota
	word             // an identifier or a keyword
	quoted           // a quoted identifier
	backquoted       // `…` in Trino's language, which refuses it
	digitWord        // a word that starts with a digit
	storeWord        // the ID of an event data store, where one may stand without quotes
	text             // a string literal
	unicodeText      // U&'…'
	dollarText       // $$…$$
	binary           // X'…'
	integer
	decimal
	double
	operator
	unknown // a character with which no token starts
)

// token is a piece of the statement. Its key is the upper-case word or the
// operator, and empty for everything else, so that a token is recognised by
// one comparison.
type token struct {
	kind       kind
	start, end int32
	key        string
	match      int32 // of a bracket: the index of its partner, or -1
}

func (t *token) pos() ast.Pos { return ast.Pos(t.start) }

func (t *token) isNumber() bool { return t.kind == integer || t.kind == decimal || t.kind == double }

func (t *token) isText() bool { return t.kind == text || t.kind == unicodeText || t.kind == dollarText }

// pairBrackets fills in which bracket closes which.
func pairBrackets(tokens []token) {
	var open []int32
	for i := range tokens {
		t := &tokens[i]
		t.match = -1
		if t.kind != operator {
			continue
		}
		switch t.key {
		case "(", "[":
			open = append(open, int32(i))
		case ")", "]":
			if len(open) == 0 {
				continue
			}
			last := open[len(open)-1]
			open = open[:len(open)-1]
			t.match, tokens[last].match = last, int32(i)
		}
	}
}
