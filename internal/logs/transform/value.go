package transform

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A value of an event is a string, a number (as it is written), a bool, nil, a list or
// an *object.
type (
	number string
	list   []any
)

// object is a JSON object. Its members keep their order.
type object struct {
	members []member
	index   map[string]int // of members by name, where they are many
}

type member struct {
	name  string
	value any
}

const fewMembers = 16 // are looked through, which is faster than an index

func newObject() *object { return &object{} }

// find returns the place of a member, or -1.
func (o *object) find(name string) int {
	if o.index != nil {
		if i, there := o.index[name]; there {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].name == name {
			return i
		}
	}
	return -1
}

func (o *object) get(name string) (any, bool) {
	if i := o.find(name); i >= 0 {
		return o.members[i].value, true
	}
	return nil, false
}

func (o *object) set(name string, value any) {
	if i := o.find(name); i >= 0 {
		o.members[i].value = value
		return
	}
	o.members = append(o.members, member{name, value})
	switch {
	case o.index != nil:
		o.index[name] = len(o.members) - 1
	case len(o.members) > fewMembers:
		o.reindex()
	}
}

func (o *object) reindex() {
	o.index = make(map[string]int, 2*len(o.members))
	for i := range o.members {
		o.index[o.members[i].name] = i
	}
}

func (o *object) remove(name string) {
	i := o.find(name)
	if i < 0 {
		return
	}
	o.members = append(o.members[:i], o.members[i+1:]...)
	if o.index != nil {
		o.reindex()
	}
}

var errNoJSON = errors.New("the text is no valid JSON")

// parseJSON reads JSON. The order of members is kept, the last one of a name counts.
func parseJSON(text []byte) (any, error) {
	if !json.Valid(text) { // which also bounds how deep it is
		return nil, errNoJSON
	}
	p := parser{text: text}
	return p.value(), nil
}

// parser reads JSON that is valid.
type parser struct {
	text []byte
	at   int
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) value() any {
	p.space()
	switch c := p.text[p.at]; c {
	case '{':
		return p.object()
	case '[':
		p.at++
		all := list{}
		for p.space(); p.text[p.at] != ']'; p.space() {
			if p.text[p.at] == ',' {
				p.at++
				continue
			}
			all = append(all, p.value())
		}
		p.at++
		return all
	case '"':
		return p.string()
	case 't':
		p.at += len("true")
		return true
	case 'f':
		p.at += len("false")
		return false
	case 'n':
		p.at += len("null")
		return nil
	default:
		begin := p.at
		for p.at < len(p.text) && (p.text[p.at] >= '0' && p.text[p.at] <= '9' || p.text[p.at] == '-' || p.text[p.at] == '+' || p.text[p.at] == '.' || p.text[p.at] == 'e' || p.text[p.at] == 'E') {
			p.at++
		}
		return number(p.text[begin:p.at])
	}
}

func (p *parser) object() *object {
	o := newObject()
	p.at++
	for p.space(); p.text[p.at] != '}'; p.space() {
		if p.text[p.at] == ',' {
			p.at++
			continue
		}
		name := p.string()
		p.space()
		p.at++ // the colon
		o.set(name, p.value())
	}
	p.at++
	return o
}

func (p *parser) string() string {
	p.at++
	begin := p.at
	for p.text[p.at] != '"' && p.text[p.at] != '\\' {
		p.at++
	}
	if p.text[p.at] == '"' {
		p.at++
		return sound(string(p.text[begin : p.at-1]))
	}
	b := append([]byte(nil), p.text[begin:p.at]...)
	for p.text[p.at] != '"' {
		if p.text[p.at] != '\\' {
			b = append(b, p.text[p.at])
			p.at++
			continue
		}
		p.at++
		switch c := p.text[p.at]; c {
		case 'u':
			r := p.unit()
			if utf16.IsSurrogate(r) {
				other := rune(0)
				if p.at+2 < len(p.text) && p.text[p.at+1] == '\\' && p.text[p.at+2] == 'u' {
					was := p.at
					p.at += 2
					if other = p.unit(); utf16.DecodeRune(r, other) == utf8.RuneError {
						p.at = was
					}
				}
				r = utf16.DecodeRune(r, other)
			}
			b = utf8.AppendRune(b, r)
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		default:
			b = append(b, c)
		}
		p.at++
	}
	p.at++
	return sound(string(b))
}

// unit reads the four digits of an escape, and leaves the place at the last one.
func (p *parser) unit() rune {
	n, _ := strconv.ParseUint(string(p.text[p.at+1:p.at+5]), 16, 32) // it is valid
	p.at += 4
	return rune(n) //nolint:gosec // four digits
}

// sound replaces what is no UTF-8.
func sound(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}

// appendValue writes a value as JSON.
func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return appendString(b, v)
	case number:
		return append(b, v...)
	case bool:
		return strconv.AppendBool(b, v)
	case list:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, item)
		}
		return append(b, ']')
	case *object:
		b = append(b, '{')
		for i := range v.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, v.members[i].name), ':')
			b = appendValue(b, v.members[i].value)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

func appendString(b []byte, text string) []byte {
	b = append(b, '"')
	begin := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, text[begin:i]...)
		begin = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return append(append(b, text[begin:]...), '"')
}

// size is how many bytes a value takes, about.
func size(value any) int {
	switch v := value.(type) {
	case string:
		return len(v) + 2
	case number:
		return len(v)
	case list:
		n := 2
		for _, item := range v {
			n += size(item) + 1
		}
		return n
	case *object:
		n := 2
		for i := range v.members {
			n += len(v.members[i].name) + size(v.members[i].value) + 4
		}
		return n
	}
	return 5
}

// clone copies a value, so that a change of one is none of the other.
func clone(value any) any {
	switch v := value.(type) {
	case list:
		all := make(list, len(v))
		for i := range v {
			all[i] = clone(v[i])
		}
		return all
	case *object:
		o := newObject()
		for i := range v.members {
			o.set(v.members[i].name, clone(v.members[i].value))
		}
		return o
	}
	return value
}

// display is a value as text: what a text is made of it.
func display(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	return string(appendValue(nil, value))
}
