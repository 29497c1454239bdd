package javaregex

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// class reads a class. As in Java a hyphen makes a range wherever a character
// stands before it and another thing than the end of the class behind it;
// everywhere else it stands for itself.
func (t *translator) class() error {
	t.keep(1)
	if strings.HasPrefix(t.rest(), "^") {
		t.keep(1)
	}
	for first := true; ; first = false {
		rest := t.rest()
		switch {
		case rest == "":
			return t.refuse("a class without its end")
		case rest[0] == ']' && !first:
			t.keep(1)
			return nil
		case rest[0] == '[':
			return t.refuse("a class inside a class")
		case strings.HasPrefix(rest, "&&"):
			return t.refuse("an intersection of classes")
		}
		if err := t.item(); err != nil {
			return err
		}
	}
}

// item reads a set such as \d, a character, or a range of characters.
func (t *translator) item() error {
	if strings.HasPrefix(t.rest(), `\Q`) {
		for _, r := range t.quoted() {
			t.literal(r)
		}
		if t.atRange() {
			return t.refuse("a range that begins in quotes")
		}
		return nil
	}
	from, set, err := t.member()
	if err != nil {
		return err
	}
	if set != "" {
		t.out.WriteString(set)
		return nil
	}
	t.literal(from)
	if !t.atRange() {
		return nil
	}
	t.at++
	to, set, err := t.member()
	switch {
	case err != nil:
		return err
	case set != "":
		return t.refuse("a range that ends in a class")
	case to < from:
		return t.refuse("a range that ends before it begins")
	}
	t.out.WriteByte('-')
	t.literal(to)
	return nil
}

// atRange says whether a hyphen is next that makes a range of the character
// before it.
func (t *translator) atRange() bool {
	rest := t.rest()
	return len(rest) > 1 && rest[0] == '-' && rest[1] != ']' && rest[1] != '['
}

// member reads one character of a class, or a set.
func (t *translator) member() (r rune, set string, err error) {
	if t.in[t.at] != '\\' {
		r, size := utf8.DecodeRuneInString(t.rest())
		t.at += size
		return r, "", nil
	}
	if set, err = t.set(); set != "" || err != nil {
		return 0, set, err
	}
	r, err = t.character()
	return r, "", err
}

// atSet says whether a set such as \d is next.
func (t *translator) atSet() bool {
	rest := t.rest()
	return len(rest) > 1 && rest[0] == '\\' && strings.IndexByte("dDwWsShHpP", rest[1]) >= 0
}

// set reads an escape that stands for several characters, and returns them as
// what may stand in a class; nothing where another escape is next.
func (t *translator) set() (string, error) {
	if !t.atSet() {
		return "", nil
	}
	c := t.in[t.at+1]
	if c == 'p' || c == 'P' {
		return t.property(c == 'P')
	}
	t.at += 2
	return letter(c | 0x20).spelled(c < 'a'), nil
}

// property reads \p{Alpha} and its like.
func (t *translator) property(negated bool) (string, error) {
	name, ok := strings.CutPrefix(t.rest()[2:], "{")
	end := strings.IndexByte(name, '}')
	if !ok || end < 0 {
		return "", t.refuse(`\p without a name in braces`)
	}
	whole := t.rest()[:len(`\p{}`)+end]
	name = name[:end]
	if ranges, ok := posix(name); ok {
		t.at += len(whole)
		return ranges.spelled(negated), nil
	}
	if _, ok := unicode.Categories[name]; !ok {
		return "", t.refuse(whole)
	}
	t.at += len(whole)
	return whole, nil // both engines know the categories
}

// ranges are characters: the first and last of each run, in order.
type ranges []rune

// letter returns the characters of \d, \w, \s or \h.
func letter(c byte) ranges {
	switch c {
	case 'd':
		return ranges{'0', '9'}
	case 'w':
		return ranges{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'}
	case 's':
		return ranges{'\t', '\r', ' ', ' '}
	default:
		return ranges{'\t', '\t', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680, 0x180E, 0x180E, 0x2000, 0x200A, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000}
	}
}

// posix returns the characters of one of the POSIX classes, which Java defines
// over US-ASCII.
func posix(name string) (ranges, bool) {
	r, ok := map[string]ranges{
		"Lower": {'a', 'z'}, "Upper": {'A', 'Z'}, "Alpha": {'A', 'Z', 'a', 'z'}, "Digit": {'0', '9'},
		"Alnum": {'0', '9', 'A', 'Z', 'a', 'z'}, "XDigit": {'0', '9', 'A', 'F', 'a', 'f'},
		"Punct": {'!', '/', ':', '@', '[', '`', '{', '~'}, "Graph": {'!', '~'}, "Print": {' ', '~'},
		"Blank": {'\t', '\t', ' ', ' '}, "Space": {'\t', '\r', ' ', ' '},
		"Cntrl": {0, 0x1F, 0x7F, 0x7F}, "ASCII": {0, 0x7F},
	}[name]
	return r, ok
}

// spelled writes the characters, or with negated all others, for use in a class.
func (r ranges) spelled(negated bool) string {
	if negated {
		r = r.others()
	}
	var t translator
	for pair := range slices.Chunk(r, 2) {
		t.literal(pair[0])
		if pair[0] != pair[1] {
			t.out.WriteByte('-')
			t.literal(pair[1])
		}
	}
	return t.out.String()
}

// others returns the characters that are not in r.
func (r ranges) others() ranges {
	var out ranges
	next := rune(0)
	for pair := range slices.Chunk(r, 2) {
		if next < pair[0] {
			out = append(out, next, pair[0]-1)
		}
		next = pair[1] + 1
	}
	return append(out, next, unicode.MaxRune)
}
