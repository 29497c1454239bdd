package column

import (
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// Type is a Hive type, taken apart.
type Type struct {
	Text  string // the whole, as it stands
	Base  string // "struct", "array", "map", or the scalar's name without its parameters
	Names []string
	Args  []Type // a struct's members, an array's element, a map's key and value
}

// Complex says whether the type is a struct, an array or a map.
func (t Type) Complex() bool { return len(t.Args) > 0 }

// ParseType takes the text of a type apart. Everything is in lower case.
func ParseType(text string) (Type, error) {
	p := typeParser{text: strings.ToLower(text)}
	t, ok := p.parse(0)
	p.space()
	if !ok || p.at != len(p.text) {
		return Type{}, cloud.Errorf(cloud.Invalid, "TYPE_NOT_FOUND", "%q is not a Hive type", text)
	}
	return t, nil
}

const maxTypeDepth = 64

type typeParser struct {
	text string
	at   int
}

func (p *typeParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *typeParser) take(c byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// word takes letters, digits and what Hive allows in a member's name.
func (p *typeParser) word() string {
	p.space()
	if p.take('`') {
		end := strings.IndexByte(p.text[p.at:], '`')
		if end < 0 {
			return ""
		}
		w := p.text[p.at : p.at+end]
		p.at += end + 1
		return w
	}
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("<>,:() \t\r\n", p.text[p.at]) < 0 {
		p.at++
	}
	return p.text[start:p.at]
}

func (p *typeParser) parse(depth int) (Type, bool) {
	p.space()
	start := p.at
	t := Type{Base: p.word()}
	ok := t.Base != "" && depth < maxTypeDepth
	switch {
	case ok && t.Base == "struct":
		ok = p.members(&t, depth)
	case ok && (t.Base == "array" || t.Base == "map"):
		ok = p.parameters(&t, depth)
	case ok && p.take('('):
		end := strings.IndexByte(p.text[p.at:], ')')
		if ok = end >= 0; ok {
			p.at += end + 1
		}
	}
	t.Text = strings.TrimSpace(p.text[start:p.at])
	return t, ok
}

func (p *typeParser) members(t *Type, depth int) bool {
	if !p.take('<') {
		return false
	}
	for {
		name := p.word()
		if name == "" || !p.take(':') {
			return false
		}
		f, ok := p.parse(depth + 1)
		if !ok {
			return false
		}
		t.Names = append(t.Names, name)
		t.Args = append(t.Args, f)
		if p.take('>') {
			return true
		}
		if !p.take(',') {
			return false
		}
	}
}

func (p *typeParser) parameters(t *Type, depth int) bool {
	want := 1
	if t.Base == "map" {
		want = 2
	}
	if !p.take('<') {
		return false
	}
	for {
		f, ok := p.parse(depth + 1)
		if !ok {
			return false
		}
		t.Args = append(t.Args, f)
		if p.take('>') {
			return len(t.Args) == want
		}
		if !p.take(',') {
			return false
		}
	}
}
