package anomaly

import (
	"math"
	"slices"
)

// cycle is a part of a model that comes again.
type cycle struct {
	part   *profile
	length int              // in seconds
	in     func(*clock) int // where a time is in it, in seconds
	fold   func(*clock) int // in which half of the data a point is, for judging the part: 0 or 1
	// twice says that slots have few cycles: where the two halves disagree by far, the one that
	// is nearer to nothing counts.
	twice bool
	sure  bool // it was asked for, and is not judged
}

// cycles are the parts that a model may have of these points, in the order in which they are
// fitted, with empty profiles.
func (f *fitting) cycles(m *Model) []*cycle {
	var all []*cycle
	start := f.clocks[0].unix
	add := func(c *cycle, slot int, smooth bool) {
		*c.part = profile{slot: slot, smooth: smooth, values: make([]float64, c.length/slot)}
		all = append(all, c)
	}
	if f.span() >= 2*secondsOfDay && f.period <= 4*secondsOfHour {
		c := &cycle{
			part: &m.day, length: secondsOfDay, in: func(c *clock) int { return c.inDay },
			fold: func(c *clock) int { return int((c.unix-start)/secondsOfDay) % 2 }, sure: f.tuning.Spikes,
		}
		slot := 900
		if f.tuning.Spikes {
			slot = 60
		}
		slot = max(slot, f.period)
		for secondsOfDay%slot != 0 {
			slot++
		}
		add(c, slot, !f.tuning.Spikes)
	}
	if f.span() >= 10*secondsOfDay && f.period <= secondsOfHour {
		add(&cycle{
			part: &m.week, length: secondsOfWeek, in: func(c *clock) int { return c.inWeek },
			fold: func(c *clock) int { return int((c.unix-start)/secondsOfWeek) % 2 }, twice: true,
		}, secondsOfHour, true)
	}
	if f.span() >= 4*secondsOfHour && f.period <= 600 && secondsOfHour%f.period == 0 {
		add(&cycle{
			part: &m.hour, length: secondsOfHour, in: func(c *clock) int { return c.inHour },
			fold: func(c *clock) int { return int(c.unix/secondsOfHour) % 2 },
		}, max(f.period, 60), false)
	}
	return all
}

// tells says whether a part that is made of one half of the data tells the other half.
func (f *fitting) tells(c *cycle) bool {
	with, without := 0.0, 0.0
	for half := range 2 {
		f.fill(c, func(i int) bool { return c.fold(&f.clocks[i]) == half })
		var off, plain []float64
		for i := range f.clocks {
			if c.fold(&f.clocks[i]) != half {
				off = append(off, math.Abs(f.rest[i]-c.part.at(c.in(&f.clocks[i]))))
				plain = append(plain, math.Abs(f.rest[i]))
			}
		}
		with, without = with+trimmedSum(off), without+trimmedSum(plain)
	}
	return with < gain*without
}

// fill sets the profile of a part: the median of what is left in each slot, of the points that
// are used. Slots without any lie between their neighbours.
func (f *fitting) fill(c *cycle, use func(i int) bool) {
	var halves [2][][]float64
	for half := range halves {
		halves[half] = make([][]float64, len(c.part.values))
	}
	for i := range f.clocks {
		if use(i) {
			slot := c.in(&f.clocks[i]) / c.part.slot
			half := c.fold(&f.clocks[i])
			halves[half][slot] = append(halves[half][slot], f.rest[i])
		}
	}
	if c.twice {
		c.part.values = agreed(halves)
	} else {
		for slot := range c.part.values {
			c.part.values[slot] = median(append(halves[0][slot], halves[1][slot]...)) // NaN of none
		}
	}
	bridge(c.part.values)
}

// agreed is what two cycles say together of each slot: their middle, or the one that is nearer to
// nothing where they are much farther apart than they are in most slots.
func agreed(halves [2][][]float64) []float64 {
	values := make([]float64, len(halves[0]))
	var apart []float64
	for slot := range values {
		a, b := median(halves[0][slot]), median(halves[1][slot])
		if values[slot] = (a + b) / 2; math.IsNaN(values[slot]) {
			values[slot] = median(append(halves[0][slot], halves[1][slot]...)) // of one cycle, or NaN
			continue
		}
		apart = append(apart, math.Abs(a-b))
	}
	most := 5 * median(apart)
	for slot := range values {
		a, b := median(halves[0][slot]), median(halves[1][slot])
		if math.Abs(a-b) > most {
			values[slot] = a
			if math.Abs(b) < math.Abs(a) {
				values[slot] = b
			}
		}
	}
	return values
}

// bridge gives values that are NaN what lies between their neighbours around the cycle, and 0 where
// there are none.
func bridge(values []float64) {
	n := len(values)
	first := slices.IndexFunc(values, func(v float64) bool { return !math.IsNaN(v) })
	if first < 0 {
		clear(values)
		return
	}
	known := first
	for step := 1; step <= n; step++ {
		i := (first + step) % n
		if math.IsNaN(values[i]) {
			continue
		}
		gap := (i - known + n) % n
		if gap == 0 {
			gap = n
		}
		for k := 1; k < gap; k++ {
			part := float64(k) / float64(gap)
			values[(known+k)%n] = values[known]*(1-part) + values[i]*part
		}
		known = i
	}
}
