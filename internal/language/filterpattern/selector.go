package filterpattern

import (
	"strconv"
	"strings"
)

// step is one step of a selector: a member by its name, an element by its place,
// or all of them.
type step struct {
	member bool
	all    bool
	name   string
	index  int
}

const selectorHint = `a selector is written as $.key, $.key[0], $.key[*], $.* or $.['a key']; a key has letters, digits, _ and -`

// selector reads a selector as one token.
func (l *lexer) selector() (token, *Error) {
	i := l.at + 1
	steps := 0
	for i < l.stop {
		after, wrong := stepEnd(l.pattern[:l.stop], i)
		if wrong >= 0 {
			if steps > 0 {
				break // the token ends before what does not go on
			}
			return token{}, unknown(l.pattern, l.at, wrong, selectorHint)
		}
		if after == i {
			break
		}
		i, steps = after, steps+1
	}
	if steps == 0 {
		return token{}, unknown(l.pattern, l.at, i, selectorHint)
	}
	return l.take(selecting, i-l.at), nil
}

// stepEnd returns where the step at i ends, i itself if none begins there, and
// the place at which one that begins goes wrong, or -1.
func stepEnd(text string, i int) (after, wrong int) {
	start := i
	dotted := text[i] == '.'
	if dotted {
		i++
		from := i
		for i < len(text) && inKey(text[i]) {
			i++
		}
		switch {
		case i > from:
			return i, -1
		case i == len(text):
			return start, i
		case text[i] == '*':
			return i + 1, -1
		case !strings.HasPrefix(text[i:], "['"):
			return start, i
		}
	}
	if text[i] != '[' {
		return start, -1
	}
	i++
	from := i
	switch {
	case strings.HasPrefix(text[i:], "'"):
		name, _, closed := strings.Cut(text[i+1:], "'")
		if !closed || name == "" {
			return start, i
		}
		i += len(name) + 2
	case strings.HasPrefix(text[i:], "*"):
		i++
	default:
		for i < len(text) && digit(text[i]) {
			i++
		}
	}
	if i == from || i == len(text) || text[i] != ']' {
		return start, i
	}
	return i + 1, -1
}

// steps returns the steps of a selector that the lexer has read.
func steps(selector string) (found []step, ok bool) {
	rest := selector[1:]
	for rest != "" {
		after, _ := stepEnd(rest, 0)
		s := strings.TrimPrefix(rest[:after], ".")
		rest = rest[after:]
		switch {
		case s == "*":
			found = append(found, step{member: true, all: true})
		case s == "[*]":
			found = append(found, step{all: true})
		case strings.HasPrefix(s, "['"):
			found = append(found, step{member: true, name: s[2 : len(s)-2]})
		case s[0] == '[':
			n, err := strconv.Atoi(s[1 : len(s)-1])
			if err != nil || n > 1<<20 { // a message of 1 MB has no element behind
				return nil, false
			}
			found = append(found, step{index: n})
		default:
			found = append(found, step{member: true, name: s})
		}
	}
	return found, true
}

func wildcards(found []step) int {
	n := 0
	for _, s := range found {
		if s.all {
			n++
		}
	}
	return n
}
