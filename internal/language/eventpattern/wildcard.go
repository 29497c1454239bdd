package eventpattern

import (
	"strconv"
	"unicode/utf16"
)

// wildcard is a string in which a star stands for any text.
type wildcard []glyph

// glyph is a character, or the star.
type glyph struct {
	char rune
	star bool
}

// newWildcard reads a wildcard. The error has no place.
func newWildcard(s string) (wildcard, error) {
	var w wildcard
	chars := []rune(s)
	at := 1 // in the string with its quotes, in which AWS counts
	for i := 0; i < len(chars); i++ {
		c := chars[i]
		size := max(utf16.RuneLen(c), 1)
		switch c {
		case '\\':
			if i++; i == len(chars) || chars[i] != '*' && chars[i] != '\\' {
				return nil, unplaced{"Invalid escape character at pos " + strconv.Itoa(at)}
			}
			w = append(w, glyph{char: chars[i]})
			size = 2
		case '*':
			if i+1 < len(chars) && chars[i+1] == '*' {
				return nil, unplaced{"Consecutive wildcard characters at pos " + strconv.Itoa(at)}
			}
			w = append(w, glyph{star: true})
		default:
			w = append(w, glyph{char: c})
		}
		at += size
	}
	return w, nil
}

func (w wildcard) matches(l *leaf) bool { return l.kind == stringValue && w.match(l.text) }

// match goes back to the last star alone, where something does not fit.
func (w wildcard) match(s string) bool {
	chars := []rune(s)
	at, star, from := 0, -1, 0
	for i := 0; i < len(chars); {
		switch {
		case at < len(w) && w[at].star:
			star, from = at, i
			at++
		case at < len(w) && w[at].char == chars[i]:
			at++
			i++
		case star >= 0:
			at = star + 1
			from++
			i = from
		default:
			return false
		}
	}
	for at < len(w) && w[at].star {
		at++
	}
	return at == len(w)
}

func (c *compiler) wildcard() (value, error) {
	s, err := c.textOr("wildcard match pattern must be a string")
	if err != nil {
		return nil, err
	}
	w, err := newWildcard(s)
	if err != nil {
		return nil, c.barf(err.Error())
	}
	return w, c.only()
}
