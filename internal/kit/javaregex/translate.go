package javaregex

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// translator rewrites an expression into one that Go and .NET read as Java reads
// the original: escapes become characters, classes such as \d and \p{Alpha}
// become ranges, and groups lose their names, since in Java they are numbered
// among the others.
type translator struct {
	in string
	at int // the next byte of in

	out    strings.Builder
	groups int    // that were opened so far
	beyond bool   // there is something that only the backtracking engine reads as Java does
	dotAll []bool // of the expression and each open group: a dot matches line breaks
}

func (t *translator) run() error {
	for t.at < len(t.in) {
		if err := t.step(); err != nil {
			return err
		}
	}
	return nil
}

func (t *translator) refuse(what string) error {
	return fmt.Errorf("%s at character %d", what, utf8.RuneCountInString(t.in[:t.at])+1)
}

// rest returns what is still to be read.
func (t *translator) rest() string { return t.in[t.at:] }

// keep takes the next n bytes over as they are.
func (t *translator) keep(n int) {
	t.out.WriteString(t.in[t.at : t.at+n])
	t.at += n
}

func (t *translator) step() error {
	switch c := t.in[t.at]; c {
	case '\\':
		return t.escape()
	case '[':
		return t.class()
	case '(':
		return t.group()
	case ')':
		t.dotAll = t.dotAll[:max(1, len(t.dotAll)-1)]
		t.keep(1)
	case '.':
		t.at++
		if t.dotAll[len(t.dotAll)-1] {
			t.out.WriteString("(?s:.)")
		} else {
			t.out.WriteString("[^" + ranges{'\n', '\n', '\r', '\r', 0x85, 0x85, 0x2028, 0x2029}.spelled(false) + "]")
		}
	case '{', '}':
		return t.braces()
	case '*', '+', '?':
		t.keep(1)
		return t.quantified()
	default:
		t.keep(1)
	}
	return nil
}

// repetition is how often something repeats, such as {2} or {1,03}.
var repetition = regexp.MustCompile(`^\{0*(\d+)(?:(,)(?:0*(\d+))?)?\}`)

// braces reads a repetition, whose numbers may begin with zeros in Java and .NET
// alone, or a brace that is none and stands for itself.
func (t *translator) braces() error {
	found := repetition.FindStringSubmatch(t.rest())
	if found == nil {
		t.literal(rune(t.in[t.at]))
		t.at++
		return nil
	}
	t.out.WriteString("{" + found[1] + found[2] + found[3] + "}")
	t.at += len(found[0])
	return t.quantified()
}

// quantified reads what follows a quantifier and belongs to it.
func (t *translator) quantified() error {
	switch {
	case strings.HasPrefix(t.rest(), "+"):
		return t.refuse("a possessive quantifier")
	case strings.HasPrefix(t.rest(), "?"):
		t.keep(1)
	}
	return nil
}

// group reads what opens a group, or sets flags.
func (t *translator) group() error {
	rest := t.rest()
	t.dotAll = append(t.dotAll, t.dotAll[len(t.dotAll)-1])
	switch {
	case strings.HasPrefix(rest, "(?<=") || strings.HasPrefix(rest, "(?<!"):
		t.keep(len("(?<="))
	case strings.HasPrefix(rest, "(?<"):
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			return t.refuse("a group's name without its end")
		}
		t.groups++
		t.out.WriteByte('(')
		t.at += end + 1
	case strings.HasPrefix(rest, "(?"):
		return t.flags()
	default:
		t.groups++
		t.keep(1)
	}
	return nil
}

// flags reads (?:, (?=, (?!, (?> and (?i-s: and, where they end in a parenthesis,
// flags that hold until the group around them ends. The flag x, under which
// Java leaves out spaces within classes too, is refused.
func (t *translator) flags() error {
	rest := t.rest()[len("(?"):]
	end := strings.IndexAny(rest, ":)=!>")
	if end < 0 {
		return t.refuse("a group without its end")
	}
	on, off, _ := strings.Cut(rest[:end], "-")
	if strings.Trim(on+off, "ims") != "" {
		return t.refuse("the flags " + rest[:end])
	}
	if rest[end] == ')' {
		t.dotAll = t.dotAll[:len(t.dotAll)-1]
	}
	at := &t.dotAll[len(t.dotAll)-1]
	*at = (*at || strings.Contains(on, "s")) && !strings.Contains(off, "s")
	t.keep(len("(?") + end + 1)
	return nil
}

// escape reads an escape outside classes.
func (t *translator) escape() error {
	if strings.HasPrefix(t.rest(), `\Q`) {
		for _, r := range t.quoted() {
			t.literal(r)
		}
		return nil
	}
	if len(t.rest()) > 1 {
		switch c := t.in[t.at+1]; {
		case strings.IndexByte("bBAz", c) >= 0:
			t.beyond = t.beyond || c|0x20 == 'b' // ends of words are Unicode's
			t.keep(2)
			return nil
		case '1' <= c && c <= '9':
			t.backReference()
			return nil
		}
	}
	set, err := t.set()
	if err != nil {
		return err
	}
	if set != "" {
		t.out.WriteString("[" + set + "]")
		return nil
	}
	r, err := t.character()
	if err != nil {
		return err
	}
	t.literal(r)
	return nil
}

// backReference reads \1 and its like. As in Java a further digit belongs to the
// number only where there are as many groups.
func (t *translator) backReference() {
	end := t.at + 2
	for end < len(t.in) && '0' <= t.in[end] && t.in[end] <= '9' {
		if n, err := strconv.Atoi(t.in[t.at+1 : end+1]); err != nil || n > t.groups {
			break
		}
		end++
	}
	t.beyond = true // Go would read \10 as a character
	t.out.WriteString("(?:")
	t.keep(end - t.at)
	t.out.WriteByte(')')
}

// quoted reads what stands between \Q and \E, or the end.
func (t *translator) quoted() string {
	text, _, closed := strings.Cut(t.rest()[2:], `\E`)
	t.at += 2 + len(text)
	if closed {
		t.at += 2
	}
	return text
}

// literal writes one character, so that it has no other meaning anywhere.
func (t *translator) literal(r rune) {
	switch {
	case r < ' ' || r == 0x7F || r == '-': // an escaped hyphen ends no range in .NET
		fmt.Fprintf(&t.out, `\x%02X`, r)
	case r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != ' ':
		t.out.WriteString(`\` + string(r))
	default:
		t.out.WriteRune(r)
	}
}

// character reads an escape that stands for one character.
func (t *translator) character() (rune, error) {
	if len(t.rest()) < 2 {
		return 0, t.refuse("a backslash at the end")
	}
	c, size := utf8.DecodeRuneInString(t.in[t.at+1:])
	after := t.in[t.at+1+size:]
	take := func(r rune, n int) (rune, error) {
		t.at += 1 + size + n
		return r, nil
	}
	switch c {
	case 't':
		return take('\t', 0)
	case 'n':
		return take('\n', 0)
	case 'r':
		return take('\r', 0)
	case 'f':
		return take('\f', 0)
	case 'a':
		return take('\a', 0)
	case 'e':
		return take(0x1B, 0)
	case 'c':
		if after != "" && after[0] < utf8.RuneSelf {
			return take(rune(after[0])^0x40, 1)
		}
	case '0':
		if r, n := number(after, 8, 3); n > 0 {
			if r > 0o377 {
				r, n = number(after, 8, 2)
			}
			return take(r, n)
		}
	case 'x':
		if braced, ok := strings.CutPrefix(after, "{"); ok {
			if r, n := number(braced, 16, 6); n > 0 && strings.HasPrefix(braced[n:], "}") && utf8.ValidRune(r) {
				return take(r, n+2)
			}
		} else if r, n := number(after, 16, 2); n == 2 {
			return take(r, n)
		}
	case 'u':
		if r, n := unit(after); n > 0 {
			return take(r, n)
		}
	default:
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) || c >= utf8.RuneSelf {
			return take(c, 0)
		}
	}
	return 0, t.refuse(`\` + string(c))
}

// unit reads the four digits of a \u, and the escape after it where the two are
// one character beyond the basic plane. n is how many bytes that are, 0 where
// there is no such character.
func unit(digits string) (r rune, n int) {
	r, n = number(digits, 16, 4)
	if n < 4 {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, n
	}
	second, ok := strings.CutPrefix(digits[n:], `\u`)
	low, m := number(second, 16, 4)
	if pair := utf16.DecodeRune(r, low); ok && m == 4 && pair != unicode.ReplacementChar {
		return pair, n + 2 + m
	}
	return 0, 0
}

// number reads up to most digits, and returns how many there are.
func number(text string, base, most int) (r rune, digits int) {
	for digits < min(most, len(text)) {
		n, err := strconv.ParseInt(text[:digits+1], base, 32)
		if err != nil || text[0] == '-' || text[0] == '+' {
			break
		}
		r = rune(n)
		digits++
	}
	return r, digits
}
