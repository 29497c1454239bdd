package metricmath

import (
	"math"
	"slices"
	"time"
)

// fill is FILL: points at all times that are asked for.
func fill(c *call) (value, error) {
	if err := c.want(0, series, array); err != nil {
		return value{}, err
	}
	if err := c.want(1, number, series, text); err != nil {
		return value{}, err
	}
	with := c.args[1]
	if with.kind == text && with.text != "REPEAT" && with.text != "LINEAR" {
		return value{}, refuse("Argument 2 of function 'FILL' must not be a text: it is %s", c.function.usage)
	}
	result := value{kind: c.args[0].kind}
	for i := range c.args[0].list {
		s := &c.args[0].list[i]
		times, period, err := c.grid(s.Period)
		if err != nil {
			return value{}, err
		}
		filled := filledIn(s, times, with)
		filled.Period = period
		result.list = append(result.list, filled)
	}
	return result, nil
}

// filledIn has the points of a series, and at other times those that stand in for them.
func filledIn(s *Series, times []int64, with value) Series {
	result := like(s)
	var other func(at int64) (float64, bool)
	if with.kind != text {
		other = pointsOf(with)
	}
	next := 0 // the first point of s that is not before a time
	for _, at := range union(times, s.Times) {
		for next < len(s.Times) && s.Times[next] < at {
			next++
		}
		v := math.NaN()
		switch {
		case next < len(s.Times) && s.Times[next] == at:
			v = s.Values[next]
		case other != nil:
			if o, ok := other(at); ok {
				v = o
			}
		case next == 0 || with.text == "LINEAR" && next == len(s.Times):
			// before the first point there is nothing to repeat, and there are no two to draw a line between
		case with.text == "REPEAT":
			v = s.Values[next-1]
		default:
			part := float64(at-s.Times[next-1]) / float64(s.Times[next]-s.Times[next-1])
			v = s.Values[next-1] + part*(s.Values[next]-s.Values[next-1])
		}
		result.add(at, v)
	}
	return result
}

// union is the times that either has.
func union(a, b []int64) []int64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func timeSeries(c *call) (value, error) {
	if err := c.want(0, number); err != nil {
		return value{}, err
	}
	return c.atEachTime(0, func(int64) float64 { return c.args[0].number })
}

// calendar are the parts of a time in UTC.
var calendar = map[string]func(time.Time) int{
	"MINUTE": time.Time.Minute,
	"HOUR":   time.Time.Hour,
	"DAY":    func(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }, // Monday is 1
	"DATE":   time.Time.Day,
	"MONTH":  func(t time.Time) int { return int(t.Month()) },
	"YEAR":   time.Time.Year,
	"EPOCH":  func(t time.Time) int { return int(t.Unix()) },
}

// ofTime is a part of each time that is asked for, by the period of a series, whether it
// has points or not.
func (c *call) ofTime(part func(time.Time) int) (value, error) {
	if err := c.want(0, series); err != nil {
		return value{}, err
	}
	return c.atEachTime(c.args[0].list[0].Period, func(at int64) float64 { return float64(part(time.Unix(at, 0).UTC())) })
}

func (c *call) atEachTime(period int64, of func(at int64) float64) (value, error) {
	times, period, err := c.grid(period)
	if err != nil {
		return value{}, err
	}
	result := Series{Period: period}
	for _, at := range times {
		result.add(at, of(at))
	}
	return single(result), nil
}
