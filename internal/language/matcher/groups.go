package matcher

import (
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// Groups finds where an expression matches, and what its groups hold. Many may use it at
// once.
type Groups struct {
	*regexp.Regexp

	behind *regexp.Regexp // the same behind one character, which it looks at and is not of it
}

// CompileGroups compiles an expression that Compile takes.
func CompileGroups(expression string) (*Groups, error) {
	whole, err := regexp.Compile(expression)
	if err != nil {
		return nil, err
	}
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, err
	}
	behind, err := regexp.Compile(`(?s:.)(` + parsed.String() + `)`)
	if err != nil {
		return nil, err
	}
	return &Groups{whole, behind}, nil
}

// Each yields the matches that package regexp finds one after the other, with the places of
// their groups, in a slice that is the caller's. Between two of them ended is asked, as what
// looks far for each match takes the square of the text's length. Its error, and that of
// yield, ends the search and is returned.
func (g *Groups) Each(text string, ended func() error, yield func(match []int) error) error {
	for at, last := 0, -1; at <= len(text); {
		match := g.from(text, at)
		if match == nil {
			return nil
		}
		follows := match[0] == last && match[1] == last // nothing, right behind a match, is none
		last = match[1]
		if at = last; match[0] == match[1] {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += max(size, 1)
		}
		if follows {
			continue
		}
		if err := yield(match); err != nil {
			return err
		}
		if err := ended(); err != nil {
			return err
		}
	}
	return nil
}

// from returns the first match that begins at a place or behind it.
func (g *Groups) from(text string, at int) []int {
	if at == 0 {
		return g.FindStringSubmatchIndex(text)
	}
	_, size := utf8.DecodeLastRuneInString(text[:at])
	start := at - size
	match := g.behind.FindStringSubmatchIndex(text[start:])
	if match == nil {
		return nil
	}
	match = match[2:] // the first is the character before, too
	for i := range match {
		if match[i] >= 0 {
			match[i] += start
		}
	}
	return match
}
