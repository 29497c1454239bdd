package wire

import (
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

// treeParser makes the tree of a JSON text in one pass, some five times as fast as
// encoding/json makes one: bodies of a megabyte are nothing rare. It knows no errors: what
// it cannot read, ParseJSON asks encoding/json about, in whose words it is refused.
type treeParser struct {
	b     []byte
	at    int
	nodes int               // values and names that there may still be; an object or list without any counts as two
	names map[string]string // of members, each made once
}

// tree returns the tree of a whole text that is valid UTF-8, and false where it is none, or
// is beyond MaxDepth or MaxNodes.
func (p *treeParser) tree() (any, bool) {
	p.nodes = MaxNodes
	v, ok := p.value(MaxDepth)
	p.space()
	return v, ok && p.at == len(p.b)
}

// space passes over white space.
func (p *treeParser) space() {
	for p.at < len(p.b) {
		switch p.b[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// next passes over white space and a byte, if that is the next one.
func (p *treeParser) next(c byte) bool {
	p.space()
	if p.at < len(p.b) && p.b[p.at] == c {
		p.at++
		return true
	}
	return false
}

// value reads a value with so many levels within it.
func (p *treeParser) value(depth int) (any, bool) {
	if p.nodes--; p.nodes < 0 {
		return nil, false
	}
	p.space()
	if p.at >= len(p.b) {
		return nil, false
	}
	switch c := p.b[p.at]; {
	case c == '"':
		p.at++
		return p.text(nil)
	case c == '{' && depth > 0:
		p.at++
		return p.object(depth - 1)
	case c == '[' && depth > 0:
		p.at++
		return p.array(depth - 1)
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == 't':
		return true, p.word("true")
	case c == 'f':
		return false, p.word("false")
	case c == 'n':
		return nil, p.word("null")
	}
	return nil, false
}

func (p *treeParser) word(w string) bool {
	if len(p.b)-p.at < len(w) || string(p.b[p.at:p.at+len(w)]) != w {
		return false
	}
	p.at += len(w)
	return true
}

func (p *treeParser) object(depth int) (any, bool) {
	object := map[string]any{}
	if p.next('}') {
		p.nodes--
		return object, p.nodes >= 0
	}
	for {
		if p.nodes--; p.nodes < 0 || !p.next('"') {
			return nil, false
		}
		name, ok := p.text(p.names)
		if !ok || !p.next(':') {
			return nil, false
		}
		v, ok := p.value(depth)
		if !ok {
			return nil, false
		}
		object[name] = v
		switch {
		case p.next(','):
		case p.next('}'):
			return object, true
		default:
			return nil, false
		}
	}
}

func (p *treeParser) array(depth int) (any, bool) {
	array := []any{}
	if p.next(']') {
		p.nodes--
		return array, p.nodes >= 0
	}
	for {
		v, ok := p.value(depth)
		if !ok {
			return nil, false
		}
		array = append(array, v)
		switch {
		case p.next(','):
		case p.next(']'):
			return array, true
		default:
			return nil, false
		}
	}
}

// maxNames bounds how many names are remembered.
const maxNames = 1024

// text reads a string behind its first quote. With names it is one of them, or becomes one.
func (p *treeParser) text(names map[string]string) (string, bool) {
	begin := p.at
	for ; p.at < len(p.b); p.at++ {
		switch c := p.b[p.at]; {
		case c == '"':
			plain := p.b[begin:p.at]
			p.at++
			if names == nil {
				return string(plain), true
			}
			name, known := names[string(plain)]
			if !known {
				name = string(plain)
				if len(names) < maxNames {
					names[name] = name
				}
			}
			return name, true
		case c == '\\':
			return p.escaped(begin)
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

// escaped reads the rest of a string that begins there and has escapes from here on.
func (p *treeParser) escaped(begin int) (string, bool) {
	end := p.at
	for ; end < len(p.b) && p.b[end] != '"'; end++ {
		if p.b[end] == '\\' {
			end++
		}
	}
	text := append(make([]byte, 0, max(end-begin, 0)), p.b[begin:p.at]...)
	for p.at < len(p.b) {
		c := p.b[p.at]
		p.at++
		switch {
		case c == '"':
			return string(text), true
		case c < ' ':
			return "", false
		case c != '\\':
			text = append(text, c)
			continue
		case p.at >= len(p.b):
			return "", false
		}
		c = p.b[p.at]
		p.at++
		switch c {
		case '"', '\\', '/':
			text = append(text, c)
		case 'b':
			text = append(text, '\b')
		case 'f':
			text = append(text, '\f')
		case 'n':
			text = append(text, '\n')
		case 'r':
			text = append(text, '\r')
		case 't':
			text = append(text, '\t')
		case 'u':
			r, ok := p.rune()
			if !ok {
				return "", false
			}
			text = utf8.AppendRune(text, r)
		default:
			return "", false
		}
	}
	return "", false
}

// rune reads the digits of an escaped character, and the second one of a pair that is one
// character. Half a pair is U+FFFD.
func (p *treeParser) rune() (rune, bool) {
	r, ok := p.digits()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if after := p.at; after+1 < len(p.b) && p.b[after] == '\\' && p.b[after+1] == 'u' {
		p.at += 2
		low, ok := p.digits()
		if !ok {
			return 0, false
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, true
		}
		p.at = after // it is a character of its own
	}
	return utf8.RuneError, true
}

// digits reads four hexadecimal digits.
func (p *treeParser) digits() (r rune, ok bool) {
	if len(p.b)-p.at < 4 {
		return 0, false
	}
	for range 4 {
		c := p.b[p.at]
		p.at++
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// number reads a number.
func (p *treeParser) number() (any, bool) {
	begin := p.at
	if p.b[p.at] == '-' {
		p.at++
	}
	switch {
	case p.at < len(p.b) && p.b[p.at] == '0':
		p.at++
	case p.figures() == 0:
		return nil, false
	}
	if p.at < len(p.b) && p.b[p.at] == '.' {
		p.at++
		if p.figures() == 0 {
			return nil, false
		}
	}
	if p.at < len(p.b) && (p.b[p.at] == 'e' || p.b[p.at] == 'E') {
		p.at++
		if p.at < len(p.b) && (p.b[p.at] == '+' || p.b[p.at] == '-') {
			p.at++
		}
		if p.figures() == 0 {
			return nil, false
		}
	}
	return json.Number(p.b[begin:p.at]), true
}

// figures passes over digits, and returns how many there are.
func (p *treeParser) figures() int {
	begin := p.at
	for p.at < len(p.b) && p.b[p.at] >= '0' && p.b[p.at] <= '9' {
		p.at++
	}
	return p.at - begin
}
