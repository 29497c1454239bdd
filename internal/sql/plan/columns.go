package plan

import "github.com/sillok/sillok/internal/sql/ast"

// Columns returns the columns that a node yields, in order.
func Columns(n Node) []Column {
	switch n := n.(type) {
	case *Scan:
		columns := make([]Column, len(n.Columns))
		for i, c := range n.Columns {
			columns[i] = c.Column
		}
		return columns
	case *Project:
		columns := make([]Column, len(n.Columns))
		for i, c := range n.Columns {
			columns[i] = c.Column
		}
		return columns
	case *Values:
		return n.Columns
	case *CTERef:
		return n.Columns
	case *SetOperation:
		return n.Columns
	case *Filter:
		return Columns(n.Input)
	case *Distinct:
		return Columns(n.Input)
	case *Sort:
		return Columns(n.Input)
	case *Limit:
		return Columns(n.Input)
	case *Sample:
		return Columns(n.Input)
	case *With:
		return Columns(n.Body)
	case *Join:
		return append(append([]Column{}, Columns(n.Left)...), Columns(n.Right)...)
	case *Unnest:
		return unnestColumns(n)
	case *Aggregate:
		return aggregateColumns(n)
	case *Window:
		columns := append([]Column{}, Columns(n.Input)...)
		for _, call := range n.Calls {
			columns = append(columns, call.Column)
		}
		return columns
	default:
		return nil
	}
}

func unnestColumns(n *Unnest) []Column {
	var columns []Column
	for _, item := range n.Items {
		columns = append(columns, item.Columns...)
	}
	if n.Ordinality != nil {
		columns = append(columns, *n.Ordinality)
	}
	return columns
}

func aggregateColumns(n *Aggregate) []Column {
	columns := append([]Column{}, n.Keys...)
	for _, call := range n.Calls {
		columns = append(columns, call.Column)
	}
	if n.GroupID != nil {
		columns = append(columns, *n.GroupID)
	}
	return columns
}

// Exprs calls visit for each expression that stands in n itself, not in the
// nodes below it.
func Exprs(n Node, visit func(Expr)) {
	some := func(exprs ...Expr) {
		for _, e := range exprs {
			if e != nil {
				visit(e)
			}
		}
	}
	switch n := n.(type) {
	case *Values:
		for _, row := range n.Rows {
			some(row...)
		}
	case *Filter:
		some(n.Condition)
	case *Project:
		for _, c := range n.Columns {
			some(c.Expr)
		}
	case *Aggregate:
		for i := range n.Calls {
			callExprs(&n.Calls[i], some)
		}
	case *Window:
		for i := range n.Calls {
			windowExprs(&n.Calls[i], some)
		}
	case *Sort:
		for _, key := range n.Keys {
			some(key.Expr)
		}
	case *Join:
		some(n.Condition)
	case *Unnest:
		for _, item := range n.Items {
			some(item.Expr)
		}
	case *Sample:
		some(n.Percentage)
	}
}

func callExprs(c *AggregateCall, some func(...Expr)) {
	some(c.Args...)
	for _, key := range c.OrderBy {
		some(key.Expr)
	}
	some(c.Filter)
}

func windowExprs(c *WindowCall, some func(...Expr)) {
	callExprs(&c.AggregateCall, some)
	some(c.PartitionBy...)
	for _, key := range c.Order {
		some(key.Expr)
	}
	if c.Frame != nil {
		some(c.Frame.Start.Value, c.Frame.End.Value)
	}
}

// Inputs returns the nodes that n reads from, without those in its expressions.
func Inputs(n Node) []Node {
	switch n := n.(type) {
	case *Filter:
		return []Node{n.Input}
	case *Project:
		return []Node{n.Input}
	case *Aggregate:
		return []Node{n.Input}
	case *Window:
		return []Node{n.Input}
	case *Distinct:
		return []Node{n.Input}
	case *Sort:
		return []Node{n.Input}
	case *Limit:
		return []Node{n.Input}
	case *Sample:
		return []Node{n.Input}
	case *Join:
		return []Node{n.Left, n.Right}
	case *SetOperation:
		return n.Inputs
	case *With:
		var nodes []Node
		for _, cte := range n.Queries {
			nodes = append(nodes, cte.Node)
		}
		return append(nodes, n.Body)
	default:
		return nil
	}
}

// Offset reports whether a bound has an offset.
func (b Bound) Offset() bool { return b.Kind == ast.Preceding || b.Kind == ast.Following }
