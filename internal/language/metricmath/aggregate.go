package metricmath

import (
	"maps"
	"math"
	"slices"
)

// tally is what is known of values.
type tally struct {
	count, sum, min, max float64
	mean, square         float64 // Welford's: the mean, and the sum of squared distances from it
}

func (t *tally) add(v float64) {
	if t.count == 0 {
		t.min, t.max = v, v
	}
	t.count++
	t.sum += v
	t.min, t.max = min(t.min, v), max(t.max, v)
	delta := v - t.mean
	t.mean += delta / t.count
	t.square += delta * (v - t.mean)
}

// some is what a function is of values; NaN of none.
func some(of func(t *tally) float64) func(t *tally, all int) float64 {
	return func(t *tally, _ int) float64 {
		if t.count == 0 {
			return math.NaN()
		}
		return of(t)
	}
}

// aggregates make one number of values, and of how many there could be.
var aggregates = map[string]func(t *tally, all int) float64{
	"AVG":             func(t *tally, all int) float64 { return t.sum / float64(all) }, // what is missing of an array is 0
	"SUM":             some(func(t *tally) float64 { return t.sum }),
	"MIN":             some(func(t *tally) float64 { return t.min }),
	"MAX":             some(func(t *tally) float64 { return t.max }),
	"STDDEV":          some(func(t *tally) float64 { return math.Sqrt(t.square / t.count) }),
	"DATAPOINT_COUNT": func(t *tally, _ int) float64 { return t.count },
}

func tallyOf(s *Series) *tally {
	t := &tally{}
	for _, v := range s.Values {
		t.add(v)
	}
	return t
}

// aggregate is a number of a series, and a series of an array: of each time at which one
// of its series has a point.
func (c *call) aggregate(of func(t *tally, all int) float64) (value, error) {
	if err := c.want(0, series, array); err != nil {
		return value{}, err
	}
	list := c.args[0].list
	if c.args[0].kind == series {
		return scalar(finite(of(tallyOf(&list[0]), len(list[0].Values)))), nil
	}
	var result Series
	at := map[int64]*tally{}
	for i := range list {
		result.Period = max(result.Period, list[i].Period)
		for n, time := range list[i].Times {
			if at[time] == nil {
				at[time] = &tally{}
			}
			at[time].add(list[i].Values[n])
		}
	}
	for _, time := range slices.Sorted(maps.Keys(at)) {
		result.add(time, of(at[time], len(list)))
	}
	return single(result), nil
}
