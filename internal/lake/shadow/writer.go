package shadow

import (
	"fmt"
	"io"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

const (
	batchRows     = 1024              // rows that are handed to Parquet at once
	batchBytes    = 4 << 20           // or text, whichever is reached first
	groupRows     = 122880            // rows of a row group: DuckDB's own size
	groupBytes    = 96 << 20          // or text
	dictBytes     = 1 << 20           // a larger dictionary no longer pays
	pageBytes     = 256 << 10         // uncompressed
	blockBytes    = 256 << 10         // the arena grows by this
	maxProblems   = 8                 // problems that are kept; all are counted
	writeBuffered = 128 << 10         // between Parquet and the file
	maxReason     = 200               // bytes of a problem's reason
	application   = "sillok"          // the footer's created_by
	formatVersion = "1"               // of Info
	badTextColumn = BadText           // where the text of a bad line goes
	maxBadText    = 1 << 20           // bytes of a bad line that are kept
	replacement   = utf8.RuneError    // for bytes that are not UTF-8
	level         = zstd.SpeedFastest // zstd level 1
)

// BadText is the column that every shadow has beside its format's own: the text
// of a line that did not parse, NULL on all others.
const BadText = "_unparsed"

// Problem is a line that did not parse.
type Problem struct {
	Line   int64  `json:"line"` // from 1; for JSON documents the number of the record
	Reason string `json:"reason"`
}

// Info is what a shadow says of itself.
type Info struct {
	Rows     int64     `json:"rows"`
	Bad      int64     `json:"bad,omitempty"`      // lines that did not parse
	Problems []Problem `json:"problems,omitempty"` // the first of them
	Damaged  string    `json:"damaged,omitempty"`  // why the object could not be read to its end
	Source   int64     `json:"source"`             // bytes of the object
	Width    int       `json:"width,omitempty"`    // columns of a format whose files differ in that
	Fields   []string  `json:"fields,omitempty"`   // the same, where columns have names
	Note     string    `json:"note,omitempty"`     // what else the decoder saw, such as fields that it does not know
}

// Writer takes a shadow's rows, column by column. Every column must get exactly
// one value, or one list, before EndRow.
type Writer struct {
	Info    Info
	layout  *layout
	out     *parquet.GenericWriter[any]
	writers []*parquet.ColumnWriter // by leaf
	columns []Column                // by leaf
	bad     *Column
	arena   []byte
	rows    int // in the batch
	bytes   int // in the batch
	group   int // rows in the row group
	weight  int // bytes in the row group
}

// Column takes the values of one leaf.
//
// Most columns of most rows are NULL. As long as a batch has nothing but equal
// NULLs in a column, they are only counted.
type Column struct {
	w      *Writer
	values []parquet.Value
	index  int
	maxDef int
	nulls  int // equal NULLs that values does not have yet; values is empty then
	def    int // of those
}

// pool keeps Parquet writers of one schema: making one costs more than writing
// a small object.
type pool struct {
	layout  *layout
	writers sync.Pool
}

func newPool(schema *Schema) *pool {
	p := &pool{layout: layOut(schema)}
	p.writers.New = func() any {
		return parquet.NewGenericWriter[any](io.Discard, p.layout.parquet,
			parquet.Compression(&codec{}), parquet.PageBufferSize(pageBytes), parquet.DataPageStatistics(false),
			// Only the pages of the first version are compressed, and so checked, as a whole.
			parquet.DataPageVersion(1), parquet.DictionaryMaxBytes(dictBytes), parquet.WriteBufferSize(writeBuffered),
			parquet.CreatedBy(application, formatVersion, ""))
	}
	return p
}

func (p *pool) writer(out io.Writer) *Writer {
	pw, ok := p.writers.Get().(*parquet.GenericWriter[any])
	if !ok {
		panic("shadow: a pool of something else")
	}
	pw.Reset(out)
	w := &Writer{layout: p.layout, out: pw, columns: make([]Column, len(p.layout.leaves))}
	columns := pw.ColumnWriters()
	for i, l := range p.layout.leaves {
		w.writers = append(w.writers, columns[l.index])
		w.columns[i] = Column{w: w, index: l.index, maxDef: l.maxDef}
	}
	if i, ok := p.layout.paths[badTextColumn]; ok {
		w.bad = &w.columns[i]
	}
	return w
}

// Column returns the leaf at path, such as "resources", "list", "element",
// "arn". The schema must have it.
func (w *Writer) Column(path ...string) *Column {
	i, ok := w.layout.paths[join(path)]
	if !ok {
		panic("shadow: no column " + join(path))
	}
	return &w.columns[i]
}

// Text appends a value. Bytes that are not UTF-8 become U+FFFD.
func (c *Column) Text(b []byte) { c.TextAt(0, b) }

// TextAt appends a value at a repetition level: 0 begins a row, 1 goes on with
// its list.
func (c *Column) TextAt(rep int, b []byte) {
	if c.nulls > 0 {
		c.settle()
	}
	c.values = append(c.values, parquet.ByteArrayValue(c.w.keep(b)).Level(rep, c.maxDef, c.index))
}

// Int appends a value.
func (c *Column) Int(n int64) {
	if c.nulls > 0 {
		c.settle()
	}
	c.values = append(c.values, parquet.Int64Value(n).Level(0, c.maxDef, c.index))
	c.w.bytes += 8
}

// Null appends a NULL. def says how many of the places above and at the leaf
// are there: 0 when the column itself is NULL.
func (c *Column) Null(def int) {
	if len(c.values) == 0 && (c.nulls == 0 || c.def == def) {
		c.def = def
		c.nulls++
		return
	}
	c.NullAt(0, def)
}

// NullAt appends a NULL at a repetition level.
func (c *Column) NullAt(rep, def int) {
	if c.nulls > 0 {
		c.settle()
	}
	c.values = append(c.values, parquet.NullValue().Level(rep, def, c.index))
}

// settle puts the NULLs that were only counted among the values.
func (c *Column) settle() {
	null := parquet.NullValue().Level(0, c.def, c.index)
	for range c.nulls {
		c.values = append(c.values, null)
	}
	c.nulls = 0
}

// Depth is the def of a value that is there: one more than that of a NULL leaf
// whose parents all are.
func (c *Column) Depth() int { return c.maxDef }

// Either appends text to a pair of columns: to number when the text is exactly
// how a 64-bit integer is written, to the other when it is not.
func Either(number, text *Column, b []byte) {
	if n, ok := canonical(b); ok {
		number.Int(n)
		text.Null(0)
		return
	}
	number.Null(0)
	text.Text(b)
}

// Neither appends NULL to both columns of a pair.
func Neither(number, text *Column) {
	number.Null(0)
	text.Null(0)
}

// canonical says whether b is what strconv would write for an int64.
func canonical(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	digits := b
	if b[0] == '-' {
		digits = b[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && (len(digits) > 1 || len(b) > 1) {
		return 0, false
	}
	if len(digits) > 18 {
		n, err := strconv.ParseInt(string(b), 10, 64)
		return n, err == nil
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if b[0] == '-' {
		n = -n
	}
	return n, true
}

// keep copies b to where it stays until the batch is written.
func (w *Writer) keep(b []byte) []byte {
	if !utf8.Valid(b) {
		b = []byte(string([]rune(string(b))))
	}
	w.bytes += len(b)
	if len(b) > cap(w.arena)-len(w.arena) {
		w.arena = make([]byte, 0, max(blockBytes, len(b)))
	}
	start := len(w.arena)
	w.arena = append(w.arena, b...)
	return w.arena[start:len(w.arena):len(w.arena)]
}

// EndRow ends a row that parsed.
func (w *Writer) EndRow() error {
	w.bad.Null(0)
	return w.end()
}

// BadRow writes a row of NULLs that keeps the text of what did not parse.
func (w *Writer) BadRow(line int64, text []byte, reason string) error {
	w.Count(line, reason)
	for i := range w.columns {
		if c := &w.columns[i]; c != w.bad {
			c.Null(0)
		}
	}
	w.bad.Text(text[:min(len(text), maxBadText)])
	return w.end()
}

// Count counts a line that did not parse and has no row, or has one already.
func (w *Writer) Count(line int64, reason string) {
	w.Info.Bad++
	if len(w.Info.Problems) < maxProblems {
		w.Info.Problems = append(w.Info.Problems, Problem{Line: line, Reason: reason[:min(len(reason), maxReason)]})
	}
}

func (w *Writer) end() error {
	w.rows++
	w.Info.Rows++
	if w.rows < batchRows && w.bytes < batchBytes {
		return nil
	}
	return w.flush()
}

// flush hands the batch to Parquet, and ends the row group when it is full.
func (w *Writer) flush() error {
	for i := range w.columns {
		c := &w.columns[i]
		if c.nulls > 0 {
			c.settle()
		}
		if _, err := w.writers[i].WriteRowValues(c.values); err != nil {
			return fmt.Errorf("write columns: %w", err)
		}
		c.values = c.values[:0]
	}
	w.group += w.rows
	w.weight += w.bytes
	w.rows, w.bytes = 0, 0
	w.arena = w.arena[:0]
	if w.group < groupRows && w.weight < groupBytes {
		return nil
	}
	w.group, w.weight = 0, 0
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write row group: %w", err)
	}
	return nil
}

// close writes what is left and the footer.
func (w *Writer) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.out.Close(); err != nil {
		return fmt.Errorf("write footer: %w", err)
	}
	return nil
}
