package regex

import (
	"slices"
	"strings"
	"unicode"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// runeSet is ranges of code points, in order, that do not touch.
type runeSet []runeRange

type runeRange struct{ low, high rune }

func newRuneSet(ranges ...runeRange) runeSet {
	slices.SortFunc(ranges, func(a, b runeRange) int { return int(a.low - b.low) })
	var set runeSet
	for _, r := range ranges {
		if n := len(set); n > 0 && r.low <= set[n-1].high+1 {
			set[n-1].high = max(set[n-1].high, r.high)
			continue
		}
		set = append(set, r)
	}
	return set
}

func (s runeSet) complement() runeSet {
	out := runeSet{}
	next := rune(0)
	for _, r := range s {
		if r.low > next {
			out = append(out, runeRange{next, r.low - 1})
		}
		next = r.high + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, runeRange{next, unicode.MaxRune})
	}
	return out
}

func (s runeSet) union(t runeSet) runeSet { return newRuneSet(slices.Concat(s, t)...) }

func (s runeSet) intersect(t runeSet) runeSet {
	return s.complement().union(t.complement()).complement()
}

// maxFold bounds the sets to which the other cases of letters are added; larger
// ones are of whole alphabets and have them.
const maxFold = 3000

// folded adds the other cases of the set's letters.
func (s runeSet) folded() runeSet {
	size := rune(0)
	for _, r := range s {
		size += r.high - r.low + 1
	}
	if size > maxFold {
		return s
	}
	ranges := slices.Clone(s)
	for _, r := range s {
		for c := r.low; c <= r.high; c++ {
			for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
				ranges = append(ranges, runeRange{f, f})
			}
		}
	}
	return newRuneSet(ranges...)
}

func tableSet(tables ...*unicode.RangeTable) runeSet {
	var ranges []runeRange
	for _, table := range tables {
		for _, r := range table.R16 {
			ranges = appendStrided(ranges, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range table.R32 {
			ranges = appendStrided(ranges, rune(r.Lo), rune(r.Hi), rune(r.Stride)) //nolint:gosec // code points
		}
	}
	return newRuneSet(ranges...)
}

func appendStrided(ranges []runeRange, low, high, stride rune) []runeRange {
	if stride == 1 {
		return append(ranges, runeRange{low, high})
	}
	for c := low; c <= high; c += stride {
		ranges = append(ranges, runeRange{c, c})
	}
	return ranges
}

// namedSet returns the set of a POSIX class as Joni has it for Unicode, or nil.
func namedSet(name string) runeSet {
	alpha := []*unicode.RangeTable{unicode.L, unicode.Nl, unicode.Other_Alphabetic}
	switch name {
	case "alpha":
		return tableSet(alpha...)
	case "alnum":
		return tableSet(append(alpha, unicode.Nd)...)
	case "word":
		return tableSet(append(alpha, unicode.M, unicode.Nd, unicode.Pc)...)
	case "digit":
		return tableSet(unicode.Nd)
	case "space":
		return tableSet(unicode.White_Space)
	case "lower":
		return tableSet(unicode.Ll, unicode.Other_Lowercase)
	case "upper":
		return tableSet(unicode.Lu, unicode.Other_Uppercase)
	case "blank":
		return tableSet(unicode.Zs).union(runeSet{{'\t', '\t'}})
	case "cntrl":
		return tableSet(unicode.Cc)
	case "xdigit":
		return runeSet{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}
	case "ascii":
		return runeSet{{0, 0x7f}}
	}
	return nil
}

// propertySet returns the set of \p{name}: a POSIX class, a category or a
// script. Case, spaces, - and _ in the name do not count. nil is none known.
func propertySet(name string) runeSet {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(s))
	}
	want := plain(name)
	if set := namedSet(want); set != nil {
		return set
	}
	for _, tables := range []map[string]*unicode.RangeTable{unicode.Categories, unicode.Scripts} {
		for known, table := range tables {
			if plain(known) == want {
				return tableSet(table)
			}
		}
	}
	return nil
}

// class parses behind an opening bracket, up to and with the closing one.
func (p *reParser) class() (runeSet, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, sqlerr.Argument("too deep nest level")
	}
	defer func() { p.depth-- }()
	negated := p.accept("^")
	var ranges, meet runeSet
	intersected := false
	if p.looking("]") {
		if !slices.Contains(p.src[p.at+1:], ']') {
			return nil, sqlerr.Argument("empty char-class")
		}
		p.at++
		ranges = append(ranges, runeRange{']', ']'})
	}
	for {
		switch {
		case !p.more():
			return nil, sqlerr.Argument("premature end of char-class")
		case p.accept("]"):
			set := p.fold(newRuneSet(ranges...))
			if intersected {
				set = meet.intersect(set)
			}
			if negated {
				set = set.complement()
			}
			return set, nil
		case p.accept("&&"):
			set := p.fold(newRuneSet(ranges...))
			if intersected {
				set = meet.intersect(set)
			}
			meet, intersected, ranges = set, true, nil
		default:
			set, err := p.classItem()
			if err != nil {
				return nil, err
			}
			ranges = append(ranges, set...)
		}
	}
}

// fold adds the other cases when the pattern ignores case.
func (p *reParser) fold(s runeSet) runeSet {
	if p.flags.fold {
		return s.folded()
	}
	return s
}

// classItem parses a nested class, a named one, a character or a range.
func (p *reParser) classItem() (runeSet, error) {
	switch {
	case p.looking("[:"):
		if set, ok := p.posix(); ok {
			return set, nil
		}
		return nil, refusePattern("[: in a class")
	case p.accept("["):
		return p.class()
	}
	low, set, err := p.classChar()
	if err != nil || set != nil {
		return set, err
	}
	if p.at+1 >= len(p.src) || !p.looking("-") || p.src[p.at+1] == ']' {
		return runeSet{{low, low}}, nil
	}
	if p.src[p.at+1] == '[' || p.src[p.at+1] == '&' {
		return nil, refusePattern("of a range that ends in a class")
	}
	p.at++
	high, set, err := p.classChar()
	switch {
	case err != nil:
		return nil, err
	case set != nil:
		return nil, sqlerr.Argument("char-class value at end of range")
	case high < low:
		return nil, sqlerr.Argument("empty range in char class")
	}
	return runeSet{{low, high}}, nil
}

// classChar parses one character, or an escape that stands for a set.
func (p *reParser) classChar() (rune, runeSet, error) {
	r := p.src[p.at]
	p.at++
	if r != '\\' {
		return r, nil, nil
	}
	if !p.more() {
		return 0, nil, sqlerr.Argument("end pattern at escape")
	}
	switch p.src[p.at] {
	case 'b':
		p.at++
		return '\b', nil, nil
	case 'Q', 'E':
		p.at++
		return p.src[p.at-1], nil, nil
	}
	if set, ok, err := p.classEscape(); ok || err != nil {
		return 0, set, err
	}
	c, err := p.charEscape()
	return c, nil, err
}

// posix parses [:name:] and [:^name:].
func (p *reParser) posix() (runeSet, bool) {
	start := p.at
	p.at += len("[:")
	negated := p.accept("^")
	from := p.at
	for p.more() && unicode.IsLetter(p.src[p.at]) {
		p.at++
	}
	set := namedSet(string(p.src[from:p.at]))
	if set == nil || !p.accept(":]") {
		p.at = start
		return nil, false
	}
	if negated {
		set = set.complement()
	}
	return set, true
}
