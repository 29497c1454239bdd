package wire

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/cloud"
)

// Conditions returns the condition keys of policies that an input, a pointer to
// the operation's input type, fills, each with its values: nil where it fills
// none. A key that no member fills is absent.
func (o *Operation) Conditions(call cloud.Call, in any) map[string][]string {
	keys := o.conditions()
	if len(keys) == 0 {
		return nil
	}
	v := reflect.ValueOf(in).Elem()
	f := filling{touching: touching{input: v}, now: call.Time, keys: map[string][]string{}}
	for i := range keys {
		f.fill(&keys[i])
	}
	if len(f.keys) == 0 {
		return nil
	}
	return f.keys
}

// conditionKey is an api.Condition compiled for the type of its operation's input.
type conditionKey struct {
	name    string
	family  bool
	literal string // the value, where no member has it
	form    string
	path    []step
	when    condition
}

// step is a field on a path, and whether all elements of its list are meant.
type step struct {
	field *Field
	each  bool
}

// compileConditions compiles the condition keys of an operation. It panics at
// what a generated table cannot hold.
func compileConditions(o *Operation) []conditionKey {
	all := make([]conditionKey, len(o.Operation.Conditions))
	for i, row := range o.Operation.Conditions {
		all[i] = compileCondition(o.Input(), row)
	}
	return all
}

func compileCondition(input *Type, row api.Condition) conditionKey {
	c := resourceCompiler{input: input}
	key := conditionKey{name: row.Key, family: strings.HasSuffix(row.Key, "/") || strings.HasSuffix(row.Key, ":"), when: c.condition(row.When)}
	if quoted, ok := strings.CutPrefix(row.Path, "'"); ok {
		key.literal = strings.TrimSuffix(quoted, "'")
		return key
	}
	path := row.Path
	if form, rest, ok := strings.Cut(path, ":"); ok {
		key.form, path = form, rest
	}
	t := input
	for part := range strings.SplitSeq(path, ".") {
		name, each := strings.CutSuffix(part, "[]")
		field := t.Field(name)
		if field == nil {
			panic(fmt.Sprintf("wire: a generated condition key names %s, which %s has not", row.Path, input.Go))
		}
		key.path, t = append(key.path, step{field, each}), field.Type
		if each {
			t = t.Elem
		}
	}
	return key
}

// filling is one call of Conditions.
type filling struct {
	touching

	now  time.Time
	keys map[string][]string
}

func (f *filling) fill(key *conditionKey) {
	switch {
	case !f.holds(&key.when, reflect.Value{}):
	case key.literal != "":
		f.add(key.name, key.literal)
	default:
		f.follow(key, key.path, f.input)
	}
}

// follow fills a key with what lies at the end of a path.
func (f *filling) follow(key *conditionKey, path []step, v reflect.Value) {
	s := path[0]
	v, ok := s.field.Get(v)
	if !ok {
		return
	}
	t := s.field.Type
	switch {
	case s.each:
		for i := range v.Len() {
			f.end(key, path[1:], t.Elem, v.Index(i))
		}
	default:
		f.end(key, path[1:], t, v)
	}
}

func (f *filling) end(key *conditionKey, rest []step, t *Type, v reflect.Value) {
	switch {
	case len(rest) > 0:
		f.follow(key, rest, v)
	case key.family || key.form == "keys":
		f.pairs(key, t, v)
	case t.Kind == List:
		for i := range v.Len() {
			f.end(key, nil, t.Elem, v.Index(i))
		}
	case t.Kind == Struct, t.Kind == Map, t.Kind == Document, t.Kind == Stream, t.Kind == Events:
	case key.form == "days":
		if until, ok := reflect.TypeAssert[time.Time](v); ok {
			f.add(key.name, strconv.FormatInt(int64(until.Sub(f.now)/(24*time.Hour)), 10))
		}
	default:
		if text, ok := readKey(key.form, FormatText(t, v, ISO8601)); ok {
			f.add(key.name, text)
		}
	}
}

// readKey returns what a member's text says in one of api.Condition's forms.
func readKey(form, text string) (string, bool) {
	switch form {
	case "source":
		return readSource(text), true
	case "version":
		i := strings.LastIndex(text, "?versionId=")
		if i < 0 {
			return "", false
		}
		return unescaped(text[i+len("?versionId="):]), true
	case "alias":
		_, name, ok := strings.Cut(text, "alias/")
		return "alias/" + name, ok
	}
	return text, true
}

// pairs fills the keys of a family, or one key with the names of all pairs.
func (f *filling) pairs(key *conditionKey, t *Type, v reflect.Value) {
	add := func(name, value string) {
		if key.form == "keys" {
			f.add(key.name, name)
			return
		}
		f.add(key.name+name, value)
	}
	switch t.Kind {
	case Map:
		for entry := v.MapRange(); entry.Next(); {
			add(entry.Key().String(), fmt.Sprint(entry.Value().Interface()))
		}
	case List:
		for i := range v.Len() {
			if name, value, ok := pairOf(t.Elem, v.Index(i)); ok {
				add(name, value)
			}
		}
	case String: // tags as S3's header has them
		for part := range strings.SplitSeq(v.String(), "&") {
			name, value, _ := strings.Cut(part, "=")
			if part == "" {
				continue
			}
			add(unescaped(name), unescaped(value))
		}
	case Struct, Integer, Float, Boolean, Time, Blob, Document, Stream, Events:
	}
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// pairOf returns the key and the value of a tag.
func pairOf(t *Type, v reflect.Value) (name, value string, ok bool) {
	if t.Kind != Struct {
		return "", "", false
	}
	for i := range t.Fields {
		field := &t.Fields[i]
		text, there := field.Get(v)
		if !there || field.Type.Kind != String {
			continue
		}
		switch strings.ToLower(strings.TrimPrefix(field.Member, "Tag")) {
		case "key":
			name, ok = text.String(), true
		case "value":
			value = text.String()
		}
	}
	return name, value, ok
}

func (f *filling) add(key, value string) { f.keys[key] = append(f.keys[key], value) }
