package insights

import (
	"strings"
	"unicode/utf8"
)

type kind int

const (
	ending    kind = iota
	name           // a field, a keyword, a function
	number         // digits, perhaps with a fraction and an exponent
	quoted         // a text in quotes
	symbol         // an operator or a bracket
	malformed      // what begins no token
)

// token is a piece of a query.
type token struct {
	span
	kind    kind
	text    string   // what a quoted text says; the bytes of any other
	segment []string // of a name: what stands between the dots
	ticked  bool     // a name with backticks, which is no keyword
}

// is tells whether the token is a keyword, in any case.
func (t token) is(keyword string) bool {
	return t.kind == name && !t.ticked && strings.EqualFold(t.text, keyword)
}

// lexer cuts a query into tokens, one at a time, for what a slash begins is known
// to the parser alone.
type lexer struct {
	text string
	at   int
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// symbols are the operators of more than one character first.
var symbols = []string{"!=", "<=", ">=", "=~", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "[", "]", ",", "|", "!", ".", ":", "{", "}"}

func (l *lexer) next() token {
	l.blanks()
	start := l.at
	if start == len(l.text) {
		return token{span: span{start, start}}
	}
	c := l.text[start]
	switch {
	case letter(c) || c == '@' || c == '`':
		if t, ok := l.name(); ok {
			return t
		}
	case digit(c):
		return l.number()
	case c == '"' || c == '\'':
		if t, ok := l.quoted(c); ok {
			return t
		}
	default:
		for _, s := range symbols {
			if strings.HasPrefix(l.text[start:], s) {
				l.at += len(s)
				return token{span: span{start, l.at}, kind: symbol, text: s}
			}
		}
	}
	_, size := utf8.DecodeRuneInString(l.text[start:])
	l.at = start + size
	return token{span: span{start, l.at}, kind: malformed, text: l.text[start:l.at]}
}

// blanks passes white space and comments, which go to the end of the line.
func (l *lexer) blanks() {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; c {
		case ' ', '\t', '\n', '\r', '\f', '\v':
			l.at++
		case '#':
			if n := strings.IndexByte(l.text[l.at:], '\n'); n >= 0 {
				l.at += n
			} else {
				l.at = len(l.text)
			}
		default:
			return
		}
	}
}

// name reads segments with dots between them.
func (l *lexer) name() (token, bool) {
	t := token{kind: name, span: span{l.at, l.at}}
	i := l.at
	for {
		segment, after, ticked := l.segmentAt(i, len(t.segment) > 0)
		if after < 0 {
			break
		}
		t.segment, t.ticked, t.end = append(t.segment, segment), t.ticked || ticked, after
		if after == len(l.text) || l.text[after] != '.' {
			break
		}
		i = after + 1
	}
	t.text = l.text[t.start:t.end]
	l.at = t.end
	return t, t.end > t.start
}

// segmentAt reads one segment, which may be a number behind the first one. It
// returns where it ends, or -1 if none is there.
func (l *lexer) segmentAt(i int, inner bool) (segment string, after int, ticked bool) {
	start := i
	for i < len(l.text) && l.text[i] == '@' && i < start+2 {
		i++
	}
	sign := l.text[start:i]
	if i == len(l.text) {
		return "", -1, false
	}
	switch c := l.text[i]; {
	case c == '`':
		n := strings.IndexByte(l.text[i+1:], '`')
		if n < 1 {
			return "", -1, false
		}
		return sign + l.text[i+1:i+1+n], i + n + 2, true
	case letter(c), digit(c) && inner && i == start:
		from := i
		for i < len(l.text) && (letter(l.text[i]) || digit(l.text[i])) {
			i++
		}
		return sign + l.text[from:i], i, false
	}
	return "", -1, false
}

func (l *lexer) number() token {
	i := l.at
	digits := func() {
		for i < len(l.text) && digit(l.text[i]) {
			i++
		}
	}
	digits()
	if i+1 < len(l.text) && l.text[i] == '.' && digit(l.text[i+1]) {
		i++
		digits()
	}
	if i < len(l.text) && (l.text[i] == 'e' || l.text[i] == 'E') {
		j := i + 1
		if j < len(l.text) && (l.text[j] == '+' || l.text[j] == '-') {
			j++
		}
		if j < len(l.text) && digit(l.text[j]) {
			i = j
			digits()
		}
	}
	t := token{kind: number, span: span{l.at, i}, text: l.text[l.at:i]}
	l.at = i
	return t
}

// quoted reads a text in quotes, in which a backslash escapes a quote and itself.
func (l *lexer) quoted(quote byte) (token, bool) {
	var text strings.Builder
	for i := l.at + 1; i < len(l.text); i++ {
		c := l.text[i]
		switch {
		case c == quote:
			t := token{kind: quoted, span: span{l.at, i + 1}, text: text.String()}
			l.at = i + 1
			return t, true
		case c == '\\' && i+1 < len(l.text) && (l.text[i+1] == '"' || l.text[i+1] == '\'' || l.text[i+1] == '\\'):
			i++
			c = l.text[i]
		}
		text.WriteByte(c)
	}
	return token{}, false
}

// regex reads a regular expression whose first slash is at start. An escaped slash
// is one.
func (l *lexer) regex(start int) (text string, ok bool) {
	var out strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '/':
			l.at = i + 1
			return out.String(), true
		case c == '\\' && i+1 < len(l.text):
			if i++; l.text[i] != '/' {
				out.WriteByte('\\')
			}
			out.WriteByte(l.text[i])
		default:
			out.WriteByte(c)
		}
	}
	return "", false
}
