package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// glob is a pattern in which "*" stands for any text and "?" for any character,
// with variables that are filled in for each request. What a variable stands for
// is taken literally.
type glob struct {
	form  globForm
	text  string // of an exact pattern, or the beginning of a prefix
	parts []part // of a general one
}

type globForm int

const (
	exact   globForm = iota // no wildcard and no variable
	prefix                  // a text, then anything
	general                 // what its parts say
)

// part is a piece of a general pattern.
type part struct {
	kind     partKind
	text     string // of a literal
	variable variable
}

type partKind int

const (
	literal partKind = iota
	one              // any character
	many             // any text
	filled           // a variable
)

// anything is the pattern "*".
var anything = glob{form: prefix}

// newGlob compiles a pattern. Without wildcards "*" and "?" are themselves, and
// without variables "${" is.
func newGlob(pattern string, wildcards, variables bool) glob {
	parts := piecesOf(pattern, wildcards, variables)
	switch {
	case len(parts) == 0:
		return glob{}
	case len(parts) == 1 && parts[0].kind == literal:
		return glob{text: parts[0].text}
	case len(parts) == 1 && parts[0].kind == many:
		return anything
	case len(parts) == 2 && parts[0].kind == literal && parts[1].kind == many:
		return glob{form: prefix, text: parts[0].text}
	}
	return glob{form: general, parts: parts}
}

// piecesOf takes a pattern apart. Of wildcards side by side each "?" comes first
// and one "*" last: that says the same, and can be compared from the left.
func piecesOf(pattern string, wildcards, variables bool) []part {
	var parts []part
	var text strings.Builder
	stars := false
	flush := func() {
		if text.Len() > 0 {
			parts = append(parts, part{kind: literal, text: text.String()})
			text.Reset()
		}
	}
	star := func() {
		if stars {
			parts, stars = append(parts, part{kind: many}), false
		}
	}
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if variables && c == '$' {
			if v, size, ok := readVariable(pattern[i:]); ok {
				star()
				i += size
				if v.key == "" {
					text.WriteString(v.otherwise)
					continue
				}
				flush()
				parts = append(parts, part{kind: filled, variable: v})
				continue
			}
		}
		i++
		switch {
		case wildcards && c == '*':
			flush()
			stars = true
		case wildcards && c == '?':
			flush()
			parts = append(parts, part{kind: one})
		default:
			star()
			text.WriteByte(c)
		}
	}
	flush()
	star()
	return parts
}

// matches reports whether text is one of those that g stands for.
func (g *glob) matches(text string, e *evaluation) bool {
	switch g.form {
	case exact:
		return text == g.text
	case prefix:
		return strings.HasPrefix(text, g.text)
	default:
		return e.matchParts(g.parts, text)
	}
}

// head returns the text that all texts which g stands for begin with.
func (g *glob) head() string {
	if g.form == general && g.parts[0].kind == literal {
		return g.parts[0].text
	}
	return g.text
}

// matchParts goes from left to right and, where it fails, lets the last "*" take
// more: earlier ones never need to, as each took the least that it could. So it
// takes len(parts)·len(text) steps at most, which it counts.
func (e *evaluation) matchParts(parts []part, text string) bool {
	at, p := 0, 0
	again, from := -1, 0 // the part behind the last "*", and where it was tried
	for {
		if !e.step() {
			return false
		}
		if p == len(parts) && at == len(text) {
			return true
		}
		if p < len(parts) {
			size, ok := e.takes(&parts[p], text[at:])
			if ok {
				if parts[p].kind == many {
					again, from = p+1, at
				}
				p, at = p+1, at+size
				continue
			}
		}
		if again < 0 || from >= len(text) {
			return false
		}
		from += e.farther(parts, again, text[from:])
		p, at = again, from
	}
}

// takes returns how many bytes at the start of text a part stands for.
func (e *evaluation) takes(p *part, text string) (int, bool) {
	switch p.kind {
	case literal:
		return len(p.text), strings.HasPrefix(text, p.text)
	case one:
		_, size := utf8.DecodeRuneInString(text)
		return size, size > 0
	case many:
		return 0, true
	default:
		value, ok := e.fill(&p.variable)
		return len(value), ok && strings.HasPrefix(text, value)
	}
}

// farther returns how many bytes more a "*" has to take before the part behind
// it can be tried again: a character, or all before the literal that it needs.
func (e *evaluation) farther(parts []part, behind int, text string) int {
	_, size := utf8.DecodeRuneInString(text)
	if behind == len(parts) {
		return len(text)
	}
	if parts[behind].kind != literal {
		return size
	}
	next := strings.Index(text[size:], parts[behind].text)
	if next < 0 {
		return len(text)
	}
	e.steps += next / 64
	return size + next
}

// In letters, a pattern is a row of characters and two that are none.
const (
	anyOne  rune = -1
	anyText rune = -2
)

// letters appends the pattern as letters. ok is false when a variable has no
// value, so that the pattern stands for no text at all.
func (g *glob) letters(to []rune, e *evaluation) (letters []rune, ok bool) {
	if g.form != general {
		to = append(to, []rune(g.text)...)
		if g.form == prefix {
			to = append(to, anyText)
		}
		return to, true
	}
	for i := range g.parts {
		switch p := &g.parts[i]; p.kind {
		case literal:
			to = append(to, []rune(p.text)...)
		case one:
			to = append(to, anyOne)
		case many:
			to = append(to, anyText)
		case filled:
			value, ok := e.fill(&p.variable)
			if !ok {
				return to, false
			}
			to = append(to, []rune(value)...)
		}
	}
	return to, true
}

// lettersOf appends the letters of a text in which "*" stands for any text.
func lettersOf(text string, to []rune) []rune {
	for _, c := range text {
		if c == '*' {
			c = anyText
		}
		to = append(to, c)
	}
	return to
}

// matchLetters reports whether pattern matches text, letter by letter, where "?"
// is alike to any; "*" of pattern takes any letters, and text has none.
func (e *evaluation) matchLetters(pattern, text []rune) bool {
	p, at, again, from := 0, 0, -1, 0
	for at < len(text) {
		if !e.step() {
			return false
		}
		switch {
		case p < len(pattern) && pattern[p] == anyText:
			p++
			again, from = p, at
		case p < len(pattern) && alike(pattern[p], text[at]):
			p, at = p+1, at+1
		case again >= 0:
			from++
			p, at = again, from
		default:
			return false
		}
	}
	return !slices.ContainsFunc(pattern[p:], func(c rune) bool { return c != anyText })
}

// covers reports whether pattern stands for all texts that text stands for: a "*"
// in text can be matched by a "*" alone.
func (e *evaluation) covers(pattern, text []rune) bool {
	p, at, again, from := 0, 0, -1, 0
	for p < len(pattern) || at < len(text) {
		if !e.step() {
			return false
		}
		if ones, star, size := wildcards(pattern[p:]); star {
			// With its "?" it takes that many characters at least, and any "*".
			for ; ones > 0; at++ {
				if at == len(text) {
					return false
				}
				if text[at] != anyText {
					ones--
				}
			}
			p += size
			again, from = p, at
			continue
		}
		switch {
		case p < len(pattern) && at < len(text) && text[at] != anyText && (pattern[p] == text[at] || pattern[p] == anyOne):
			p, at = p+1, at+1
		case again >= 0 && from < len(text):
			from++
			p, at = again, from
		default:
			return false
		}
	}
	return true
}

// wildcards returns what the wildcards at the start of a pattern are: how many
// "?", whether there is a "*", and how many letters they take.
func wildcards(pattern []rune) (ones int, star bool, size int) {
	for _, c := range pattern {
		switch c {
		case anyOne:
			ones++
		case anyText:
			star = true
		default:
			return ones, star, size
		}
		size++
	}
	return ones, star, size
}

// meets reports whether there is a text that both stand for.
func (e *evaluation) meets(a, b []rune) bool {
	firstA, firstB := slices.Index(a, anyText), slices.Index(b, anyText)
	switch {
	case firstA < 0:
		return e.matchLetters(b, a)
	case firstB < 0:
		return e.matchLetters(a, b)
	}
	// What lies between the first and last "*" of one can be taken by a "*" of
	// the other, so that only the beginnings and ends must agree.
	lastA, lastB := lastText(a), lastText(b)
	head := min(firstA, firstB)
	tail := min(len(a)-lastA, len(b)-lastB) - 1
	for i := range head {
		if !alike(a[i], b[i]) {
			return false
		}
	}
	for i := 1; i <= tail; i++ {
		if !alike(a[len(a)-i], b[len(b)-i]) {
			return false
		}
	}
	return true
}

func lastText(letters []rune) int {
	for i, c := range slices.Backward(letters) {
		if c == anyText {
			return i
		}
	}
	return -1
}

// alike reports whether there is a character that both letters stand for.
func alike(a, b rune) bool { return a == b || a == anyOne || b == anyOne }
