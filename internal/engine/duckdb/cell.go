package duckdb

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/engine"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// cell spells a value of type t; nil is NULL.
func cell(spelling engine.Spelling, t datatype.Type, v any) *string {
	if v == nil {
		return nil
	}
	s := ""
	if spelling == engine.Protocol {
		s = string(appendJSON(nil, t, v))
	} else {
		s = value.Text(t, v)
	}
	return &s
}

// appendJSON spells a value as Trino's client protocol does: arrays and rows as
// JSON arrays, maps as objects, numbers and booleans as they are, anything else as
// a string.
func appendJSON(b []byte, t datatype.Type, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		if t.IsInteger() {
			return strconv.AppendInt(b, v, 10)
		}
	case float32:
		return appendFloat(b, t, v, float64(v))
	case float64:
		return appendFloat(b, t, v, v)
	case []byte:
		return appendString(b, base64.StdEncoding.EncodeToString(v))
	case []any:
		return appendList(b, t, v)
	case *value.Map:
		return appendMap(b, t, v)
	}
	return appendString(b, value.Text(t, v))
}

func appendFloat(b []byte, t datatype.Type, v any, f float64) []byte {
	s := value.Text(t, v)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return appendString(b, s)
	}
	return append(b, s...)
}

func appendString(b []byte, s string) []byte {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return append(b, fmt.Sprintf("%q", s)...)
	}
	return append(b, strings.TrimSuffix(out.String(), "\n")...)
}

func appendList(b []byte, t datatype.Type, items []any) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, elementType(t, i), item)
	}
	return append(b, ']')
}

// keyText spells the key of a map as Trino's client protocol does, in which it is
// the text of a Java object.
func keyText(t datatype.Type, key any) string {
	switch v := key.(type) {
	case nil:
		return "null"
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case []any:
		parts := make([]string, len(v))
		for i, elem := range v {
			parts[i] = keyText(elementType(t, i), elem)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return value.Text(t, key)
}

// elementType returns the type of the ith item of an array or a row.
func elementType(t datatype.Type, i int) datatype.Type {
	if t.Kind == datatype.Row {
		return t.Elems[i]
	}
	return t.Elems[0]
}

func appendMap(b []byte, t datatype.Type, m *value.Map) []byte {
	b = append(b, '{')
	for i, key := range m.Keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, keyText(t.Elems[0], key))
		b = append(b, ':')
		b = appendJSON(b, t.Elems[1], m.Values[i])
	}
	return append(b, '}')
}
