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
	lines := strings.Split(text.WrapSoft(s, width), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
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
