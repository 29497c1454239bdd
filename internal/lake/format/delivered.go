package format

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/javaregex"
	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const deliveredVersion = "2"

// delivered reads a log that AWS delivers as lines of fields, under one of
// AWS's own expressions or, for a discovered table, under none.
//
// A line that the expression matches gives what its groups would, and one that
// it does not match is a row of NULLs, as in Athena. Where there is no
// expression, or the table is lenient, a line that has later fields at its end,
// or quotes in its values, keeps its row, and one of an older version has NULLs
// at its end.
type delivered struct {
	lenient    bool
	expression expression
	text       string // of the expression; empty when there is none
	header     int
	java       *javaregex.Regexp
	schema     *shadow.Schema
}

func newDelivered(e expression, text string, header int, java *javaregex.Regexp, lenient bool) delivered {
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
	if text == "" {
		columns = append(columns, shadow.Node{Name: day}, shadow.Node{Name: ownAccount}, shadow.Node{Name: ownRegion})
	}
	return delivered{
		lenient: lenient, expression: e, text: text, header: header, java: java, schema: shadow.NewSchema(append(columns, unparsed())...),
	}
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
	return []string{d.Name(), deliveredVersion, d.text, strconv.Itoa(d.header), strconv.FormatBool(d.lenient)}
}

// The columns with the account and the region of a record, where it tells them.
const (
	ownAccount = "_account"
	ownRegion  = "_region"
)

// BindKey says how to read what a record says of its account, region or date.
func (d delivered) BindKey(name string, _ shadow.Info) (Binding, bool) {
	columns := map[string]string{"date": day, "account": ownAccount, "region": ownRegion}
	return Binding{Kind: Text, Column: columns[name]}, columns[name] != "" && d.text == ""
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
		t, err := column.ParseType(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if t.Complex() {
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
			one := Column{Name: c, Type: "string"}
			if i == len(f.columns)-1 && f.hive != "" {
				one.Type = f.hive
			}
			out = append(out, one)
		}
	}
	return append(out, Column{Name: Unparsed, Type: "string"})
}

// deliveredRow writes one line at a time.
type deliveredRow struct {
	d      delivered
	w      *shadow.Writer
	tokens *tokenizer
	exact  []exactly // by field of the expression
	cells  cells     // by slot
	values [][]byte  // by slot
	slots  map[string]int
}

func (d delivered) row(w *shadow.Writer) *deliveredRow {
	e := d.expression
	r := &deliveredRow{d: d, w: w, tokens: newTokenizer(e), exact: e.exact, slots: map[string]int{}}
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
	open := src.Text
	if d.text == "" {
		open = src.Unwrapped
	}
	return eachLine(ctx, open, w, d.header, r.line)
}

func (r *deliveredRow) line(line int64, text []byte) error {
	if r.d.text == "" {
		text = bytes.TrimRight(text, " \t")
		if len(text) == 0 || text[0] == '#' {
			return nil // an empty line or a comment is no record
		}
	}
	fields, ok := r.tokens.split(text, r.values)
	if !r.d.lenient {
		ok = ok && r.sure(text, fields)
	}
	if !ok && r.d.java != nil {
		groups, matches, err := r.d.java.Find(text)
		if err != nil {
			return r.w.BadRow(line, text, fmt.Sprintf("the expression took too long: %v", err))
		}
		if matches {
			return r.groups(groups)
		}
	}
	if !ok && !r.d.lenient {
		return r.w.BadRow(line, text, "the expression does not match")
	}
	if !ok {
		fields, ok = r.tokens.splitLoosely(text, r.values)
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
	if r.d.text == "" {
		r.own()
	}
	return r.w.EndRow()
}

// own writes what the record says of its day, account and region.
func (r *deliveredRow) own() {
	f := r.d.expression.family
	put := func(column string, value []byte) {
		if len(value) == 0 {
			r.w.Column(column).Null(0)
			return
		}
		r.w.Column(column).Text(value)
	}
	put(day, dayOf(r.values[r.slots[f.time]]))
	var account, region []byte
	for _, c := range f.arns {
		const parts, ofRegion, ofAccount = 6, 3, 4
		if p := bytes.SplitN(bytes.Trim(r.values[r.slots[c]], `"`), []byte{':'}, parts); account == nil && len(p) == parts && string(p[0]) == "arn" {
			region, account = p[ofRegion], p[ofAccount]
		}
	}
	put(ownAccount, account)
	put(ownRegion, region)
}
