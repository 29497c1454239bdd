package parse

import (
	"math"
	"strings"
	"unicode/utf8"
)

// language is the one of Athena's two languages that is being read.
type language uint8

const (
	trino language = iota
	hive
)

// lexer cuts a statement into tokens.
type lexer struct {
	src  string
	at   int
	lang language

	stores    bool // IDs of event data stores are names without quotes
	backticks bool // names may stand in them
}

// lex returns the tokens of src, the last one being endOfText.
func lex(src string, lang language) []token {
	return (&lexer{src: src, lang: lang}).all()
}

// all returns the tokens that are left, the last one being endOfText.
func (l *lexer) all() []token {
	src := l.src[l.at:]
	tokens := make([]token, 0, len(src)/5+8)
	for {
		t := l.next()
		tokens = append(tokens, t)
		if t.kind == endOfText {
			pairBrackets(tokens)
			return tokens
		}
	}
}

// lexFirst returns the tokens of the first statement of a script, the last one
// being its semicolon or endOfText.
func lexFirst(script string, lang language) []token {
	l := lexer{src: script, lang: lang}
	var tokens []token
	for {
		t := l.next()
		tokens = append(tokens, t)
		if t.kind == endOfText || t.key == ";" {
			pairBrackets(tokens)
			return tokens
		}
	}
}

// offset returns a place in a statement as tokens keep it. Beyond 2 GiB, which no
// caller lets a statement grow to, every place is the last.
func offset(at int) int32 { return int32(min(at, math.MaxInt32)) } //nolint:gosec // bounded

// next returns the token at hand and steps over it.
func (l *lexer) next() token {
	l.skipBlanks()
	start := l.at
	if start >= len(l.src) {
		return token{start: offset(start), end: offset(start)}
	}
	k := l.scan()
	t := token{kind: k, start: offset(start), end: offset(l.at)}
	switch k {
	case word:
		t.key = strings.ToUpper(l.src[start:l.at])
	case operator:
		t.key = l.src[start:l.at]
	default: // recognised by its kind
	}
	return t
}

// skipBlanks steps over white space and comments. A comment that is never
// closed is not one.
func (l *lexer) skipBlanks() {
	for l.at < len(l.src) {
		switch c := l.src[l.at]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.at++
		case c == '-' && l.peek(1) == '-':
			end := strings.IndexByte(l.src[l.at:], '\n')
			if end < 0 {
				l.at = len(l.src)
				return
			}
			l.at += end + 1
		case c == '/' && l.peek(1) == '*':
			end := strings.Index(l.src[l.at+2:], "*/")
			if end < 0 {
				return
			}
			l.at += end + 4
		default:
			return
		}
	}
}

// peek returns the byte n places ahead, or 0.
func (l *lexer) peek(n int) byte {
	if l.at+n < len(l.src) {
		return l.src[l.at+n]
	}
	return 0
}

// scan steps over one token and says what it is.
func (l *lexer) scan() kind {
	c := l.src[l.at]
	switch {
	case c == '\'':
		return l.quotedRun(text)
	case c == '"' && l.lang == hive:
		return l.quotedRun(text)
	case c == '"':
		return l.quotedRun(quoted)
	case c == '`' && (l.lang == hive || l.backticks):
		return l.quotedRun(quoted)
	case c == '`':
		return l.quotedRun(backquoted)
	case l.lang == trino && (c == 'x' || c == 'X') && l.peek(1) == '\'':
		return l.binary()
	case l.lang == trino && (c == 'u' || c == 'U') && l.peek(1) == '&' && l.peek(2) == '\'':
		l.at += 2
		if l.quotedRun(unicodeText) == unicodeText {
			return unicodeText
		}
		l.at -= 2 // the quote is never closed: U is a word of its own
		return word
	case c == '_' && l.lang == hive:
		l.wordRun()
		return unknown // such a name needs backticks
	case c == '$' && l.lang == trino && strings.HasPrefix(l.src[l.at:], "$$"):
		return l.dollarRun()
	case l.stores && storeLength(l.src[l.at:]) > 0:
		l.at += storeLength(l.src[l.at:])
		return storeWord
	case isLetter(c) || c == '_':
		l.wordRun()
		return word
	case isDigit(c) || c == '.' && isDigit(l.peek(1)):
		return l.number()
	}
	return l.operator()
}

// quotedRun steps over a quoted run in which the doubled quote stands for
// itself, and in Hive's strings a backslash hides the next character. When the
// run is never closed, only the quote is a token.
func (l *lexer) quotedRun(k kind) kind {
	quote := l.src[l.at]
	escapes := l.lang == hive && k == text
	for i := l.at + 1; i < len(l.src); i++ {
		switch {
		case escapes && l.src[i] == '\\':
			i++
		case l.src[i] != quote:
		case !escapes && i+1 < len(l.src) && l.src[i+1] == quote:
			i++
		default:
			l.at = i + 1
			return k
		}
	}
	l.at++
	return unknown
}

// dollarRun steps over $$…$$, the body of a function in another language.
func (l *lexer) dollarRun() kind {
	end := strings.Index(l.src[l.at+2:], "$$")
	if end < 0 {
		l.at++
		return unknown
	}
	l.at += end + 4
	return dollarText
}

func (l *lexer) binary() kind {
	end := strings.IndexByte(l.src[l.at+2:], '\'')
	if end < 0 {
		l.at++
		return word
	}
	l.at += end + 3
	return binary
}

func (l *lexer) wordRun() {
	for l.at < len(l.src) && isWord(l.src[l.at]) {
		l.at++
	}
}

// number steps over the longest of the number forms and of the words that
// start with a digit.
func (l *lexer) number() kind {
	asNumber, k := numberLength(l.src[l.at:])
	asWord := 0
	for l.at+asWord < len(l.src) && isWord(l.src[l.at+asWord]) {
		asWord++
	}
	if asWord > asNumber {
		l.at += asWord
		if l.lang == hive {
			return word // Hive lets a name start with a digit
		}
		return digitWord
	}
	l.at += asNumber
	return k
}

func (l *lexer) operator() kind {
	if l.lang == trino && l.at+1 < len(l.src) {
		switch l.src[l.at : l.at+2] {
		case "<>", "!=", "<=", ">=", "||", "->", "=>", "{-", "-}":
			l.at += 2
			return operator
		}
	}
	if strings.IndexByte("()[]{},.;:?*/%+-=<>|^$!", l.src[l.at]) >= 0 {
		l.at++
		return operator
	}
	_, size := utf8.DecodeRuneInString(l.src[l.at:])
	l.at += size
	return unknown
}

// numberLength returns how many bytes of s the longest number takes.
func numberLength(s string) (length int, k kind) {
	if n := prefixedLength(s); n > 0 {
		return n, integer
	}
	whole := digitsLength(s)
	length, k = whole, integer
	if rest := s[whole:]; strings.HasPrefix(rest, ".") {
		fraction := digitsLength(rest[1:])
		length, k = whole+1+fraction, decimal
	}
	if n := exponentLength(s, length); n > 0 {
		return n, double
	}
	return length, k
}

// exponentLength returns the length of a number with an exponent, or 0. Its
// digits take no underscores.
func exponentLength(s string, mantissa int) int {
	if strings.Contains(s[:mantissa], "_") || mantissa >= len(s) || s[mantissa]|0x20 != 'e' {
		return 0
	}
	i := mantissa + 1
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == start {
		return 0
	}
	return i
}

// prefixedLength returns the length of a 0x, 0o or 0b number, or 0.
func prefixedLength(s string) int {
	if len(s) < 3 || s[0] != '0' {
		return 0
	}
	var digits string
	switch s[1] | 0x20 {
	case 'x':
		digits = "0123456789abcdefABCDEF"
	case 'o':
		digits = "01234567"
	case 'b':
		digits = "01"
	default:
		return 0
	}
	end := 0
	for i := 2; i < len(s); i++ {
		if s[i] == '_' && s[i-1] != '_' {
			continue
		}
		if strings.IndexByte(digits, s[i]) < 0 {
			break
		}
		end = i + 1
	}
	return end
}

// digitsLength counts digits, between which single underscores may stand.
func digitsLength(s string) int {
	end := 0
	for i := range len(s) {
		if s[i] == '_' && i > 0 && s[i-1] != '_' {
			continue
		}
		if !isDigit(s[i]) {
			break
		}
		end = i + 1
	}
	return end
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' }
