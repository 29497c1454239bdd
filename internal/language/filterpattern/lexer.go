package filterpattern

import (
	"strings"
)

// kind is what a token is.
type kind int

const (
	end kind = iota
	word
	quoted
	regular
	selecting
	operating
	open
	closing
	conjunction
	disjunction
	comma
	question
	minus
)

// token is a piece of a pattern, by its place.
type token struct {
	kind       kind
	start, end int
	text       string // what it says: a quoted text without quotes and escapes
}

// lexer cuts a pattern into tokens. Where a text cannot go on, it fails as AWS's
// lexer does: it names the token that it is in, or the character that begins none.
type lexer struct {
	pattern string // the whole, of which at to stop is read
	at      int
	stop    int
	extra   string // the characters that are tokens of their own here: of "(),?-"
	paths   bool   // there are selectors
	compare bool   // there are operators
	bare    func(c byte) bool
	hint    string // for a character that begins nothing
}

// reader goes through the tokens of a pattern.
type reader struct {
	pattern string
	token   token   // the one that is looked at
	rest    []token // those after it

	repetitions int // that the regular expressions before it count
}

func newReader(l *lexer) (reader, *Error) {
	tokens, err := l.all()
	if err != nil {
		return reader{}, err
	}
	return reader{pattern: l.pattern, token: tokens[0], rest: tokens[1:]}, nil
}

// advance goes to the next token, and stays at the last one.
func (r *reader) advance() {
	if len(r.rest) > 0 {
		r.token, r.rest = r.rest[0], r.rest[1:]
	}
}

const blanks = " \t\n\r"

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// inWord tells whether c may stand in a word: a term, the name of a field.
func inWord(c byte) bool { return letter(c) || digit(c) || c == '_' }

// inValue tells whether c may stand in a value without quotes.
func inValue(c byte) bool { return inWord(c) || strings.IndexByte(".*+-", c) >= 0 }

// inKey tells whether c may stand in a key of a selector.
func inKey(c byte) bool { return inWord(c) || c == '-' }

var single = map[byte]kind{'(': open, ')': closing, ',': comma, '?': question, '-': minus}

// all reads to the end, which is the last token. A character that begins none is
// found before anything that the grammar has against those in front of it.
func (l *lexer) all() ([]token, *Error) {
	var tokens []token
	for {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		if t.kind == end {
			return tokens, nil
		}
	}
}

func (l *lexer) next() (token, *Error) {
	for l.at < l.stop && blank(l.pattern[l.at]) {
		l.at++
	}
	if l.at == l.stop {
		return token{kind: end, start: l.at, end: l.at}, nil
	}
	start := l.at
	c := l.pattern[start]
	switch {
	case c == '"':
		return l.quoted()
	case c == '%':
		return l.regular()
	case c == '$' && l.paths:
		return l.selector()
	case strings.IndexByte(l.extra, c) >= 0:
		return l.take(single[c], 1), nil
	case l.bare(c):
		n := 1
		for start+n < l.stop && l.bare(l.pattern[start+n]) {
			n++
		}
		return l.take(word, n), nil
	case l.compare && strings.IndexByte("=!<>&|", c) >= 0:
		return l.operator()
	}
	return token{}, unknown(l.pattern, start, start, l.hint)
}

// take returns the next n bytes as a token.
func (l *lexer) take(k kind, n int) token {
	t := token{kind: k, start: l.at, end: l.at + n, text: l.pattern[l.at : l.at+n]}
	l.at = t.end
	return t
}

func (l *lexer) operator() (token, *Error) {
	rest := l.pattern[l.at:l.stop]
	for _, op := range []struct {
		text string
		kind kind
	}{
		{"&&", conjunction},
		{"||", disjunction},
		{"!=", operating},
		{"<=", operating},
		{">=", operating},
		{"=", operating},
		{"<", operating},
		{">", operating},
	} {
		if strings.HasPrefix(rest, op.text) {
			return l.take(op.kind, len(op.text)), nil
		}
	}
	return token{}, unknown(l.pattern, l.at, l.at+1, l.hint) // half a token
}

// quoted reads a text in double quotes, in which only a quote and a backslash
// are escaped; before anything else a backslash is itself.
func (l *lexer) quoted() (token, *Error) {
	var text strings.Builder
	for i := l.at + 1; i < l.stop; i++ {
		c := l.pattern[i]
		if c == '\\' && i+1 < l.stop && (l.pattern[i+1] == '"' || l.pattern[i+1] == '\\') {
			i++
			c = l.pattern[i]
		} else if c == '"' {
			t := l.take(quoted, i+1-l.at)
			t.text = text.String()
			return t, nil
		}
		text.WriteByte(c)
	}
	return token{}, unknown(l.pattern, l.at, l.stop, "the text is not closed by a double quote")
}
