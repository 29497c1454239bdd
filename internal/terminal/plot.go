package terminal

import (
	"math"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Plot is a chart of values over time, drawn with characters.
type Plot struct {
	// Width and Height are columns and lines in all, with axes and what is written beside them.
	Width, Height int
	From, To      time.Time
	Zone          *time.Location // that times are written in; nil is UTC
	Lines         []Line
	Levels        []Level
	Spans         []Span
	// Least and Most are the ends of the axis of values; nil for what the values ask for.
	Least, Most *float64
	Style       Style
}

// Line is a series of values.
type Line struct {
	Label  string
	Points []Point // in the order of their times
	// Gap is how far two points may be apart that are joined.
	Gap time.Duration
}

// Point is a value at a time. One that is no number is left out.
type Point struct {
	Time  time.Time
	Value float64
}

// Level is a line across the whole chart, as a threshold is.
type Level struct {
	Value float64
	Label string // written at its end
}

// Span is a time that is marked below the axis of time.
type Span struct{ From, To time.Time }

const (
	leastPlotWidth, leastPlotHeight = 12, 4
	// mostBeside is how long what is written at the end of a level may be.
	mostBeside = 16
)

// marks are what lines are drawn with that no colour tells apart.
var marks = []rune("*+xo#%@=")

// Mark returns what the nth of several lines is called by in a legend: a sign in its colour,
// or the sign that it is drawn with.
func (p *Plot) Mark(n int) string {
	switch {
	case len(p.Lines) < 2:
		return "─"
	case p.Style.Color:
		return p.Style.Series(n, "─")
	}
	return string(marks[n%len(marks)])
}

// Draw returns the chart as lines of text, Height of them and none wider than Width.
func (p *Plot) Draw() []string {
	width, height := max(p.Width, leastPlotWidth), max(p.Height, leastPlotHeight)
	below := 2 // the axis of time and its words
	if len(p.Spans) > 0 {
		below++
	}
	rows := max(height-below, 1)
	least, most := p.ends()
	axis := newAxis(least, most, max(2, rows/2))
	words := 0
	for _, v := range axis.ticks {
		words = max(words, text.StringWidth(axis.word(v)))
	}
	beside := p.beside(width)
	columns := width - words - 2 - beside
	if columns < 4 {
		words, beside = 0, 0
		columns = width - 1
	}
	c := newCanvas(columns, rows)
	p.levels(c, axis)
	for n := range p.Lines {
		p.line(c, axis, n)
	}
	out := make([]string, 0, height)
	at := map[int]string{}
	for _, v := range axis.ticks {
		at[axis.row(v, rows)] = axis.word(v)
	}
	for row := range rows {
		out = append(out, p.row(c, row, at, words, beside, axis))
	}
	return append(out, p.below(columns, words)...)
}

// row is one line of the chart.
func (p *Plot) row(c *canvas, row int, at map[int]string, words, beside int, axis *axis) string {
	var b strings.Builder
	word, ticked := at[row]
	if words > 0 {
		b.WriteString(p.Style.Faint(strings.Repeat(" ", words-text.StringWidth(word))+word) + " ")
	}
	edge := "│"
	if ticked {
		edge = "┤"
	}
	b.WriteString(p.Style.Faint(edge))
	b.WriteString(c.text(row, p.Style))
	if beside == 0 {
		return strings.TrimRight(b.String(), " ")
	}
	for _, l := range p.Levels {
		if axis.row(l.Value, c.height) == row && l.Label != "" {
			b.WriteString(" " + p.Style.Red(Cut(Printable(l.Label), beside-1)))
			break
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// beside is how many columns the words of levels need.
func (p *Plot) beside(width int) int {
	if width < 40 {
		return 0
	}
	need := 0
	for _, l := range p.Levels {
		if l.Label != "" {
			need = max(need, min(text.StringWidth(Printable(l.Label)), mostBeside)+1)
		}
	}
	return need
}

// ends are the least and the greatest value that there is to show.
func (p *Plot) ends() (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	add := func(v float64) {
		if isNumber(v) {
			least, most = min(least, v), max(most, v)
		}
	}
	for i := range p.Lines {
		for _, point := range p.Lines[i].Points {
			if !point.Time.Before(p.From) && !point.Time.After(p.To) {
				add(point.Value)
			}
		}
	}
	for _, l := range p.Levels {
		add(l.Value)
	}
	if least > most {
		least, most = 0, 1
	}
	if least > 0 && least < most*0.6 || least == most && least > 0 {
		least = 0 // a bar of nothing is the usual measure
	}
	if least == most {
		least, most = least-1, most+1
	}
	if p.Least != nil && isNumber(*p.Least) {
		least = *p.Least
	}
	if p.Most != nil && isNumber(*p.Most) {
		most = *p.Most
	}
	if !(least < most) {
		most = least + 1
	}
	return least, most
}

// x is how far a time is along the chart, from 0 to 1.
func (p *Plot) x(at time.Time) float64 {
	whole := p.To.Sub(p.From)
	if whole <= 0 {
		return 0
	}
	return float64(at.Sub(p.From)) / float64(whole)
}

func (p *Plot) levels(c *canvas, axis *axis) {
	for _, l := range p.Levels {
		if isNumber(l.Value) && l.Value >= axis.least && l.Value <= axis.most {
			c.level(axis.row(l.Value, c.height))
		}
	}
}

func (p *Plot) line(c *canvas, axis *axis, n int) {
	l := &p.Lines[n]
	brush := brush{series: n}
	if len(p.Lines) > 1 && !p.Style.Color {
		brush.mark = marks[n%len(marks)]
	}
	var last *Point
	for i := range l.Points {
		point := &l.Points[i]
		if !isNumber(point.Value) || point.Time.Before(p.From) || point.Time.After(p.To) {
			continue
		}
		x, y := c.dot(p.x(point.Time), axis.share(point.Value), brush)
		fromX, fromY := x, y
		if last != nil && point.Time.Sub(last.Time) <= l.Gap {
			fromX, fromY = c.dot(p.x(last.Time), axis.share(last.Value), brush)
		}
		c.draw(fromX, fromY, x, y, brush)
		last = point
	}
}

// below is the axis of time and its words, and what is marked.
func (p *Plot) below(columns, words int) []string {
	blanks := strings.Repeat(" ", words)
	if words > 0 {
		blanks += " "
	}
	ticks := p.timeTicks(columns)
	rule := []rune(strings.Repeat("─", columns))
	labels := []rune(strings.Repeat(" ", columns+len(blanks)+1))
	for _, t := range ticks {
		rule[t.column] = '┬'
		copy(labels[len(blanks)+1+t.start:], []rune(t.word))
	}
	out := []string{p.Style.Faint(blanks + "└" + string(rule))}
	if len(p.Spans) > 0 {
		out = append(out, strings.TrimRight(blanks+" "+p.spans(columns), " "))
	}
	return append(out, p.Style.Faint(strings.TrimRight(string(labels), " ")))
}

// spans marks times below the axis.
func (p *Plot) spans(columns int) string {
	marked := make([]bool, columns)
	for _, s := range p.Spans {
		from, to := p.x(s.From), p.x(s.To)
		if to < 0 || from > 1 {
			continue
		}
		first := min(int(max(from, 0)*float64(columns)), columns-1)
		last := max(first, min(int(math.Ceil(min(to, 1)*float64(columns)))-1, columns-1))
		for i := first; i <= last; i++ {
			marked[i] = true
		}
	}
	var b strings.Builder
	for from := 0; from < columns; {
		to := from
		for to < columns && marked[to] == marked[from] {
			to++
		}
		if marked[from] {
			b.WriteString(p.Style.Red(strings.Repeat("▀", to-from)))
		} else {
			b.WriteString(strings.Repeat(" ", to-from))
		}
		from = to
	}
	return b.String()
}
