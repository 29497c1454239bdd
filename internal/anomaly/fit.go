package anomaly

import (
	"math"
	"slices"
	"time"
)

const (
	rounds   = 3   // of fitting the parts to what the others leave
	gain     = 0.9 // a part stays that leaves at most so much of the distance of what it was not made of
	likeHour = 60  // an hour's own spread counts as much as that of all, once it has so many values
)

// Fit returns the model of points, which were seen period apart, or false where there
// are too few of them. Points that are older than Window before the last one, in an excluded
// range, or no finite number, are left out.
func Fit(points []Point, period time.Duration, tuning Tuning) (*Model, bool) {
	f := fitting{tuning: tuning, period: max(int(period/time.Second), 1)}
	if f.tuning.Zone == nil {
		f.tuning.Zone = time.UTC
	}
	f.take(points)
	if len(f.values) < Least {
		return nil, false
	}
	m := &Model{zone: f.tuning.Zone, end: f.clocks[len(f.clocks)-1].unix, floor: math.Inf(-1), fitted: len(f.values)}
	if least := slices.Min(f.values); least >= 0 {
		m.floor = 0
	}
	f.fit(m)
	f.measure(m)
	return m, true
}

// fitting is the making of a model.
type fitting struct {
	tuning Tuning
	period int // of the points, in seconds
	clocks []clock
	values []float64
	rest   []float64 // what is left of the values without some parts of the model
}

// take takes the points that count.
func (f *fitting) take(points []Point) {
	if len(points) == 0 {
		return
	}
	first := points[len(points)-1].Time.Add(-Window)
	for _, p := range points {
		if !p.Time.After(first) || math.IsNaN(p.Value) || math.IsInf(p.Value, 0) || f.excluded(p.Time) {
			continue
		}
		f.clocks = append(f.clocks, clockOf(p.Time.In(f.tuning.Zone)))
		f.values = append(f.values, p.Value)
	}
	f.rest = make([]float64, len(f.values))
}

func (f *fitting) excluded(t time.Time) bool {
	return slices.ContainsFunc(f.tuning.Excluded, func(r Range) bool { return !t.Before(r.Start) && t.Before(r.End) })
}

// span is the time from the first to the last point.
func (f *fitting) span() int64 {
	return f.clocks[len(f.clocks)-1].unix - f.clocks[0].unix + int64(f.period)
}

// fit makes the parts of a model, each of what the others leave of the values.
func (f *fitting) fit(m *Model) {
	cycles := f.cycles(m)
	m.level = median(slices.Clone(f.values))
	for round := range rounds {
		f.leave(m, nil)
		f.trend(m)
		for _, c := range cycles {
			f.leave(m, c.part)
			if round == 0 && !c.sure && !f.tells(c) {
				c.part.slot = 0 // and stays so
			}
			if c.part.slot > 0 {
				f.fill(c, func(int) bool { return true })
			}
		}
		f.relevel(m)
	}
	last := map[Speed]int64{Normal: 3 * secondsOfDay, Fast: secondsOfDay, Slow: secondsOfWeek * 2}[f.tuning.Speed]
	f.leave(m, nil)
	m.level += f.medianSince(m.end - last)
}

// leave sets what is left of the values without the parts of the model but one.
func (f *fitting) leave(m *Model, but *profile) {
	for i, c := range f.clocks {
		rest := f.values[i] - m.level - m.slope*float64(c.unix-m.end)
		for _, part := range []struct {
			p  *profile
			at int
		}{{&m.day, c.inDay}, {&m.week, c.inWeek}, {&m.hour, c.inHour}} {
			if part.p != but {
				rest -= part.p.at(part.at)
			}
		}
		f.rest[i] = rest
	}
}

// relevel puts into the level what the parts leave in the middle.
func (f *fitting) relevel(m *Model) {
	f.leave(m, nil)
	m.level += median(slices.Clone(f.rest))
}

// medianSince is the median of what is left since a time, if there are some values.
func (f *fitting) medianSince(unix int64) float64 {
	from, _ := slices.BinarySearchFunc(f.clocks, unix, func(c clock, unix int64) int { return int(c.unix - unix) })
	if len(f.rest)-from < Least/2 {
		return 0
	}
	return median(slices.Clone(f.rest[from:]))
}

// trend sets the slope: the median of the slopes between medians of six hours each, where it
// is more than what these are off it.
func (f *fitting) trend(m *Model) {
	const block = 6 * secondsOfHour
	if f.span() < 3*secondsOfDay {
		return
	}
	var at, of []float64
	for from := 0; from < len(f.clocks); {
		number := f.clocks[from].unix / block
		to := from
		for to < len(f.clocks) && f.clocks[to].unix/block == number {
			to++
		}
		at = append(at, float64(number*block+block/2))
		of = append(of, median(slices.Clone(f.rest[from:to])))
		from = to
	}
	var slopes []float64
	for i := range at {
		for n := i + 1; n < len(at); n++ {
			slopes = append(slopes, (of[n]-of[i])/(at[n]-at[i]))
		}
	}
	if len(slopes) == 0 {
		return
	}
	slope := median(slopes)
	off := make([]float64, len(at))
	for i := range at {
		off[i] = of[i] - slope*(at[i]-at[0])
	}
	middle := median(slices.Clone(off))
	for i := range off {
		off[i] = math.Abs(off[i] - middle)
	}
	if math.Abs(slope)*float64(f.span()) > 2*normal*median(off) {
		m.slope += slope
	}
}
