package metricmath

import (
	"math"
	"slices"
	"sync"
)

// function is a function of metric math.
type function struct {
	usage       string
	least, most int              // arguments
	words       map[int][]string // what arguments may be besides values, or must be
	// wordsOrValues says that arguments which may be words may be values as well.
	wordsOrValues bool
	call          func(c *call) (value, error) // nil for those that Sillok does not have
}

// functions returns the functions by their names.
var functions = sync.OnceValue(func() map[string]*function {
	all := map[string]*function{
		"METRIC_COUNT": {usage: "METRIC_COUNT(array)", least: 1, most: 1, call: metricCount},
		"PERIOD":       {usage: "PERIOD(metric)", least: 1, most: 1, call: periodOf},
		"METRICS":      {usage: "METRICS() or METRICS('part of an id')", most: 1, call: metrics},
		"FILL": {
			usage: "FILL(metric, value | REPEAT | LINEAR)", least: 2, most: 2,
			words: map[int][]string{1: {"REPEAT", "LINEAR"}}, wordsOrValues: true, call: fill,
		},
		"IF":    {usage: "IF(condition, trueValue, falseValue)", least: 2, most: 3, call: choose},
		"FIRST": {usage: "FIRST(array)", least: 1, most: 1, call: func(c *call) (value, error) { return c.end(0) }},
		"LAST":  {usage: "LAST(array)", least: 1, most: 1, call: func(c *call) (value, error) { return c.end(-1) }},
		"SLICE": {usage: "SLICE(array, start, end)", least: 2, most: 3, call: slice},
		"SORT": {
			usage: "SORT(array, AVG | MIN | MAX | SUM, ASC | DESC, number)", least: 3, most: 4,
			words: map[int][]string{1: {"AVG", "MIN", "MAX", "SUM"}, 2: {"ASC", "DESC"}}, call: sorted,
		},
		"REMOVE_EMPTY": {usage: "REMOVE_EMPTY(array)", least: 1, most: 1, call: removeEmpty},
		"TIME_SERIES":  {usage: "TIME_SERIES(scalar)", least: 1, most: 1, call: timeSeries},
		"SEARCH":       {usage: "SEARCH('filter', 'statistic', period)", least: 2, most: 3, call: search},
		bandFunction:   {usage: "ANOMALY_DETECTION_BAND(metric, deviations)", least: 1, most: 2, call: band},

		"INSIGHT_RULE_METRIC": {},
		"SERVICE_QUOTA":       {},
		"DB_PERF_INSIGHTS":    {},
		"LAMBDA":              {},
	}
	for name, of := range map[string]func(float64) float64{
		"ABS": math.Abs, "CEIL": math.Ceil, "FLOOR": math.Floor, "LOG": math.Log, "LOG10": math.Log10,
	} {
		all[name] = ofEach(name, func(s *Series) Series { return mapped(s, of) })
	}
	for name, change := range changes {
		all[name] = ofEach(name, change)
	}
	for name, of := range aggregates {
		all[name] = &function{usage: name + "(metric | array)", least: 1, most: 1, call: func(c *call) (value, error) { return c.aggregate(of) }}
	}
	for name, part := range calendar {
		all[name] = &function{usage: name + "(metric)", least: 1, most: 1, call: func(c *call) (value, error) { return c.ofTime(part) }}
	}
	return all
})

// ofEach is a function that makes a series of a series, and of each of an array.
func ofEach(name string, to func(*Series) Series) *function {
	return &function{usage: name + "(metric | array)", least: 1, most: 1, call: func(c *call) (value, error) {
		if err := c.want(0, series, array); err != nil {
			return value{}, err
		}
		return each(c.args[0], to), nil
	}}
}

// call is a call of a function.
type call struct {
	*evaluation

	node     *node
	name     string
	function *function
	args     []value
}

// want refuses an argument that is of none of these kinds.
func (c *call) want(arg int, allowed ...valueKind) error {
	if slices.Contains(allowed, c.args[arg].kind) {
		return nil
	}
	return refuse("Argument %d of function '%s' must not be %s: it is %s", arg+1, c.name, kinds[c.args[arg].kind], c.function.usage)
}

// whole is an argument that is a whole number from 0.
func (c *call) whole(arg int) (int, error) {
	if err := c.want(arg, number); err != nil {
		return 0, err
	}
	n := c.args[arg].number
	if !(n >= 0 && n <= math.MaxInt32) || n != math.Trunc(n) {
		return 0, refuse("Argument %d of function '%s' must be a whole number from 0", arg+1, c.name)
	}
	return int(n), nil
}

func metricCount(c *call) (value, error) {
	if err := c.want(0, array); err != nil {
		return value{}, err
	}
	return scalar(float64(len(c.args[0].list))), nil
}

func periodOf(c *call) (value, error) {
	if err := c.want(0, series); err != nil {
		return value{}, err
	}
	if !c.args[0].metric {
		return value{}, refuse("Function 'PERIOD' takes a metric, and no expression")
	}
	return scalar(float64(c.args[0].list[0].Period)), nil
}

func metrics(c *call) (value, error) {
	part := ""
	if len(c.args) > 0 {
		if err := c.want(0, text); err != nil {
			return value{}, err
		}
		part = c.args[0].text
	}
	return listOf(c.metrics(part)), nil
}

func search(c *call) (value, error) {
	for arg := range 2 {
		if err := c.want(arg, text); err != nil {
			return value{}, err
		}
	}
	s := Search{Filter: c.args[0].text, Stat: c.args[1].text, Period: c.period}
	if len(c.args) > 2 {
		period, err := c.whole(2)
		if err != nil {
			return value{}, err
		}
		s.Period = int32(period) //nolint:gosec // whole returns no more than that
	}
	if c.request.Search == nil {
		return value{}, refuse("SEARCH is not supported on Metric Alarms.")
	}
	if s.Period == 0 {
		return value{}, refuse("Period is a required field when using SEARCH function within an expression")
	}
	if c.searches++; c.searches > mostSearches {
		return value{}, refuse("There are more than %d SEARCH functions in the request", mostSearches)
	}
	found, err := c.request.Search(c.ctx, s)
	return listOf(found), err
}

// choose is IF: where a condition has no point there is none, where it is not 0 there is
// that of the first value, a missing one being 0, and where it is 0 that of the second,
// if it has one.
func choose(c *call) (value, error) {
	for arg := range c.args {
		if err := c.want(arg, number, series); err != nil {
			return value{}, err
		}
	}
	when, then, otherwise := c.args[0], c.args[1], scalar(math.NaN())
	if len(c.args) > 2 {
		otherwise = c.args[2]
	}
	if when.kind == number {
		switch {
		case math.IsNaN(when.number):
			return scalar(math.NaN()), nil
		case when.number != 0:
			return value{kind: then.kind, number: then.number, list: then.list}, nil
		case len(c.args) < 3 && then.kind == series:
			return single(like(&then.list[0])), nil
		}
		return value{kind: otherwise.kind, number: otherwise.number, list: otherwise.list}, nil
	}
	condition := &when.list[0]
	result := like(condition)
	first, second := pointsOf(then), pointsOf(otherwise)
	for i, at := range condition.Times {
		if condition.Values[i] == 0 {
			if v, ok := second(at); ok {
				result.add(at, v)
			}
			continue
		}
		v, _ := first(at)
		result.add(at, v)
	}
	return single(result), nil
}

// pointsOf returns a function of rising times: the value that a series has, or the scalar.
func pointsOf(v value) func(at int64) (float64, bool) {
	if v.kind == number {
		return func(int64) (float64, bool) { return v.number, true }
	}
	s, i := &v.list[0], 0
	return func(at int64) (float64, bool) {
		for i < len(s.Times) && s.Times[i] < at {
			i++
		}
		if i < len(s.Times) && s.Times[i] == at {
			return s.Values[i], true
		}
		return 0, false
	}
}
