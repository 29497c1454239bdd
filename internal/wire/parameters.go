package wire

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// cutMark begins the member that says that a record left something out. Its value
// is how many bytes all would have been.
const cutMark = `"_truncated":`

// maxMark is how long the member is at most.
const maxMark = len(cutMark) + len("9223372036854775807")

// Parameters returns an input, a pointer to the operation's input type, as a JSON
// object in the form of CloudTrail's requestParameters, for an audit record: names
// begin with a small letter, what is sensitive is hidden or left out as AWS does,
// blobs and streams are left out. S3 has a form of its own.
//
// What would make it longer than limit bytes is cut: texts keep their beginnings
// and end in "…", lists and structures keep their first parts, and a member
// _truncated says how many bytes all is. It is valid JSON always, also where limit
// is too small for more than that member.
func (o *Operation) Parameters(in any, limit int) json.RawMessage {
	v := reflect.ValueOf(in).Elem()
	if o.Model.ofS3() {
		return o.record(limit, func(p *parameters) { p.s3Input(o, v) })
	}
	return o.record(limit, func(p *parameters) { p.structure(o.Input(), v) })
}

// Elements returns an output, a pointer to the operation's output type, in the
// form of CloudTrail's responseElements, cut as Parameters are. It is nil where
// AWS has none: for what only reads, and for an answer that says nothing.
func (o *Operation) Elements(out any, limit int) json.RawMessage {
	if out == nil || (o.EventReads || !o.Access.Changes()) && !o.EventAnswers {
		return nil
	}
	v := reflect.ValueOf(out)
	if v.Type() != reflect.TypeOf(o.Out) || v.IsNil() {
		return nil // it is answered in another manner, as a page
	}
	write := func(p *parameters) {
		p.drops = o.Model.style.drops[o.Name]
		p.structure(o.Output(), v.Elem())
	}
	if o.Model.ofS3() {
		write = func(p *parameters) { p.s3Output(o, v.Elem()) }
	}
	elements := o.record(limit, write)
	if len(elements) == len("{}") {
		return nil
	}
	return elements
}

// record writes one object by write, and where it is cut again, to know its size.
func (o *Operation) record(limit int, write func(*parameters)) json.RawMessage {
	style := o.Model.style
	p := parameters{b: make([]byte, 0, 256), limit: limit - maxMark - len(","), style: style}
	write(&p)
	if !p.cut {
		return p.b
	}
	whole := parameters{limit: math.MaxInt, style: style}
	write(&whole)
	p.b = p.b[:len(p.b)-1]
	if len(p.b) > 1 {
		p.b = append(p.b, ',')
	}
	return append(strconv.AppendInt(append(p.b, cutMark...), int64(len(whole.b)), 10), '}')
}

// parameters writes one object. Whatever it accepts leaves room for the brackets
// that are open.
type parameters struct {
	b     []byte
	limit int
	open  int
	cut   bool
	style *recordStyle
	drops []string // members that are left out
	xml   bool     // it writes a document of S3's: names and lists are as in XML
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
		return p.text(hiddenValue)
	}
	switch t.Kind {
	case Struct:
		p.structure(t, v)
	case List:
		p.list(t, v)
	case Map:
		p.mapping(t, v)
	case String:
		if p.xml {
			return p.untyped(v.String())
		}
		return p.text(v.String())
	case Blob: // an element of a list: members are left out
		p.b = append(p.b, `"(`...)
		p.b = append(strconv.AppendInt(p.b, int64(v.Len()), 10), ` bytes)"`...)
	case Time:
		when, _ := reflect.TypeAssert[time.Time](v)
		p.b = AppendJSONString(p.b, p.style.format(when))
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
	p.object(func() { p.fields(t, v, true) })
}

// object writes what write does as an object.
func (p *parameters) object(write func()) {
	p.b = append(p.b, '{')
	p.open++
	write()
	p.open--
	p.b = append(p.b, '}')
}

// fields writes the members of a structure, the first ones or behind others.
func (p *parameters) fields(t *Type, v reflect.Value, first bool) {
	for i := range t.Fields {
		f := &t.Fields[i]
		fv, ok := f.Get(v)
		if !ok || p.style.leavesOut(f) || slices.Contains(p.drops, f.Member) || p.xml && f.Location != InBody {
			continue
		}
		if !p.member(first, p.style.name(f, p.xml), func() bool { return p.fieldValue(f, fv) }) {
			break
		}
		first = false
	}
}

// member writes one member of an object. It reports false when the rest must be
// left out.
func (p *parameters) member(first bool, name string, write func() bool) bool {
	return p.element(first, func() bool {
		p.b = append(AppendJSONString(p.b, name), ':')
		return write()
	})
}

func (p *parameters) fieldValue(f *Field, v reflect.Value) bool {
	switch {
	case p.style.hides(f):
		return p.text(hiddenValue)
	case p.xml && f.Type.Kind == List:
		return p.xmlList(f, v)
	}
	return p.value(f.Type, v)
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
		p.b = AppendJSONString(p.b, hiddenValue)
		return
	}
	p.b = append(p.b, '{')
	p.open++
	for i, key := range sortedKeys(v) {
		more := p.element(i == 0, func() bool {
			p.b = append(AppendJSONString(p.b, key), ':')
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
		if p.b = AppendJSONString(p.b, text); len(p.b) <= most {
			return true
		}
	}
	p.cut = true
	for n := most - mark - len(`"…"`); n > 0; n /= 2 { // escapes may make it longer
		if p.b = AppendJSONString(p.b[:mark], beginning(text, n)+"…"); len(p.b) <= most {
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
