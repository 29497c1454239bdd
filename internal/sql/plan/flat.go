package plan

import (
	"errors"
	"fmt"
)

// Flat is a Query whose nodes are in a list, each before those that read it, with
// references in the place of nodes. A nest of thousands of joins is written and
// read in proportion to its size, and a node that stands in two places is one.
type Flat struct {
	Nodes   []Node // the last is the root
	Columns []Output
}

// A reference to a node is a CTERef, whose numbers are not negative, to minus one
// more than its place.
func referTo(place int) Node { return &CTERef{Number: -1 - place} }

// Flatten returns q as a list. q is not changed.
func Flatten(q *Query) Flat {
	f := flattening{places: map[Node]int{}}
	f.node(q.Root)
	return Flat{Nodes: f.nodes, Columns: q.Columns}
}

type flattening struct {
	nodes  []Node
	places map[Node]int
}

// node puts n into the list and returns the reference to it.
func (f *flattening) node(n Node) Node {
	if place, ok := f.places[n]; ok {
		return referTo(place)
	}
	flat := Map(n, f.node, func(e Expr) Expr { return MapQueries(e, f.node) })
	f.places[n] = len(f.nodes)
	f.nodes = append(f.nodes, flat)
	return referTo(f.places[n])
}

var errFlat = errors.New("a plan on its way is damaged")

// Query returns the query again.
func (f Flat) Query() (*Query, error) {
	if len(f.Nodes) == 0 {
		return nil, errFlat
	}
	var failure error
	nodes := make([]Node, 0, len(f.Nodes))
	resolve := func(n Node) Node {
		ref, ok := n.(*CTERef)
		if !ok || ref.Number >= 0 || -1-ref.Number >= len(nodes) {
			failure = fmt.Errorf("%w: %T stands where a reference belongs", errFlat, n)
			return n
		}
		return nodes[-1-ref.Number]
	}
	for _, n := range f.Nodes {
		nodes = append(nodes, Map(n, resolve, func(e Expr) Expr { return MapQueries(e, resolve) }))
		if failure != nil {
			return nil, failure
		}
	}
	return &Query{Root: nodes[len(nodes)-1], Columns: f.Columns}, nil
}

// MapQueries returns e with the nodes of its subqueries replaced. What has none is
// left as it is.
func MapQueries(e Expr, f func(Node) Node) Expr {
	if !Any(e, func(x Expr) bool { return Subquery(x) != nil }) {
		return e
	}
	replaced := Rewrite(e, func(child Expr) Expr { return MapQueries(child, f) })
	switch x := replaced.(type) {
	case *Scalar:
		return &Scalar{Query: f(x.Query), Column: x.Column, At: x.At}
	case *Exists:
		return &Exists{Query: f(x.Query), At: x.At}
	case *InQuery:
		return &InQuery{X: x.X, Query: f(x.Query), Column: x.Column, At: x.At}
	case *Quantified:
		return &Quantified{X: x.X, Op: x.Op, All: x.All, Query: f(x.Query), Column: x.Column, At: x.At}
	default:
		return replaced
	}
}

// Map returns a copy of n with its inputs and expressions replaced.
func Map(n Node, node func(Node) Node, expr func(Expr) Expr) Node {
	m := mapper{node, expr}
	switch n := n.(type) {
	case *Values:
		return m.values(*n)
	case *Filter:
		return &Filter{Input: node(n.Input), Condition: m.some(n.Condition)}
	case *Project:
		c := Project{Input: node(n.Input), Columns: make([]Computed, len(n.Columns))}
		for i, column := range n.Columns {
			c.Columns[i] = Computed{Column: column.Column, Expr: m.some(column.Expr)}
		}
		return &c
	case *Aggregate:
		c := *n
		c.Input, c.Calls = node(n.Input), make([]AggregateCall, len(n.Calls))
		for i := range n.Calls {
			c.Calls[i] = m.call(n.Calls[i])
		}
		return &c
	case *Window:
		c := Window{Input: node(n.Input), Calls: make([]WindowCall, len(n.Calls))}
		for i := range n.Calls {
			c.Calls[i] = m.window(n.Calls[i])
		}
		return &c
	case *Distinct:
		return &Distinct{Input: node(n.Input)}
	case *Sort:
		return &Sort{Input: node(n.Input), Keys: m.keys(n.Keys)}
	case *Limit:
		c := *n
		c.Input = node(n.Input)
		return &c
	default:
		return m.several(n)
	}
}

type mapper struct {
	node func(Node) Node
	expr func(Expr) Expr
}

// several maps the nodes with several inputs, or several expressions that are none.
func (m mapper) several(n Node) Node {
	switch n := n.(type) {
	case *Join:
		c := *n
		c.Left, c.Right, c.Condition = m.node(n.Left), m.node(n.Right), m.some(n.Condition)
		return &c
	case *Unnest:
		c := Unnest{Ordinality: n.Ordinality, Items: make([]UnnestItem, len(n.Items))}
		for i, item := range n.Items {
			c.Items[i] = UnnestItem{Expr: m.some(item.Expr), Columns: item.Columns}
		}
		return &c
	case *SetOperation:
		c := *n
		c.Inputs = make([]Node, len(n.Inputs))
		for i, input := range n.Inputs {
			c.Inputs[i] = m.node(input)
		}
		return &c
	case *With:
		c := With{Queries: make([]CTE, len(n.Queries))}
		for i, q := range n.Queries {
			c.Queries[i] = CTE{Number: q.Number, Recursive: q.Recursive, Node: m.node(q.Node), Columns: q.Columns}
		}
		c.Body = m.node(n.Body)
		return &c
	case *Sample:
		c := *n
		c.Input, c.Percentage = m.node(n.Input), m.some(n.Percentage)
		return &c
	default: // scans and references have neither
		return n
	}
}

func (m mapper) some(e Expr) Expr {
	if e == nil {
		return nil
	}
	return m.expr(e)
}

func (m mapper) all(exprs []Expr) []Expr {
	mapped := make([]Expr, len(exprs))
	for i, e := range exprs {
		mapped[i] = m.some(e)
	}
	return mapped
}

func (m mapper) values(n Values) Node {
	rows := make([][]Expr, len(n.Rows))
	for i, row := range n.Rows {
		rows[i] = m.all(row)
	}
	return &Values{Columns: n.Columns, Rows: rows}
}

func (m mapper) keys(keys []SortKey) []SortKey {
	mapped := make([]SortKey, len(keys))
	for i, k := range keys {
		k.Expr = m.some(k.Expr)
		mapped[i] = k
	}
	return mapped
}

func (m mapper) call(c AggregateCall) AggregateCall {
	c.Args, c.OrderBy, c.Filter = m.all(c.Args), m.keys(c.OrderBy), m.some(c.Filter)
	return c
}

func (m mapper) window(c WindowCall) WindowCall {
	c.AggregateCall = m.call(c.AggregateCall)
	c.PartitionBy, c.Order = m.all(c.PartitionBy), m.keys(c.Order)
	if c.Frame != nil {
		frame := *c.Frame
		frame.Start.Value, frame.End.Value = m.some(frame.Start.Value), m.some(frame.End.Value)
		c.Frame = &frame
	}
	return c
}
