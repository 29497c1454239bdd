package terminal_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/terminal"
)

func TestWords(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"no bytes", terminal.Bytes(0), "0 bytes"},
		{"one byte", terminal.Bytes(1), "1 byte"},
		{"a KB", terminal.Bytes(1024), "1 KB"},
		{"some MB", terminal.Bytes(354_000_000), "337.6 MB"},
		{"as many as there can be", terminal.Bytes(math.MaxInt64), "8 EB"},
		{"hundreds", terminal.Grouped(999), "999"},
		{"millions", terminal.Grouped(1_234_567), "1,234,567"},
		{"less than nothing", terminal.Grouped(-1_234), "-1,234"},
		{"one", terminal.Counted(1, "row"), "1 row"},
		{"many", terminal.Counted(1200, "row"), "1,200 rows"},
		{"a plural of its own", terminal.Counted(0, "entry", "entries"), "0 entries"},
		{"the least that Athena bills", terminal.Dollars(10.0 / (1 << 20) * 5), "$0.000048"},
		{"a cent", terminal.Dollars(0.0114), "$0.01"},
		{"dollars", terminal.Dollars(12.345), "$12.35"},
		{"nothing", terminal.Dollars(0), "$0.00"},
		{"a moment", terminal.Duration(12_345 * time.Microsecond), "12 ms"},
		{"seconds", terminal.Duration(1234 * time.Millisecond), "1.23 s"},
		{"minutes", terminal.Duration(61_400 * time.Millisecond), "1m1s"},
		{"text", terminal.Printable("로그 ok"), "로그 ok"},
		{"an escape sequence", terminal.Printable("\x1b[2J\t\r\n\u0085\u202e"), `\x1b[2J\t\r\n\x85\u202e`},
		{"a line that is broken without a newline", terminal.Printable("a\u2028b"), `a\u2028b`},
		{"bytes that are no UTF-8", terminal.Printable("\x9b2J\uFFFD"), `\x9b2J` + "\uFFFD"},
		{"JSON", string(terminal.PrintableJSON([]byte("{\"a\":\"로그\\n\u009b2J\x7f\u202e\"}\n"))), `{"a":"로그\n\u009b2J\u007f\u202e"}` + "\n"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

// table prints a table of rows, whose cells are NULL where they are "NULL".
func table(t *testing.T, style terminal.Style, columns []terminal.Column, rows ...[]string) (printed string, cut int64) {
	t.Helper()
	var out bytes.Buffer
	shown := terminal.NewTable(&out, style, columns...)
	for _, row := range rows {
		cells := make([]*string, len(row))
		for i, cell := range row {
			if cell != "NULL" {
				cells[i] = &cell
			}
		}
		if err := shown.Add(cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := shown.Close(); err != nil {
		t.Fatal(err)
	}
	if shown.Rows() != int64(len(rows)) {
		t.Errorf("%d rows of %d", shown.Rows(), len(rows))
	}
	return out.String(), shown.Cut()
}

func TestTable(t *testing.T) {
	columns := []terminal.Column{{Name: "name"}, {Name: "n", Right: true}}
	rows := [][]string{{"하나", "1"}, {"a\tb", "1000"}, {"NULL", "NULL"}, {"a rather long text", "2"}}
	for _, tt := range []struct {
		name  string
		style terminal.Style
		rows  [][]string
		want  string
		cut   int64
	}{
		{name: "as wide as it is", rows: rows, want: `
┌────────────────────┬──────┐
│ name               │    n │
├────────────────────┼──────┤
│ 하나               │    1 │
│ a\tb               │ 1000 │
│ NULL               │ NULL │
│ a rather long text │    2 │
└────────────────────┴──────┘
`},
		{name: "narrow", style: terminal.Style{Width: 24}, rows: rows, cut: 1, want: `
┌───────────────┬──────┐
│ name          │    n │
├───────────────┼──────┤
│ 하나          │    1 │
│ a\tb          │ 1000 │
│ NULL          │ NULL │
│ a rather lon… │    2 │
└───────────────┴──────┘
`},
		{name: "too narrow for columns", style: terminal.Style{Width: 20}, rows: rows[2:], want: `
── row 1 ───────────
name │ NULL
n    │ NULL
── row 2 ───────────
name │ a rather long
     │ text
n    │ 2
`},
		{name: "in colours", style: terminal.Style{Color: true}, rows: rows[2:3], want: `
┌──────┬──────┐
│ <name> │ <   n> │
├──────┼──────┤
│ <NULL> │ <NULL> │
└──────┴──────┘
`},
		{name: "without rows", want: `
┌──────┬───┐
│ name │ n │
├──────┼───┤
└──────┴───┘
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, cut := table(t, tt.style, columns, tt.rows...)
			got = strings.NewReplacer("\x1b[1m", "<", "\x1b[2m", "<", "\x1b[0m", ">").Replace(got)
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if cut != tt.cut {
				t.Errorf("%d cells were cut, want %d", cut, tt.cut)
			}
		})
	}
}

// The first rows settle the widths; a later cell is cut, or sticks out where
// there is no limit.
// A row has its colour, in a table and as a record.
func TestRowsInColours(t *testing.T) {
	style := terminal.Style{Color: true}
	columns := []terminal.Column{{Name: "a"}, {Name: "b"}}
	rows := func(table *terminal.Table) error {
		return errors.Join(table.AddPainted([]*string{new("no"), new("c")}, style.Red), table.AddPainted([]*string{new("yes"), nil}, style.Yellow), table.Close())
	}
	var out bytes.Buffer
	if err := rows(terminal.NewTable(&out, style, columns...)); err != nil {
		t.Fatal(err)
	}
	if err := rows(terminal.NewRecords(&out, style, columns...)); err != nil {
		t.Fatal(err)
	}
	want := `┌─────┬──────┐
│ <1ma  > │ <1mb   > │
├─────┼──────┤
│ <31mno > │ <31mc   > │
│ <33myes> │ <2mNULL> │
└─────┴──────┘
<1m── row 1 ───────────────────────────────>
a │ <31mno>
b │ <31mc>
<1m── row 2 ───────────────────────────────>
a │ <33myes>
b │ <2mNULL>
`
	if diff := cmp.Diff(want, strings.NewReplacer("\x1b[0m", ">", "\x1b[", "<").Replace(out.String())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLongTable(t *testing.T) {
	rows := make([][]string, 1200)
	for i := range rows {
		rows[i] = []string{"narrow"}
	}
	rows[1100] = []string{"wider than the others"}
	for width, want := range map[int]string{0: "│ wider than the others │", 80: "│ wider… │"} {
		got, cut := table(t, terminal.Style{Width: width}, []terminal.Column{{Name: "x"}}, rows...)
		if !strings.Contains(got, want) || cut != int64(strings.Count(want, "…")) {
			t.Errorf("%d columns: %d cut, no %s", width, cut, want)
		}
	}
}

// failing is a terminal that is gone.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestTableThatNobodyReads(t *testing.T) {
	shown := terminal.NewTable(failing{}, terminal.Style{}, terminal.Column{Name: "x"})
	row := []*string{new(strings.Repeat("x", 100))}
	var err error
	for range 2000 {
		if err = shown.Add(row); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("2,000 rows were printed")
	}
}

func TestExcerpt(t *testing.T) {
	for _, tt := range []struct {
		name, source string
		line, column int
		width        int
		want         string
	}{
		{name: "second line", source: "SELECT a,\n\tbb FROM t", line: 2, column: 2, want: "   2 │  bb FROM t\n     │  ^"},
		{name: "wide characters", source: "SELECT '한글', x", line: 1, column: 14, want: "   1 │ SELECT '한글', x\n     │                ^"},
		{name: "the end", source: "SELECT", line: 1, column: 7, want: "   1 │ SELECT\n     │       ^"},
		{name: "a part of a long line", source: strings.Repeat("a", 50) + "X" + strings.Repeat("b", 50), line: 1, column: 51, width: 27, want: "   1 │ aaaaaaaaaaXbbbbbbbbb\n     │           ^"},
		{name: "control characters", source: "a\x1b[2J b", line: 1, column: 7, want: "   1 │ a\\x1b[2J b\n     │          ^"},
		{name: "no such line", source: "SELECT", line: 3, column: 1},
		{name: "no place", source: "SELECT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, terminal.Excerpt(tt.source, tt.line, tt.column, tt.width)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestNoTerminal(t *testing.T) {
	if terminal.Is(&bytes.Buffer{}) || terminal.Width(&bytes.Buffer{}) != 0 {
		t.Error("a buffer passes for a terminal")
	}
}
