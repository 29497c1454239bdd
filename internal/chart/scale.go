package chart

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// scale is an axis of numbers: its ends, and the ticks between them.
type scale struct {
	low, high float64
	step      float64
	ticks     []float64
}

// scaleOf returns the axis for values from low to high with about so many ticks. An end
// that was given stays; the others are round.
func scaleOf(low, high float64, a Axis, about int) scale {
	if a.Min != nil {
		low = *a.Min
	}
	if a.Max != nil {
		high = *a.Max
	}
	if !(high > low) { // also of nothing at all
		switch {
		case a.Max != nil && a.Min == nil:
			low = high - 1
		case a.Min != nil:
			high = low + 1
		case low == 0:
			high = 1
		default:
			off := math.Abs(low) / 10
			low, high = low-off, high+off
		}
	}
	s := scale{step: round(0.7 * (high - low) / float64(max(about, 1)))}
	s.low, s.high = low, high
	if a.Min == nil {
		s.low = math.Floor(low/s.step+1e-9) * s.step
	}
	if a.Max == nil {
		s.high = math.Ceil(high/s.step-1e-9) * s.step
	}
	for i := math.Ceil(s.low/s.step - 1e-9); i*s.step <= s.high+s.step*1e-9 && len(s.ticks) < 100; i++ {
		s.ticks = append(s.ticks, i*s.step)
	}
	return s
}

// round returns the next number that is 1, 2 or 5 with zeros.
func round(v float64) float64 {
	tens := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 5} {
		if n*tens >= v*(1-1e-9) {
			return n * tens
		}
	}
	return 10 * tens
}

// at returns where on an axis a value is: 0 at its low end, 1 at its high.
func (s *scale) at(v float64) float64 { return (v - s.low) / (s.high - s.low) }

// labels are the ticks in words, all with as many digits.
func (s *scale) labels() []string {
	largest := max(math.Abs(s.low), math.Abs(s.high))
	unit, letter := unitOf(largest)
	digits := max(0, int(math.Ceil(-math.Log10(s.step/unit)-1e-9)))
	all := make([]string, len(s.ticks))
	for i, v := range s.ticks {
		switch {
		case v == 0:
			all[i] = "0"
		case digits > 6 || letter == "e":
			all[i] = strconv.FormatFloat(v, 'g', 3, 64)
		default:
			all[i] = minus(strconv.FormatFloat(v/unit, 'f', digits, 64)) + letter
		}
	}
	return all
}

// unitOf returns by what numbers of a size are divided, and the letter for it.
func unitOf(v float64) (unit float64, letter string) {
	switch {
	case v >= 1e18 || v < 1e-4 && v > 0:
		return 1, "e"
	case v >= 1e15:
		return 1e15, "P"
	case v >= 1e12:
		return 1e12, "T"
	case v >= 1e9:
		return 1e9, "G"
	case v >= 1e6:
		return 1e6, "M"
	case v >= 1e4:
		return 1e3, "k"
	}
	return 1, ""
}

// short is a number in few letters.
func short(v float64) string {
	unit, letter := unitOf(math.Abs(v))
	if letter == "e" {
		return minus(strconv.FormatFloat(v, 'g', 3, 64))
	}
	digits := 0
	for size := math.Abs(v / unit); digits < 4 && size < 100; size *= 10 {
		digits++
		if size == 0 {
			break
		}
	}
	text := strconv.FormatFloat(v/unit, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		text = "0"
	}
	return minus(text) + letter
}

// minus writes the sign as it is printed.
func minus(text string) string { return strings.Replace(text, "-", "−", 1) }

// tick is a time on the axis of times.
type tick struct {
	at    time.Time
	label string
	day   bool // the label says a date among times of day
}

// steps are the distances between ticks. From a day on they are counted in days, months and years.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

const aDay = 24 * time.Hour

// timeTicks returns at most so many ticks between two times, at round times of a zone.
func timeTicks(from, to time.Time, zone *time.Location, most int) []tick {
	length := to.Sub(from)
	if length <= 0 || most < 1 {
		return nil
	}
	for _, step := range steps {
		if length/step <= time.Duration(most) {
			return clockTicks(from.In(zone), to, step)
		}
	}
	for _, days := range []int{1, 2, 7, 14} {
		if int(length/aDay)/days <= most {
			return dayTicks(from.In(zone), to, days)
		}
	}
	for _, months := range []int{1, 2, 3, 6, 12, 24, 60} {
		if int(length/(30*aDay))/months <= most {
			return monthTicks(from.In(zone), to, months)
		}
	}
	return nil
}

// clockTicks are the times of day at a step of less than a day, by the clock: they stay round
// where it changes.
func clockTicks(from, to time.Time, step time.Duration) (all []tick) {
	layout := "15:04"
	if step < time.Minute {
		layout = "15:04:05"
	}
	for midnight := startOfDay(from); !midnight.After(to); midnight = midnight.AddDate(0, 0, 1) {
		year, month, date := midnight.Date()
		seconds := int(step / time.Second)
		first := 0
		if from.After(midnight) {
			first = int(day(from)/step) * seconds
		}
		for clock := first; clock < int(aDay/time.Second) && len(all) < 1000; clock += seconds {
			at := time.Date(year, month, date, 0, 0, clock, 0, midnight.Location())
			if at.After(to) {
				break
			}
			if at.Before(from) || len(all) > 0 && !at.After(all[len(all)-1].at) {
				continue
			}
			t := tick{at: at, label: at.Format(layout)}
			if at.Equal(midnight) {
				t.label, t.day = at.Format("Jan 2"), true
			}
			all = append(all, t)
		}
	}
	return all
}

// day is how late it is, by the clock.
func day(t time.Time) time.Duration {
	h, m, s := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}

func startOfDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// dayTicks are the days, every so many. Weeks begin on Monday.
func dayTicks(from, to time.Time, every int) (all []tick) {
	for at := startOfDay(from); !at.After(to) && len(all) < 1000; at = at.AddDate(0, 0, 1) {
		number := int(at.Unix()+3*86400+12*3600) / 86400 // a Monday is a multiple of seven
		if !at.Before(from) && number%every == 0 {
			all = append(all, tick{at: at, label: at.Format("Jan 2")})
		}
	}
	return all
}

func monthTicks(from, to time.Time, every int) (all []tick) {
	for at := time.Date(from.Year(), 1, 1, 0, 0, 0, 0, from.Location()); !at.After(to) && len(all) < 1000; at = at.AddDate(0, 1, 0) {
		if at.Before(from) || (at.Year()*12+int(at.Month())-1)%every != 0 {
			continue
		}
		layout := "Jan 2006"
		if every >= 12 {
			layout = "2006"
		}
		all = append(all, tick{at: at, label: at.Format(layout)})
	}
	return all
}
