// Package regex finds what a regular expression means to Trino, which uses Joni in
// its Java dialect: ^ and $ stand for the ends of the text, and only a newline ends
// a line.
//
// A pattern is parsed into a tree, from which it is spelled for the engines at hand.
package regex

import (
	"strings"
	"unicode"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

type reKind int

const (
	reEmpty reKind = iota
	reLiteral
	reSet
	reAny
	reAnchor
	reConcat
	reAlternate
	reRepeat
	reGroup // capturing
	reLook  // look-around, by text: "?=", "?!", "?<=", "?<!"
	reAtomic
	reBackref
)

// reNode is a node of the tree. Flags are those in force where it stands.
type reNode struct {
	kind  reKind
	subs  []*reNode
	runes []rune // of a literal
	set   runeSet
	text  string // of an anchor: ^ $ A Z z b B G; of a look-around
	group int
	flags reFlags
	min   int
	max   int // -1 for no limit
	lazy  bool
}

type reFlags struct{ fold, multi, dotAll, extended bool }

// maxRepeat is Joni's bound on the numbers of a repetition.
const maxRepeat = 100_000

type reParser struct {
	src    []rune
	at     int
	flags  reFlags
	groups int
	names  map[string]int
	depth  int
}

// maxDepth bounds how deep groups may nest.
const maxDepth = 250

func refusePattern(what string) error {
	return sqlerr.Refused("the regular expression construct " + what)
}

// parseRegexp parses a pattern and returns its tree and the parser, which knows the groups.
func parseRegexp(pattern string) (*reNode, *reParser, error) {
	p := &reParser{src: []rune(pattern), names: make(map[string]int)}
	node, err := p.alternation()
	if err != nil {
		return nil, nil, err
	}
	if p.at < len(p.src) {
		return nil, nil, sqlerr.Argument("unmatched close parenthesis")
	}
	if err := p.checkBackrefs(node); err != nil {
		return nil, nil, err
	}
	return node, p, nil
}

func (p *reParser) checkBackrefs(n *reNode) error {
	if n.kind == reBackref && n.group > p.groups {
		return sqlerr.Argument("invalid backref number/name")
	}
	for _, sub := range n.subs {
		if err := p.checkBackrefs(sub); err != nil {
			return err
		}
	}
	return nil
}

func (p *reParser) more() bool { return p.at < len(p.src) }

// looking reports whether s comes next.
func (p *reParser) looking(s string) bool {
	i := p.at
	for _, r := range s {
		if i >= len(p.src) || p.src[i] != r {
			return false
		}
		i++
	}
	return true
}

// accept skips s when it comes next.
func (p *reParser) accept(s string) bool {
	if !p.looking(s) {
		return false
	}
	p.at += len([]rune(s))
	return true
}

// alternation parses up to a closing parenthesis, which it leaves, or the end.
func (p *reParser) alternation() (*reNode, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, sqlerr.Argument("too deep nest level")
	}
	defer func() { p.depth-- }()
	var branches []*reNode
	for {
		branch, err := p.concatenation()
		if err != nil {
			return nil, err
		}
		branches = append(branches, branch)
		if !p.accept("|") {
			break
		}
	}
	if len(branches) == 1 {
		return branches[0], nil
	}
	return &reNode{kind: reAlternate, subs: branches}, nil
}

func (p *reParser) concatenation() (*reNode, error) {
	node := &reNode{kind: reConcat}
	for p.more() && !p.looking("|") && !p.looking(")") {
		if p.flags.extended && p.skipExtended() {
			continue
		}
		atom, err := p.atom()
		if err != nil {
			return nil, err
		}
		if atom == nil {
			continue
		}
		if atom, err = p.repeats(atom); err != nil {
			return nil, err
		}
		node.subs = append(node.subs, atom)
	}
	return node, nil
}

func (p *reParser) skipExtended() bool {
	switch r := p.src[p.at]; {
	case r == '#':
		for p.more() && p.src[p.at] != '\n' {
			p.at++
		}
		return true
	case unicode.IsSpace(r):
		p.at++
		return true
	}
	return false
}

// atom parses one thing that may be repeated; nil for a comment.
func (p *reParser) atom() (*reNode, error) {
	r := p.src[p.at]
	switch r {
	case '*', '+', '?':
		return nil, sqlerr.Argument("target of repeat operator is not specified")
	case '(':
		p.at++
		return p.group()
	case '[':
		p.at++
		set, err := p.class()
		return &reNode{kind: reSet, set: set, flags: p.flags}, err
	case '.':
		p.at++
		return &reNode{kind: reAny, flags: p.flags}, nil
	case '^', '$':
		p.at++
		return &reNode{kind: reAnchor, text: string(r), flags: p.flags}, nil
	case '\\':
		p.at++
		return p.escape()
	}
	p.at++
	return p.literal(r), nil
}

func (p *reParser) literal(runes ...rune) *reNode {
	return &reNode{kind: reLiteral, runes: runes, flags: p.flags}
}

// group parses behind an opening parenthesis.
func (p *reParser) group() (*reNode, error) {
	switch {
	case !p.accept("?"):
		p.groups++
		return p.enclosed(&reNode{kind: reGroup, group: p.groups})
	case p.accept("#"):
		for p.more() {
			p.at++
			if p.src[p.at-1] == ')' {
				return nil, nil
			}
		}
		return nil, sqlerr.Argument("end pattern in group")
	case p.accept(":"):
		return p.enclosed(&reNode{kind: reConcat})
	case p.accept(">"):
		return p.enclosed(&reNode{kind: reAtomic})
	}
	for _, look := range []string{"=", "!", "<=", "<!"} {
		if p.accept(look) {
			return p.enclosed(&reNode{kind: reLook, text: "?" + look})
		}
	}
	if p.accept("<") {
		name, err := p.groupName()
		if err != nil {
			return nil, err
		}
		p.groups++
		if _, taken := p.names[name]; taken {
			return nil, refusePattern("of two groups with one name")
		}
		p.names[name] = p.groups
		return p.enclosed(&reNode{kind: reGroup, group: p.groups})
	}
	return p.options()
}

// enclosed parses what is in a group, and its closing parenthesis. Flags set
// inside end with it.
func (p *reParser) enclosed(node *reNode) (*reNode, error) {
	flags := p.flags
	sub, err := p.alternation()
	if err != nil {
		return nil, err
	}
	p.flags = flags
	if !p.accept(")") {
		return nil, sqlerr.Argument("end pattern with unmatched parenthesis")
	}
	node.subs = []*reNode{sub}
	return node, nil
}

func (p *reParser) groupName() (string, error) {
	start := p.at
	for p.more() && p.src[p.at] != '>' {
		r := p.src[p.at]
		if r != '_' && !unicode.IsLetter(r) && (p.at == start || !unicode.IsDigit(r)) {
			return "", sqlerr.Argument("invalid group name <%s>", string(p.src[start:p.at+1]))
		}
		p.at++
	}
	name := string(p.src[start:p.at])
	if name == "" {
		return "", sqlerr.Argument("group name is empty")
	}
	if !p.accept(">") {
		return "", sqlerr.Argument("end pattern in group")
	}
	return name, nil
}

// options parses (?ims-x) and (?ims-x:…). Without a colon the flags reach to the
// end of the enclosing group, over its alternatives too.
func (p *reParser) options() (*reNode, error) {
	flags, on := p.flags, true
	for p.more() {
		r := p.src[p.at]
		p.at++
		switch r {
		case '-':
			on = false
		case 'i':
			flags.fold = on
		case 'm':
			flags.multi = on
		case 's':
			flags.dotAll = on
		case 'x':
			flags.extended = on
		case ':':
			before := p.flags
			p.flags = flags
			node, err := p.enclosed(&reNode{kind: reConcat})
			p.flags = before
			return node, err
		case ')':
			before := p.flags
			p.flags = flags
			node, err := p.alternation()
			p.flags = before
			return node, err
		default:
			return nil, sqlerr.Argument("undefined group option")
		}
	}
	return nil, sqlerr.Argument("end pattern in group")
}

// repeats wraps atom in the quantifiers that follow it.
func (p *reParser) repeats(atom *reNode) (*reNode, error) {
	for p.more() {
		if p.flags.extended && p.skipExtended() {
			continue
		}
		low, high, ok, err := p.quantifier()
		if err != nil || !ok {
			return atom, err
		}
		node := &reNode{kind: reRepeat, subs: []*reNode{atom}, min: low, max: high}
		atom = node
		switch {
		case p.accept("?"):
			node.lazy = true
		case p.accept("+"):
			atom = &reNode{kind: reAtomic, subs: []*reNode{node}}
		}
	}
	return atom, nil
}

// quantifier parses one, if one comes next. A brace that makes none is a literal.
func (p *reParser) quantifier() (low, high int, ok bool, err error) {
	switch {
	case p.accept("*"):
		return 0, -1, true, nil
	case p.accept("+"):
		return 1, -1, true, nil
	case p.accept("?"):
		return 0, 1, true, nil
	case !p.looking("{"):
		return 0, 0, false, nil
	}
	end := p.at + 1
	for end < len(p.src) && strings.ContainsRune("0123456789,", p.src[end]) {
		end++
	}
	if end == len(p.src) || p.src[end] != '}' {
		return 0, 0, false, nil
	}
	first, second, ranged := strings.Cut(string(p.src[p.at+1:end]), ",")
	if first == "" || strings.Contains(second, ",") { // {,2} is text
		return 0, 0, false, nil
	}
	low, okLow := repeatNumber(first, 0)
	high, okHigh := repeatNumber(second, -1)
	switch {
	case !ranged:
		high = low
	case !okHigh:
		okLow = false
	}
	if !okLow {
		return 0, 0, false, sqlerr.Argument("too big number for repeat range")
	}
	if high >= 0 && high < low {
		return 0, 0, false, refusePattern("of a repetition whose upper bound is smaller than its lower bound")
	}
	p.at = end + 1
	return low, high, true, nil
}

func repeatNumber(s string, missing int) (int, bool) {
	if s == "" {
		return missing, true
	}
	n := 0
	for _, r := range s {
		if n = n*10 + int(r-'0'); n > maxRepeat {
			return 0, false
		}
	}
	return n, true
}
