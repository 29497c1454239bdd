package duckdb

import "github.com/sillok/sillok/internal/sql/plan"

// Whether Trino runs a correlated subquery at all is package fold's to say. What is
// here tells those that DuckDB joins in a way of its own.

// outerColumns are the columns of enclosing nodes that a subquery refers to.
type outerColumns map[plan.ID]bool

// outerOf returns the columns that n refers to and does not make.
func outerOf(n plan.Node) outerColumns {
	used, made := outerColumns{}, map[plan.ID]bool{}
	var visit func(n plan.Node)
	var inExpr func(e plan.Expr)
	inExpr = func(e plan.Expr) {
		if ref, ok := e.(*plan.ColumnRef); ok {
			used[ref.ID] = true
		}
		if sub := plan.Subquery(e); sub != nil {
			visit(sub)
		}
		for _, c := range plan.Children(e) {
			inExpr(c)
		}
	}
	visit = func(n plan.Node) {
		for _, c := range plan.Columns(n) {
			made[c.ID] = true
		}
		plan.Exprs(n, inExpr)
		for _, input := range plan.Inputs(n) {
			visit(input)
		}
	}
	visit(n)
	for id := range made {
		delete(used, id)
	}
	return used
}

// in reports whether e refers to one of the columns.
func (o outerColumns) in(e plan.Expr) bool {
	return anyPart(e, func(x plan.Expr) bool {
		if ref, ok := x.(*plan.ColumnRef); ok {
			return o[ref.ID]
		}
		sub := plan.Subquery(x)
		return sub != nil && o.below(sub)
	})
}

// below reports whether n refers to one of the columns.
func (o outerColumns) below(n plan.Node) bool {
	for id := range outerOf(n) {
		if o[id] {
			return true
		}
	}
	return false
}

// oneRow reports whether n yields one row, whatever the columns around it hold.
func oneRow(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Project:
		return oneRow(n.Input)
	case *plan.Sort:
		return oneRow(n.Input)
	case *plan.Limit:
		return n.Offset == 0 && n.Count != 0 && oneRow(n.Input)
	case *plan.Aggregate:
		return len(n.Keys) == 0 && n.Sets == nil
	case *plan.Values:
		return len(n.Rows) == 1
	default:
		return false
	}
}

// equalities reports whether the columns stand in n only in conditions that make them
// equal to columns of n.
func (o outerColumns) equalities(n plan.Node) bool {
	if !o.below(n) {
		return true
	}
	switch n := n.(type) {
	case *plan.Filter:
		for _, term := range conjuncts(n.Condition) {
			if o.in(term) && !o.equality(term) {
				return false
			}
		}
		return o.equalities(n.Input)
	case *plan.Project:
		for _, c := range n.Columns {
			if o.in(c.Expr) {
				return false
			}
		}
		return o.equalities(n.Input)
	default:
		return false
	}
}

// equality reports whether e is inner column = outer column.
func (o outerColumns) equality(e plan.Expr) bool {
	c, ok := e.(*plan.Call)
	if !ok || c.Name != plan.OpEqual {
		return false
	}
	a, ok := c.Args[0].(*plan.ColumnRef)
	b, ok2 := c.Args[1].(*plan.ColumnRef)
	return ok && ok2 && o[a.ID] != o[b.ID]
}
