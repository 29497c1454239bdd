package chart

import (
	"fmt"
	"image/color"
	"math"
)

// last is the value that a series ends with, and whether it has one.
func (s *Series) last() (float64, bool) {
	if n := len(s.Points); n > 0 {
		return s.Points[n-1].Value, true
	}
	return 0, false
}

func shown(s *Series) string {
	if v, ok := s.last(); ok {
		return short(v)
	}
	return "--"
}

// bars draws a lying bar for each series, with its label above it and its value at its end.
func (d *drawing) bars(room box) {
	named := (room.height()-20)/float64(max(len(d.Series), 1)) >= 36 // there is room for a label above each
	if !named {
		room = d.legend(room, d.entries())
	}
	low, high, some := 0.0, 0.0, false
	for i := range d.Series {
		if v, ok := d.Series[i].last(); ok {
			low, high, some = min(low, clamp(v)), max(high, clamp(v)), true
		}
	}
	for _, l := range d.Levels {
		low, high = min(low, l.Value), max(high, l.Value)
	}
	if !some {
		d.empty(room)
		return
	}
	space := 0.0 // for the values
	for i := range d.Series {
		space = max(space, textWidth(shown(&d.Series[i]), sizeText, true)+8)
	}
	s := scaleOf(low, high, d.Left, max(int(room.width()/90), 2))
	p := room
	p.right -= min(space, room.width()/3)
	ticked := room.height() > 60
	if ticked {
		p.bottom -= 20
	}
	x := func(v float64) float64 { return p.left + p.width()*min(max(s.at(v), 0), 1) }
	if ticked {
		d.barTicks(p, &s, x, room.right)
	}
	row := min(p.height()/float64(len(d.Series)), 90)
	for i := range d.Series {
		bar := box{p.left, p.top + float64(i)*row + row*0.12, p.left, p.top + float64(i+1)*row - row*0.12}
		if named {
			bar.top += 14
			d.text(p.left, bar.top-4, d.cut(d.Series[i].Label, room.width(), sizeSmall, false), textStyle{size: sizeSmall, color: d.theme.text})
		}
		if v, ok := d.Series[i].last(); ok {
			bar.left, bar.right = min(x(0), x(v)), max(x(0), x(v), x(0)+1)
			d.fill(bar, colorOf(d.Series[i].Color, i))
		}
		if bar.height() >= 11 {
			d.text(max(bar.right, x(0))+5, (bar.top+bar.bottom)/2+4, shown(&d.Series[i]), textStyle{size: sizeText, bold: true, color: d.theme.text})
		}
	}
	d.barLevels(p, x, room.right)
}

// barTicks draws the axis under bars.
func (d *drawing) barTicks(p box, s *scale, x func(float64) float64, right float64) {
	for i, label := range s.labels() {
		at, half := x(s.ticks[i]), textWidth(label, sizeSmall, false)/2
		d.line(at, p.top, at, p.bottom, d.theme.grid, 1)
		d.text(min(max(at, p.left+half), right-half), p.bottom+16, label, textStyle{size: sizeSmall, color: d.theme.faint, align: middle})
	}
}

// barLevels draws lines at values through bars, each with its label at the bottom.
func (d *drawing) barLevels(p box, x func(float64) float64, right float64) {
	for _, l := range d.Levels {
		at := x(l.Value)
		c := markColor(l.Color)
		d.line(at, p.top, at, p.bottom, c, 1.4, 6, 3)
		label := d.cut(l.Label, p.width()/2, sizeSmall, false)
		left := at + 5
		if width := textWidth(label, sizeSmall, false); left+width > right {
			left = at - 5 - width
		}
		d.text(left, p.bottom-4, label, textStyle{size: sizeSmall, color: c})
	}
}

// pie draws the share that each series has of the sum of all: a ring, the sum in it, and shares
// beside it.
func (d *drawing) pie(room box) {
	sum := 0.0
	for i := range d.Series {
		if v, ok := d.Series[i].last(); ok && v > 0 {
			sum += clamp(v)
		}
	}
	if sum == 0 {
		d.empty(room)
		return
	}
	all := d.entries()
	for i := range all {
		v, _ := d.Series[i].last()
		all[i].value = fmt.Sprintf("%s (%.1f%%)", shown(&d.Series[i]), 100*max(clamp(v), 0)/sum)
	}
	if d.Legend == Below && room.width() > room.height()*1.3 || d.Legend == Beside {
		room = d.legendBesideIfRoom(room, all)
	} else {
		for i := range all {
			if all[i].value != "" {
				all[i].label += "  " + all[i].value
			}
		}
		room = d.legend(room, all)
	}
	outer := min(room.width(), room.height())/2 - 2
	if outer < 2 {
		return
	}
	at := place{room.left + room.width()/2, room.top + room.height()/2}
	inner := outer * 0.58
	angle := pi / 2
	for i := range d.Series {
		v, ok := d.Series[i].last()
		if !ok || v <= 0 {
			continue
		}
		sweep := -2 * pi * clamp(v) / sum
		d.ring(at, inner, outer, angle, sweep, colorOf(d.Series[i].Color, i))
		angle += sweep
	}
	if inner > 24 {
		d.fit(at.x, at.y, short(sum), inner*1.5, inner*0.5)
	}
}

func (d *drawing) legendBesideIfRoom(room box, all []entry) box {
	if d.Legend == Nowhere || room.width() < 200 || room.height() < 40 {
		return room
	}
	return d.legendBeside(room, all)
}

// fit writes a text in the middle of a place, as large as fits.
func (d *drawing) fit(x, y float64, text string, width, height float64) {
	size := min(height, 64)
	if w := textWidth(text, size, true); w > width {
		size *= width / w
	}
	if size = math.Floor(size); size >= 6 {
		d.text(x, y+size*0.36, text, textStyle{size: size, bold: true, color: d.theme.text, align: middle})
	}
}

// cells divides a room into one for each series.
func (d *drawing) cells(room box, ratio float64) []box {
	n := len(d.Series)
	columns, best := 1, 0.0
	for c := 1; c <= n; c++ {
		rows := (n + c - 1) / c
		w, h := room.width()/float64(c), room.height()/float64(rows)
		if size := min(w, h*ratio); size > best {
			columns, best = c, size
		}
	}
	rows := (n + columns - 1) / columns
	all := make([]box, n)
	for i := range all {
		w, h := room.width()/float64(columns), room.height()/float64(rows)
		left, top := room.left+w*float64(i%columns), room.top+h*float64(i/columns)
		all[i] = box{left, top, left + w, top + h}.inset(min(w, h) * 0.05)
	}
	return all
}

// numbers draws the last value of each series, large, with its label, and a line of all of them.
func (d *drawing) numbers(room box) {
	if len(d.Series) == 0 {
		d.empty(room)
		return
	}
	for i, cell := range d.cells(room, 2) {
		s := &d.Series[i]
		c := colorOf(s.Color, i)
		middleX := cell.left + cell.width()/2
		value := cell
		if cell.height() > 40 {
			label := d.cut(s.Label, cell.width()-swatch-6, sizeText, false)
			width := textWidth(label, sizeText, false) + swatch + 6
			value.bottom -= 20
			d.fill(box{middleX - width/2, cell.bottom - 13, middleX - width/2 + swatch, cell.bottom - 3}, c)
			d.text(middleX-width/2+swatch+6, cell.bottom-4, label, textStyle{size: sizeText, color: d.theme.text})
		}
		if d.Spark && value.height() > 60 && len(s.Points) > 1 {
			line := value
			line.top = value.bottom - value.height()*0.35
			value.bottom = line.top - 4
			d.spark(line, s, c)
		}
		d.fit(middleX, value.top+value.height()/2, shown(s), value.width(), value.height()*0.8)
	}
}

// spark draws the line of a series, without axes.
func (d *drawing) spark(room box, s *Series, c color.NRGBA) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range s.Points {
		low, high = min(low, clamp(p.Value)), max(high, clamp(p.Value))
	}
	if low == high {
		low, high = low-1, high+1
	}
	p := &plane{box: room, from: d.From, to: d.To, left: scale{low: low, high: high}}
	d.polyline(p, s.Points, periodOf(s), false, c)
}

// gauges draws the last value of each series as a part of half a ring.
func (d *drawing) gauges(room box) {
	if len(d.Series) == 0 {
		d.empty(room)
		return
	}
	s := scaleOf(0, 100, d.Left, 4)
	for i, cell := range d.cells(room, 1.5) {
		of := &d.Series[i]
		ends := 0.0
		dial := cell
		if cell.height() > 60 {
			dial.bottom -= 20
			ends = 16
		}
		outer := min(dial.width()/2, dial.height()-ends) - 2
		if outer < 4 {
			continue
		}
		at := place{dial.left + dial.width()/2, dial.top + (dial.height()-ends+outer)/2}
		inner := outer * 0.72
		d.ring(at, inner, outer, pi, -pi, d.theme.grid)
		angle := func(v float64) float64 { return pi * min(max(s.at(v), 0), 1) }
		for _, l := range d.Levels {
			d.gaugeLevel(at, inner, outer, l, angle)
		}
		if v, ok := of.last(); ok && angle(v) > 0 {
			d.ring(at, inner, outer-outer*0.06, pi, -angle(v), colorOf(of.Color, i))
		}
		d.fit(at.x, at.y-outer*0.16, shown(of), inner*1.4, outer*0.38)
		if ends > 0 {
			small := textStyle{size: sizeSmall, color: d.theme.faint, align: middle}
			d.text(at.x-(inner+outer)/2, at.y+14, short(s.low), small)
			d.text(at.x+(inner+outer)/2, at.y+14, short(s.high), small)
			d.text(at.x, at.y+34, d.cut(of.Label, cell.width(), sizeText, false), textStyle{size: sizeText, color: d.theme.text, align: middle})
		}
	}
}

// gaugeLevel draws a level on the outer edge of a gauge.
func (d *drawing) gaugeLevel(at place, inner, outer float64, l Level, angle func(float64) float64) {
	c := markColor(l.Color)
	a := angle(l.Value)
	edge := outer * 0.95
	switch {
	case l.To != nil:
		d.ring(at, edge, outer, pi-a, a-angle(*l.To), c)
	case l.Fill == Higher:
		d.ring(at, edge, outer, pi-a, a-pi, c)
	case l.Fill == Lower:
		d.ring(at, edge, outer, pi, -a, c)
	default:
		d.stroke([]place{{at.x - inner*cos(a), at.y - inner*sin(a)}, {at.x - outer*cos(a), at.y - outer*sin(a)}}, c, 2)
	}
}
