package alarmrule

import (
	"strconv"
	"strings"
)

// token is a piece of a rule. AWS's messages name tokens by these words.
type token struct {
	kind  string
	text  string // as it is written
	value string // without quotes
	at    int    // counted in characters
}

const (
	opening   = "'('"
	closing   = "')'"
	comma     = "','"
	wordNot   = "'NOT'"
	wordAnd   = "'AND'"
	wordOr    = "'OR'"
	atLeast   = "'AT_LEAST'"
	number    = "NUMBER"
	percent   = "PERCENTAGE NUMBER"
	boolean   = "TRUE or FALSE"
	stateWord = "ALARM, OK, or INSUFFICIENT_DATA"
	unquoted  = "unquoted alarm name"
	quoted    = "quoted alarm name"
	eof       = "<EOF>"
	unclosed  = "a quotation mark that is not closed" // which no place expects
)

// words are the tokens that a whole word is. All other words are names.
var words = map[string]string{
	"NOT": wordNot, "AND": wordAnd, "OR": wordOr, "AT_LEAST": atLeast, "TRUE": boolean, "FALSE": boolean,
	"ALARM": stateWord, "OK": stateWord, "INSUFFICIENT_DATA": stateWord,
}

// lex returns the tokens of a rule, of which the last is the end.
func lex(text string) []token {
	runes := []rune(text)
	var out []token
	for i := 0; i < len(runes); {
		switch c := runes[i]; {
		case blank(c):
			i++
			continue
		case c == '(' || c == ')' || c == ',':
			out = append(out, token{kind: "'" + string(c) + "'", text: string(c), at: i})
			i++
			continue
		case c == '"':
			out = append(out, quote(runes, i))
		default:
			out = append(out, word(runes, i))
		}
		i += len([]rune(out[len(out)-1].text))
	}
	return append(out, token{kind: eof, text: eof, at: len(runes)})
}

func blank(c rune) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// quote reads a name in quotation marks, in which \" is one.
func quote(runes []rune, start int) token {
	var value []rune
	for i := start + 1; i < len(runes); i++ {
		switch {
		case runes[i] == '"':
			return token{kind: quoted, text: string(runes[start : i+1]), value: string(value), at: start}
		case runes[i] == '\\' && i+1 < len(runes) && runes[i+1] == '"':
			i++
		}
		value = append(value, runes[i])
	}
	return token{kind: unclosed, text: string(runes[start:]), at: start}
}

func word(runes []rune, start int) token {
	end := start
	for end < len(runes) && !blank(runes[end]) && !strings.ContainsRune(`(),"`, runes[end]) {
		end++
	}
	t := token{kind: unquoted, text: string(runes[start:end]), at: start}
	t.value = t.text
	if kind, ok := words[t.text]; ok {
		t.kind = kind
	} else if digits, is := strings.CutSuffix(t.text, "%"); is && digital(digits) {
		t.kind = percent
	} else if digital(t.text) {
		t.kind = number
	}
	return t
}

func digital(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// count is the number that a token is; one that is too large for any rule is mostText.
func (t *token) count() int {
	n, err := strconv.Atoi(strings.TrimSuffix(t.text, "%"))
	if err != nil {
		return mostText
	}
	return n
}
