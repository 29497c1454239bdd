package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// ParseJSON returns the tree of a JSON text; an empty text is an empty object.
// Of members with the same name the last one counts. Its error is a
// SerializationException: also for a text beyond MaxDepth or MaxNodes, or with
// bytes that are no UTF-8.
func ParseJSON(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return map[string]any{}, nil
	}
	if utf8.Valid(body) {
		p := treeParser{b: body, names: map[string]string{}}
		if tree, ok := p.tree(); ok {
			return tree, nil
		}
	}
	return parseSlowly(body)
}

// parseSlowly returns the tree of a JSON text, or what is wrong with it.
func parseSlowly(body []byte) (any, error) {
	if err := boundJSON(body); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, serialization("Could not parse request body into json: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, serialization("Could not parse request body into json: more than one value")
	}
	return tree, nil
}

// boundJSON refuses a text whose tree would be too large, before any of that is
// made: a value of two bytes takes some fifty in a tree.
func boundJSON(body []byte) error {
	if !utf8.Valid(body) {
		return serialization("Could not parse request body into json: invalid UTF-8")
	}
	depth, nodes, quoted := 0, 1, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
			if c == '\\' {
				i++
			}
		case c == '[' || c == '{':
			depth++
			nodes++
		case c == ']' || c == '}':
			depth--
		case c == ',' || c == ':':
			nodes++
		}
		if depth > MaxDepth {
			return serialization("Could not parse request body into json: values nest deeper than %d levels", MaxDepth)
		}
		if nodes > MaxNodes {
			return serialization("Could not parse request body into json: more than %d values", MaxNodes)
		}
	}
	return nil
}

// DecodeJSON fills in, a pointer to a struct, from a JSON object.
func DecodeJSON(t *Type, body []byte, in any) error {
	tree, err := ParseJSON(body)
	if err != nil {
		return err
	}
	if tree == nil {
		return nil
	}
	return Assign(t, tree, reflect.ValueOf(in).Elem())
}

// AppendJSON appends the JSON text of a value.
func AppendJSON(b []byte, t *Type, v reflect.Value) ([]byte, error) {
	switch t.Kind {
	case Struct:
		return appendJSONStruct(b, t, v)
	case List:
		return appendJSONList(b, t, v)
	case Map:
		return appendJSONMap(b, t, v)
	case String:
		return AppendJSONString(b, v.String()), nil
	case Integer:
		return strconv.AppendInt(b, v.Int(), 10), nil
	case Boolean:
		return strconv.AppendBool(b, v.Bool()), nil
	case Float:
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return AppendJSONString(b, string(AppendFloat(nil, f, v.Type().Bits()))), nil
		}
		return AppendFloat(b, f, v.Type().Bits()), nil
	case Blob:
		return AppendJSONString(b, EncodeBlob(v.Bytes())), nil
	case Time:
		when, _ := reflect.TypeAssert[time.Time](v)
		if t.TimeFormat != "" && t.TimeFormat != UnixTimestamp {
			return AppendJSONString(b, FormatTime(when, t.TimeFormat)), nil
		}
		return AppendEpoch(b, when), nil
	case Document:
		text, err := json.Marshal(v.Interface())
		return append(b, text...), err
	case Stream, Events:
	}
	return nil, fmt.Errorf("a %s has no JSON form", t.Go)
}

func appendJSONStruct(b []byte, t *Type, v reflect.Value) ([]byte, error) {
	b = append(b, '{')
	first := true
	for i := range t.Fields {
		f := &t.Fields[i]
		fv, ok := f.Get(v)
		if !ok || f.Location != InBody || f.Type.Kind == Events { // events follow their document
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(AppendJSONString(b, f.Member), ':')
		var err error
		if b, err = AppendJSON(b, f.Type, fv); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Member, err)
		}
	}
	return append(b, '}'), nil
}

func appendJSONList(b []byte, t *Type, v reflect.Value) ([]byte, error) {
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = AppendJSON(b, t.Elem, v.Index(i)); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendJSONMap(b []byte, t *Type, v reflect.Value) ([]byte, error) {
	b = append(b, '{')
	for i, key := range sortedKeys(v) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(AppendJSONString(b, key), ':')
		var err error
		if b, err = AppendJSON(b, t.Elem, v.MapIndex(reflect.ValueOf(key))); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// sortedKeys returns a map's keys in order, so that one value has one text.
func sortedKeys(v reflect.Value) []string {
	keys := make([]string, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		keys = append(keys, iter.Key().String())
	}
	slices.Sort(keys)
	return keys
}

// AppendJSONString escapes what JSON demands and no more, as AWS does: not "<",
// ">" or "&". Bytes that are no UTF-8 become U+FFFD.
func AppendJSONString(b []byte, text string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
	}
	return append(b, '"')
}

// AppendJSONError appends the JSON body of a failure. typeName goes into
// __type; when it is empty there is none.
func AppendJSONError(b []byte, f *Failure, typeName string) []byte {
	b = append(b, '{')
	if typeName != "" {
		b = AppendJSONString(append(b, `"__type":`...), typeName)
		b = append(b, ',')
	}
	b = append(AppendJSONString(b, f.Member), ':')
	b = AppendJSONString(b, f.Message)
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		text, err := json.Marshal(f.Fields[name])
		if err != nil || name == f.Member {
			continue // a field that has no JSON form is no reason to lose the error
		}
		b = append(AppendJSONString(append(b, ','), name), ':')
		b = append(b, text...)
	}
	return append(b, '}')
}

// TypeName returns an error's name as the protocols with namespaces say it.
func (m *Model) TypeName(f *Failure) string {
	if m.errors[f.Name] == nil {
		return "com.amazon.coral.service#" + f.Name
	}
	return "com.amazonaws." + m.ID + "#" + f.Name
}
