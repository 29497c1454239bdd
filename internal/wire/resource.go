package wire

import (
	"fmt"
	"slices"
	"strings"
)

// resource is an api.Resource compiled for the type of its operation's input.
type resource struct {
	action, typ string
	parts       []part
	list        []*Field // path to the list of which each element is one ARN; nil when there is one ARN
	when        condition
	each        bool
}

// part is a piece of an ARN: a literal or, with a choice of values, a placeholder.
type part struct {
	literal string
	form    string
	values  []value
}

// value is one of a placeholder's: a word of the call, a member or a text.
type value struct {
	call   int // index into callWords, or -1
	member *member
	text   string
}

// member is a path through structures, from the input or from an element of the
// resource's list.
type member struct {
	element bool
	path    []*Field
	typ     *Type
}

// condition is an api.Resource's When.
type condition struct {
	not     bool
	members []*member // none: it always holds
	element bool      // one of the members is an element's
	is      func(text string) bool
}

// callWords are the placeholders that a call fills.
func callWords() []string { return []string{"Partition", "Region", "Account"} }

// compileResources compiles what an operation touches. It panics at what a
// generated table cannot hold.
func compileResources(o *Operation) []resource {
	all := make([]resource, len(o.Resources))
	for i, r := range o.Resources {
		c := resourceCompiler{input: o.Input()}
		all[i] = resource{action: r.Action, typ: r.Type, parts: c.parts(r.ARN), when: c.condition(r.When), list: c.list, each: r.Each}
		if r.Action == "" {
			all[i].action = o.Action
		}
	}
	return all
}

// resourceCompiler compiles the templates of one resource.
type resourceCompiler struct {
	input *Type
	path  string // to the list, as text
	list  []*Field
}

func (c *resourceCompiler) parts(arn string) []part {
	var parts []part
	for arn != "" {
		literal, rest, found := strings.Cut(arn, "{")
		if literal != "" {
			parts = append(parts, part{literal: literal})
		}
		if !found {
			break
		}
		place, rest, found := strings.Cut(rest, "}")
		if !found {
			panic("wire: a placeholder in a generated ARN has no end: " + arn)
		}
		form, values, found := strings.Cut(place, ":")
		if !found {
			form, values = "", place
		}
		parts = append(parts, part{form: form, values: c.values(values)})
		arn = rest
	}
	return parts
}

func (c *resourceCompiler) values(texts string) []value {
	var values []value
	for text := range strings.SplitSeq(texts, "|") {
		v := value{call: slices.Index(callWords(), text)}
		if quoted, ok := strings.CutPrefix(text, "'"); ok {
			v.text = strings.TrimSuffix(quoted, "'")
		} else if v.call < 0 {
			v.member = c.member(text)
		}
		values = append(values, v)
	}
	return values
}

func (c *resourceCompiler) member(path string) *member {
	before, after, element := strings.Cut(path, "[]")
	if !element {
		fields, t := fieldsAt(c.input, path)
		return &member{path: fields, typ: t}
	}
	if c.path != "" && c.path != before {
		panic("wire: a generated resource is of two lists: " + c.path + " and " + before)
	}
	list, t := fieldsAt(c.input, before)
	c.path, c.list = before, list
	fields, t := fieldsAt(t.Elem, strings.TrimPrefix(after, "."))
	return &member{element: true, path: fields, typ: t}
}

// fieldsAt returns the fields on a path of members and the type at its end.
func fieldsAt(t *Type, path string) ([]*Field, *Type) {
	if path == "" {
		return nil, t
	}
	var fields []*Field
	for name := range strings.SplitSeq(path, ".") {
		f := t.Field(name)
		if f == nil {
			panic(fmt.Sprintf("wire: a generated resource names %s, which %s has not", path, t.Go))
		}
		fields, t = append(fields, f), f.Type
	}
	return fields, t
}

func (c *resourceCompiler) condition(when string) condition {
	if when == "" {
		return condition{}
	}
	paths, not := strings.CutPrefix(when, "!")
	cond := condition{not: not, is: func(text string) bool { return text != "" && text != "false" }}
	if i := strings.IndexAny(paths, "=~"); i >= 0 {
		want := paths[i+1:]
		cond.is = func(text string) bool { return text == want }
		if paths[i] == '~' {
			cond.is = func(text string) bool { return strings.Contains(text, want) }
		}
		paths = paths[:i]
	}
	for path := range strings.SplitSeq(paths, "|") {
		m := c.member(path)
		cond.members, cond.element = append(cond.members, m), cond.element || m.element
	}
	return cond
}
