package terminal

import (
	"math"
	"strings"
)

// canvas is where lines are drawn: by dots, of which each cell has two columns and four
// rows, or by a sign for each cell.
type canvas struct {
	width, height int // in cells
	cells         []cell
}

type cell struct {
	dots   rune // as in the characters of Braille
	mark   rune // in the place of dots
	series int
	level  bool
}

// brush is what a line is drawn with.
type brush struct {
	series int
	mark   rune // 0 for dots
}

func newCanvas(width, height int) *canvas {
	return &canvas{width: width, height: height, cells: make([]cell, width*height)}
}

// level draws a line across a row.
func (c *canvas) level(row int) {
	for i := range c.width {
		c.cells[row*c.width+i].level = true
	}
}

// grid is how many places a brush has across and down.
func (c *canvas) grid(b brush) (across, down int) {
	if b.mark != 0 {
		return c.width, c.height
	}
	return 2 * c.width, 4 * c.height
}

// dot is the place of shares, from the left and from below.
func (c *canvas) dot(x, y float64, b brush) (int, int) {
	across, down := c.grid(b)
	place := func(share float64, n int) int {
		if math.IsNaN(share) {
			return 0
		}
		return min(int(max(0, min(share, 1))*float64(n)), n-1)
	}
	return place(x, across), down - 1 - place(y, down)
}

// draw draws a line between two places, both included.
func (c *canvas) draw(fromX, fromY, toX, toY int, b brush) {
	steps := max(abs(toX-fromX), abs(toY-fromY))
	for i := range steps + 1 {
		share := 0.0
		if steps > 0 {
			share = float64(i) / float64(steps)
		}
		c.set(fromX+int(math.Round(share*float64(toX-fromX))), fromY+int(math.Round(share*float64(toY-fromY))), b)
	}
}

func abs(n int) int { return max(n, -n) }

// bits are the dots of a character of Braille, by row and column.
var bits = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

func (c *canvas) set(x, y int, b brush) {
	if b.mark != 0 {
		at := &c.cells[y*c.width+x]
		at.mark, at.series = b.mark, b.series
		return
	}
	at := &c.cells[y/4*c.width+x/2]
	at.dots |= bits[y%4][x%2]
	at.series = b.series
}

const braille = 0x2800

// text is a row as text, in the colours of what is on it.
func (c *canvas) text(row int, style Style) string {
	var b strings.Builder
	for from := 0; from < c.width; {
		to := from
		one := c.cells[row*c.width+from]
		var run []rune
		for ; to < c.width; to++ {
			next := c.cells[row*c.width+to]
			if next.kind() != one.kind() || next.series != one.series {
				break
			}
			run = append(run, next.rune())
		}
		switch one.kind() {
		case kindLine:
			b.WriteString(style.Series(one.series, string(run)))
		case kindLevel:
			b.WriteString(style.Red(string(run)))
		default:
			b.WriteString(string(run))
		}
		from = to
	}
	return b.String()
}

// The kinds of cells.
const (
	kindNone = iota
	kindLevel
	kindLine
)

func (c cell) kind() int {
	switch {
	case c.dots != 0 || c.mark != 0:
		return kindLine
	case c.level:
		return kindLevel
	}
	return kindNone
}

func (c cell) rune() rune {
	switch {
	case c.mark != 0:
		return c.mark
	case c.dots != 0:
		return braille + c.dots
	case c.level:
		return '╌'
	}
	return ' '
}
