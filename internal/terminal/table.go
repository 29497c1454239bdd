package terminal

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Table prints rows as a table with lines around its columns. Widths are settled
// by the first rows, so that a long result need not be kept in memory.
//
// On a narrow terminal wide cells are cut, but no numbers. Where the columns are too many for
// that, each row is printed as a record: a line for each column.
type Table struct {
	out     *bufio.Writer
	style   Style
	columns []Column

	waiting []row // until the widths are settled
	widths  []int // nil until then; empty for records
	records bool  // whatever the widths
	rows    int64
	cut     int64
}

// row is a row, and how its cells are painted; nil for as they are.
type row struct {
	cells []*string
	paint []func(text string) string // of each; a nil one for as it is
}

// Column is a column of a Table.
type Column struct {
	Name  string
	Right bool // its cells are aligned at their right, as numbers are
}

const (
	// sample is how many rows settle the widths.
	sample = 1000
	// between and around are the lines and blanks between columns, and around the table.
	between, around = 3, 4
)

// NewTable returns an empty table, which prints to out. The caller must end it
// with Close.
func NewTable(out io.Writer, style Style, columns ...Column) *Table {
	return &Table{out: bufio.NewWriter(out), style: style, columns: columns}
}

// NewRecords returns an empty table that prints each row as a record, however wide
// the terminal is. The caller must end it with Close.
func NewRecords(out io.Writer, style Style, columns ...Column) *Table {
	t := NewTable(out, style, columns...)
	t.records, t.widths = true, []int{}
	return t
}

// Add prints a row, or keeps it until there are enough to settle the widths. It
// has a cell for each column; a nil cell is NULL.
func (t *Table) Add(cells []*string) error { return t.AddPainted(cells, nil) }

// AddPainted is Add of a row whose cells paint gives a colour, such as Style.Red; nil
// for none.
func (t *Table) AddPainted(cells []*string, paint func(text string) string) error {
	return t.AddCells(cells, slices.Repeat([]func(string) string{paint}, len(cells)))
}

// AddCells is AddPainted with a colour for each cell; nil for none. What is painted may have
// blanks after it, or be cut.
func (t *Table) AddCells(cells []*string, paint []func(text string) string) error {
	t.rows++
	if t.widths != nil {
		return t.print(t.rows, row{cells, paint})
	}
	t.waiting = append(t.waiting, row{slices.Clone(cells), paint})
	if len(t.waiting) < sample {
		return nil
	}
	return t.begin()
}

// Close prints what is left.
func (t *Table) Close() error {
	if t.widths == nil {
		if err := t.begin(); err != nil {
			return err
		}
	}
	if len(t.widths) > 0 {
		t.rule("└", "┴", "┘")
	}
	return t.out.Flush()
}

// Rows returns how many rows were added.
func (t *Table) Rows() int64 { return t.rows }

// Cut returns how many cells were cut to fit into the width.
func (t *Table) Cut() int64 { return t.cut }

// begin settles the widths and prints the rows that waited for that.
func (t *Table) begin() error {
	t.widths = t.fitted()
	if len(t.widths) > 0 {
		t.rule("┌", "┬", "┐")
		header := make([]string, len(t.columns))
		for i, c := range t.columns {
			header[i] = t.style.Bold(t.padded(i, t.trimmed(Printable(c.Name), t.widths[i], false)))
		}
		if err := t.line(header); err != nil {
			return err
		}
		t.rule("├", "┼", "┤")
	}
	for n, r := range t.waiting {
		if err := t.print(int64(n)+1, r); err != nil {
			return err
		}
	}
	t.waiting = nil
	return nil
}

// fitted returns the widths of the columns: none for records.
func (t *Table) fitted() []int {
	if t.records {
		return []int{}
	}
	contents := make([]content, len(t.columns))
	room := t.style.Width - around + between - between*len(t.columns)
	if t.style.Width == 0 {
		room = math.MaxInt
	}
	for i, c := range t.columns {
		contents[i] = content{whole: c.Right, widths: map[int]int{}}
		contents[i].add(text.StringWidth(Printable(c.Name)))
		for _, r := range t.waiting {
			contents[i].add(text.StringWidth(cellText(r.cells[i])))
		}
	}
	return fit(contents, room)
}

// print prints the nth row, as a line of the table or as a record.
func (t *Table) print(n int64, r row) error {
	if len(t.widths) == 0 {
		return t.record(n, r)
	}
	cells := make([]string, len(r.cells))
	for i, cell := range r.cells {
		cells[i] = t.painted(r, i, t.padded(i, t.trimmed(cellText(cell), t.widths[i], true)))
	}
	return t.line(cells)
}

func (t *Table) line(cells []string) error {
	_, err := fmt.Fprintf(t.out, "│ %s │\n", strings.Join(cells, " │ "))
	return err
}

// painted returns a cell, or a part of it, in its colour.
func (t *Table) painted(r row, i int, text string) string {
	switch {
	case r.cells[i] == nil:
		return t.style.Faint(text)
	case r.paint[i] != nil:
		return r.paint[i](text)
	}
	return text
}

func (t *Table) rule(left, middle, right string) {
	parts := make([]string, len(t.widths))
	for i, w := range t.widths {
		parts[i] = strings.Repeat("─", w+2)
	}
	_, _ = io.WriteString(t.out, left+strings.Join(parts, middle)+right+"\n") // Flush tells of an error
}

// recordWidth is how wide the line above a record is where no terminal says so.
const recordWidth = 40

// record prints the nth row as one line for each column; long values go on below.
func (t *Table) record(n int64, r row) error {
	widest := 0
	for _, c := range t.columns {
		widest = max(widest, text.StringWidth(Printable(c.Name)))
	}
	width := t.style.Width
	if width > 0 {
		widest = min(widest, width/2)
	}
	head := fmt.Sprintf("── row %s ", Grouped(n))
	rule := strings.Repeat("─", max(cmp.Or(width, recordWidth)-text.StringWidth(head), 0))
	if _, err := fmt.Fprintln(t.out, t.style.Bold(head+rule)); err != nil {
		return err
	}
	for i, c := range t.columns {
		label := text.AlignLeft.Apply(t.trimmed(Printable(c.Name), widest, false), widest)
		value := cellText(r.cells[i])
		if width > 0 {
			value = text.WrapHard(value, max(width-widest-between, leastWidth))
		}
		for at, part := range strings.Split(value, "\n") {
			if at > 0 {
				label = strings.Repeat(" ", widest)
			}
			if _, err := fmt.Fprintf(t.out, "%s │ %s\n", label, t.painted(r, i, part)); err != nil {
				return err
			}
		}
	}
	return nil
}

// trimmed cuts a text to a width, and counts that where it is a cell.
func (t *Table) trimmed(s string, width int, isCell bool) string {
	if t.style.Width == 0 || text.StringWidth(s) <= width {
		return s
	}
	if isCell {
		t.cut++
	}
	var b strings.Builder
	used := 1 // of the ellipsis
	for _, r := range s {
		if used += text.RuneWidth(r); used > width {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

func (t *Table) padded(column int, s string) string {
	missing := strings.Repeat(" ", max(t.widths[column]-text.StringWidth(s), 0))
	if t.columns[column].Right {
		return missing + s
	}
	return s + missing
}

// cellText returns a cell as a table shows it.
func cellText(cell *string) string {
	if cell == nil {
		return "NULL"
	}
	return Printable(*cell)
}
