package terminal

import (
	"math"
	"strings"
	"unicode/utf8"
)

// eighths are the parts of a cell, by how many eighths of it are full from the left.
var eighths = []rune(" ▏▎▍▌▋▊▉█")

// Gauge returns a bar of a value, as long as its share of the most is of a width in columns.
// A value above 0 has at least a thin line. The bar has no blanks at its end.
func Gauge(value, most float64, width int) string {
	if value <= 0 || most <= 0 || width <= 0 || math.IsNaN(value/most) {
		return ""
	}
	full := max(1, int(math.Round(min(value/most, 1)*float64(width)*8)))
	bar := strings.Repeat("█", full/8)
	if rest := full % 8; rest > 0 {
		bar += string(eighths[rest])
	}
	return bar
}

// heights are how high a value stands in a cell; the first is for none.
var heights = []rune(" ▁▂▃▄▅▆▇█")

// Sparkline returns values as a line of columns, each as high as its share of the greatest;
// a blank for what is no number, or not above 0 where all others are not below. More values
// than a width has columns are put together, the greatest of each few; 0 is no limit.
func Sparkline(values []float64, width int) string {
	if width > 0 && len(values) > width {
		values = fewer(values, width)
	}
	least, most := 0.0, math.Inf(-1)
	for _, v := range values {
		if isNumber(v) {
			least, most = min(least, v), max(most, v)
		}
	}
	var b strings.Builder
	for _, v := range values {
		switch {
		case !isNumber(v) || most <= least:
			b.WriteRune(heights[0])
		case v == least:
			b.WriteRune(heights[0])
		default:
			b.WriteRune(heights[max(1, int(math.Round((v-least)/(most-least)*8)))])
		}
	}
	return b.String()
}

func isNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// fewer puts values together until there are so many.
func fewer(values []float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		from, to := i*len(values)/n, (i+1)*len(values)/n
		out[i] = math.NaN()
		for _, v := range values[from:to] {
			if isNumber(v) && !(v <= out[i]) {
				out[i] = v
			}
		}
	}
	return out
}

// Indented returns text of several lines with blanks before each but the first.
func Indented(text string, blanks int) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", blanks))
}

// PrintableLines is Printable of text of several lines, which stay lines. A tab is blanks up
// to the next eighth column.
func PrintableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Printable(untabbed(strings.TrimSuffix(line, "\r")))
	}
	return strings.Join(lines, "\n")
}

func untabbed(line string) string {
	parts := strings.Split(line, "\t")
	var b strings.Builder
	column := 0
	for i, part := range parts {
		b.WriteString(part)
		column += utf8.RuneCountInString(part)
		if i+1 < len(parts) {
			blanks := 8 - column%8
			b.WriteString(strings.Repeat(" ", blanks))
			column += blanks
		}
	}
	return b.String()
}
