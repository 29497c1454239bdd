package insight

import (
	"math"
	"slices"
)

const (
	// learning is how long is counted before anything is called unusual: 36 hours.
	learning = 36 * minutesOfHour
	// least is how many calls there have to be in a minute, or in five.
	least = 10
	// falseAlarms is how many insights an account and region should have in a month
	// whose counts are as the baseline says, and in which nothing happens.
	falseAlarms = 0.1
	// fewestKeys is for how many keys that holds at least.
	fewestKeys = 50
	monthly    = 30 * minutesOfDay
	windows    = 2
	// clumps is how many calls are thought to come together, on the average, of a key of
	// which little is known; as much as clumpsWeight calls would say.
	clumps       = 8
	clumpsWeight = 20
	// leastDispersion keeps counts that are more even than chance from being called so.
	leastDispersion = 1.05
	// calm is how probable a count has to be at least for an insight to end.
	calm = 1e-3
)

// baseline is what is usual for a key at an hour of the day.
type baseline struct {
	mean    float64          // of a minute at this hour
	spread  [windows]float64 // variance over mean, of one minute and of five
	largest [windows]uint64  // that was counted in either
	minutes int64            // how long was counted
}

var widths = [windows]int64{1, wide}

// settles is how many minutes an hour has to be over until it is part of the baseline:
// what grows slowly would otherwise be usual as soon as an hour ends.
const settles = 30

// usualAfter is after how many insights into a key in a baseline what they were about is
// usual at any time of the day.
const usualAfter = 2

// sums are what a baseline is computed from.
type sums struct {
	total   float64
	busiest float64          // hour at about this time of the day
	within  [windows]float64 // sums of squares around the means of hours
	largest [windows]uint64
}

func (s *sums) add(h *hourly, near bool) {
	sum := float64(h.Sum)
	s.total += sum
	s.within[0] += float64(h.Squares) - sum*sum/minutesOfHour
	s.within[1] += float64(h.Squares5) - sum*sum*wide/minutesOfHour
	s.largest[0], s.largest[1] = max(s.largest[0], h.Most), max(s.largest[1], h.Most5)
	if near {
		s.busiest = max(s.busiest, sum)
	}
}

// usualHours returns what a day has of a key that is usual at an hour of the day, when
// there were so many insights into it.
func (k *daily) usualHours(at int64, told int) []hourly {
	hours := slices.Clip(k.Hours)
	for _, h := range k.Unusual {
		// What is done at this time of the day is usual at this time.
		if told >= usualAfter || near(h.Hour, at) {
			hours = append(hours, h)
		}
	}
	return hours
}

// baselineOf returns what is usual for a key at a minute.
func (d *Detector) baselineOf(k Key, minute int64) baseline {
	hour := floor(minute, minutesOfHour)
	before := floor(minute-settles, minutesOfHour) // hours from this one on are left out
	told := 0
	for _, day := range d.days {
		if counts := day.Keys[k]; counts != nil {
			told += counts.Told
		}
	}
	var b baseline
	var s sums
	for _, day := range d.days {
		b.minutes += day.watched() - day.watchedIn(before, hour)
		counts := day.Keys[k]
		if counts == nil {
			if n := day.Lost; n > 0 { // it may have been forgotten: so much, and all at once
				s.add(&hourly{Sum: n, Squares: n * n, Squares5: n * n, Most: n, Most5: n}, true)
			}
			continue
		}
		hours := counts.usualHours(hour%hoursOfDay, told)
		for i := range hours {
			if h := &hours[i]; day.Number*hoursOfDay+h.Hour < before {
				s.add(h, near(h.Hour, hour%hoursOfDay))
			}
		}
	}
	b.largest = s.largest
	b.mean = max((s.total+1)/float64(max(b.minutes, 1)), s.busiest/minutesOfHour)
	for i, width := range widths {
		known := s.within[i] / (1 - float64(width)/minutesOfHour)
		b.spread[i] = max((known+clumps*clumpsWeight)/(s.total+clumpsWeight), leastDispersion)
	}
	return b
}

// near says whether two hours of the day are the same or follow each other.
func near(a, b int64) bool {
	apart := (a - b + hoursOfDay) % hoursOfDay
	return apart <= 1 || apart == hoursOfDay-1
}

// chance is how probable a count is at most that is unusual, with so many keys.
func chance(keys int) float64 {
	return falseAlarms / (monthly * windows * float64(max(keys, fewestKeys)))
}

// unusual says whether a count of a window is more than ever, and less probable than
// by chance.
func (b *baseline) unusual(window int, count uint64, chance float64) bool {
	return count >= least && count > b.largest[window] && b.tail(window, count) < chance
}

func (b *baseline) tail(window int, count uint64) float64 {
	return tail(float64(count), b.mean*float64(widths[window]), b.spread[window])
}

// limit returns the smallest count of a window that is less probable than by chance.
func (b *baseline) limit(window int, chance float64) uint64 {
	high := uint64(1)
	for b.tail(window, high) >= chance && high < math.MaxUint32 {
		high *= 2
	}
	for low := high / 2; high-low > 1; {
		if middle := low + (high-low)/2; b.tail(window, middle) < chance {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
