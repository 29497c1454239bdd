package chart

import (
	"image/color"
)

// stripes fills what levels and moments fill, and draws the lines of moments.
func (d *drawing) stripes(p *plane) {
	for _, m := range d.Moments {
		d.between(p, m)
	}
	for _, l := range d.Levels {
		c := thin(markColor(l.Color), 0.12)
		y := p.inside(p.y(l.Value, l.Right))
		switch {
		case l.To != nil:
			to := p.inside(p.y(*l.To, l.Right))
			d.fill(box{p.box.left, min(y, to), p.box.right, max(y, to)}, c)
		case l.Fill == Higher:
			d.fill(box{p.box.left, p.top, p.box.right, y}, c)
		case l.Fill == Lower:
			d.fill(box{p.box.left, y, p.box.right, p.bottom}, c)
		case l.Fill == None:
		}
	}
}

// between fills what a moment fills, and draws its lines.
func (d *drawing) between(p *plane, m Moment) {
	c := colorOf(m.Color, 7)
	x := p.x(m.At)
	within := func(x float64) float64 { return min(max(x, p.box.left), p.box.right) }
	switch {
	case m.To != nil:
		to := p.x(*m.To)
		d.fill(box{within(min(x, to)), p.top, within(max(x, to)), p.bottom}, thin(c, 0.15))
		d.upright(p, to, c)
	case m.Fill == Higher:
		d.fill(box{within(x), p.top, p.box.right, p.bottom}, thin(c, 0.12))
	case m.Fill == Lower:
		d.fill(box{p.box.left, p.top, within(x), p.bottom}, thin(c, 0.12))
	case m.Fill == None:
	}
	d.upright(p, x, c)
}

// levels draws lines at values, each with its label where no other label is.
func (d *drawing) levels(p *plane, taken *[]box) {
	for _, l := range d.Levels {
		c := markColor(l.Color)
		d.level(p, l.Value, l.Right, l.Label, c, taken)
		if l.To != nil {
			d.level(p, *l.To, l.Right, "", c, taken)
		}
	}
}

func (d *drawing) level(p *plane, value float64, right bool, label string, c color.NRGBA, taken *[]box) {
	y := p.y(value, right)
	if y < p.top-0.5 || y > p.bottom+0.5 {
		return
	}
	d.line(p.box.left, y, p.box.right, y, c, 1.4, 6, 3)
	if label == "" || p.height() < 40 {
		return
	}
	label = d.cut(label, p.width()/2, sizeSmall, false)
	width := textWidth(label, sizeSmall, false)
	// Above or below its line, at the left or the right or in the middle.
	for _, x := range []float64{p.box.left + 6, p.box.right - 6 - width, p.box.left + (p.width()-width)/2} {
		for _, foot := range []float64{y - 5, y + 13} {
			room := box{x - 3, foot - 11, x + width + 3, foot + 3}
			if room.top < p.top-8 || room.bottom > p.bottom || meets(room, *taken) {
				continue
			}
			*taken = append(*taken, room)
			d.fill(room, thin(d.theme.back, 0.8))
			d.text(x, foot, label, textStyle{size: sizeSmall, color: c})
			return
		}
	}
}

func meets(b box, others []box) bool {
	for _, o := range others {
		if b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom {
			return true
		}
	}
	return false
}

// moments writes the labels of moments at the top, below each other where they meet.
func (d *drawing) moments(p *plane, taken *[]box) {
	for _, m := range d.Moments {
		x := p.x(m.At)
		if m.Label == "" || x < p.box.left || x > p.box.right || p.height() < 40 {
			continue
		}
		label := d.cut(m.Label, p.width()/2, sizeSmall, false)
		width := textWidth(label, sizeSmall, false)
		left := x + 5
		if left+width > p.box.right {
			left = x - 5 - width
		}
		for foot := p.top + 13; foot < p.bottom; foot += 4 {
			room := box{left - 2, foot - 11, left + width + 2, foot + 3}
			if meets(room, *taken) || d.onLevel(p, room) {
				continue
			}
			*taken = append(*taken, room)
			d.fill(room, thin(d.theme.back, 0.8))
			d.text(left, foot, label, textStyle{size: sizeSmall, color: d.theme.faint})
			break
		}
	}
}

// onLevel says whether the line of a level goes through a place.
func (d *drawing) onLevel(p *plane, b box) bool {
	through := func(v float64, right bool) bool {
		y := p.y(v, right)
		return y > b.top && y < b.bottom
	}
	for _, l := range d.Levels {
		if through(l.Value, l.Right) || l.To != nil && through(*l.To, l.Right) {
			return true
		}
	}
	return false
}

func (d *drawing) upright(p *plane, x float64, c color.NRGBA) {
	if x >= p.box.left && x <= p.box.right {
		d.line(x, p.top, x, p.bottom, c, 1.2, 4, 3)
	}
}
