package terminal

import (
	"maps"
	"slices"
)

// leastWidth is the least to which a column of text is cut.
const leastWidth = 10

// content is how wide the cells of one column are.
type content struct {
	natural int  // the widest of them, its name included
	whole   bool // its cells are never cut: part of a number is another number
	cells   int
	widths  map[int]int // how many cells have a width
}

// add counts a cell.
func (c *content) add(width int) {
	c.natural = max(c.natural, width)
	c.widths[width]++
	c.cells++
}

// usual returns the width that nine of ten cells fit into.
func (c *content) usual() int {
	fitting := 0
	for _, w := range slices.Sorted(maps.Keys(c.widths)) {
		if fitting += c.widths[w]; fitting*10 >= c.cells*9 {
			return w
		}
	}
	return c.natural
}

// fit returns the widths of columns that have room for so many characters
// together. What fits keeps its own width. Where not everything does, a column
// that needs it has at least half of an equal share, numbers are not cut, and the
// rest goes to where it lets the most cells stand whole; what is left then is shared by those
// that are still too narrow. It returns an empty slice when there are too many
// columns.
func fit(columns []content, room int) []int {
	widths := make([]int, len(columns))
	total, text := 0, 0
	for _, c := range columns {
		total += c.natural
		if !c.whole {
			text++
		}
	}
	if total <= room {
		for i, c := range columns {
			widths[i] = c.natural
		}
		return widths
	}
	left := room
	for i, c := range columns {
		widths[i] = c.natural
		if !c.whole {
			widths[i] = min(c.natural, leastWidth)
		}
		left -= widths[i]
	}
	if left < 0 {
		return []int{}
	}
	// Numbers have all they need by now, so that text alone shares.
	share := room
	for i, c := range columns {
		if c.whole {
			share -= widths[i]
		}
	}
	for i, c := range columns {
		if half := min(c.usual(), share/max(text, 1)/2); half > widths[i] {
			left -= half - widths[i]
			widths[i] = half
		}
	}
	left -= widen(columns, widths, left)
	spread(columns, widths, left)
	return widths
}

// widen gives columns what lets most cells stand whole, for each character that it
// takes, while there is enough left for any. It returns how much it gave.
func widen(columns []content, widths []int, left int) (given int) {
	for {
		best, to, gain, cost := -1, 0, 0, 1
		for i, c := range columns {
			cells := 0
			for _, w := range slices.Sorted(maps.Keys(c.widths)) {
				if w <= widths[i] {
					continue
				}
				more := w - widths[i]
				if more > left-given {
					break
				}
				// Of two that gain the same for what they take, the first one stays.
				if cells += c.widths[w]; cells*cost > gain*more {
					best, to, gain, cost = i, w, cells, more
				}
			}
		}
		if best < 0 {
			return given
		}
		given += to - widths[best]
		widths[best] = to
	}
}

// spread shares what is left among the columns that are still too narrow, the
// narrowest of them first.
func spread(columns []content, widths []int, left int) {
	for ; left > 0; left-- {
		narrowest := -1
		for i, c := range columns {
			if widths[i] < c.natural && (narrowest < 0 || widths[i] < widths[narrowest]) {
				narrowest = i
			}
		}
		if narrowest < 0 {
			return
		}
		widths[narrowest]++
	}
}
