package terminal

import (
	"math"
	"time"
)

// axis is an axis of values, with round numbers on it.
type axis struct {
	least, most float64
	ticks       []float64
	step        float64
}

// newAxis returns an axis that has both values and at most so many steps.
func newAxis(least, most float64, steps int) *axis {
	step := roundUp((most - least) / float64(max(steps, 1)))
	a := &axis{least: least, most: most, step: step}
	if !isNumber(step) || step <= 0 {
		a.ticks = []float64{least, most}
		return a
	}
	low, high := math.Floor(least/step), math.Ceil(most/step-1e-9)
	if high-low > 1000 || !isNumber(low) || !isNumber(high) { // numbers that differ in their last digits
		a.ticks = []float64{least, most}
		return a
	}
	a.least, a.most = min(least, low*step), max(most, high*step)
	for i := low; i <= high; i++ {
		a.ticks = append(a.ticks, i*step)
	}
	return a
}

// roundUp returns the next of 1, 2, 5, 10 and so on.
func roundUp(v float64) float64 {
	if v <= 0 || !isNumber(v) {
		return v
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 5} {
		if v <= n*unit*(1+1e-9) {
			return n * unit
		}
	}
	return 10 * unit
}

// share is how far up a value is, from 0 to 1.
func (a *axis) share(v float64) float64 {
	// Both are halved, as their difference may be more than a number can be.
	return (v/2 - a.least/2) / (a.most/2 - a.least/2)
}

// row is the row of a value, of so many from the top.
func (a *axis) row(v float64, rows int) int {
	share := a.share(v)
	if math.IsNaN(share) {
		return rows - 1
	}
	return rows - 1 - min(int(max(0, min(share, 1))*float64(rows)), rows-1)
}

// word writes a value of the axis.
func (a *axis) word(v float64) string {
	if math.Abs(v) < a.step*1e-6 {
		v = 0
	}
	return Number(v)
}

// tick is a time on the axis of time.
type tick struct {
	column int // of the tick
	start  int // where its word begins
	word   string
}

// timeSteps are how far ticks of time can be apart.
var timeSteps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 2 * 24 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour, 365 * 24 * time.Hour,
}

// timeTicks returns the round times that have room.
func (p *Plot) timeTicks(columns int) (ticks []tick) {
	zone := p.Zone
	if zone == nil {
		zone = time.UTC
	}
	whole := p.To.Sub(p.From)
	if whole <= 0 {
		return nil
	}
	for _, step := range timeSteps {
		layout := timeLayout(step, whole)
		if n := int(whole/step) + 1; n > 1000 || n*(len(layout)+2) > columns && step != timeSteps[len(timeSteps)-1] {
			continue
		}
		_, offset := p.From.In(zone).Zone() // days begin where the reader is
		shift := time.Duration(offset) * time.Second
		at := p.From.Add(shift).Truncate(step).Add(-shift)
		for free := 0; !at.After(p.To); at = at.Add(step) {
			if at.Before(p.From) {
				continue
			}
			column := min(int(p.x(at)*float64(columns)), columns-1)
			word := at.In(zone).Format(layout)
			start := max(0, column-len(word)/2)
			if start < free || start+len(word) > columns {
				continue
			}
			free = start + len(word) + 1
			ticks = append(ticks, tick{column, start, word})
		}
		return ticks
	}
	return nil
}

// timeLayout is how times are written that are so far apart.
func timeLayout(step, whole time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case step < time.Minute:
		return time.TimeOnly
	case step >= 30*day:
		return time.DateOnly
	case step >= day:
		return "01-02"
	case whole > 36*time.Hour:
		return "01-02 15:04"
	}
	return "15:04"
}
