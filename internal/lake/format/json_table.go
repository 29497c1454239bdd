package format

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/jsonrecord"
	"github.com/sillok/sillok/internal/lake/jsonscan"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const jsonTableVersion = "1"

// jsonTable reads a JSON object a line into the columns of a table: the JSON
// SerDes of OpenX and of Hive.
type jsonTable struct {
	name    string
	schema  jsonrecord.Schema
	columns []Column // the members of the schema, in the table's order
	ignore  bool     // a line that is no object is a row of NULLs
	header  int
	key     []string
}

// newOpenX opens a table of the OpenX SerDe. Its property paths, which AWS
// writes into tables, says nothing that the columns do not.
func newOpenX(t Table) (Format, error) {
	p := t.SerDeProperties
	j, err := newJSONTable("openx_json", t, func(name string) string { return first1(p, "mapping."+name) })
	if err != nil {
		return nil, err
	}
	j.ignore = property(p, "ignore.malformed.json")
	j.schema.Exact = strings.EqualFold(p["case.insensitive"], "false")
	j.schema.Dots = property(p, "dots.in.keys")
	j.key = append(j.key, strconv.FormatBool(j.ignore), strconv.FormatBool(j.schema.Exact), strconv.FormatBool(j.schema.Dots))
	return j, nil
}

func newHiveJSON(t Table) (Format, error) {
	return newJSONTable("hive_json", t, func(string) string { return "" })
}

func first1(properties map[string]string, name string) string {
	for k, v := range properties {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

func newJSONTable(name string, t Table, mapped func(column string) string) (*jsonTable, error) {
	header, err := headerLines(t)
	if err != nil {
		return nil, err
	}
	j := &jsonTable{name: name, header: header, columns: t.Columns, key: []string{name, jsonTableVersion, strconv.Itoa(header)}}
	for i, c := range t.Columns {
		kind, err := column.ParseType(c.Type)
		if err != nil {
			return nil, fmt.Errorf("table %s, column %s: %w", t.Name, c.Name, err)
		}
		key := mapped(c.Name)
		if key == "" {
			key = strings.ToLower(c.Name)
		}
		// A column is called by its place: its own name may be one that a shadow has for itself.
		j.schema.Members = append(j.schema.Members, jsonrecord.Member{Name: positional(i), Key: key, Type: kind})
		j.key = append(j.key, key, kind.Text)
	}
	return j, nil
}

// Name returns "openx_json" or "hive_json".
func (j *jsonTable) Name() string { return j.name }

// Key returns the columns and the properties.
func (j *jsonTable) Key() []string { return j.key }

// Bind says how to read the columns, which must be those of the table.
func (j *jsonTable) Bind(columns []Column, _ shadow.Info) ([]Binding, error) {
	out := make([]Binding, 0, len(columns))
	for _, c := range columns {
		at := slices.IndexFunc(j.columns, func(o Column) bool { return o.Name == c.Name })
		b, err := j.schema.Bind([]Column{{Name: positional(at), Type: c.Type}})
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
	}
	return out, nil
}

// Decode writes one row for each line.
func (j *jsonTable) Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error {
	w := start(j.schema.Shadow())
	record := jsonrecord.NewRecord(w, &j.schema)
	record.Spell = spellJSON
	return eachLine(ctx, src.Text, w, j.header, func(line int64, text []byte) error {
		text = bytes.TrimSpace(text)
		if len(text) == 0 && j.name == "hive_json" {
			return nil
		}
		end, err := record.Read(text, 0)
		if err == nil && end == len(text) {
			return record.Write(text)
		}
		if j.ignore {
			return w.BadRow(line, text, "the line is no JSON object")
		}
		return cloud.Errorf(cloud.Invalid, "HIVE_CURSOR_ERROR", "Row is not a valid JSON Object - line %d; 'ignore.malformed.json'='true' makes it a row of NULLs with the OpenX SerDe", line)
	})
}

// spellJSON spells a value of a JSON line as the text of its type: times come as
// numbers and in several forms.
func spellJSON(kind string, value []byte, v jsonscan.Value) []byte {
	if kind != "timestamp" && kind != "date" || v.Kind != '"' && v.Kind != '0' {
		return value
	}
	text := string(value)
	at, err := time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "T", 1))
	if err != nil {
		n, nerr := strconv.ParseFloat(text, 64)
		if nerr != nil || n < -1e15 || n > 1e15 {
			return value
		}
		const seconds = 1e11 // larger numbers are milliseconds
		if n > -seconds && n < seconds {
			n *= 1000
		}
		at = time.UnixMilli(int64(n))
	}
	if kind == "date" {
		return []byte(at.UTC().Format(time.DateOnly))
	}
	return []byte(at.UTC().Format("2006-01-02 15:04:05.999"))
}
