package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// appendJSON appends a cell to line. The cell is JSON as Trino's protocol spells
// it; there a row is an array, here it is an object with the names of its fields.
func appendJSON(line []byte, kind datatype.Type, cell *string) ([]byte, error) {
	if cell == nil {
		return append(line, "null"...), nil
	}
	return appendValue(line, kind, json.RawMessage(*cell))
}

func appendValue(line []byte, kind datatype.Type, value json.RawMessage) ([]byte, error) {
	if !holdsRow(kind) || bytes.Equal(value, []byte("null")) {
		return append(line, value...), nil
	}
	if kind.Kind == datatype.Map {
		return appendMap(line, kind, value)
	}
	var elems []json.RawMessage
	if err := json.Unmarshal(value, &elems); err != nil {
		return line, fmt.Errorf("a %s cannot be written as JSON: %w", kind, err)
	}
	if kind.Kind == datatype.Array {
		line = append(line, '[')
		for i, elem := range elems {
			if i > 0 {
				line = append(line, ',', ' ')
			}
			var err error
			if line, err = appendValue(line, kind.Elem(), elem); err != nil {
				return line, err
			}
		}
		return append(line, ']'), nil
	}
	return appendRow(line, kind, elems)
}

func appendRow(line []byte, kind datatype.Type, elems []json.RawMessage) ([]byte, error) {
	if len(elems) != len(kind.Elems) {
		return line, fmt.Errorf("a %s has %d fields", kind, len(elems))
	}
	line = append(line, '{')
	for i, elem := range elems {
		if i > 0 {
			line = append(line, ',', ' ')
		}
		field := ""
		if i < len(kind.Names) {
			field = kind.Names[i]
		}
		if field == "" {
			field = fmt.Sprintf("field%d", i)
		}
		name, err := json.Marshal(field)
		if err != nil {
			return line, err
		}
		line = append(append(line, name...), ": "...)
		if line, err = appendValue(line, kind.Elems[i], elem); err != nil {
			return line, err
		}
	}
	return append(line, '}'), nil
}

// appendMap keeps the order of a map's entries.
func appendMap(line []byte, kind datatype.Type, value json.RawMessage) ([]byte, error) {
	entries := json.NewDecoder(bytes.NewReader(value))
	if _, err := entries.Token(); err != nil {
		return line, fmt.Errorf("a %s cannot be written as JSON: %w", kind, err)
	}
	line = append(line, '{')
	for separator := ""; entries.More(); separator = ", " {
		var (
			key  json.Token
			elem json.RawMessage
			err  error
		)
		if key, err = entries.Token(); err == nil {
			err = entries.Decode(&elem)
		}
		if err != nil {
			return line, fmt.Errorf("a %s cannot be written as JSON: %w", kind, err)
		}
		name, err := json.Marshal(key)
		if err != nil {
			return line, err
		}
		line = append(append(append(line, separator...), name...), ": "...)
		if line, err = appendValue(line, kind.Elem(), elem); err != nil {
			return line, err
		}
	}
	return append(line, '}'), nil
}

// holdsRow says whether a row is in a type.
func holdsRow(kind datatype.Type) bool {
	return kind.Kind == datatype.Row || slices.ContainsFunc(kind.Elems, holdsRow)
}
