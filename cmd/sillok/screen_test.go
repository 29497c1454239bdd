package main_test

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	main "github.com/sillok/sillok/cmd/sillok"
	"github.com/sillok/sillok/internal/engine"
)

func TestWords(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"no bytes", main.BytesOf(0), "0 bytes"},
		{"one byte", main.BytesOf(1), "1 byte"},
		{"a KB", main.BytesOf(1024), "1 KB"},
		{"some MB", main.BytesOf(354_000_000), "337.6 MB"},
		{"as many as there can be", main.BytesOf(math.MaxInt64), "8 EB"},
		{"hundreds", main.Grouped(999), "999"},
		{"millions", main.Grouped(1_234_567), "1,234,567"},
		{"less than nothing", main.Grouped(-1_234), "-1,234"},
		{"the least that Athena bills", main.Dollars(10.0 / (1 << 20) * 5), "$0.000048"},
		{"a cent", main.Dollars(0.0114), "$0.01"},
		{"dollars", main.Dollars(12.345), "$12.35"},
		{"nothing", main.Dollars(0), "$0.00"},
		{"a plain word", main.Quoted("./AWSLogs"), "./AWSLogs"},
		{"a word with a space and a quote", main.Quoted("it's here"), `'it'\''s here'`},
		{"no word", main.Quoted(""), "''"},
		{"text", main.Printable("로그 ok"), "로그 ok"},
		{"an escape sequence", main.Printable("\x1b[2J\t\u0085\u202e"), `\x1b[2J\t\x85\u202e`},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

func TestFit(t *testing.T) {
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
		{name: "too many columns", natural: []int{20, 20, 20}, width: 30, want: []int{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, main.Fit(tt.natural, tt.width)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestBarFits(t *testing.T) {
	p := engine.Progress{Objects: 3, ObjectsTotal: 40, Bytes: 42 << 20, BytesTotal: 337 << 20, Rows: 45_000}
	want := "decoding  12% ██░░░░░░░░░░░░░░░░░░ 42 MB of 337 MB, 45,000 rows, 14s left"
	if got := main.BarLine(80, p, 2*time.Second); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for width := 1; width < 200; width++ {
		if line := main.BarLine(width, p, time.Second); utf8.RuneCountInString(line) >= width && line != "" {
			t.Errorf("%d columns: %q", width, line)
		}
	}
	if got := main.BarLine(80, engine.Progress{}, 0); !strings.HasPrefix(got, "decoding 100%") {
		t.Errorf("nothing to do: %q", got)
	}
}

func TestPointer(t *testing.T) {
	for _, tt := range []struct {
		name, sql    string
		line, column int
		width        int
		want         string
	}{
		{name: "second line", sql: "SELECT a,\n\tbb FROM t", line: 2, column: 2, want: "\n   2 │  bb FROM t\n     │  ^"},
		{name: "wide characters", sql: "SELECT '한글', x", line: 1, column: 14, want: "\n   1 │ SELECT '한글', x\n     │                ^"},
		{name: "the end", sql: "SELECT", line: 1, column: 7, want: "\n   1 │ SELECT\n     │       ^"},
		{name: "a part of a long line", sql: strings.Repeat("a", 50) + "X" + strings.Repeat("b", 50), line: 1, column: 51, width: 27, want: "\n   1 │ aaaaaaaaaaXbbbbbbbbb\n     │           ^"},
		{name: "no such line", sql: "SELECT", line: 3, column: 1, want: ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, main.Pointer(tt.sql, tt.line, tt.column, tt.width)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
