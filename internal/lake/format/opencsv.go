package format

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const openCSVVersion = "1"

// openCSV reads lines of values in quotes: Hive's OpenCSVSerde as Athena has it.
// A date is a number of days since 1970, a timestamp one of milliseconds, and a
// value that is none of its column's type fails the query.
type openCSV struct {
	separator, quote, escape byte
	header                   int
	columns                  []Column
	types                    []column.Type
}

func newOpenCSV(t Table) (Format, error) {
	p := t.SerDeProperties
	o := openCSV{separator: ',', quote: '"', escape: '\\', columns: t.Columns}
	for name, to := range map[string]*byte{"separatorChar": &o.separator, "quoteChar": &o.quote, "escapeChar": &o.escape} {
		v := first1(p, name)
		if v == `\t` {
			v = "\t"
		}
		if v == `\\` {
			v = `\`
		}
		if len(v) > 1 {
			return nil, unsupported(t, "%s %q of more than one byte", name, v)
		}
		if v != "" {
			*to = v[0]
		}
	}
	var err error
	if o.header, err = headerLines(t); err != nil {
		return nil, err
	}
	for _, c := range t.Columns {
		kind, err := column.ParseType(c.Type)
		if err != nil {
			return nil, fmt.Errorf("table %s, column %s: %w", t.Name, c.Name, err)
		}
		if kind.Complex() {
			return nil, unsupported(t, "a column of type %s in OpenCSVSerde", c.Type)
		}
		o.types = append(o.types, kind)
	}
	return o, nil
}

// Name returns "open_csv".
func (openCSV) Name() string { return "open_csv" }

// Key returns the columns' types, the characters and the header.
func (o openCSV) Key() []string {
	key := []string{"open_csv", openCSVVersion, string([]byte{o.separator, o.quote, o.escape}), strconv.Itoa(o.header)}
	for _, t := range o.types {
		key = append(key, t.Base)
	}
	return key
}

// Bind says how to read the columns: the first is the first field.
func (o openCSV) Bind(columns []Column, _ shadow.Info) ([]Binding, error) {
	return bindPositional(columns, len(o.types))
}

// Decode writes one row for each line.
func (o openCSV) Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error {
	w := start(positionalSchema(len(o.types)))
	w.Info.Width = len(o.types)
	row := positionalCells(w, len(o.types))
	var fields [][]byte
	var buffer []byte
	return eachLine(ctx, src.Text, w, o.header, func(line int64, text []byte) error {
		fields, buffer = o.split(fields[:0], buffer[:0], text)
		for i, t := range o.types {
			if i >= len(fields) {
				row.put(i, nil)
				continue
			}
			value, ok := csvValue(t.Base, fields[i])
			if !ok {
				return cloud.Errorf(cloud.Invalid, "HIVE_BAD_DATA", "Error parsing field value '%s' for field %d (%s) of type %s, line %d: OpenCSVSerde reads no such value",
					clipped(fields[i]), i, o.columns[i].Name, t.Text, line)
			}
			row.put(i, value)
		}
		return w.EndRow()
	})
}

func clipped(b []byte) string {
	const shown = 40
	return strings.ToValidUTF8(string(b[:min(len(b), shown)]), "\uFFFD")
}

// split takes a line apart. The fields stay until the next call.
func (o openCSV) split(fields [][]byte, buffer, line []byte) ([][]byte, []byte) {
	if cap(buffer) < len(line) {
		buffer = make([]byte, 0, 2*len(line)) // so that fields that were cut out of it stay where they are
	}
	quoted, start := false, 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == o.escape && o.escape != o.quote && i+1 < len(line) && (line[i+1] == o.quote || line[i+1] == o.escape):
			i++
			buffer = append(buffer, line[i])
		case c == o.quote && quoted && i+1 < len(line) && line[i+1] == o.quote:
			i++
			buffer = append(buffer, c)
		case c == o.quote:
			quoted = !quoted
		case c == o.separator && !quoted:
			fields = append(fields, buffer[start:len(buffer):len(buffer)])
			start = len(buffer)
		default:
			buffer = append(buffer, c)
		}
	}
	return append(fields, buffer[start:len(buffer):len(buffer)]), buffer
}

// csvValue spells a field as the text of its type. ok is false when it is none of
// that type's.
func csvValue(kind string, field []byte) (value []byte, ok bool) {
	text := string(field)
	switch kind {
	case "tinyint", "smallint", "int", "integer", "bigint":
		_, err := strconv.ParseInt(text, 10, 64)
		return field, err == nil
	case "float", "double", "decimal":
		_, err := strconv.ParseFloat(text, 64)
		return field, err == nil
	case "boolean":
		return field, strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
	case "date":
		n, err := strconv.ParseInt(text, 10, 32)
		return []byte(time.Unix(0, 0).UTC().AddDate(0, 0, int(n)).Format(time.DateOnly)), err == nil
	case "timestamp":
		n, err := strconv.ParseInt(text, 10, 64)
		return []byte(time.UnixMilli(n).UTC().Format("2006-01-02 15:04:05.000")), err == nil
	}
	return field, true
}
