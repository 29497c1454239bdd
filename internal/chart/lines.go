package chart

import (
	"image/color"
	"math"
	"slices"
	"time"
)

// plane is the room of lines, with its axes.
type plane struct {
	box

	from, to    time.Time
	left, right scale
}

func (p *plane) x(t time.Time) float64 {
	part := float64(t.Sub(p.from)) / float64(p.to.Sub(p.from))
	return p.box.left + p.width()*min(max(part, -1), 2)
}

// y returns the height of a value. What is far outside is just outside.
func (p *plane) y(v float64, right bool) float64 {
	s := &p.left
	if right {
		s = &p.right
	}
	return p.bottom - p.height()*min(max(s.at(v), -1), 2)
}

// lines draws lines or areas over an axis of times.
func (d *drawing) lines(room box) {
	room = d.legend(room, d.entries())
	lefts, rights := false, false
	for i := range d.Series {
		lefts, rights = lefts || !d.Series[i].Right, rights || d.Series[i].Right
	}
	lefts = lefts || !rights
	stack := d.stack()
	p := d.plane(room, stack, lefts, rights)
	if p.width() < 2 || p.height() < 2 || !p.to.After(p.from) {
		return
	}
	d.stripes(p)
	shown := 0
	for i := range d.Series {
		if d.ctx.Err() != nil {
			return
		}
		c := colorOf(d.Series[i].Color, i)
		s := &d.Series[i]
		if d.View == Stacked {
			d.stacked(p, stack, i, c)
		} else {
			d.polyline(p, s.Points, periodOf(s), s.Right, c)
		}
		shown += len(s.Points)
	}
	if shown == 0 {
		d.empty(p.box)
	}
	var taken []box
	d.levels(p, &taken)
	d.moments(p, &taken)
}

// plane lays out the axes and draws them.
func (d *drawing) plane(room box, stack *stack, lefts, rights bool) *plane {
	p := &plane{box: room, from: d.From, to: d.To}
	labelled := room.width() > 120 && room.height() > 60
	if !labelled {
		p.left, p.right = d.scale(stack, false, 2), d.scale(stack, true, 2)
		return p
	}
	if d.Left.Label != "" && lefts || d.Right.Label != "" && rights {
		half := room.width()/2 - 4
		if lefts {
			d.text(room.left, room.top+11, d.cut(d.Left.Label, half, sizeSmall, false), textStyle{size: sizeSmall, color: d.theme.faint})
		}
		if rights {
			d.text(room.right, room.top+11, d.cut(d.Right.Label, half, sizeSmall, false), textStyle{size: sizeSmall, color: d.theme.faint, align: end})
		}
		p.top += 18
	}
	p.top += 6 // half of the label at the top
	p.bottom -= 20
	about := min(max(int(p.height()/45), 2), 10)
	p.left, p.right = d.scale(stack, false, about), d.scale(stack, true, about)
	if lefts {
		p.box.left += widest(p.left.labels()) + 8
	}
	if rights {
		p.box.right -= widest(p.right.labels()) + 8
	} else {
		p.box.right -= 6
	}
	d.axes(p, room, lefts, rights)
	return p
}

func widest(labels []string) (width float64) {
	for _, l := range labels {
		width = max(width, textWidth(l, sizeSmall, false))
	}
	return width
}

// axes draws the lines of the ticks, and what they say.
func (d *drawing) axes(p *plane, room box, lefts, rights bool) {
	small := textStyle{size: sizeSmall, color: d.theme.faint}
	of := func(s *scale, right bool) {
		for i, label := range s.labels() {
			y := p.y(s.ticks[i], right)
			if right {
				d.text(p.box.right+8, y+4, label, small)
			} else {
				style := small
				style.align = end
				d.text(p.box.left-8, y+4, label, style)
			}
			if right && lefts {
				continue // the lines are those of the left axis
			}
			d.line(p.box.left, y, p.box.right, y, d.theme.grid, 1)
		}
	}
	if lefts {
		of(&p.left, false)
	}
	if rights {
		of(&p.right, true)
	}
	d.line(p.box.left, p.bottom, p.box.right, p.bottom, d.theme.axis, 1)
	small.align = middle
	last := p.box.left - 30.0
	// The zone stands at the end, in the place of a label that would be there.
	zone := d.Zone.String()
	end := room.right - textWidth(zone, sizeSmall, false)
	if p.width() < 180 {
		end = room.right + 14
	} else {
		d.text(end, p.bottom+16, zone, textStyle{size: sizeSmall, color: d.theme.faint})
	}
	for _, t := range timeTicks(p.from, p.to, d.Zone, int(p.width()/64)) {
		x := p.x(t.at)
		d.line(x, p.bottom, x, p.bottom+4, d.theme.axis, 1)
		style := small
		if style.bold = t.day; t.day {
			style.color = d.theme.text
		}
		half := textWidth(t.label, sizeSmall, t.day) / 2
		if x-half < last+8 || x+half > end-8 {
			continue
		}
		last = x + half
		d.text(x, p.bottom+16, t.label, style)
	}
}

// scale is the axis of the series and levels of one side.
func (d *drawing) scale(stack *stack, right bool, about int) scale {
	low, high := math.Inf(1), math.Inf(-1)
	take := func(v float64) { low, high = min(low, v), max(high, v) }
	for i := range d.Series {
		s := &d.Series[i]
		if s.Right != right {
			continue
		}
		if d.View == Stacked {
			for n := range stack.times {
				take(stack.upper[i][n])
				take(stack.lower[i][n])
			}
			continue
		}
		for _, p := range s.Points {
			take(p.Value)
		}
	}
	for _, l := range d.Levels {
		if l.Right != right {
			continue
		}
		take(l.Value)
		if l.To != nil {
			take(*l.To)
		}
	}
	// What lies above or below a level is to be seen.
	for _, l := range d.Levels {
		if off := (high - low) * 0.08; l.Right == right && l.To == nil {
			switch l.Fill {
			case Higher:
				high = max(high, l.Value+off)
			case Lower:
				low = min(low, l.Value-off)
			case None:
			}
		}
	}
	a := d.Left
	if right {
		a = d.Right
	}
	if low > high {
		low, high = 0, 0
	}
	// A line near zero stands on it: what is 3 to 100 begins at 0, what is 97 to 100 does not.
	if d.View == Stacked || low > 0 && low < (high-low) {
		low = min(low, 0)
	}
	return scaleOf(clamp(low), clamp(high), a, about)
}

// clamp keeps values to those that can be counted with.
func clamp(v float64) float64 { return min(max(v, -1e150), 1e150) }

// periodOf is how far points of a series are apart: as it is told, or the least distance.
func periodOf(s *Series) time.Duration {
	if s.Period > 0 {
		return s.Period
	}
	period := time.Duration(math.MaxInt64 / 4)
	for i := 1; i < len(s.Points); i++ {
		if apart := s.Points[i].Time.Sub(s.Points[i-1].Time); apart > 0 {
			period = min(period, apart)
		}
	}
	return period
}

// polyline draws a line with gaps where points are missing, and a dot for one that is alone.
func (d *drawing) polyline(p *plane, points []Point, period time.Duration, right bool, c color.NRGBA) {
	column := 1.0 // of a large picture with many lines each has wider columns
	if much := float64(len(d.Series)*d.Width) / 50_000; much > 1 {
		column = math.Ceil(much)
	}
	for len(points) > 0 {
		n := 1
		for n < len(points) && points[n].Time.Sub(points[n-1].Time) <= period+period/2 {
			n++
		}
		places := thinned(points[:n], column, func(pt Point) place { return place{p.x(pt.Time), p.y(pt.Value, right)} })
		points = points[n:]
		if len(places) == 1 {
			if at := places[0]; p.contains(at) {
				d.dot(at.x, at.y, 2, c)
			}
			continue
		}
		for _, part := range p.clipped(places) {
			d.stroke(part, c, 1.6)
		}
	}
}

// thinned returns where points are: of each column of so many pixels the first, the last and both ends.
func thinned(points []Point, column float64, at func(Point) place) (all []place) {
	for from := 0; from < len(points); {
		first := at(points[from])
		low, high, last := first, first, first
		to := from + 1
		for ; to < len(points); to++ {
			next := at(points[to])
			if math.Floor(next.x/column) != math.Floor(first.x/column) {
				break
			}
			if last = next; next.y < low.y {
				low = next
			}
			if next.y > high.y {
				high = next
			}
		}
		ends := []place{first, low, high, last}
		slices.SortStableFunc(ends[1:3], func(a, b place) int {
			switch {
			case a.x < b.x:
				return -1
			case a.x > b.x:
				return 1
			}
			return 0
		})
		all = append(all, slices.Compact(ends)...)
		from = to
	}
	return all
}

func (p *plane) contains(at place) bool {
	return at.x >= p.box.left && at.x <= p.box.right && at.y >= p.top-0.5 && at.y <= p.bottom+0.5
}

// clipped are the parts of a line that are in the plane.
func (p *plane) clipped(places []place) (parts [][]place) {
	var part []place
	for i := 1; i < len(places); i++ {
		a, b, ok := p.clip(places[i-1], places[i])
		if !ok {
			continue
		}
		if n := len(part); n > 0 && part[n-1] == a {
			part = append(part, b)
			continue
		}
		if part != nil {
			parts = append(parts, part)
		}
		part = []place{a, b}
	}
	if part != nil {
		parts = append(parts, part)
	}
	return parts
}

// clip is the part of a straight line that is in the plane.
func (p *plane) clip(a, b place) (place, place, bool) {
	from, to := 0.0, 1.0
	for _, side := range [4][2]float64{
		{a.x - b.x, a.x - p.box.left},
		{b.x - a.x, p.box.right - a.x},
		{a.y - b.y, a.y - p.top},
		{b.y - a.y, p.bottom - a.y},
	} {
		step, room := side[0], side[1]
		switch {
		case step == 0:
			if room < 0 {
				return a, b, false
			}
		case step < 0:
			from = max(from, room/step)
		default:
			to = min(to, room/step)
		}
	}
	if from > to {
		return a, b, false
	}
	on := func(part float64) place { return place{a.x + part*(b.x-a.x), a.y + part*(b.y-a.y)} }
	first, second := a, b
	if from > 0 {
		first = on(from)
	}
	if to < 1 {
		second = on(to)
	}
	return first, second, true
}
