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

// baselineOf returns what is usual for a key at a minute.
func (d *Detector) baselineOf(k Key, minute int64) baseline {
	var b baseline
	hour := floor(minute, minutesOfHour)
	before := floor(minute-settles, minutesOfHour) // hours from this one on are left out
	told := 0
	for _, day := range d.days {
		if counts := day.Keys[k]; counts != nil {
			told += counts.Told
		}
	}
	var total, busiest float64
	var within [windows]float64 // sums of squares around the means of hours
	for _, day := range d.days {
		b.minutes += day.watched()
		for out := before; out <= hour; out++ {
			if day.Number == floor(out, hoursOfDay) {
				b.minutes -= int64(day.Watched[out%hoursOfDay])
			}
		}
		counts := day.Keys[k]
		if counts == nil {
			if day.Lost > 0 { // it may have been forgotten: so much, and all at once
				lost := float64(day.Lost)
				total, busiest = total+lost, max(busiest, lost)
				within[0] += lost*lost - lost*lost/minutesOfHour
				within[1] += lost*lost - lost*lost*wide/minutesOfHour
				b.largest[0], b.largest[1] = max(b.largest[0], day.Lost), max(b.largest[1], day.Lost)
			}
			continue
		}
		hours := slices.Clip(counts.Hours)
		for _, h := range counts.Unusual {
			// What is done at this time of the day is usual at this time.
			if told >= usualAfter || near(h.Hour, hour%hoursOfDay) {
				hours = append(hours, h)
			}
		}
		for i := range hours {
			h := &hours[i]
			if day.Number*hoursOfDay+h.Hour >= before {
				continue
			}
			sum := float64(h.Sum)
			total += sum
			within[0] += float64(h.Squares) - sum*sum/minutesOfHour
			within[1] += float64(h.Squares5) - sum*sum*wide/minutesOfHour
			b.largest[0], b.largest[1] = max(b.largest[0], h.Most), max(b.largest[1], h.Most5)
			if near(h.Hour, hour%hoursOfDay) {
				busiest = max(busiest, sum)
			}
		}
	}
	b.mean = max((total+1)/float64(max(b.minutes, 1)), busiest/minutesOfHour)
	for i, width := range widths {
		known := within[i] / (1 - float64(width)/minutesOfHour)
		b.spread[i] = max((known+clumps*clumpsWeight)/(total+clumpsWeight), leastDispersion)
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
