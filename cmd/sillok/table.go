package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// grid prints rows as a table with lines around its columns. Widths are settled
// by the first rows, so that a long result need not be kept in memory.
//
// On a narrow screen wide cells are cut. Where the columns are too many for
// that, each row is printed as a record: a line for each column.
type grid struct {
	screen *screen
	out    *bufio.Writer
	header []string
	right  []bool // columns that are aligned at their right

	waiting [][]*string // rows until the widths are settled
	widths  []int       // nil until then; empty for records
	rows    int64
	cut     int64 // cells that were
}

const (
	// gridSample is how many rows settle the widths.
	gridSample = 1000
	// leastWidth is the least to which a column is cut.
	leastWidth = 10
	// between and around are the lines and blanks between columns, and around the table.
	between, around = 3, 4
)

// newGrid returns an empty table. The caller must end it with finish.
func (s *screen) newGrid(header []string, right []bool) *grid {
	return &grid{screen: s, out: bufio.NewWriter(s.stdout), header: header, right: right}
}

// add prints a row, or keeps it until there are enough to settle the widths. A
// nil cell is NULL.
func (g *grid) add(row []*string) error {
	g.rows++
	if g.widths != nil {
		return g.print(row)
	}
	g.waiting = append(g.waiting, slices.Clone(row))
	if len(g.waiting) < gridSample {
		return nil
	}
	return g.begin()
}

// finish prints what is left.
func (g *grid) finish() error {
	if g.widths == nil {
		if err := g.begin(); err != nil {
			return err
		}
	}
	if len(g.widths) > 0 {
		g.rule("└", "┴", "┘")
	}
	if err := g.out.Flush(); err != nil {
		return err
	}
	if g.cut > 0 {
		fmt.Fprintf(g.screen.stderr, "%s cut to fit into %d columns; --output csv or json prints all\n",
			counted(g.cut, "cell was", "cells were"), g.screen.width)
	}
	return nil
}

// begin settles the widths and prints the rows that waited for that.
func (g *grid) begin() error {
	natural := make([]int, len(g.header))
	for i, name := range g.header {
		natural[i] = text.StringWidth(printable(name))
		for _, row := range g.waiting {
			natural[i] = max(natural[i], text.StringWidth(cellText(row[i])))
		}
	}
	g.widths = fit(natural, g.screen.width)
	if len(g.widths) > 0 {
		g.rule("┌", "┬", "┐")
		header := make([]string, len(g.header))
		for i, name := range g.header {
			header[i] = g.screen.bold(g.padded(i, g.trimmed(printable(name), g.widths[i], false)))
		}
		if err := g.line(header); err != nil {
			return err
		}
		g.rule("├", "┼", "┤")
	}
	for n, row := range g.waiting {
		g.rows = int64(n) + 1
		if err := g.print(row); err != nil {
			return err
		}
	}
	g.waiting = nil
	return nil
}

// fit returns the widths of columns in a table of at most width: narrow columns
// keep their own, and the others share what is left. It returns an empty slice
// when there are too many columns.
func fit(natural []int, width int) []int {
	left := width - around + between - between*len(natural)
	total, least := 0, 0
	for _, w := range natural {
		total += w
		least += min(w, leastWidth)
	}
	switch {
	case width == 0 || total <= left:
		return natural
	case least > left:
		return []int{}
	}
	order := make([]int, len(natural))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return natural[a] - natural[b] })
	widths := make([]int, len(natural))
	for n, i := range order {
		widths[i] = min(natural[i], left/(len(order)-n))
		left -= widths[i]
	}
	return widths
}

// print prints a row, as a line of the table or as a record.
func (g *grid) print(row []*string) error {
	if len(g.widths) == 0 {
		return g.record(row)
	}
	cells := make([]string, len(row))
	for i, cell := range row {
		cells[i] = g.padded(i, g.trimmed(cellText(cell), g.widths[i], true))
		if cell == nil {
			cells[i] = g.screen.faint(cells[i])
		}
	}
	return g.line(cells)
}

func (g *grid) line(cells []string) error {
	_, err := fmt.Fprintf(g.out, "│ %s │\n", strings.Join(cells, " │ "))
	return err
}

func (g *grid) rule(left, middle, right string) {
	parts := make([]string, len(g.widths))
	for i, w := range g.widths {
		parts[i] = strings.Repeat("─", w+2)
	}
	_, _ = io.WriteString(g.out, left+strings.Join(parts, middle)+right+"\n") // Flush tells of an error
}

// record prints a row as one line for each column; long values go on below.
func (g *grid) record(row []*string) error {
	widest := 0
	for _, name := range g.header {
		widest = max(widest, text.StringWidth(printable(name)))
	}
	widest = min(widest, g.screen.width/2)
	head := fmt.Sprintf("── row %s ", grouped(g.rows))
	fmt.Fprintln(g.out, g.screen.bold(head+strings.Repeat("─", max(g.screen.width-text.StringWidth(head), 0))))
	room := max(g.screen.width-widest-between, leastWidth)
	for i, name := range g.header {
		label := text.AlignLeft.Apply(g.trimmed(printable(name), widest, false), widest)
		for n, part := range strings.Split(text.WrapHard(cellText(row[i]), room), "\n") {
			if n > 0 {
				label = strings.Repeat(" ", widest)
			}
			if row[i] == nil {
				part = g.screen.faint(part)
			}
			if _, err := fmt.Fprintf(g.out, "%s │ %s\n", label, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// trimmed cuts a text to a width, and counts that where it is a cell.
func (g *grid) trimmed(s string, width int, isCell bool) string {
	if g.screen.width == 0 || text.StringWidth(s) <= width {
		return s
	}
	if isCell {
		g.cut++
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

func (g *grid) padded(column int, s string) string {
	missing := strings.Repeat(" ", max(g.widths[column]-text.StringWidth(s), 0))
	if g.right[column] {
		return missing + s
	}
	return s + missing
}

// cellText returns a cell as a table shows it.
func cellText(cell *string) string {
	if cell == nil {
		return "NULL"
	}
	return printable(*cell)
}
