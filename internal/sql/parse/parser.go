package parse

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
)

// Limits that keep every later walk of the tree within its stack.
const (
	maxDepth = 1000 // expressions, queries and types within each other
	maxChain = 5000 // operators one after the other
)

// What Trino calls a whole rule when it lists what it expected.
const (
	aQuery      = "<query>"
	anExpr      = "<expression>"
	aPredicate  = "<predicate>"
	anIdent     = "<identifier>"
	aString     = "<string>"
	aType       = "<type>"
	anInteger   = "<integer>"
	theEnd      = "<EOF>"
	tooLarge    = "statement is too large (stack overflow while parsing)"
	oneAtATime  = "Only one sql statement is allowed. Got: "
	noBackquote = "backquoted identifiers are not supported; use double quotes to quote identifiers"
)

// parser reads tokens from left to right and never goes back. The first error
// moves it to the end of the text, where no token is ever accepted, so that
// every function returns soon with something harmless; callers look at err
// once, at the end.
//
// Each test for a token that fails leaves a note. At an error the notes made
// since the last token was accepted are what was expected there. A rule with a
// name of its own notes that name and mutes the notes of its first tokens.
type parser struct {
	src  string
	toks []token
	at   int // index of the token at hand
	err  *Error

	noted int // index of the token that the notes are about
	notes []string
	muted int // index of the token whose notes a named rule stands for, or -1

	depth  int
	params int

	// undecided says that Trino, looking ahead, has not chosen between two
	// readings of the text around, and therefore lists the tokens of both.
	undecided bool
	// item says that a SELECT item has been nothing but a primary expression
	// so far, so that .* may follow.
	item bool
	// aliasable says that a name may follow the expression being read.
	aliasable bool

	late *Error // found in the finished tree: counts if the text parses
}

func newParser(src string, tokens []token) *parser {
	return &parser{src: src, toks: tokens, muted: -1}
}

func (p *parser) tok() *token { return &p.toks[p.at] }

func (p *parser) pos() ast.Pos { return p.toks[p.at].pos() }

// text returns the token as it was written.
func (p *parser) text(t *token) string {
	if t.kind == endOfText {
		return theEnd
	}
	return p.src[t.start:t.end]
}

// ahead returns the token n places further, the end of the text at most.
func (p *parser) ahead(n int) *token { return &p.toks[min(p.at+n, len(p.toks)-1)] }

// is reports whether the token at hand is key; it leaves no note.
func (p *parser) is(key string) bool { return p.toks[p.at].key == key }

// isAny reports whether the token n places ahead is one of keys.
func (p *parser) isAny(n int, keys ...string) bool {
	return slices.Contains(keys, p.ahead(n).key)
}

// are reports whether the next tokens are keys.
func (p *parser) are(keys ...string) bool {
	for i, key := range keys {
		if p.ahead(i).key != key {
			return false
		}
	}
	return true
}

// note records that what was expected at the token at hand.
func (p *parser) note(what ...string) {
	if p.err != nil || p.muted == p.at {
		return
	}
	if p.noted != p.at {
		p.noted, p.notes = p.at, p.notes[:0]
	}
	p.notes = append(p.notes, what...)
}

// forget drops the notes about the token at hand.
func (p *parser) forget() { p.notes = p.notes[:0] }

// rule enters a rule that is called name when something is expected. The
// result must be given back to leave.
func (p *parser) rule(name string) int {
	p.note(name)
	before := p.muted
	p.muted = p.at
	return before
}

func (p *parser) leave(before int) { p.muted = before }

// accept steps over the token at hand if it is key.
func (p *parser) accept(key string) bool {
	if p.toks[p.at].key == key {
		p.at++
		return true
	}
	p.note(key)
	return false
}

// acceptAny steps over the token at hand if it is one of keys, and returns it.
func (p *parser) acceptAny(keys ...string) string {
	if key := p.toks[p.at].key; key != "" && slices.Contains(keys, key) {
		p.at++
		return key
	}
	p.note(keys...)
	return ""
}

// acceptPair steps over two keywords that make sense only together.
func (p *parser) acceptPair(first, second string) bool {
	if p.are(first, second) {
		p.at += 2
		return true
	}
	p.note(first)
	return false
}

// expect steps over the tokens keys, or fails.
func (p *parser) expect(keys ...string) {
	for _, key := range keys {
		if !p.accept(key) {
			p.fail()
			return
		}
	}
}

// expectAny steps over one of keys and returns it, or fails.
func (p *parser) expectAny(keys ...string) string {
	key := p.acceptAny(keys...)
	if key == "" {
		p.fail()
	}
	return key
}

// fail ends the parse: the token at hand is not one of those expected.
func (p *parser) fail() {
	if p.err != nil {
		return
	}
	t := p.tok()
	message := "mismatched input '" + p.text(t) + "'. Expecting: " + p.expected()
	if t.key == ";" {
		message = oneAtATime + p.src
	}
	err := errorAt(p.src, t.pos(), message)
	err.Hint = p.hint(t)
	p.stop(err)
}

// failAt ends the parse with a message of its own.
func (p *parser) failAt(pos ast.Pos, message string) {
	if p.err == nil {
		p.stop(errorAt(p.src, pos, message))
	}
}

func (p *parser) stop(err *Error) {
	p.err = err
	p.at = len(p.toks) - 1
}

// refuse records an error that Trino finds once the whole text is parsed. Of
// several, the first in the text counts.
func (p *parser) refuse(pos ast.Pos, message string) {
	if p.err == nil && (p.late == nil || pos < p.late.Pos) {
		p.late = errorAt(p.src, pos, message)
	}
}

// expected lists the notes as Trino does.
func (p *parser) expected() string {
	if p.noted != p.at {
		return ""
	}
	names := make([]string, len(p.notes))
	for i, note := range p.notes {
		names[i] = note
		if len(note) < 4 || note[0] != '<' {
			names[i] = "'" + note + "'"
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// enter counts one level of nesting; each call needs a call of exit.
func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.failAt(0, tooLarge)
	}
}

func (p *parser) exit() { p.depth-- }

// linked fails when a chain of operators has become too long.
func (p *parser) linked(n int) {
	if n > maxChain {
		p.failAt(0, tooLarge)
	}
}

// finish expects the end of the text and returns the error found, if any.
func (p *parser) finish() error {
	if p.err == nil && p.tok().kind != endOfText {
		p.note(theEnd)
		p.fail()
	}
	switch {
	case p.err != nil:
		return p.err
	case p.late != nil:
		return p.late
	}
	return nil
}

// closing returns the index of the bracket that closes the one n tokens ahead,
// or that of the end of the text.
func (p *parser) closing(n int) int {
	if m := p.ahead(n).match; m >= 0 {
		return int(m)
	}
	return len(p.toks) - 1
}

// holds reports whether key stands in the brackets that open n tokens ahead,
// outside any brackets within.
func (p *parser) holds(n int, key string) bool {
	end := p.closing(n)
	for i := p.at + n + 1; i < end; i++ {
		t := &p.toks[i]
		if t.key == key {
			return true
		}
		if t.kind == operator && int(t.match) > i {
			i = int(t.match)
		}
	}
	return false
}

// list reads one or more elements with commas between.
func list[T any](p *parser, element func() T) []T {
	out := []T{element()}
	for p.accept(",") {
		out = append(out, element())
	}
	return out
}
