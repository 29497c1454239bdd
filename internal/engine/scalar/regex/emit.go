package regex

import (
	"fmt"
	"regexp"
	"strings"
)

// reDialect is an engine that a pattern is spelled for.
type reDialect int

const (
	dialectLinear reDialect = iota // package regexp
	dialectASCII                   // package regexp, for a text of ASCII only
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
		e.ok = false
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

func (e *reEmitter) literal(n *reNode) {
	text := regexp.QuoteMeta(string(n.runes))
	if n.flags.fold {
		text = "(?i:" + text + ")"
	}
	e.b.WriteString(text)
}

func (e *reEmitter) set(s runeSet) {
	if e.dialect == dialectASCII {
		s = s.intersect(runeSet{{0, 0x7f}})
	}
	if len(s) == 0 {
		e.b.WriteString(`[^\x00-\x{10FFFF}]`) // nothing matches
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

func (e *reEmitter) setRune(r rune) { fmt.Fprintf(&e.b, `\x{%x}`, r) }

// anchor spells an anchor. For package regexp $ is the very end: a text that
// ends in a newline is not for it (see reProgram).
func (e *reEmitter) anchor(n *reNode) {
	text := n.text
	linear := map[string]string{
		"^": `\A`, "A": `\A`, "$": `\z`, "Z": `\z`, "z": `\z`, "b": `\b`, "B": `\B`,
	}
	if n.flags.multi {
		// No line begins, and none ends, behind a newline that ends the text.
		linear["^"], linear["$"] = `(?m:^)`, `(?m:$)`
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
