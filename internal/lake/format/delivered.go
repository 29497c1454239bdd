package format

import (
	"context"
	"fmt"
	"strconv"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/javaregex"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const deliveredVersion = "1"

// delivered reads a log that AWS delivers as lines of fields, under one of
// AWS's own expressions or, for a discovered table, under none. A line that the
// expression matches gives what its groups would. One with later fields at its
// end, which the expression may not match, keeps its row; one of an older
// version has NULLs at its end.
type delivered struct {
	expression expression
	text       string // of the expression; empty when there is none
	header     int
	java       *javaregex.Regexp
	schema     *shadow.Schema
}

func newDelivered(e expression, text string, header int, java *javaregex.Regexp) delivered {
	var columns []shadow.Node
	for _, f := range e.family.fields {
		for i, c := range f.columns {
			if isPair(f, i) {
				columns = append(columns, pair(c)...)
			} else {
				columns = append(columns, shadow.Node{Name: c, Unique: c == "trace_id" || c == "requestid"})
			}
		}
	}
	return delivered{expression: e, text: text, header: header, java: java, schema: shadow.NewSchema(append(columns, unparsed())...)}
}

// isPair says whether the i-th column of a field is often an integer.
func isPair(f tokenField, i int) bool {
	if f.shape == addr || f.shape == addrColon {
		return i == 1
	}
	return f.class == integers || f.hive == "bigint"
}

// Name returns the log's name, such as "alb".
func (d delivered) Name() string { return d.expression.family.name }

// Key returns the expression and the header.
func (d delivered) Key() []string {
	return []string{d.Name(), deliveredVersion, d.text, strconv.Itoa(d.header)}
}

// Bind says how to read the columns: by group when there is an expression, by name
// when there is none.
func (d delivered) Bind(columns []Column, _ shadow.Info) ([]Binding, error) {
	pairs := map[string]bool{}
	for _, f := range d.expression.family.fields {
		for i, c := range f.columns {
			pairs[c] = isPair(f, i)
		}
	}
	out := make([]Binding, len(columns))
	for i, c := range columns {
		t, err := parseHiveType(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if t.complex() {
			return nil, cloud.Errorf(cloud.Unsupported, "NOT_SUPPORTED", "column %s: type %s is not supported in text files", c.Name, c.Type)
		}
		name := c.Name
		if d.text != "" {
			name = ""
			if i < len(d.expression.columns) {
				name = d.expression.columns[i]
			}
		}
		isPair, known := pairs[name]
		switch {
		case name == Unparsed && d.text == "":
			out[i] = bindUnparsed()
		case !known:
			out[i] = Binding{Kind: Null, Type: c.Type}
		case isPair:
			out[i] = bindPair(name, c.Type)
		default:
			out[i] = Binding{Kind: Text, Column: name, Type: c.Type}
		}
	}
	return out, nil
}

// Columns returns the columns of a discovered table.
func (d delivered) Columns() []Column {
	var out []Column
	for _, f := range d.expression.family.fields {
		for i, c := range f.columns {
			column := Column{Name: c, Type: "string"}
			if i == len(f.columns)-1 && f.hive != "" {
				column.Type = f.hive
			}
			out = append(out, column)
		}
	}
	return append(out, Column{Name: Unparsed, Type: "string"})
}

// deliveredRow writes one line at a time.
type deliveredRow struct {
	d      delivered
	w      *shadow.Writer
	tokens *tokenizer
	cells  cells    // by slot
	values [][]byte // by slot
	slots  map[string]int
}

func (d delivered) row(w *shadow.Writer) *deliveredRow {
	e := d.expression
	r := &deliveredRow{d: d, w: w, tokens: newTokenizer(e), slots: map[string]int{}}
	for _, f := range e.family.fields {
		for i, c := range f.columns {
			r.slots[c] = len(r.slots)
			r.cells.add(w, c, isPair(f, i))
		}
	}
	r.values = make([][]byte, len(r.slots))
	return r
}

// Decode writes one row for each line.
func (d delivered) Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error {
	w := start(d.schema)
	r := d.row(w)
	return eachLine(ctx, src, w, d.header, r.line)
}

func (r *deliveredRow) line(line int64, text []byte) error {
	fields, ok := r.tokens.split(text, r.values, false)
	if !ok && r.d.java != nil {
		groups, matches, err := r.d.java.Find(text)
		if err == nil && matches {
			return r.groups(groups)
		}
	}
	if !ok {
		fields, ok = r.tokens.split(text, r.values, true)
	}
	if !ok {
		return r.w.BadRow(line, text, fmt.Sprintf("field %d is not what the %s log has there", fields+1, r.d.Name()))
	}
	if e := r.d.expression; fields >= e.required && fields < e.required+e.optional {
		r.missing(fields)
	}
	return r.write()
}

// missing gives the optional fields that a line does not have what the
// expression would.
func (r *deliveredRow) missing(fields int) {
	e := r.d.expression
	from := fields
	if e.block {
		from = e.required
	}
	for i := from; i < e.required+e.optional; i++ {
		at := r.tokens.first[i]
		for k := range e.family.fields[i].columns {
			r.values[at+k] = nil
			if !e.block {
				r.values[at+k] = []byte{}
			}
		}
	}
}

func (r *deliveredRow) groups(groups [][]byte) error {
	clear(r.values)
	for i, c := range r.d.expression.columns {
		if i < len(groups) {
			r.values[r.slots[c]] = groups[i]
		}
	}
	return r.write()
}

func (r *deliveredRow) write() error {
	r.cells.putAll(r.values)
	return r.w.EndRow()
}
