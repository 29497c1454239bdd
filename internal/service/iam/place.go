package iam

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/sillok/sillok/internal/api/iamapi"
)

// placeOf returns where a statement, by its number from 0, begins and ends in a
// document: by line and by column, both from 1.
func placeOf(document string, number int) (start, end *iamapi.Position, ok bool) {
	d := json.NewDecoder(strings.NewReader(document))
	if _, err := d.Token(); err != nil { // "{"
		return nil, nil, false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, nil, false
		}
		var value json.RawMessage
		if name != "Statement" {
			if d.Decode(&value) != nil {
				return nil, nil, false
			}
			continue
		}
		if rest := document[d.InputOffset():]; strings.HasPrefix(strings.TrimLeft(rest, ": \t\r\n"), "[") {
			if _, err := d.Token(); err != nil { // "["
				return nil, nil, false
			}
		}
		for range number + 1 {
			if d.Decode(&value) != nil {
				return nil, nil, false
			}
		}
		to := int(d.InputOffset())
		return position(document, to-len(value)), position(document, to), true
	}
	return nil, nil, false
}

// position returns the line and the column of a byte.
func position(text string, at int) *iamapi.Position {
	before := text[:at]
	line := strings.Count(before, "\n")
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return &iamapi.Position{Line: new(int32(line + 1)), Column: new(int32(column + 1))} //nolint:gosec // a document has fewer than 2^31 characters
}
