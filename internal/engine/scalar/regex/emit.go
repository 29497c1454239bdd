package regex

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// reDialect is an engine that a pattern is spelled for.
type reDialect int

const (
	dialectLinear reDialect = iota // package regexp
	dialectASCII                   // package regexp, for a text of ASCII only
	dialectBacktracking
)

// spell returns the tree in a dialect, and false when it cannot be said in it.
func spell(n *reNode, dialect reDialect) (string, bool) {
	e := &reEmitter{dialect: dialect, ok: true}
	e.emit(n)
	return e.b.String(), e.ok
}

type reEmitter struct {
	b       strings.Builder
	dialect reDialect
	ok      bool
}

func (e *reEmitter) emit(n *reNode) {
	switch n.kind {
	case reEmpty:
		e.b.WriteString("(?:)")
	case reLiteral:
		e.literal(n)
	case reSet:
		e.set(n.set)
	case reAny:
		if n.flags.dotAll {
			e.b.WriteString("(?s:.)")
		} else {
			e.b.WriteString(`[^\n]`)
		}
	case reAnchor:
		e.anchor(n)
	case reConcat:
		for _, sub := range n.subs {
			e.unit(sub, sub.kind == reAlternate)
		}
	case reAlternate:
		for i, sub := range n.subs {
			if i > 0 {
				e.b.WriteByte('|')
			}
			e.emit(sub)
		}
	case reRepeat:
		e.repeat(n)
	case reGroup:
		e.wrap("(", n.subs[0])
	case reLook, reAtomic, reBackref:
		e.backtracking(n)
	}
}

func (e *reEmitter) wrap(open string, n *reNode) {
	e.b.WriteString(open)
	e.emit(n)
	e.b.WriteByte(')')
}

// unit emits n, in a group of its own when it must be one.
func (e *reEmitter) unit(n *reNode, must bool) {
	if must {
		e.wrap("(?:", n)
		return
	}
	e.emit(n)
}

// backtracking emits what only one of the dialects has.
func (e *reEmitter) backtracking(n *reNode) {
	if e.dialect != dialectBacktracking {
		e.ok = false
		return
	}
	switch n.kind {
	case reLook:
		e.wrap("("+n.text, n.subs[0])
	case reAtomic:
		e.wrap("(?>", n.subs[0])
	default:
		fold := ""
		if n.flags.fold {
			fold = "i"
		}
		e.b.WriteString("(?" + fold + ":\\" + strconv.Itoa(n.group) + ")")
	}
}

func (e *reEmitter) literal(n *reNode) {
	text := string(n.runes)
	if e.dialect == dialectBacktracking {
		text = escapeRunes(n.runes)
	} else {
		text = regexp.QuoteMeta(text)
	}
	if n.flags.fold {
		text = "(?i:" + text + ")"
	}
	e.b.WriteString(text)
}

func escapeRunes(runes []rune) string {
	var b strings.Builder
	for _, r := range runes {
		if r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (e *reEmitter) set(s runeSet) {
	if e.dialect == dialectASCII {
		s = s.intersect(runeSet{{0, 0x7f}})
	}
	if len(s) == 0 {
		// Nothing matches.
		e.b.WriteString(map[bool]string{true: `(?!)`, false: `[^\x00-\x{10FFFF}]`}[e.dialect == dialectBacktracking])
		return
	}
	e.b.WriteByte('[')
	for _, r := range s {
		e.setRune(r.low)
		if r.high > r.low {
			e.b.WriteByte('-')
			e.setRune(r.high)
		}
	}
	e.b.WriteByte(']')
}

func (e *reEmitter) setRune(r rune) {
	switch {
	case e.dialect != dialectBacktracking:
		fmt.Fprintf(&e.b, `\x{%x}`, r)
	case r <= 0xffff:
		fmt.Fprintf(&e.b, `\u%04x`, r)
	default:
		e.b.WriteRune(r)
	}
}

// anchor spells an anchor. For package regexp $ is the very end: a text that
// ends in a newline is not for it (see reProgram).
func (e *reEmitter) anchor(n *reNode) {
	text := n.text
	linear := map[string]string{
		"^": `\A`, "A": `\A`, "$": `\z`, "Z": `\z`, "z": `\z`, "b": `\b`, "B": `\B`,
	}
	backtracking := map[string]string{
		"^": `\A`, "A": `\A`, "$": `\Z`, "Z": `\Z`, "z": `\z`, "b": `\b`, "B": `\B`,
	}
	if n.flags.multi {
		// No line begins, and none ends, behind a newline that ends the text.
		linear["^"], linear["$"] = `(?m:^)`, `(?m:$)`
		backtracking["^"], backtracking["$"] = `(?:\A|(?<=\n)(?!\z))`, `(?:(?=\n)|(?<!\n)\z)`
	}
	if e.dialect == dialectBacktracking {
		e.b.WriteString(backtracking[text])
		return
	}
	if e.dialect == dialectLinear && (text == "b" || text == "B") {
		e.ok = false // its \b knows ASCII only
	}
	e.b.WriteString(linear[text])
}

func (e *reEmitter) repeat(n *reNode) {
	sub := n.subs[0]
	single := sub.kind == reSet || sub.kind == reAny || sub.kind == reGroup ||
		sub.kind == reLiteral && len(sub.runes) == 1
	e.unit(sub, !single)
	switch {
	case n.min == 0 && n.max < 0:
		e.b.WriteByte('*')
	case n.min == 1 && n.max < 0:
		e.b.WriteByte('+')
	case n.min == 0 && n.max == 1:
		e.b.WriteByte('?')
	case n.max < 0:
		fmt.Fprintf(&e.b, "{%d,}", n.min)
	default:
		fmt.Fprintf(&e.b, "{%d,%d}", n.min, n.max)
	}
	if n.lazy {
		e.b.WriteByte('?')
	}
}
