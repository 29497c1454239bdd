package format

import (
	"bytes"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/lake/jsonrecord"
	"github.com/sillok/sillok/internal/lake/jsonscan"
)

// jsonLinesName is the table of JSON lines that are of no log that is known.
const jsonLinesName = "json_lines"

// leastLines is how many JSON objects make a log: a file with one is as likely a
// configuration.
const leastLines = 2

// maxJSONColumns bounds the columns that a file of JSON lines adds to its table.
const maxJSONColumns = 200

// jsonLines reads JSON lines of any kind. Its columns are the members that the
// beginnings of its objects have.
func jsonLines() Known {
	return records{&jsonrecord.Schema{Name: jsonLinesName, Version: "1"}}
}

// sniffJSONLines recognises a text whose lines are JSON objects.
func sniffJSONLines(text []byte) (Sniffed, bool) {
	objects := 0
	for line := range sniffedLines(text) {
		line = bytes.TrimSpace(line)
		v, err := jsonscan.Next(line, 0)
		if err != nil || v.Kind != '{' || v.End != len(line) {
			return Sniffed{}, false
		}
		objects++
	}
	if objects < leastLines {
		return Sniffed{}, false
	}
	s := Sniffed{Name: jsonLinesName}
	for _, names := range jsonrecord.Shown(text, nil, nil) {
		for name := range names {
			c := Column{Name: name, Type: "string"}
			if len(s.Columns) < maxJSONColumns && simpleName(name) && !slices.Contains(s.Columns, c) {
				s.Columns = append(s.Columns, c)
			}
		}
	}
	slices.SortFunc(s.Columns, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	return s, true
}

// simpleName says whether a member's name can be a column's beside the partition
// columns.
func simpleName(name string) bool {
	switch name {
	case "account", "region", "date", Unparsed, "":
		return false
	}
	return !strings.ContainsAny(name, "\"`\n\r\t") && name[0] != '$'
}
