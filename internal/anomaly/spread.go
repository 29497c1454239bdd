package anomaly

import (
	"math"
	"slices"
)

// normal is how many median distances a deviation is, of values that are off by chance.
const normal = 1.4826

func trimOf(s Strength) float64 {
	return map[Strength]float64{Moderate: 0.05, Minimal: 0.01, Strict: 0.10}[s]
}

// measure learns how far values are from what is expected, by the hour of the day: within each
// day, and from day to day.
func (f *fitting) measure(m *Model) {
	f.leave(m, nil)
	var days []float64
	for from := 0; from < len(f.clocks); {
		to := from
		for to < len(f.clocks) && f.clocks[to].unix-f.clocks[from].unix < secondsOfDay {
			to++
		}
		middle := median(slices.Clone(f.rest[from:to]))
		days = append(days, middle)
		for i := from; i < to; i++ {
			f.rest[i] -= middle
		}
		from = to
	}
	trim := trimOf(f.tuning.Strength)
	all, between := spread(f.rest, trim), 0.0
	if len(days) >= 4 {
		middle := median(slices.Clone(days))
		for i := range days {
			days[i] = math.Abs(days[i] - middle)
		}
		between = normal * median(days)
	}
	hours := [24][]float64{}
	for i, c := range f.clocks {
		hours[c.inDay/secondsOfHour] = append(hours[c.inDay/secondsOfHour], f.rest[i])
	}
	for h := range hours {
		n := float64(len(hours[h]))
		own := 0.0
		if n > 1 {
			own = spread(hours[h], trim)
		}
		within := (n*own*own + likeHour*all*all) / (n + likeHour)
		m.spread[h] = math.Sqrt(within + between*between)
	}
}

// spread is the deviation of values around 0 without the share of them that is farthest away. It is
// that of all where these follow the normal distribution.
func spread(values []float64, trim float64) float64 {
	off := make([]float64, len(values))
	for i, v := range values {
		off[i] = math.Abs(v)
	}
	slices.Sort(off)
	kept := off[:max(len(off)-int(trim*float64(len(off))), 1)]
	sum := 0.0
	for _, v := range kept {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(kept)) / keptVariance(float64(len(kept))/float64(len(off))))
}

// keptVariance is the variance of a standard normal distribution without the share of it that is
// farthest from 0, where so much is kept.
func keptVariance(kept float64) float64 {
	if kept >= 1 {
		return 1
	}
	edge := math.Sqrt2 * math.Erfinv(kept)
	return 1 - 2*edge*math.Exp(-edge*edge/2)/math.Sqrt(2*math.Pi)/kept
}

// trimmedSum is the sum of the nearest 95 of a hundred distances. It orders them.
func trimmedSum(off []float64) (sum float64) {
	slices.Sort(off)
	for _, v := range off[:len(off)-len(off)/20] {
		sum += v
	}
	return sum
}

// median returns the middle of values, which it orders; NaN of none.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return values[n/2-1]/2 + values[n/2]/2
}
