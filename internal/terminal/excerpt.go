package terminal

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// excerptWidth is how much of a line is shown where no terminal says so.
const excerptWidth = 120

// Excerpt returns a line of source with its number, and a mark below the column,
// in characters; both count from 1. Of a line that is wider than width it is a
// part. It is empty where there is no such line.
func Excerpt(source string, line, column, width int) string {
	lines := strings.Split(source, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	if width == 0 {
		width = excerptWidth
	}
	number := fmt.Sprintf("%4d", line)
	width = max(width-len(number)-between, leastWidth)
	runes := []rune(strings.TrimRight(lines[line-1], "\r"))
	at := max(min(column-1, len(runes)), 0)
	// Half of what is shown stands before the place.
	start := 0
	if len(runes) > width {
		start = max(min(at-width/2, len(runes)-width), 0)
	}
	shown := func(from, to int) string {
		return Printable(strings.ReplaceAll(string(runes[from:to]), "\t", " "))
	}
	before := shown(start, at)
	return fmt.Sprintf("%s │ %s\n%s │ %s^", number, before+shown(at, min(start+width, len(runes))),
		strings.Repeat(" ", len(number)), strings.Repeat(" ", text.StringWidth(before)))
}
