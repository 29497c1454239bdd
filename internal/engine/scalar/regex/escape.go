package regex

import (
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// escape parses behind a backslash outside a class.
func (p *reParser) escape() (*reNode, error) {
	if !p.more() {
		return nil, sqlerr.Argument("end pattern at escape")
	}
	r := p.src[p.at]
	switch {
	case strings.ContainsRune("AZzbBG", r):
		p.at++
		if r == 'G' {
			return nil, refusePattern(`\G`)
		}
		return &reNode{kind: reAnchor, text: string(r), flags: p.flags}, nil
	case r == 'Q':
		p.at++
		return p.quoted()
	case r == 'k' && p.at+1 < len(p.src) && p.src[p.at+1] == '<':
		return p.namedBackref()
	case r >= '1' && r <= '9':
		return p.backref()
	}
	if set, ok, err := p.classEscape(); ok || err != nil {
		return &reNode{kind: reSet, set: set, flags: p.flags}, err
	}
	r, err := p.charEscape()
	return p.literal(r), err
}

// quoted parses what stands between \Q and \E.
func (p *reParser) quoted() (*reNode, error) {
	start := p.at
	for p.more() && !p.looking(`\E`) {
		p.at++
	}
	text := p.src[start:p.at]
	p.accept(`\E`)
	if len(text) == 0 {
		return nil, nil
	}
	if p.more() && strings.ContainsRune("*+?{", p.src[p.at]) && len(text) > 1 {
		return nil, refusePattern(`of a repetition behind \E`)
	}
	return p.literal(text...), nil
}

func (p *reParser) namedBackref() (*reNode, error) {
	p.at += 2
	name, err := p.groupName()
	if err != nil {
		return nil, err
	}
	group, ok := p.names[name]
	if !ok {
		return nil, sqlerr.Argument("undefined name <%s> reference", name)
	}
	return &reNode{kind: reBackref, group: group, flags: p.flags}, nil
}

func (p *reParser) backref() (*reNode, error) {
	start := p.at
	for p.more() && p.src[p.at] >= '0' && p.src[p.at] <= '9' {
		p.at++
	}
	n, err := strconv.Atoi(string(p.src[start:p.at]))
	if err != nil || n > 9 {
		return nil, refusePattern(`\` + string(p.src[start:p.at]))
	}
	return &reNode{kind: reBackref, group: n, flags: p.flags}, nil
}

// asciiClasses are \d, \w and \s, which know ASCII only, unlike [[:digit:]] and \p.
var asciiClasses = map[rune]runeSet{
	'd': {{'0', '9'}},
	'w': {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}},
	's': {{'\t', '\r'}, {' ', ' '}},
}

// classEscape parses \d, \w, \s, \p{…} and their complements, when one comes next.
func (p *reParser) classEscape() (runeSet, bool, error) {
	switch r := p.src[p.at]; r {
	case 'd', 'D', 'w', 'W', 's', 'S':
		p.at++
		set := asciiClasses[r|0x20]
		if r < 'a' {
			set = set.complement()
		}
		return set, true, nil
	case 'p', 'P':
		return p.property(r == 'P')
	}
	return nil, false, nil
}

func (p *reParser) property(negated bool) (runeSet, bool, error) {
	p.at++
	if !p.accept("{") {
		return nil, false, refusePattern(`\p without braces`)
	}
	if p.accept("^") {
		negated = !negated
	}
	start := p.at
	for p.more() && p.src[p.at] != '}' {
		p.at++
	}
	name := string(p.src[start:p.at])
	if !p.accept("}") {
		return nil, false, sqlerr.Argument("invalid character property name {%s}", name)
	}
	set := propertySet(name)
	if set == nil {
		return nil, false, refusePattern(`\p{` + name + "}")
	}
	if negated {
		set = set.complement()
	}
	return set, true, nil
}

// charEscape parses an escape that stands for one character.
func (p *reParser) charEscape() (rune, error) {
	r := p.src[p.at]
	p.at++
	if c, ok := map[rune]rune{'t': '\t', 'n': '\n', 'r': '\r', 'f': '\f', 'a': '\a', 'e': 0x1b, 'v': '\v'}[r]; ok {
		return c, nil
	}
	switch {
	case r == 'x' && !p.looking("{"):
		return p.number(16, 0, 2)
	case r == 'u':
		return p.number(16, 4, 4)
	case r == '0':
		return p.number(8, 0, 2)
	case r == 'c' && p.more():
		p.at++
		return p.src[p.at-1] & 0x1f, nil
	case r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'):
		return 0, refusePattern(`\` + string(r))
	}
	return r, nil
}

// number parses between least and most digits.
func (p *reParser) number(base, least, most int) (rune, error) {
	start := p.at
	for p.more() && p.at-start < most && value.Digit(p.src[p.at]) < base {
		p.at++
	}
	if p.at-start < least {
		return 0, sqlerr.Argument("too short escape sequence")
	}
	n, err := strconv.ParseInt("0"+string(p.src[start:p.at]), base, 32)
	if err != nil || n > 0x7f && least == 0 || n >= 0xd800 && n <= 0xdfff {
		return 0, refusePattern("of a character by its number")
	}
	return rune(n), nil
}
