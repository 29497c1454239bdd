package metricmath

import (
	"cmp"
	"math"
	"slices"
)

// end is the first series of an array, or the last: one without points of an empty array.
func (c *call) end(place int) (value, error) {
	if err := c.want(0, array); err != nil {
		return value{}, err
	}
	list := c.args[0].list
	if len(list) == 0 {
		return single(Series{}), nil
	}
	if place < 0 {
		place = len(list) - 1
	}
	return single(list[place]), nil
}

func slice(c *call) (value, error) {
	if err := c.want(0, array); err != nil {
		return value{}, err
	}
	list := c.args[0].list
	from, err := c.whole(1)
	to := len(list)
	if err == nil && len(c.args) > 2 {
		to, err = c.whole(2)
	}
	if err != nil {
		return value{}, err
	}
	to = min(to, len(list))
	return listOf(list[min(from, to):to]), nil
}

// sorted is SORT: by a number of each series, those without points last, and those of one
// number as they were.
func sorted(c *call) (value, error) {
	if err := c.want(0, array); err != nil {
		return value{}, err
	}
	list := c.args[0].list
	most := len(list)
	if len(c.args) > 3 {
		n, err := c.whole(3)
		if err != nil {
			return value{}, err
		}
		most = min(most, n)
	}
	of := aggregates[c.args[1].text]
	keys, places := make([]float64, len(list)), make([]int, len(list))
	for i := range list {
		places[i], keys[i] = i, math.NaN()
		if len(list[i].Values) > 0 {
			keys[i] = of(tallyOf(&list[i]), len(list[i].Values))
		}
	}
	descending := c.args[2].text == "DESC"
	slices.SortStableFunc(places, func(a, b int) int {
		switch x, y := keys[a], keys[b]; {
		case math.IsNaN(x) || math.IsNaN(y):
			return cmp.Compare(y, x) // NaN is before every number in this order, so that it comes last
		case descending:
			return cmp.Compare(y, x)
		default:
			return cmp.Compare(x, y)
		}
	})
	result := make([]Series, most)
	for i := range result {
		result[i] = list[places[i]]
	}
	return listOf(result), nil
}

func removeEmpty(c *call) (value, error) {
	if err := c.want(0, array); err != nil {
		return value{}, err
	}
	return listOf(slices.DeleteFunc(slices.Clone(c.args[0].list), func(s Series) bool { return len(s.Times) == 0 })), nil
}
