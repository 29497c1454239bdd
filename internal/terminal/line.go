package terminal

import "github.com/jedib0t/go-pretty/v6/text"

// Pad returns text followed by blanks up to a width in columns. A longer text is
// returned as it is.
func Pad(s string, width int) string { return text.Pad(s, width, ' ') }

// Cut returns the part of a line that fits into a width in columns, ending in
// "…" where something is left out. A width of 0 cuts nothing.
func Cut(line string, width int) string {
	if width == 0 || text.StringWidth(line) <= width {
		return line
	}
	return text.Snip(line, width, "…")
}
