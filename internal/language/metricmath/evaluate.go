package metricmath

import (
	"context"
	"math"
	"strings"
)

const (
	mostSeries   = 500        // of an array
	mostSearches = 100        // of a request
	mostGrid     = 1_000_000  // points that a function may fill in at once
	mostWork     = 10_000_000 // points that a request may compute
)

type valueKind int

const (
	number valueKind = iota
	series
	array
	text
)

// kinds are the kinds of values as errors name them.
var kinds = map[valueKind]string{number: "a scalar", series: "a time series", array: "an array of time series", text: "a text"}

// value is what an operand comes to.
type value struct {
	kind   valueKind
	number float64  // NaN where there is none
	list   []Series // of a series: one
	text   string   // of a text, and a word
	metric bool     // it is a plain metric
}

func scalar(v float64) value { return value{kind: number, number: v} }

func single(s Series) value { return value{kind: series, list: []Series{s}} }

func listOf(all []Series) value { return value{kind: array, list: all} }

// Evaluate returns the series of each query that has an expression, by its ID: one, or
// those of an array, in order. Those that are hidden and that no other is about are
// evaluated too. An error that is an *Error is the client's.
func Evaluate(ctx context.Context, r *Request) (map[string][]Series, error) {
	e := &evaluation{ctx: ctx, request: r, byID: map[string]*Query{}, values: map[string]value{}, busy: map[string]bool{}}
	for i := range r.Queries {
		e.byID[r.Queries[i].ID] = &r.Queries[i]
	}
	all := map[string][]Series{}
	for i := range r.Queries {
		q := &r.Queries[i]
		if q.Expression == nil {
			continue
		}
		v, err := e.query(q)
		if err != nil {
			return nil, err
		}
		if q.Hidden {
			continue
		}
		if v.kind != series && v.kind != array {
			return nil, &Error{ID: q.ID, Message: "The result is " + kinds[v.kind] + ", and must be a time series or an array of time series"}
		}
		all[q.ID] = v.list
	}
	return all, nil
}

// evaluation is the evaluation of a request.
type evaluation struct {
	ctx      context.Context //nolint:containedctx // of one call
	request  *Request
	byID     map[string]*Query
	values   map[string]value
	busy     map[string]bool // expressions that are being evaluated
	period   int32           // of the expression that is, or 0
	work     int
	bands    int
	searches int
}

func (e *evaluation) query(q *Query) (value, error) {
	if v, ok := e.values[q.ID]; ok {
		return v, nil
	}
	if q.Expression == nil {
		v := value{kind: series, list: q.Given, metric: q.Metric}
		if q.Array {
			v.kind = array
		} else if len(q.Given) == 0 {
			v.list = []Series{{}}
		}
		e.values[q.ID] = v
		return v, nil
	}
	if e.busy[q.ID] {
		return value{}, &Error{ID: q.ID, Message: "The expression is about itself"}
	}
	if len(e.busy) >= deepest {
		return value{}, &Error{ID: q.ID, Message: "Too many expressions are about one another"}
	}
	e.busy[q.ID] = true
	defer delete(e.busy, q.ID)
	outer := e.period
	e.period = q.Period
	v, err := e.node(q.Expression.root)
	e.period = outer
	if err != nil {
		if own, ok := err.(*Error); ok && own.ID == "" { //nolint:errorlint // it is our own, not wrapped
			own.ID = q.ID
		}
		return value{}, err
	}
	v.metric = false
	if v.kind == series {
		s := v.list[0]
		s.Of = nil
		if s.Label = q.Label; s.Label == "" {
			s.Label = q.ID
		}
		v = single(s)
	}
	e.values[q.ID] = v
	return v, nil
}

// node evaluates a part of an expression.
func (e *evaluation) node(n *node) (value, error) {
	switch n.kind {
	case nodeNumber:
		return scalar(n.number), nil
	case nodeText, nodeWord:
		return value{kind: text, text: n.text}, nil
	case nodeQuery:
		q := e.byID[n.text]
		if q == nil {
			return value{}, refuse("There is no metric or expression with the id '%s'", n.text)
		}
		return e.query(q)
	default:
		return e.compound(n)
	}
}

// compound evaluates what has operands.
func (e *evaluation) compound(n *node) (v value, err error) {
	args := make([]value, len(n.args))
	for i, arg := range n.args {
		if args[i], err = e.node(arg); err != nil {
			return value{}, err
		}
	}
	if err := e.afford(args); err != nil {
		return value{}, err
	}
	switch n.kind {
	case nodeArray:
		v, err = gathered(args)
	case nodeUnary:
		v, err = negated(args[0])
	case nodeBinary:
		v, err = operate(n.text, args[0], args[1])
	default:
		v, err = n.function.call(&call{e, n, n.text, n.function, args})
	}
	if len(v.list) > mostSeries {
		return value{}, refuse("An array has %d time series, which are more than %d", len(v.list), mostSeries)
	}
	return v, err
}

// afford bounds what is computed of operands, before it is: each series of an array meets
// those that are no array.
func (e *evaluation) afford(args []value) error {
	longest, points, plain := 1, 0, 0
	for i := range args {
		longest = max(longest, len(args[i].list))
		for n := range args[i].list {
			points += len(args[i].list[n].Times)
		}
		if args[i].kind == series {
			plain += len(args[i].list[0].Times)
		}
	}
	return e.spend(points + (longest-1)*plain)
}

// spend counts points that are computed.
func (e *evaluation) spend(points int) error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	if e.work += points; e.work > mostWork {
		return refuse("The expressions compute more than %d datapoints: ask for fewer, or by a longer period", mostWork)
	}
	return nil
}

// gathered is the array of what stands in brackets.
func gathered(args []value) (value, error) {
	var all []Series
	for _, arg := range args {
		if arg.kind != series {
			return value{}, refuse("An array consists of time series, and not of %s", kinds[arg.kind])
		}
		all = append(all, arg.list[0])
	}
	return listOf(all), nil
}

// metrics are the request's metrics, those with a part in their IDs.
func (e *evaluation) metrics(part string) (all []Series) {
	for i := range e.request.Queries {
		q := &e.request.Queries[i]
		if !q.Metric || !strings.Contains(q.ID, part) {
			continue
		}
		if len(q.Given) == 0 {
			all = append(all, Series{})
			continue
		}
		all = append(all, q.Given[0])
	}
	return all
}

// grid returns the times that are asked for by a period: that of a series, or else of the
// expression, or else the longest of the request's metrics, or a minute.
func (e *evaluation) grid(period int64) (times []int64, of int64, err error) {
	if period == 0 {
		period = int64(e.period)
	}
	if period == 0 {
		for i := range e.request.Queries {
			for n := range e.request.Queries[i].Given {
				period = max(period, e.request.Queries[i].Given[n].Period)
			}
		}
	}
	if period == 0 {
		period = 60
	}
	from, to := e.request.Grid(period)
	count := (to - from + period - 1) / period
	if count > mostGrid {
		return nil, 0, refuse("There are more than %d periods of %d seconds: ask by a longer one", mostGrid, period)
	}
	if err := e.spend(int(max(count, 0))); err != nil {
		return nil, 0, err
	}
	times = make([]int64, 0, max(count, 0))
	for at := from; at < to; at += period {
		times = append(times, at)
	}
	return times, period, nil
}

// like is an empty series that comes from another.
func like(s *Series) Series { return Series{Label: s.Label, Period: s.Period, Of: s.Of} }

// add adds a point, unless it is no finite number.
func (s *Series) add(at int64, v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		s.Times, s.Values = append(s.Times, at), append(s.Values, v)
	}
}
