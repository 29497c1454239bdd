package terminal

import (
	"cmp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Framed returns lines of text in a frame of a width and height in characters, with a title in
// its upper edge. What has no room is cut, and the last line says so. The lines may have colours.
func Framed(title string, lines []string, width, height int, style Style) []string {
	if width < 4 || height < 2 {
		return nil
	}
	inner := width - 4
	head := "┌" + strings.Repeat("─", width-2) + "┐"
	if title = Cut(Printable(title), max(1, inner-1)); title != "" && inner > 2 {
		used := text.StringWidth(title) + 4
		head = "┌─ " + style.Bold(title) + " " + strings.Repeat("─", max(0, width-1-used)) + "┐"
	}
	room := height - 2
	if len(lines) > room && room > 0 {
		lines = append(slices.Clone(lines[:room-1]), style.Faint("…"))
	}
	out := []string{head}
	for i := range room {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		if text.StringWidthWithoutEscSequences(line) > inner {
			line = text.Snip(line, inner, "…")
		}
		missing := max(0, inner-text.StringWidthWithoutEscSequences(line))
		out = append(out, "│ "+line+strings.Repeat(" ", missing)+" │")
	}
	return append(out, "└"+strings.Repeat("─", width-2)+"┘")
}

// Placed is a block of lines at a place, in characters from the left and from above. All its lines are
// as wide as Width says.
type Placed struct {
	X, Y, Width int
	Lines       []string
}

// Arranged returns blocks that do not overlap as lines of text, side by side and below each other.
func Arranged(blocks []Placed) []string {
	sorted := slices.Clone(blocks)
	slices.SortStableFunc(sorted, func(a, b Placed) int { return cmp.Compare(a.X, b.X) })
	height := 0
	for i := range sorted {
		height = max(height, sorted[i].Y+len(sorted[i].Lines))
	}
	out := make([]string, height)
	ends := make([]int, height)
	for i := range sorted {
		b := &sorted[i]
		for n, line := range b.Lines {
			y := b.Y + n
			out[y] += strings.Repeat(" ", max(0, b.X-ends[y])) + line
			ends[y] = b.X + b.Width
		}
	}
	return out
}
