package chart

import (
	"image/color"
	"math"
	"slices"
	"time"
)

// stack is series upon each other: at each time from where to where each is.
type stack struct {
	times        []time.Time
	lower, upper [][]float64
	period       time.Duration // the longest
}

// stack lays series upon each other; nil where the view has none. A point that is missing counts as 0.
func (d *drawing) stack() *stack {
	if d.View != Stacked {
		return nil
	}
	s := &stack{lower: make([][]float64, len(d.Series)), upper: make([][]float64, len(d.Series))}
	columns := map[int64]bool{}
	width := max(int64(d.To.Sub(d.From))/int64(max(d.Width, 1)), 1)
	column := func(t time.Time) int64 { return t.Sub(d.From).Nanoseconds() / width }
	for i := range d.Series {
		for _, p := range d.Series[i].Points {
			if c := column(p.Time); !columns[c] { // no more than one a pixel
				columns[c], s.times = true, append(s.times, p.Time)
			}
		}
		if len(d.Series[i].Points) > 1 || d.Series[i].Period > 0 {
			s.period = max(s.period, periodOf(&d.Series[i]))
		}
	}
	slices.SortFunc(s.times, time.Time.Compare)
	s.period = max(s.period, time.Duration(2*width))
	sums := map[bool][]float64{false: make([]float64, len(s.times)), true: make([]float64, len(s.times))}
	for i := range d.Series {
		sum := sums[d.Series[i].Right]
		s.lower[i] = slices.Clone(sum)
		points := d.Series[i].Points
		for n, t := range s.times {
			c := column(t)
			for len(points) > 0 && column(points[0].Time) < c {
				points = points[1:]
			}
			if len(points) > 0 && column(points[0].Time) == c {
				sum[n] += clamp(points[0].Value)
			}
		}
		s.upper[i] = slices.Clone(sum)
	}
	return s
}

// stacked draws the area of one of the series, and the line on it.
func (d *drawing) stacked(p *plane, s *stack, i int, c color.NRGBA) {
	right := d.Series[i].Right
	for from := 0; from < len(s.times); {
		to := from + 1
		for to < len(s.times) && s.times[to].Sub(s.times[to-1]) <= s.period+s.period/2 {
			to++
		}
		var above []place
		for n := from; n < to; n++ {
			above = append(above, place{math.Round(p.x(s.times[n])), p.inside(p.y(s.upper[i][n], right))})
		}
		// In parts, as lines are drawn; they meet where a pixel begins, and so without a seam.
		for first := from; first < to; first += mostAtOnce - 1 {
			last := min(first+mostAtOnce, to)
			around := slices.Clone(above[first-from : last-from])
			for n := last - 1; n >= first; n-- {
				around = append(around, place{above[n-from].x, p.inside(p.y(s.lower[i][n], right))})
			}
			d.area(around, thin(c, 0.55))
		}
		d.stroke(above, c, 1.2)
		if len(above) == 1 {
			d.line(above[0].x, above[0].y, above[0].x, p.inside(p.y(s.lower[i][from], right)), c, 2)
		}
		from = to
	}
}

// inside keeps a height to the plane.
func (p *plane) inside(y float64) float64 { return min(max(y, p.top), p.bottom) }
