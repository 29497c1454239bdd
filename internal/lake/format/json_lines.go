package format

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/jsonrecord"
	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
)

// jsonLinesName is the table of JSON lines that are of no log that is known.
const jsonLinesName = "json_lines"

// leastLines is how many JSON objects make a log: a file with one is as likely a
// configuration.
const leastLines = 2

// maxJSONColumns bounds the columns that a file of JSON lines adds to its table.
const maxJSONColumns = 200

// jsonLines reads JSON lines of any kind. Its columns are the members that the
// beginnings of its objects have; each object's shadow has those of its own.
type jsonLines struct{}

// Name returns "json_lines".
func (jsonLines) Name() string { return jsonLinesName }

// Key returns the decoder's version.
func (jsonLines) Key() []string { return []string{jsonLinesName, "1"} }

// Columns returns the columns of a discovered table, beside those that its
// objects have.
func (jsonLines) Columns() []Column { return []Column{{Name: Unparsed, Type: "string"}} }

// BindKey says that a record of no known log does not tell where it is from.
func (jsonLines) BindKey(string, shadow.Info) (Binding, bool) { return Binding{}, false }

// of returns the schema of an object with members.
func (jsonLines) of(members []string) *jsonrecord.Schema {
	s := &jsonrecord.Schema{Name: jsonLinesName, Plain: true}
	for i, m := range members {
		s.Members = append(s.Members, jsonrecord.Member{Name: positional(i), Key: m, Type: column.Type{Text: "string", Base: "string"}})
	}
	return s
}

// Bind says how to read the columns, by name.
func (j jsonLines) Bind(columns []Column, info shadow.Info) ([]Binding, error) {
	schema := j.of(info.Fields)
	var out []Binding
	for _, c := range columns {
		one := c
		if at := slices.Index(info.Fields, c.Name); at >= 0 {
			one.Name = positional(at)
		}
		b, err := schema.Bind([]Column{one})
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
	}
	return out, nil
}

// Decode writes one row for each record.
func (j jsonLines) Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error {
	text, _, err := head(ctx, src.Text)
	if err != nil {
		return err
	}
	var members []string
	for _, c := range membersOf(text) {
		members = append(members, c.Name)
	}
	return j.of(members).Decode(ctx, src, func(s *shadow.Schema) *shadow.Writer {
		w := start(s)
		w.Info.Fields = members
		return w
	})
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
	return Sniffed{Name: jsonLinesName, Columns: membersOf(text)}, true
}

// membersOf returns a column for each member of the first objects of a text.
func membersOf(text []byte) []Column {
	var out []Column
	for _, names := range jsonrecord.Shown(text, nil, nil) {
		for name := range names {
			c := Column{Name: name, Type: "string"}
			if simpleName(name) && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	slices.SortFunc(out, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	return out[:min(len(out), maxJSONColumns)]
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
