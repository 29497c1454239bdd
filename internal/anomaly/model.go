// Package anomaly learns what a metric usually is, from what it was for up to two weeks, and
// says what to expect of it at any time, and how far it usually is from that.
//
// A model is a sum: a level with a trend, what the time of day adds, what the hour of the week
// adds, and what the minute of the hour adds. Each part is made of medians, so that spikes
// and outages in the data move it little; each but the level is left out unless it tells a part of
// the data of which it was not made. How far values are from that is learned by the hour of
// the day.
//
// It is pure: the same points give the same model. AWS does not publish its own model, and this is
// none of AWS's; docs/anomaly.md says how well it does.
package anomaly

import (
	"math"
	"time"
)

// Window is how far back a model may learn.
const Window = 14 * 24 * time.Hour

// Least is how many points a model needs.
const Least = 24

// Point is a value of a metric. Models need points in the order of their times.
type Point struct {
	Time  time.Time
	Value float64
}

// Range is a time of which nothing is learned, from its start until before its end.
type Range struct{ Start, End time.Time }

// Speed says how soon a model takes a lasting change for what is usual.
type Speed int

// The speeds: the level is that of the last three days, the last day, or all.
const (
	Normal Speed = iota
	Fast
	Slow
)

// Strength says how many of the values that are farthest from what was expected are left out
// before it is measured how far values usually are.
type Strength int

// The strengths leave out 5, 1 and 10 of a hundred.
const (
	Moderate Strength = iota
	Minimal
	Strict
)

// Tuning is how a model is made. Its zero value is what a model without a detector has.
type Tuning struct {
	Zone     *time.Location // of the hours and days; nil is UTC
	Excluded []Range
	Speed    Speed
	Strength Strength
	// Spikes says that spikes which come back at the same time of each day are usual: the time
	// of day is learned by the point's own period then.
	Spikes bool
}

// Model says what is expected of a metric.
type Model struct {
	zone   *time.Location
	end    int64 // up to when it learned, in seconds since 1970
	level  float64
	slope  float64 // per second
	day    profile
	week   profile
	hour   profile
	spread [24]float64 // by the hour of the day
	floor  float64     // no value was less, where that is not below 0; else -Inf
	fitted int
}

// steady is how much of what is expected the deviation is at least: a metric that never moved
// may move by that.
const steady = 0.001

// Points returns how many points the model was made of.
func (m *Model) Points() int { return m.fitted }

// At returns what is expected at a time, and the deviation: what about two thirds of the values
// are not farther away than. A trend goes on for a day after the last point.
func (m *Model) At(t time.Time) (mean, deviation float64) {
	c := clockOf(t.In(m.zone))
	ahead := min(c.unix-m.end, int64(24*time.Hour/time.Second))
	mean = m.level + m.slope*float64(ahead) + m.day.at(c.inDay) + m.week.at(c.inWeek) + m.hour.at(c.inHour)
	mean = max(mean, m.floor)
	return mean, max(m.spread[c.inDay/secondsOfHour], steady*math.Abs(mean))
}

// Band returns the least and the greatest value that is expected at a time: so many deviations
// around what is. It is not below 0 where the metric never was.
func (m *Model) Band(t time.Time, deviations float64) (lower, upper float64) {
	mean, deviation := m.At(t)
	return max(mean-deviations*deviation, m.floor), mean + deviations*deviation
}

const (
	secondsOfHour = 3600
	secondsOfDay  = 24 * secondsOfHour
	secondsOfWeek = 7 * secondsOfDay
)

// clock is a time, and where it is in its hour, day and week, in seconds.
type clock struct {
	unix                  int64
	inHour, inDay, inWeek int
}

func clockOf(t time.Time) clock {
	h, m, s := t.Clock()
	c := clock{unix: t.Unix(), inHour: m*60 + s}
	c.inDay = h*secondsOfHour + c.inHour
	c.inWeek = int(t.Weekday())*secondsOfDay + c.inDay
	return c
}

// profile is what a time within a cycle adds: a value for each slot of it.
type profile struct {
	slot   int // in seconds; 0 where there is no profile
	smooth bool
	values []float64
}

// at returns what a profile adds at a time, in seconds of its cycle: what lies between the
// middles of two slots, where it is smooth.
func (p *profile) at(second int) float64 {
	if p.slot == 0 {
		return 0
	}
	if !p.smooth {
		return p.values[second/p.slot]
	}
	n := len(p.values)
	place := float64(second)/float64(p.slot) - 0.5
	before := math.Floor(place)
	part := place - before
	i := (int(before) + n) % n
	return p.values[i]*(1-part) + p.values[(i+1)%n]*part
}
