package wire

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

// cutMark is the member that says that Parameters left something out.
const cutMark = `"_truncated":true`

// Parameters returns an input, a pointer to the operation's input type, as a
// JSON object by member names, for an audit record. Sensitive members read
// "***", blobs "(12 bytes)", times ISO 8601; streams are left out. What would
// make it longer than limit bytes is cut: texts keep their beginnings and end
// in "…", lists and structures keep their first parts, and a member _truncated
// says so. It is valid JSON always, also where limit is too small for more than
// that member.
func (o *Operation) Parameters(in any, limit int) json.RawMessage {
	p := parameters{b: make([]byte, 0, 256), limit: limit - len(cutMark) - len(",")}
	p.structure(o.Input(), reflect.ValueOf(in).Elem())
	if !p.cut {
		return p.b
	}
	p.b = p.b[:len(p.b)-1]
	if len(p.b) > 1 {
		p.b = append(p.b, ',')
	}
	return append(append(p.b, cutMark...), '}')
}

// parameters writes one object. Whatever it accepts leaves room for the brackets
// that are open.
type parameters struct {
	b     []byte
	limit int
	open  int
	cut   bool
}

// fits says whether what was written can stay.
func (p *parameters) fits() bool { return len(p.b)+p.open <= p.limit }

// element writes one element of a list or structure by write, or takes it back
// when it does not fit. It reports false when the rest must be left out.
func (p *parameters) element(first bool, write func() bool) bool {
	mark := len(p.b)
	if !first {
		p.b = append(p.b, ',')
	}
	if !write() || !p.fits() {
		p.b, p.cut = p.b[:mark], true
	}
	return !p.cut
}

// value writes a value. It reports false when no part of it fits.
func (p *parameters) value(t *Type, v reflect.Value) bool {
	if t.sensitive {
		return p.text(hidden)
	}
	switch t.Kind {
	case Struct:
		p.structure(t, v)
	case List:
		p.list(t, v)
	case Map:
		p.mapping(t, v)
	case String:
		return p.text(v.String())
	case Blob:
		p.b = append(p.b, `"(`...)
		p.b = append(strconv.AppendInt(p.b, int64(v.Len()), 10), ` bytes)"`...)
	case Time:
		when, _ := reflect.TypeAssert[time.Time](v)
		p.b = appendJSONString(p.b, FormatTime(when, ISO8601))
	case Integer:
		p.b = strconv.AppendInt(p.b, v.Int(), 10)
	case Boolean:
		p.b = strconv.AppendBool(p.b, v.Bool())
	case Float:
		p.float(v)
	case Document:
		text, err := json.Marshal(v.Interface())
		p.b = append(p.b, text...)
		return err == nil
	case Stream, Events:
		return false
	}
	return true
}

func (p *parameters) structure(t *Type, v reflect.Value) {
	p.b = append(p.b, '{')
	p.open++
	first := true
	for i := range t.Fields {
		f := &t.Fields[i]
		fv, ok := f.Get(v)
		if !ok || f.Type.Kind == Stream || f.Type.Kind == Events {
			continue
		}
		more := p.element(first, func() bool {
			p.b = append(appendJSONString(p.b, f.Member), ':')
			return p.value(f.Type, fv)
		})
		if !more {
			break
		}
		first = false
	}
	p.open--
	p.b = append(p.b, '}')
}

func (p *parameters) list(t *Type, v reflect.Value) {
	p.b = append(p.b, '[')
	p.open++
	for i := range v.Len() {
		if !p.element(i == 0, func() bool { return p.value(t.Elem, v.Index(i)) }) {
			break
		}
	}
	p.open--
	p.b = append(p.b, ']')
}

func (p *parameters) mapping(t *Type, v reflect.Value) {
	if t.Key.sensitive {
		p.b = appendJSONString(p.b, hidden)
		return
	}
	p.b = append(p.b, '{')
	p.open++
	for i, key := range sortedKeys(v) {
		more := p.element(i == 0, func() bool {
			p.b = append(appendJSONString(p.b, key), ':')
			return p.value(t.Elem, v.MapIndex(reflect.ValueOf(key)))
		})
		if !more {
			break
		}
	}
	p.open--
	p.b = append(p.b, '}')
}

// text writes a text, or as much of its beginning as fits and "…". It reports
// false when not even that fits.
func (p *parameters) text(text string) bool {
	mark, most := len(p.b), p.limit-p.open
	if mark+len(text) <= most {
		if p.b = appendJSONString(p.b, text); len(p.b) <= most {
			return true
		}
	}
	p.cut = true
	for n := most - mark - len(`"…"`); n > 0; n /= 2 { // escapes may make it longer
		if p.b = appendJSONString(p.b[:mark], beginning(text, n)+"…"); len(p.b) <= most {
			return true
		}
	}
	return false
}

// beginning returns at most n bytes of a text, whole characters.
func beginning(text string, n int) string {
	if n >= len(text) {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

func (p *parameters) float(v reflect.Value) {
	f := v.Float()
	quoted := math.IsNaN(f) || math.IsInf(f, 0)
	if quoted {
		p.b = append(p.b, '"')
	}
	p.b = AppendFloat(p.b, f, v.Type().Bits())
	if quoted {
		p.b = append(p.b, '"')
	}
}
