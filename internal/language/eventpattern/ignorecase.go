package eventpattern

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// folded is a string of which the case does not count: for each character the texts that
// stand for it, which are itself, its capital and its small letter. They may be longer.
type folded [][]string

func fold(s string) folded {
	upper, lower := cases.Upper(language.Und), cases.Lower(language.Und)
	f := make(folded, 0, len(s))
	for _, c := range s {
		one := string(c)
		alternatives := []string{one}
		for _, other := range []string{upper.String(one), lower.String(one)} {
			if other != one && other != alternatives[len(alternatives)-1] {
				alternatives = append(alternatives, other)
			}
		}
		f = append(f, alternatives)
	}
	return f
}

// ends returns where in s the text may end that begins at one of the places.
func (f folded) ends(s string, from int) map[int]bool {
	at := map[int]bool{from: true}
	for _, alternatives := range f {
		next := map[int]bool{}
		for i := range at {
			for _, one := range alternatives {
				if strings.HasPrefix(s[i:], one) {
					next[i+len(one)] = true
				}
			}
		}
		if at = next; len(at) == 0 {
			return nil
		}
	}
	return at
}

// matches says whether a string is equal.
func (f folded) matches(l *leaf) bool { return l.kind == stringValue && f.ends(l.text, 0)[len(l.text)] }

// foldedPrefix is how a string has to begin.
type foldedPrefix folded

func (f foldedPrefix) matches(l *leaf) bool {
	return l.kind == stringValue && len(folded(f).ends(l.text, 0)) > 0
}

// foldedSuffix is how a string has to end.
type foldedSuffix folded

func (f foldedSuffix) matches(l *leaf) bool {
	if l.kind != stringValue {
		return false
	}
	// Where it begins is not known, as letters may be longer or shorter; but not by how much.
	longest := 0
	for _, alternatives := range f {
		most := 0
		for _, one := range alternatives {
			most = max(most, len(one))
		}
		longest += most
	}
	for from := max(0, len(l.text)-longest); from <= len(l.text); from++ {
		if folded(f).ends(l.text, from)[len(l.text)] {
			return true
		}
	}
	return false
}

func (c *compiler) ignoreCase() (value, error) {
	s, err := c.textOr("equals-ignore-case match pattern must be a string")
	if err != nil {
		return nil, err
	}
	return fold(s), c.only()
}
