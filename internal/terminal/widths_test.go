package terminal_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/terminal"
)

// widthsOf returns the widths of a table's columns, as its first line shows them;
// nothing of records.
func widthsOf(printed string) []int {
	first, _, _ := strings.Cut(printed, "\n")
	var widths []int
	for part := range strings.SplitSeq(strings.Trim(first, "┌┐"), "┬") {
		if strings.HasPrefix(first, "┌") {
			widths = append(widths, utf8.RuneCountInString(part)-2)
		}
	}
	return widths
}

func TestWidthsOfNames(t *testing.T) {
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
			if diff := cmp.Diff(tt.want, widthsOf(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What is in the columns decides how they share a screen of 80 columns, 73 of
// which are for the text of two.
func TestWidthsOfContent(t *testing.T) {
	cells := func(count, width int) []string {
		out := make([]string, count)
		for i := range out {
			out[i] = strings.Repeat("x", width)
		}
		return out
	}
	join := func(parts ...[]string) (out []string) {
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	for _, tt := range []struct {
		name string
		a, b []string
		want []int
		cut  int64
	}{
		{name: "all fits", a: cells(10, 20), b: cells(10, 53), want: []int{20, 53}},
		{name: "one long cell takes nothing from whole ones", a: join(cells(9, 12), cells(1, 300)), b: cells(10, 60), want: []int{13, 60}, cut: 1},
		{name: "the shorter text stands whole", a: cells(10, 40), b: cells(10, 300), want: []int{40, 33}, cut: 10},
		{name: "of two alike none is starved", a: cells(10, 55), b: cells(10, 56), want: []int{55, 18}, cut: 10},
		{name: "what cannot stand whole is shared", a: cells(10, 300), b: cells(10, 200), want: []int{37, 36}, cut: 20},
		{name: "wide characters are two", a: []string{"", strings.Repeat("로", 20)}, b: cells(2, 200), want: []int{40, 33}, cut: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows := make([][]string, len(tt.a))
			for i := range rows {
				rows[i] = []string{tt.a[i], tt.b[i]}
			}
			got, cut := table(t, terminal.Style{Width: 80}, []terminal.Column{{Name: "a"}, {Name: "b"}}, rows...)
			if diff := cmp.Diff(tt.want, widthsOf(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if cut != tt.cut {
				t.Errorf("%d cells were cut, want %d", cut, tt.cut)
			}
		})
	}
}

// Part of a number is another number.
func TestNumbersAreNotCut(t *testing.T) {
	number := strings.Repeat("9", 38)
	columns := []terminal.Column{{Name: "text"}, {Name: "number", Right: true}}
	got, cut := table(t, terminal.Style{Width: 60}, columns, []string{strings.Repeat("x", 300), number})
	if !strings.Contains(got, " "+number+" │") || cut != 1 {
		t.Errorf("%d were cut:\n%s", cut, got)
	}
	// Without room for it there is no table.
	got, cut = table(t, terminal.Style{Width: 30}, columns, []string{"x", number})
	want := "── row 1 ─────────────────────\ntext   │ x\nnumber │ " + number[:21] + "\n       │ " + number[21:] + "\n"
	if diff := cmp.Diff(want, got); diff != "" || cut != 0 {
		t.Errorf("%d were cut (-want +got):\n%s", cut, diff)
	}
}

func TestRecords(t *testing.T) {
	for _, tt := range []struct {
		name  string
		style terminal.Style
		want  string
	}{
		{name: "without a terminal", want: `
── row 1 ───────────────────────────────
name │ 하나
n    │ 1
── row 2 ───────────────────────────────
name │ NULL
n    │ a text that is longer\nthan a line
`},
		{name: "in one of 24 columns", style: terminal.Style{Width: 24}, want: `
── row 1 ───────────────
name │ 하나
n    │ 1
── row 2 ───────────────
name │ NULL
n    │ a text that is lo
     │ nger\nthan a line
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			shown := terminal.NewRecords(&out, tt.style, terminal.Column{Name: "name"}, terminal.Column{Name: "n", Right: true})
			for _, row := range [][]*string{{new("하나"), new("1")}, {nil, new("a text that is longer\nthan a line")}} {
				if err := shown.Add(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := shown.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
