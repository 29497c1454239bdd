package format

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/lake/column"
	"github.com/sillok/sillok/internal/lake/shadow"
)

const (
	lazySimple       = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
	delimitedVersion = "1"
	maxWidth         = 2000 // columns; what a line has beyond them is not read
	probeBytes       = 1 << 20
)

// delimited reads text whose fields a single byte separates: Hive's
// LazySimpleSerDe. Columns are by position, and there is no quoting.
type delimited struct {
	delim  byte
	escape byte // 0: none
	null   string
	header int // lines to pass over at the beginning of each object
}

func newDelimited(t Table) (Format, error) {
	p := t.SerDeProperties
	d := delimited{delim: 1, null: `\N`}
	if v, ok := first(p, "field.delim", "serialization.format"); ok {
		d.delim = hiveByte(v)
	}
	if v, ok := first(p, "escape.delim"); ok {
		d.escape = hiveByte(v)
	}
	if v, ok := p["serialization.null.format"]; ok {
		d.null = v
	}
	if v, ok := p["line.delim"]; ok && v != "\n" {
		return nil, unsupported(t, "line.delim %q: lines end with a line feed", v)
	}
	if strings.EqualFold(p["serialization.last.column.takes.rest"], "true") {
		return nil, unsupported(t, "serialization.last.column.takes.rest")
	}
	var err error
	if d.header, err = headerLines(t); err != nil {
		return nil, err
	}
	return d, nil
}

func first(properties map[string]string, names ...string) (string, bool) {
	for _, n := range names {
		if v, ok := properties[n]; ok && v != "" {
			return v, true
		}
	}
	return "", false
}

// hiveByte reads a delimiter as Hive does: a number is a byte's code, any other
// text stands for its first byte.
func hiveByte(v string) byte {
	if n, err := strconv.ParseInt(v, 10, 8); err == nil {
		return byte(n & 0xff)
	}
	return v[0]
}

func headerLines(t Table) (int, error) {
	if v := t.Properties["skip.footer.line.count"]; v != "" && v != "0" {
		return 0, unsupported(t, "skip.footer.line.count")
	}
	v, ok := t.Properties["skip.header.line.count"]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < 0 {
		return 0, cloud.Errorf(cloud.Invalid, "INVALID_TABLE_PROPERTY", "Invalid value for skip.header.line.count property: %s (table %s)", v, t.Name)
	}
	return n, nil
}

func unsupported(t Table, format string, args ...any) error {
	return cloud.Errorf(cloud.Unsupported, "NOT_SUPPORTED", "table %s: %s is not supported", t.Name, fmt.Sprintf(format, args...))
}

// Name returns "delimited".
func (delimited) Name() string { return "delimited" }

// Key returns the delimiters and the header.
func (d delimited) Key() []string {
	return []string{"delimited", delimitedVersion, string(rune(d.delim)), string(rune(d.escape)), d.null, strconv.Itoa(d.header)}
}

func positional(i int) string { return "c" + strconv.Itoa(i+1) }

// positionalSchema is n pairs of columns, by position.
func positionalSchema(n int) *shadow.Schema {
	columns := make([]shadow.Node, 0, 2*n+1)
	for i := range n {
		columns = append(columns, pair(positional(i))...)
	}
	return shadow.NewSchema(append(columns, unparsed())...)
}

// bindPositional binds columns to the pairs of a shadow that is width wide.
func bindPositional(columns []Column, width int) ([]Binding, error) {
	out := make([]Binding, len(columns))
	for i, c := range columns {
		t, err := column.ParseType(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if t.Complex() {
			return nil, cloud.Errorf(cloud.Unsupported, "NOT_SUPPORTED", "column %s: type %s is not supported in text files", c.Name, c.Type)
		}
		out[i] = Binding{Kind: Null, Type: c.Type}
		if i < width {
			out[i] = bindPair(positional(i), c.Type)
		}
	}
	return out, nil
}

// Bind says how to read the columns: the first is the first field.
func (delimited) Bind(columns []Column, info shadow.Info) ([]Binding, error) {
	return bindPositional(columns, info.Width)
}

// wider says that a line has more fields than the shadow being written.
type wider struct{ fields int }

func (w wider) Error() string { return fmt.Sprintf("a line with %d fields", w.fields) }

// Decode writes one row for each line. A shadow is as wide as its widest line;
// the width is guessed from the object's beginning, and when a line turns out to
// be wider the shadow is begun anew.
func (d delimited) Decode(ctx context.Context, src *Source, start func(*shadow.Schema) *shadow.Writer) error {
	width, err := d.probe(ctx, src)
	if err != nil {
		return err
	}
	for {
		err := d.decode(ctx, src, width, start)
		w, again := errors.AsType[wider](err)
		if !again {
			return err
		}
		width = min(w.fields+w.fields/4, maxWidth)
	}
}

// probe counts the fields of the widest line near the object's beginning.
func (d delimited) probe(ctx context.Context, src *Source) (int, error) {
	c, err := src.Text(ctx)
	if err != nil {
		return 0, err
	}
	width := 1
	l := newLines(c)
	for read := 0; read < probeBytes; {
		text, ok := l.next()
		if !ok {
			break
		}
		read += len(text) + 1
		width = max(width, 1+bytes.Count(text, []byte{d.delim}))
	}
	return min(width, maxWidth), errors.Join(l.Err, c.Close())
}

func (d delimited) decode(ctx context.Context, src *Source, width int, start func(*shadow.Schema) *shadow.Writer) error {
	w := start(positionalSchema(width))
	w.Info.Width = width
	row := positionalCells(w, width)
	scratch := []byte{} // never nil, which would be NULL
	return eachLine(ctx, src.Text, w, d.header, func(_ int64, line []byte) error {
		at := 0
		for more := true; more; at++ {
			var field []byte
			var escaped bool
			field, line, more, escaped = d.field(line)
			if at >= width {
				if at < maxWidth {
					return wider{fields: at + 1 + bytes.Count(line, []byte{d.delim})}
				}
				break
			}
			switch {
			case string(field) == d.null:
				row.put(at, nil)
				continue
			case escaped:
				scratch = unescape(scratch[:0], field, d.escape)
				field = scratch
			}
			row.put(at, field)
		}
		for ; at < width; at++ {
			row.put(at, nil)
		}
		return w.EndRow()
	})
}

// field cuts the first field off line. more says that another follows.
func (d delimited) field(line []byte) (field, rest []byte, more, escaped bool) {
	if d.escape == 0 {
		field, rest, more = bytes.Cut(line, []byte{d.delim})
		return field, rest, more, false
	}
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case d.escape:
			escaped = true
			i++
		case d.delim:
			return line[:i], line[i+1:], true, escaped
		}
	}
	return line, nil, false, escaped
}

// unescape drops the escape byte before another byte, and reads \n and \r.
func unescape(dst, field []byte, escape byte) []byte {
	for i := 0; i < len(field); i++ {
		c := field[i]
		if c == escape && i+1 < len(field) {
			i++
			switch c = field[i]; c {
			case 'r':
				c = '\r'
			case 'n':
				c = '\n'
			}
		}
		dst = append(dst, c)
	}
	return dst
}
