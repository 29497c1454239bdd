package json

import (
	"errors"
	"strconv"
	"unicode"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Path is a path of json_extract and its kin: a member's name or an
// element's index after another. It is not the path of the SQL standard.
type Path []step

// step is a name that is an index too when it is a number; index is -1 else.
type step struct {
	name  string
	index int
}

// ParsePath parses a path such as $.a[0]["b c"].
func ParsePath(text string) (Path, error) {
	bad := sqlerr.Argument("Invalid JSON path: '%s'", text)
	path, rest := Path{}, []rune(text)
	if len(rest) == 0 || rest[0] != '$' {
		return nil, bad
	}
	for rest = rest[1:]; len(rest) > 0; {
		var (
			name string
			ok   bool
		)
		switch {
		case rest[0] == '.':
			name, rest = plainStep(rest[1:], true)
			ok = name != ""
		case len(rest) > 1 && rest[0] == '[' && rest[1] == '"':
			name, rest, ok = quotedStep(rest[2:])
		case rest[0] == '[':
			name, rest = plainStep(rest[1:], false)
			ok = name != "" && len(rest) > 0 && rest[0] == ']'
			if ok {
				rest = rest[1:]
			}
		}
		if !ok {
			return nil, bad
		}
		path = append(path, newStep(name))
	}
	return path, nil
}

// ElementPath returns the path to an element of an array, counted from 0.
func ElementPath(index int) Path { return Path{{name: strconv.Itoa(index), index: index}} }

func newStep(name string) step {
	index, err := strconv.ParseInt(name, 10, 32)
	if err != nil || index < 0 {
		index = -1
	}
	return step{name: name, index: int(index)}
}

// plainStep reads letters, digits and underscores, and colons behind a dot.
func plainStep(s []rune, colons bool) (name string, rest []rune) {
	n := 0
	for n < len(s) && s[n] <= 0xffff && (s[n] == '_' || unicode.IsLetter(s[n]) || unicode.IsDigit(s[n]) || colons && s[n] == ':') {
		n++
	}
	return string(s[:n]), s[n:]
}

// quotedStep reads up to a quotation mark and the bracket behind it.
func quotedStep(s []rune) (name string, rest []rune, ok bool) {
	var runes []rune
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if i+1 == len(s) || s[i+1] != ']' {
				return "", nil, false
			}
			return string(runes), s[i+2:], true
		case '\\':
			if i++; i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", nil, false
			}
		}
		runes = append(runes, s[i])
	}
	return "", nil, false
}

// Find moves j, which stands before a value, to the value at the path. Text that
// is broken before that is as if nothing was there.
func (p Path) Find(j *Scanner) bool {
	for _, step := range p {
		found := false
		var err error
		switch j.Peek() {
		case '{':
			err = j.Members(func(raw string) error {
				if raw == step.name && !hasEscape(raw) || hasEscape(raw) && Unescape(raw) == step.name {
					found = true
					return ErrStop
				}
				return j.Skip()
			})
		case '[':
			if step.index < 0 {
				return false
			}
			err = j.Elements(func(i int) error {
				if i == step.index {
					found = true
					return ErrStop
				}
				return j.Skip()
			})
		default:
			return false
		}
		if !errors.Is(err, ErrStop) || !found {
			return false
		}
		j.depth++ // the value that is left open
	}
	return true
}

func hasEscape(raw string) bool {
	for i := range len(raw) {
		if raw[i] == '\\' {
			return true
		}
	}
	return false
}
