package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
)

// maxViolations bounds how many broken constraints one answer lists; a batch of
// thousands of bad entries must not make an answer of megabytes.
const maxViolations = 10

// constraint is what a shape of the model asks of a value.
type constraint struct {
	min, max string // as the model writes them; empty when there is none
	lo, hi   float64
	pattern  string
	match    func() func(text string) bool // compiled on first use
	enum     []string
}

// compileConstraint returns a shape's constraint, or nil when it has none.
func compileConstraint(s *api.Shape) *constraint {
	if s.Limits == "" && s.Pattern == "" && len(s.Enum) == 0 {
		return nil
	}
	c := &constraint{pattern: s.Pattern, enum: s.Enum}
	c.min, c.max, _ = strings.Cut(s.Limits, ":")
	c.lo, _ = strconv.ParseFloat(c.min, 64)
	c.hi, _ = strconv.ParseFloat(c.max, 64)
	if s.Pattern != "" {
		c.match = sync.OnceValue(func() func(string) bool { return compilePattern(s.Pattern) })
	}
	return c
}

// Validate checks an input against the model's constraints. Its error lists
// what is broken in AWS's words, under the code that the service uses.
func (o *Operation) Validate(in any) error {
	if o.Model.ofS3() {
		return o.validateS3(in)
	}
	v := validation{}
	v.structure(o.Input(), reflect.ValueOf(in).Elem(), nil)
	if len(v.found) == 0 {
		return nil
	}
	if o.Model.ID == "organizations" {
		return v.invalidInput()
	}
	code, missing := constraintCode(o.Model.ID)
	if o.Model.ID == "logs" && slices.Contains(o.Errors, "ValidationException") && !slices.Contains(o.Errors, code) {
		code = "ValidationException" // of its operations for deliveries and scheduled queries
	}
	if missing != "" && v.missing != "" {
		return cloud.Errorf(cloud.Invalid, missing, "The request must contain the parameter %s.", v.missing)
	}
	noun := "errors"
	if len(v.found) == 1 {
		noun = "error"
	}
	return cloud.Errorf(cloud.Invalid, code, "%d validation %s detected: %s", len(v.found), noun, strings.Join(v.found, "; "))
}

// constraintCode returns the code under which a service reports a broken
// constraint, and the code of a missing parameter where that is another.
func constraintCode(service string) (code, missing string) {
	switch service {
	case "athena":
		return "InvalidRequestException", ""
	case "logs":
		return "InvalidParameterException", ""
	case "cloudwatch", "iam", "sns", "sts", "elbv2":
		return "ValidationError", ""
	case "ec2":
		return "InvalidParameterValue", "MissingParameter"
	case "sqs":
		return "InvalidParameterValue", "MissingParameter"
	}
	return "ValidationException", ""
}

// place is the way to a value of an input. It is written where a constraint is broken.
type place struct {
	up   *place // nil for the input itself
	name string
	n    int // the number of an element, from 1 on; 0 for a name
}

func (p *place) String() string {
	if p == nil {
		return ""
	}
	name := p.name
	if p.n > 0 {
		name = strconv.Itoa(p.n) + ".member"
	}
	return join(p.up.String(), name)
}

// validation collects the broken constraints of one input.
type validation struct {
	found   []string
	missing string // the first required member that is absent
}

func (v *validation) add(subject string, path *place, broken string) {
	if len(v.found) < maxViolations {
		v.found = append(v.found, fmt.Sprintf("Value %sat '%s' failed to satisfy constraint: %s", subject, path.String(), broken))
	}
}

func (v *validation) structure(t *Type, val reflect.Value, path *place) {
	for i := range t.Fields {
		f := &t.Fields[i]
		at := &place{up: path, name: lowerFirst(f.Member)}
		fv, ok := f.Get(val)
		if ok {
			v.value(f.Type, fv, at)
			continue
		}
		if f.Required {
			if v.missing == "" {
				v.missing = f.Member
			}
			v.add("null ", at, "Member must not be null")
		}
	}
}

// value checks a value and what is in it.
func (v *validation) value(t *Type, val reflect.Value, path *place) {
	if t.constraint != nil {
		for _, broken := range t.constraint.check(t, val) {
			v.add(subject(t, val), path, broken)
		}
	}
	switch t.Kind {
	case Struct:
		v.structure(t, val, path)
	case List:
		v.list(t, val, path)
	case Map:
		v.mapping(t, val, path)
	case String, Integer, Float, Boolean, Time, Blob, Document, Stream, Events:
	}
}

func (v *validation) list(t *Type, val reflect.Value, path *place) {
	switch t.Elem.Kind {
	case Struct, List, Map:
		for i := range val.Len() {
			v.value(t.Elem, val.Index(i), &place{up: path, n: i + 1})
		}
	case String, Integer, Float, Boolean, Time, Blob, Document, Stream, Events:
		for i := range val.Len() {
			if t.Elem.broken(val.Index(i)) {
				v.add(subject(t, val), path, "Member must satisfy constraint: "+t.Elem.constraint.demands(t.Elem))
				return
			}
		}
	}
}

func (v *validation) mapping(t *Type, val reflect.Value, path *place) {
	keys := make([]string, 0, val.Len())
	for _, key := range val.MapKeys() {
		keys = append(keys, key.String())
	}
	slices.Sort(keys)
	for _, key := range keys {
		if t.Key.broken(reflect.ValueOf(key)) {
			v.add(subject(t, val), path, "Map keys must satisfy constraint: "+t.Key.constraint.demands(t.Key))
			break
		}
	}
	for _, key := range keys {
		elem := val.MapIndex(reflect.ValueOf(key))
		switch t.Elem.Kind {
		case Struct, List, Map:
			v.value(t.Elem, elem, &place{up: path, name: key + ".member"})
		case String, Integer, Float, Boolean, Time, Blob, Document, Stream, Events:
			if t.Elem.broken(elem) {
				v.add(subject(t, val), path, "Map value must satisfy constraint: "+t.Elem.constraint.demands(t.Elem))
				return
			}
		}
	}
}

// broken says whether a value breaks its own constraint.
func (t *Type) broken(val reflect.Value) bool {
	return t.constraint != nil && len(t.constraint.check(t, val)) > 0
}

// check returns what a value breaks.
func (c *constraint) check(t *Type, val reflect.Value) []string {
	var broken []string
	if c.match != nil && t.Kind == String && !c.match()(val.String()) {
		broken = append(broken, c.demandPattern())
	}
	if len(c.enum) > 0 && t.Kind == String && !slices.Contains(c.enum, val.String()) {
		broken = append(broken, c.demandEnum())
	}
	if c.min != "" || c.max != "" {
		size := measure(t, val)
		if c.max != "" && size > c.hi {
			broken = append(broken, demandLimit(t, "less than or equal to", c.max))
		}
		if c.min != "" && size < c.lo {
			broken = append(broken, demandLimit(t, "greater than or equal to", c.min))
		}
	}
	return broken
}

// demands returns all that a constraint asks of an element, in brackets.
func (c *constraint) demands(t *Type) string {
	var all []string
	if c.max != "" {
		all = append(all, demandLimit(t, "less than or equal to", c.max))
	}
	if c.min != "" {
		all = append(all, demandLimit(t, "greater than or equal to", c.min))
	}
	if c.pattern != "" {
		all = append(all, c.demandPattern())
	}
	if len(c.enum) > 0 {
		all = append(all, c.demandEnum())
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func (c *constraint) demandPattern() string {
	return "Member must satisfy regular expression pattern: " + c.pattern
}

func (c *constraint) demandEnum() string {
	return "Member must satisfy enum value set: [" + strings.Join(c.enum, ", ") + "]"
}

func demandLimit(t *Type, relation, limit string) string {
	what := "length"
	if t.Kind == Integer || t.Kind == Float {
		what = "value"
	}
	return "Member must have " + what + " " + relation + " " + limit
}

// measure returns what limits are about: a number itself, a string's length in
// UTF-16 units, a blob's, list's or map's size.
func measure(t *Type, val reflect.Value) float64 {
	switch t.Kind {
	case Integer:
		return float64(val.Int())
	case Float:
		return val.Float()
	case String:
		n := 0
		for _, r := range val.String() {
			n += max(utf16.RuneLen(r), 1)
		}
		return float64(n)
	case List, Map, Blob:
		return float64(val.Len())
	case Struct, Boolean, Time, Document, Stream, Events:
	}
	return 0
}

// lowerFirst returns a member's name as messages have it: "queryString".
func lowerFirst(name string) string {
	if name == "" || name[0] >= 'a' && name[0] <= 'z' {
		return name
	}
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(first)) + name[size:]
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
