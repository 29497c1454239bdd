package metricsinsights

import (
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenName             // letters, digits, _ and dots
	tokenQuoted           // a name in double quotes
	tokenText             // a value in single quotes
	tokenSign
)

type token struct {
	kind tokenKind
	at   int // in characters from 1
	text string
}

func (t token) shown() string {
	if t.kind == tokenEnd {
		return "the end"
	}
	return "'" + t.text + "'"
}

// is says whether the token is a keyword, in any case.
func (t token) is(keyword string) bool {
	return t.kind == tokenName && strings.EqualFold(t.text, keyword)
}

var signs = []string{"!=", "=", "(", ")", ",", "-"}

func lex(text string) (tokens []token, err error) {
	rest := text
	for {
		rest = strings.TrimLeft(rest, " \t\r\n")
		t := token{at: utf8.RuneCountInString(text[:len(text)-len(rest)]) + 1}
		switch {
		case rest == "":
			return append(tokens, t), nil
		case isName(rest[0]):
			end := 1
			for end < len(rest) && (isName(rest[end]) || rest[end] == '.') {
				end++
			}
			t.kind, t.text, rest = tokenName, rest[:end], rest[end:]
		case rest[0] == '"' || rest[0] == '\'':
			t.kind = tokenQuoted
			if rest[0] == '\'' {
				t.kind = tokenText
			}
			if t.text, rest, err = quoted(rest, t.at); err != nil {
				return nil, err
			}
		default:
			t.kind = tokenSign
			for _, sign := range signs {
				if strings.HasPrefix(rest, sign) {
					t.text, rest = sign, rest[len(sign):]
					break
				}
			}
			if t.text == "" {
				r, _ := utf8.DecodeRuneInString(rest)
				return nil, refuse("The query has an unexpected '%c' at character %d", r, t.at)
			}
		}
		tokens = append(tokens, t)
	}
}

func isName(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// quoted reads what begins with a quote; a backslash is for the character after it.
func quoted(text string, at int) (inner, rest string, err error) {
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
	return "", "", refuse("The quote at character %d of the query is not closed", at)
}
