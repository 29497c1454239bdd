package format

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/lake/shadow"
	"github.com/sillok/sillok/internal/lake/source"
)

// headed reads a log whose lines are fields under a header line that names them:
// fields come in any order, and a file may have been put together of several.
type headed struct {
	name     string
	version  string
	fields   []headedField // every field that is known
	tabs     bool          // fields are separated by tabs alone
	comment  string        // begins lines that are neither header nor record
	standard string        // the header of lines without one
	// header reads a line as field names.
	header func(line []byte) (fields []string, ok bool)
	keys   headedKeys
	// parquet says that objects may be Parquet, with columns that are called like those of the table.
	parquet bool
}

// headedField is a field that is known.
type headedField struct {
	name   string // as the header spells it
	column string
	hive   string // the type, when it is a number
}

// headedKeys are the fields that tell what the key of an object tells of a whole
// object.
type headedKeys struct{ account, region, date string }

// day is the column with the day of a record.
const day = "_date"

func (h headed) known(field string) bool {
	_, ok := h.find(field)
	return ok
}

func (h headed) find(field string) (headedField, bool) {
	i := slices.IndexFunc(h.fields, func(f headedField) bool { return f.name == field })
	if i < 0 {
		return headedField{}, false
	}
	return h.fields[i], true
}

// column names the column of a field.
func (h headed) column(field string) string {
	if f, ok := h.find(field); ok {
		return f.column
	}
	return plainName(field)
}

// plainName turns a field's name into that of a column.
func plainName(field string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, field)
	switch name = strings.Trim(name, "_"); name {
	case "account", "region", "date", "": // the names of the partition columns
		return "log_" + name
	}
	return name
}

// number says whether a field is one.
func (h headed) number(field string) bool {
	f, _ := h.find(field)
	return f.hive != ""
}

// Name returns the log's name, such as "vpc_flow".
func (h headed) Name() string { return h.name }

// Key returns the decoder's version.
func (h headed) Key() []string { return []string{h.name, h.version} }

// Columns returns the columns of a discovered table.
func (h headed) Columns() []Column {
	var out []Column
	for _, f := range h.fields {
		hive := f.hive
		if hive == "" {
			hive = "string"
		}
		out = append(out, Column{Name: f.column, Type: hive})
	}
	return append(out, Column{Name: Unparsed, Type: "string"})
}

// Bind says how to read the columns, by name: those of the header are there.
func (h headed) Bind(columns []Column, info shadow.Info) ([]Binding, error) {
	out := make([]Binding, len(columns))
	for i, c := range columns {
		out[i] = Binding{Kind: Null, Type: c.Type}
		if c.Name == Unparsed {
			out[i] = bindUnparsed()
		}
		for _, field := range info.Fields {
			if h.column(field) != c.Name {
				continue
			}
			if h.number(field) {
				out[i] = bindPair(c.Name, c.Type)
			} else {
				out[i] = Binding{Kind: Text, Column: c.Name, Type: c.Type}
			}
		}
	}
	return out, nil
}

// BindKey says how to read what a record says of its account, region or date.
func (h headed) BindKey(name string, info shadow.Info) (Binding, bool) {
	field := map[string]string{"account": h.keys.account, "region": h.keys.region, "date": h.keys.date}[name]
	if field == "" || !slices.Contains(info.Fields, field) {
		return Binding{}, false
	}
	if name == "date" {
		return Binding{Kind: Text, Column: day}, true
	}
	return Binding{Kind: Text, Column: h.column(field)}, true
}

func (h headed) schema(fields []string) *shadow.Schema {
	var columns []shadow.Node
	for _, field := range fields {
		if h.number(field) {
			columns = append(columns, pair(h.column(field))...)
		} else {
			columns = append(columns, shadow.Node{Name: h.column(field)})
		}
	}
	return shadow.NewSchema(append(columns, shadow.Node{Name: day}, unparsed())...)
}

// moreFieldsError says that a header names fields which the shadow being written
// does not have.
type moreFieldsError struct{ fields []string }

func (moreFieldsError) Error() string { return "a header with further fields" }

// Decode writes one row for each line that is no header.
func (h headed) Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error {
	fields, columnar, err := h.probe(ctx, src)
	if err != nil {
		return err
	}
	if columnar {
		return h.decodeParquet(ctx, src, start)
	}
	for {
		err := h.decode(ctx, src, fields, start)
		more, again := errors.AsType[moreFieldsError](err)
		if !again {
			return err
		}
		fields = append(fields, more.fields...)
	}
}

// probe returns the fields of the object's first header, or says that the object
// is Parquet.
func (h headed) probe(ctx context.Context, src *Source) (fields []string, columnar bool, err error) {
	c, err := src.Unwrapped(ctx)
	if err != nil {
		return nil, false, err
	}
	magic, err := c.Peek(len(parquetMagic))
	if err != nil || h.parquet && string(magic) == parquetMagic {
		return nil, err == nil, errors.Join(err, c.Close())
	}
	fields = strings.Fields(h.standard)
	l := newLines(c)
	for range sniffLines {
		text, ok := l.next()
		if !ok {
			break
		}
		if header, ok := h.header(text); ok {
			fields = unique(header)
			break
		}
		if len(bytes.TrimSpace(text)) > 0 && (h.comment == "" || !bytes.HasPrefix(text, []byte(h.comment))) {
			break
		}
	}
	return fields, false, errors.Join(l.err(), c.Close())
}

func unique(fields []string) []string {
	var out []string
	for _, f := range fields {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// headedRow writes lines under the header that came last.
type headedRow struct {
	h      headed
	w      *shadow.Writer
	fields []string // of the shadow
	cells  cells    // by field of the shadow
	values [][]byte // by field of the shadow
	order  []int    // by position in the line: the field of the shadow
	date   int      // the field that tells the day; -1 when there is none
	day    *shadow.Column
}

func (h headed) row(w *shadow.Writer, fields []string) *headedRow {
	w.Info.Fields = fields
	r := &headedRow{h: h, w: w, fields: fields, values: make([][]byte, len(fields)), date: slices.Index(fields, h.keys.date), day: w.Column(day)}
	for _, field := range fields {
		r.cells.add(w, h.column(field), h.number(field))
		if !h.known(field) && w.Info.Note == "" {
			w.Info.Note = "the field " + field + " is not known; it is a column of text"
		}
	}
	return r
}

func (h headed) decode(ctx context.Context, src *Source, fields []string, start func(*shadow.Schema) *shadow.Writer) error {
	r := h.row(start(h.schema(fields)), fields)
	if err := r.under(strings.Fields(h.standard)); err != nil {
		r.order = nil // lines before the first header cannot be read
	}
	return eachLine(ctx, src.Unwrapped, r.w, 0, r.line)
}

// under makes header the one that the following lines are read by.
func (r *headedRow) under(header []string) error {
	order := make([]int, 0, len(header))
	var missing []string
	for _, field := range header {
		at := slices.Index(r.fields, field)
		if at < 0 && !slices.Contains(missing, field) {
			missing = append(missing, field)
		}
		order = append(order, at)
	}
	if len(missing) > 0 {
		return moreFieldsError{fields: missing}
	}
	r.order = order
	return nil
}

func (r *headedRow) line(line int64, text []byte) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	if header, ok := r.h.header(text); ok {
		return r.under(header)
	}
	if r.h.comment != "" && bytes.HasPrefix(text, []byte(r.h.comment)) {
		return nil
	}
	clear(r.values)
	at := 0
	for rest := text; ; at++ {
		value, after, more := r.next(rest)
		if !more {
			break
		}
		if at < len(r.order) {
			r.values[r.order[at]] = value
		}
		rest = after
	}
	if at != len(r.order) || at == 0 {
		return r.w.BadRow(line, text, "the line has not as many fields as its header")
	}
	return r.write()
}

// next takes the next field off a line.
func (r *headedRow) next(rest []byte) (value, after []byte, ok bool) {
	if r.h.tabs {
		if rest == nil {
			return nil, nil, false
		}
		value, after, more := bytes.Cut(rest, []byte{'\t'})
		if !more {
			after = nil
		}
		return slices.Clip(value), after, true
	}
	rest = bytes.TrimLeft(rest, " \t")
	if len(rest) == 0 {
		return nil, nil, false
	}
	end := bytes.IndexAny(rest, " \t")
	if end < 0 {
		end = len(rest)
	}
	return rest[:end:end], rest[end:], true
}

func (r *headedRow) write() error {
	r.cells.putAll(r.values)
	var value []byte
	if r.date >= 0 {
		value = dayOf(r.values[r.date])
	}
	if value == nil {
		r.day.Null(0)
	} else {
		r.day.Text(value)
	}
	return r.w.EndRow()
}

// contentOf is how an object's text is opened.
type contentOf = func(context.Context) (*source.Content, error)
