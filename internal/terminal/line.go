package terminal

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Pad returns text followed by blanks up to a width in columns. A longer text is
// returned as it is.
func Pad(s string, width int) string { return text.Pad(s, width, ' ') }

// Wrapped returns text whose lines are broken at blanks, so that they fit into a width in columns; a word that is
// longer is broken too.
func Wrapped(s string, width int) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		for part := range strings.SplitSeq(text.WrapSoft(line, width), "\n") {
			lines = append(lines, strings.TrimRight(part, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// Flowed is Wrapped that leaves words whole, so that they can be copied: a longer one stands on a line of its own.
func Flowed(s string, width int) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		flowed := ""
		for word := range strings.FieldsSeq(line) {
			switch {
			case flowed == "":
				flowed = word
			case text.StringWidth(flowed)+1+text.StringWidth(word) <= width:
				flowed += " " + word
			default:
				lines = append(lines, flowed)
				flowed = word
			}
		}
		lines = append(lines, flowed)
	}
	return strings.Join(lines, "\n")
}

// Cut returns the part of a line that fits into a width in columns, ending in
// "…" where something is left out. A width of 0 cuts nothing.
func Cut(line string, width int) string {
	if width == 0 || text.StringWidth(line) <= width {
		return line
	}
	return text.Snip(line, width, "…")
}
