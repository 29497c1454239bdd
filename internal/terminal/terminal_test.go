package terminal_test

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

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

func TestWidthsOfColumns(t *testing.T) {
	for _, tt := range []struct {
		name    string
		natural []int
		width   int
		want    []int
	}{
		{name: "no limit", natural: []int{5, 500}, width: 0, want: []int{5, 500}},
		{name: "as wide as the screen", natural: []int{5, 68}, width: 80, want: []int{5, 68}},
		{name: "the widest gives way", natural: []int{5, 69}, width: 80, want: []int{5, 68}},
		{name: "the wide share what the narrow leave", natural: []int{200, 3, 100}, width: 60, want: []int{24, 3, 23}},
		{name: "too many columns", natural: []int{20, 20, 20}, width: 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			columns := make([]terminal.Column, len(tt.natural))
			for i, w := range tt.natural {
				columns[i].Name = strings.Repeat("x", w)
			}
			got, _ := table(t, terminal.Style{Width: tt.width}, columns)
			first, _, _ := strings.Cut(got, "\n")
			var widths []int
			for part := range strings.SplitSeq(strings.Trim(first, "┌┐"), "┬") {
				if part != "" {
					widths = append(widths, utf8.RuneCountInString(part)-2)
				}
			}
			if diff := cmp.Diff(tt.want, widths); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
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

const clearLine = "\r\x1b[K"

func TestBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		bar := terminal.NewBar(&out, 80, "decoding")
		p := terminal.Progress{Total: 337 << 20, Facts: "some facts"}
		at := func(wait time.Duration, done int64) {
			<-time.After(wait)
			p.Done = done << 20
			bar.Update(p)
		}
		bar.Clear() // there is nothing to take away
		at(0, 0)
		at(200*time.Millisecond, 10) // too early
		at(1800*time.Millisecond, 42)
		at(50*time.Millisecond, 50) // too soon after the last
		at(time.Second, 337)
		bar.Clear()
		at(0, 100) // another work, of which a part is done
		at(time.Second, 200)
		bar.Clear()
		want := clearLine + "decoding  12% ██░░░░░░░░░░░░░░░░░░ some facts, 14s left" +
			clearLine + "decoding 100% ████████████████████ some facts" + clearLine +
			clearLine + "decoding  59% ███████████░░░░░░░░░ some facts, 1s left" + clearLine
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestBarFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for width := range 200 {
			var out bytes.Buffer
			bar := terminal.NewBar(&out, width, "decoding")
			p := terminal.Progress{Total: 337, Facts: "42 MB of 337 MB, 45,000 rows"}
			bar.Update(p)
			<-time.After(time.Second)
			p.Done = 42
			bar.Update(p)
			line, ok := strings.CutPrefix(out.String(), clearLine)
			if width == 0 {
				width = 80
			}
			if !ok || utf8.RuneCountInString(line) >= max(width, 1) && line != "" {
				t.Errorf("%d columns: %q", width, line)
			}
		}
		var out bytes.Buffer
		bar := terminal.NewBar(&out, 80, "decoding")
		bar.Update(terminal.Progress{})
		<-time.After(time.Second)
		bar.Update(terminal.Progress{})
		if !strings.HasPrefix(out.String(), clearLine+"decoding 100%") {
			t.Errorf("nothing to do: %q", out.String())
		}
	})
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
