package metricmath

import (
	"context"
	"strconv"
	"strings"
)

// Band is a call of ANOMALY_DETECTION_BAND: what is to be expected of an expression.
type Band struct {
	Of         *Expression // it needs the metrics and expressions that it is about over another time
	Deviations float64     // how far the ends of the band are from what is expected, in standard deviations
	Period     int64       // of its points, in seconds
	Times      []int64     // at which the band is asked for, which rise
}

// Bander returns the ends of a band at each of its times, NaN where there is none. An error
// that is an *Error is told as one of the expression.
type Bander func(ctx context.Context, b Band) (lower, upper []float64, err error)

const (
	bandFunction    = "ANOMALY_DETECTION_BAND"
	usualDeviations = 2
	mostBands       = 100 // of a request
)

// band is ANOMALY_DETECTION_BAND: two series at all times that are asked for, the upper end first.
func band(c *call) (value, error) {
	if err := c.want(0, series); err != nil {
		return value{}, err
	}
	b := Band{Of: &Expression{c.node.args[0]}, Deviations: usualDeviations}
	if len(c.args) > 1 {
		if err := c.want(1, number); err != nil {
			return value{}, err
		}
		if b.Deviations = c.args[1].number; !(b.Deviations > 0 && b.Deviations <= 1000) {
			return value{}, refuse("Argument 2 of function '%s' must be a number from above 0 to 1000", c.name)
		}
	}
	if c.request.Band == nil {
		return value{}, refuse("Function '%s' is not supported here", c.name)
	}
	if c.bands++; c.bands > mostBands {
		return value{}, refuse("There are more than %d bands", mostBands)
	}
	of := &c.args[0].list[0]
	times, period, err := c.grid(of.Period)
	if err != nil {
		return value{}, err
	}
	b.Times, b.Period = union(times, of.Times), period
	lower, upper, err := c.request.Band(c.ctx, b)
	if err != nil {
		return value{}, err
	}
	high, low := Series{Label: of.Label + " (expected) high", Period: period}, Series{Label: of.Label + " (expected) low", Period: period}
	for i, at := range b.Times {
		high.add(at, upper[i])
		low.add(at, lower[i])
	}
	return listOf([]Series{high, low}), nil
}

// Band returns what an expression is a band of, and its deviations, or false where it is no band
// but something else, or something that is computed of one.
func (e *Expression) Band() (of *Expression, deviations float64, ok bool) {
	n := e.root
	if n.kind != nodeCall || n.text != bandFunction || len(n.args) == 2 && n.args[1].kind != nodeNumber {
		return nil, 0, false
	}
	deviations = usualDeviations
	if len(n.args) == 2 {
		deviations = n.args[1].number
	}
	return &Expression{n.args[0]}, deviations, true
}

// Query returns the ID of the query that an expression is, and nothing besides.
func (e *Expression) Query() (id string, ok bool) {
	return e.root.text, e.root.kind == nodeQuery
}

// Functions returns the names of the functions that an expression calls, each once.
func (e *Expression) Functions() []string { return e.texts(nodeCall) }

// Reference returns the expression that is a query and nothing besides.
func Reference(id string) *Expression { return &Expression{&node{kind: nodeQuery, text: id}} }

// String returns the expression with a bracket around all that is computed: expressions that are
// read alike have one text.
func (e *Expression) String() string {
	var b strings.Builder
	e.root.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	list := func(begin, between, end string) {
		b.WriteString(begin)
		for i, arg := range n.args {
			if i > 0 {
				b.WriteString(between)
			}
			arg.write(b)
		}
		b.WriteString(end)
	}
	switch n.kind {
	case nodeNumber:
		b.WriteString(strconv.FormatFloat(n.number, 'g', -1, 64))
	case nodeText:
		b.WriteString(strconv.Quote(n.text))
	case nodeWord, nodeQuery:
		b.WriteString(n.text)
	case nodeUnary:
		list("(-", "", ")")
	case nodeBinary:
		list("(", " "+n.text+" ", ")")
	case nodeArray:
		list("[", ", ", "]")
	case nodeCall:
		list(n.text+"(", ", ", ")")
	}
}
