package filterpattern

import (
	"cmp"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/kit/find"
)

// regex is a regular expression of AWS's subset: no groups, so that an
// alternative is a sequence of single characters and classes.
type regex struct {
	re *regexp.Regexp
	// needs has a text for each alternative, without which it does not match. It is
	// empty where one of them has none.
	needs []find.Text
	exact bool // the alternatives are their texts and nothing else
}

// match tells whether some part of text matches.
func (r *regex) match(text []byte) bool {
	if len(r.needs) > 0 {
		there := false
		for i := range r.needs {
			if there = r.needs[i].In(text); there {
				break
			}
		}
		if !there || r.exact {
			return there
		}
	}
	return r.re.Match(text)
}

const (
	regexPlain = ":_#=@/;,- "
	regexOps   = `^$?[]{}|\*+.`
)

const regexHint = "a regular expression has letters, digits, space, : _ # = @ / ; , - and the operators ^ $ ? [ ] { } | \\ * + . alone; write others as \\x and two hexadecimal digits"

// regular reads a regular expression between percent signs.
func (l *lexer) regular() (token, *Error) {
	for i := l.at + 1; i < l.stop; i++ {
		c := l.pattern[i]
		if c == '%' && i > l.at+1 {
			t := l.take(regular, i+1-l.at)
			t.text = t.text[1 : len(t.text)-1]
			return t, nil
		}
		if !letter(c) && !digit(c) && strings.IndexByte(regexPlain+regexOps, c) < 0 {
			return token{}, unknown(l.pattern, l.at, i, regexHint)
		}
	}
	return token{}, unknown(l.pattern, l.at, l.stop, "the regular expression is not closed by a percent sign")
}

// regexReader translates AWS's subset to Go's syntax, in which it means the same.
type regexReader struct {
	text string
	at   int
	out  strings.Builder

	run   []byte // the literal text that ends here
	best  string // the longest one of this alternative
	plain bool   // the alternative is literal text so far
	all   bool   // so are those before it
	needs []string
	free  bool // an alternative has no literal text

	repetitions int // that are counted so far, in the pattern
}

// mostRepetitions is how many repetitions a pattern may count, over all its regular
// expressions: a message is matched in the time of its length times their number, for
// each one stands for a copy of what it repeats. There are no groups, so that none is
// within another.
const mostRepetitions = 1000

// compileRegex returns the regular expression that t, a token of the pattern, writes.
func (r *reader) compileRegex(t token) (*regex, *Error) {
	one := &regexReader{text: t.text, plain: true, all: true, repetitions: r.repetitions}
	for one.at < len(one.text) {
		if hint := one.next(); hint != "" {
			return nil, refuse(r.pattern, t.start+1+one.at, hint)
		}
	}
	r.repetitions = one.repetitions
	one.alternative()
	re, err := regexp.Compile(one.out.String())
	if err != nil {
		return nil, refuse(r.pattern, t.start, "the regular expression is not valid: "+err.Error())
	}
	compiled := &regex{re: re, exact: one.all && !one.free}
	if !one.free {
		for _, need := range one.needs {
			compiled.needs = append(compiled.needs, find.Of([]byte(need)))
		}
	}
	return compiled, nil
}

// next translates what begins at r.at, or returns a hint why it cannot.
func (r *regexReader) next() string {
	c := r.text[r.at]
	switch c {
	case '|':
		r.alternative()
		r.out.WriteByte('|')
		r.at++
	case '^', '$':
		r.special(string(c))
		r.at++
	case '.':
		return r.repeated(".", nil, 1)
	case '[':
		return r.class()
	case '\\':
		return r.escape()
	case '*', '+', '?', '{':
		return "there is nothing before it that could be repeated"
	case ']', '}':
		return "it closes nothing; escape it with a backslash"
	default:
		return r.repeated(regexp.QuoteMeta(string(c)), []byte{c}, 1)
	}
	return ""
}

// special ends the literal text.
func (r *regexReader) special(out string) {
	r.cut()
	r.plain = false
	r.out.WriteString(out)
}

func (r *regexReader) cut() {
	if len(r.run) > len(r.best) {
		r.best = string(r.run)
	}
	r.run = r.run[:0]
}

func (r *regexReader) alternative() {
	r.cut()
	r.needs = append(r.needs, r.best)
	r.free = r.free || r.best == ""
	r.all = r.all && r.plain
	r.best, r.plain = "", true
}

// escaped returns what the escape at i means: Go's text, the byte if it is one,
// its length, or a hint.
func (r *regexReader) escaped(i int) (out string, literal []byte, size int, hint string) {
	if i+1 == len(r.text) {
		return "", nil, 0, "nothing follows the backslash"
	}
	c := r.text[i+1]
	switch {
	case strings.IndexByte("dDsSwW", c) >= 0:
		return `\` + string(c), nil, 2, ""
	case strings.IndexByte(regexOps, c) >= 0:
		return `\` + string(c), []byte{c}, 2, ""
	case c == 'x' && i+3 < len(r.text) && hexDigit(r.text[i+2]) && hexDigit(r.text[i+3]):
		b, _ := hex.DecodeString(r.text[i+2 : i+4])
		if b[0] >= 0x80 {
			return "", nil, 0, `\x names a character up to 7F; others take several bytes, which a regular expression has not`
		}
		return `\x` + r.text[i+2:i+4], b, 4, ""
	}
	return "", nil, 0, `a backslash stands before an operator, d, D, s, S, w, W, or x and two hexadecimal digits`
}

func hexDigit(c byte) bool { return digit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

func (r *regexReader) escape() string {
	out, literal, size, hint := r.escaped(r.at)
	if hint != "" {
		return hint
	}
	return r.repeated(out, literal, size)
}

// class translates a class of characters.
func (r *regexReader) class() string {
	i := r.at + 1
	out := "["
	if i < len(r.text) && r.text[i] == '^' {
		out += "^"
		i++
	}
	for first := true; ; first = false {
		if i >= len(r.text) {
			return "the class of characters is not closed by ]"
		}
		c := r.text[i]
		switch {
		case c == ']' && first:
			return "a class of characters names at least one; escape ] in it with a backslash"
		case c == ']':
			return r.repeated(out+"]", nil, i+1-r.at)
		case c == '[':
			return "escape [ in a class of characters with a backslash"
		case c == '\\':
			escaped, _, size, hint := r.escaped(i)
			if hint != "" {
				r.at = i
				return hint
			}
			out += escaped
			i += size
		case c == '-' || letter(c) || digit(c):
			out += string(c)
			i++
		case c == '^':
			out += `\^`
			i++
		default:
			out += regexp.QuoteMeta(string(c))
			i++
		}
	}
}

// repeated writes one character or class, which is size bytes of the pattern,
// with the quantifier that follows it.
func (r *regexReader) repeated(out string, literal []byte, size int) string {
	quantifier, read, hint := r.quantifier(r.at + size)
	if hint != "" {
		r.at += size
		return hint
	}
	r.at += size + read
	r.out.WriteString(out + quantifier)
	if quantifier == "" && literal != nil {
		r.run = append(r.run, literal...)
		return ""
	}
	r.plain = false
	if literal != nil && quantifier[0] != '*' && quantifier[0] != '?' && !strings.HasPrefix(quantifier, "{0") {
		r.run = append(r.run, literal...) // it is there at least once, and what follows stands beside its last
		r.cut()
		r.run = append(r.run, literal...)
		return ""
	}
	r.cut()
	return ""
}

// quantifier returns what stands at i, as Go writes it, and how many bytes it is.
func (r *regexReader) quantifier(i int) (out string, size int, hint string) {
	if i == len(r.text) {
		return "", 0, ""
	}
	switch r.text[i] {
	case '*', '+', '?':
		out, size = r.text[i:i+1], 1
	case '{':
		inner, _, closed := strings.Cut(r.text[i+1:], "}")
		low, high, ranged := strings.Cut(inner, ",")
		if !closed || !count(low) || !count(high) || low == "" && high == "" {
			return "", 0, "a count is {n}, {n,}, {,m} or {n,m}, with numbers up to 1000"
		}
		n, _ := strconv.Atoi(cmp.Or(high, low)) // of four digits at most
		if r.repetitions += n; r.repetitions > mostRepetitions {
			return "", 0, "the counts of all repetitions in a pattern add up to at most " + strconv.Itoa(mostRepetitions)
		}
		out, size = "{"+cmp.Or(low, "0"), len(inner)+2
		if ranged {
			out += "," + high
		}
		out += "}"
	default:
		return "", 0, ""
	}
	if i+size < len(r.text) && r.text[i+size] == '?' { // as few as possible: the same for what matches at all
		out, size = out+"?", size+1
	}
	return out, size, ""
}

// count tells whether text is empty or a number of repetitions, which has no
// zeros in front.
func count(text string) bool {
	for i := range len(text) {
		if !digit(text[i]) {
			return false
		}
	}
	return len(text) <= 4 && (len(text) < 2 || text[0] != '0')
}
