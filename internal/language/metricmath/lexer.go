package metricmath

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenNumber           // 1.5e3
	tokenName             // of a query, a function or a word
	tokenText             // 'in quotes'
	tokenSign             // an operator or a bracket
)

type token struct {
	kind   tokenKind
	at     int // in bytes
	text   string
	number float64
}

// shown is the token as errors have it.
func (t token) shown() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return "'" + t.text + "'"
}

// signs are the operators and brackets, longer ones before those that they begin with.
var signs = []string{"==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ","}

// lex returns the tokens of an expression, the end as the last.
func lex(text string) (tokens []token, err error) {
	for at := 0; ; {
		for at < len(text) && strings.IndexByte(" \t\r\n", text[at]) >= 0 {
			at++
		}
		if at == len(text) {
			return append(tokens, token{kind: tokenEnd, at: at}), nil
		}
		t := token{at: at}
		switch c := text[at]; {
		case isDigit(c) || c == '.':
			t.kind, t.text = tokenNumber, text[at:endOfNumber(text, at)]
			if t.number, err = strconv.ParseFloat(t.text, 64); err != nil || math.IsInf(t.number, 0) {
				return nil, refuse("'%s' at character %d is not a number", t.text, place(text, at))
			}
			at += len(t.text)
		case isLetter(c):
			end := at
			for end < len(text) && (isLetter(text[end]) || isDigit(text[end])) {
				end++
			}
			t.kind, t.text = tokenName, text[at:end]
			at = end
		case c == '\'' || c == '"':
			if t.text, at, err = quoted(text, at); err != nil {
				return nil, err
			}
			t.kind = tokenText
		default:
			t.kind = tokenSign
			for _, sign := range signs {
				if strings.HasPrefix(text[at:], sign) {
					t.text = sign
					break
				}
			}
			if t.text == "" {
				r, _ := utf8.DecodeRuneInString(text[at:])
				return nil, refuse("Unexpected character '%c' at character %d", r, place(text, at))
			}
			at += len(t.text)
		}
		tokens = append(tokens, t)
	}
}

// place is a place in a text in characters from 1.
func place(text string, at int) int { return utf8.RuneCountInString(text[:at]) + 1 }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func endOfNumber(text string, at int) int {
	digits := func() {
		for at < len(text) && isDigit(text[at]) {
			at++
		}
	}
	digits()
	if at < len(text) && text[at] == '.' {
		at++
		digits()
	}
	if at < len(text) && (text[at] == 'e' || text[at] == 'E') {
		before := at
		if at++; at < len(text) && (text[at] == '+' || text[at] == '-') {
			at++
		}
		if at == len(text) || !isDigit(text[at]) {
			return before
		}
		digits()
	}
	return at
}

// quoted reads a text in quotes. A backslash before the quote is for the quote; any other
// belongs to the text, as SEARCH has its own.
func quoted(text string, at int) (string, int, error) {
	quote := text[at]
	var b strings.Builder
	for i := at + 1; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return b.String(), i + 1, nil
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == quote:
			i++
		}
		b.WriteByte(text[i])
	}
	return "", 0, refuse("The text that begins at character %d has no closing quote", place(text, at))
}
