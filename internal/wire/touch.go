package wire

import (
	"reflect"

	"github.com/sillok/sillok/internal/cloud"
)

// maxTouched bounds how many ARNs one resource of an operation's table becomes.
const maxTouched = 1000

// partition is the part of AWS that every ARN here is of.
const partition = "aws"

// unnamed stands in an ARN for what the input does not say.
const unnamed = "*"

// Touches returns what a call with that input, a pointer to the operation's
// input type, touches, most general first. The same ARN may come again under
// another action. Of a list with more than 1,000 elements, those beyond come as
// one ARN with a "*". A call that touches nothing that has an ARN is authorized
// by the operation's Action alone.
func (o *Operation) Touches(call cloud.Call, in any) []cloud.Resource {
	resources := o.resources()
	if len(resources) == 0 {
		return nil
	}
	t := touching{call: [...]string{partition, string(call.Region), string(call.Account)}, input: reflect.ValueOf(in).Elem()}
	touched := make([]cloud.Resource, 0, len(resources))
	for i := range resources {
		touched = t.appendResource(touched, &resources[i])
	}
	return touched
}

// touching is one call of Touches.
type touching struct {
	call  [3]string // by callWords
	input reflect.Value
}

// appendResource appends what a resource's template becomes.
func (t *touching) appendResource(to []cloud.Resource, r *resource) []cloud.Resource {
	none := reflect.Value{}
	if !r.when.element && !t.holds(&r.when, none) {
		return to
	}
	if r.list == nil {
		return append(to, cloud.Resource{Action: r.action, Type: r.typ, Each: r.each, ARN: t.arn(r, none)})
	}
	list, ok := follow(r.list, t.input)
	if !ok {
		return to
	}
	for i := range min(list.Len(), maxTouched) {
		element := list.Index(i)
		if r.when.element && !t.holds(&r.when, element) {
			continue
		}
		to = append(to, cloud.Resource{Action: r.action, Type: r.typ, Each: r.each, ARN: t.arn(r, element)})
	}
	if list.Len() > maxTouched {
		to = append(to, cloud.Resource{Action: r.action, Type: r.typ, Each: r.each, ARN: t.arn(r, none)})
	}
	return to
}

// arn returns the ARN of an element of the resource's list. Of a resource that
// has a list it is without one the ARN of any element.
func (t *touching) arn(r *resource, element reflect.Value) string {
	b := make([]byte, 0, 96)
	for i := range r.parts {
		p := &r.parts[i]
		if p.values == nil {
			b = append(b, p.literal...)
			continue
		}
		text := t.text(p, element)
		if isARN(text) && takesARN(p.form) {
			b = b[:0]
		}
		b = append(b, text...)
	}
	return string(b)
}

// text returns the first of a placeholder's values that there is.
func (t *touching) text(p *part, element reflect.Value) string {
	for i := range p.values {
		v := &p.values[i]
		switch {
		case v.call >= 0:
			return t.call[v.call]
		case v.member == nil:
			return v.text
		case v.member.element && !element.IsValid():
			return unnamed
		}
		if text := readAs(p.form, t.textOf(v.member, element)); text != "" {
			return text
		}
	}
	return unnamed
}

// holds says whether a condition holds for the input and an element.
func (t *touching) holds(c *condition, element reflect.Value) bool {
	if c.members == nil {
		return true
	}
	for _, m := range c.members {
		if c.is(t.textOf(m, element)) {
			return !c.not
		}
	}
	return c.not
}

// textOf returns a member as text: empty when it is absent or empty, "true" for
// a structure, a list or a map that is there and not empty.
func (t *touching) textOf(m *member, element reflect.Value) string {
	from := t.input
	if m.element {
		from = element
	}
	v, ok := follow(m.path, from)
	if !ok {
		return ""
	}
	switch m.typ.Kind {
	case String:
		return v.String()
	case Integer, Float, Boolean, Time, Blob:
		return FormatText(m.typ, v, ISO8601)
	case List, Map:
		if v.Len() == 0 {
			return ""
		}
	case Struct, Document, Stream, Events:
	}
	return "true"
}

// follow returns the value at the end of a path. It reports false when a member
// on the way is absent.
func follow(path []*Field, v reflect.Value) (reflect.Value, bool) {
	for _, f := range path {
		var ok bool
		if v, ok = f.Get(v); !ok {
			return v, false
		}
	}
	return v, true
}
