package lake_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/lake"
)

// text spells what b binds in a record, as a query that asks for text would.
func text(b lake.Binding, record map[string]any) string {
	switch b.Kind {
	case lake.Null, lake.Member:
		return "NULL"
	case lake.IntText:
		if v := spell(record[b.Column]); v != "NULL" {
			return v
		}
		return spell(record[b.Text])
	case lake.Text, lake.JSON, lake.Native, lake.Instant:
		return spell(record[b.Column])
	case lake.Struct:
		inner, ok := record[b.Column].(map[string]any)
		if !ok || inner == nil {
			return "NULL"
		}
		return members(b, inner)
	case lake.List:
		list, ok := record[b.Column].([]any)
		if !ok {
			return "NULL"
		}
		var parts []string
		for _, v := range list {
			parts = append(parts, text(*b.Elem, map[string]any{b.Elem.Column: v}))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case lake.Map:
		return spell(record[b.Column])
	}
	return "?"
}

func members(b lake.Binding, inner map[string]any) string {
	var parts []string
	for _, f := range b.Fields {
		parts = append(parts, text(f.Binding, inner))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func spell(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return string(v)
	case *[]byte:
		if v == nil {
			return "NULL"
		}
		return string(*v)
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+"="+spell(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}
