package duckdb

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Trino runs a correlated subquery only when it can turn it into a join, and
// says NOT_SUPPORTED for the others. What this file does not recognise as one
// that Trino runs is refused: DuckDB would answer it.

func errCorrelated() error { return sqlerr.Refused("this correlated subquery") }

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

// checkLateral refuses the right side of a lateral join that Trino does not run.
func checkLateral(n plan.Node) error {
	o := outerOf(n)
	below := withoutProjects(n)
	if a, ok := below.(*plan.Aggregate); ok && len(a.Keys) > 0 && a.Sets == nil {
		if ok, _ := o.filters(a.Input); ok {
			return nil
		}
	}
	return checkScalar(n)
}

func withoutProjects(n plan.Node) plan.Node {
	for {
		p, ok := n.(*plan.Project)
		if !ok {
			return n
		}
		n = p.Input
	}
}

// checkScalar refuses a scalar subquery that Trino does not run.
func checkScalar(n plan.Node) error {
	o := outerOf(n)
	if p, ok := n.(*plan.Project); ok && len(p.Columns) == 1 && !o.singleRow(n) && !o.globalAggregate(n) {
		if _, ok := p.Columns[0].Expr.(*plan.RowOf); ok {
			// Of several columns Trino makes a row of NULLs where there is no row, of ROW(…) NULL.
			return sqlerr.Refused("a subquery of several columns that may yield no row")
		}
	}
	if len(o) == 0 || o.singleRow(n) || o.globalAggregate(n) || o.unnested(n) {
		return nil
	}
	if ok, _ := o.filters(n); ok {
		return nil
	}
	return errCorrelated()
}

func checkExists(n plan.Node) error {
	o := outerOf(n)
	n = withoutProjects(n)
	if a, ok := n.(*plan.Aggregate); ok && len(a.Keys) == 0 && a.Sets == nil {
		return nil // there is always one row
	}
	if len(o) == 0 || !o.below(n) || o.unnested(n) {
		return nil
	}
	if ok, _ := o.filters(n); ok {
		return nil
	}
	return errCorrelated()
}

// checkIn is for IN and for quantified comparisons.
func checkIn(n plan.Node) error {
	o := outerOf(n)
	for o.below(n) {
		switch node := n.(type) {
		case *plan.Project:
			if o.inColumns(node) {
				return errCorrelated()
			}
			n = node.Input
		case *plan.Filter:
			if o.nested(node.Condition) {
				return errCorrelated()
			}
			n = node.Input
		default:
			return errCorrelated()
		}
	}
	return nil
}

func (o outerColumns) inColumns(p *plan.Project) bool {
	for _, c := range p.Columns {
		if o.in(c.Expr) {
			return true
		}
	}
	return false
}

// nested reports whether e holds a subquery that refers to the columns.
func (o outerColumns) nested(e plan.Expr) bool {
	return anyPart(e, func(x plan.Expr) bool {
		sub := plan.Subquery(x)
		return sub != nil && o.below(sub)
	})
}

// singleRow reports whether n computes one row from the columns alone.
func (o outerColumns) singleRow(n plan.Node) bool {
	for {
		switch node := n.(type) {
		case *plan.Project:
			n = node.Input
		case *plan.Limit:
			if node.Offset > 0 {
				return false
			}
			n = node.Input
		case *plan.Filter:
			if c, ok := node.Condition.(*plan.Const); varies(node.Condition) || ok && c.Value != true {
				return false
			}
			n = node.Input
		case *plan.Values:
			return len(node.Rows) == 1
		default:
			return false
		}
	}
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

// globalAggregate reports whether n is an aggregate of everything that is left
// after correlated filters.
func (o outerColumns) globalAggregate(n plan.Node) bool {
	for {
		if l, ok := n.(*plan.Limit); ok && l.Count > 0 && l.Offset == 0 {
			n = l.Input
			continue
		}
		p, ok := n.(*plan.Project)
		if !ok {
			break
		}
		for _, c := range p.Columns {
			if o.nested(c.Expr) {
				return false
			}
		}
		n = p.Input
	}
	a, ok := n.(*plan.Aggregate)
	if !ok || len(a.Keys) > 0 || a.Sets != nil {
		return false
	}
	masked := false
	for _, c := range a.Calls {
		masked = masked || c.Filter != nil
		if slices.ContainsFunc(slices.Concat(c.Args, filterOf(c)), o.in) {
			return false
		}
	}
	if ok, _ := o.filters(a.Input); ok {
		return true
	}
	return !masked && o.unnested(a.Input)
}

func filterOf(c plan.AggregateCall) []plan.Expr {
	if c.Filter == nil {
		return nil
	}
	return []plan.Expr{c.Filter}
}

// unnested reports whether n is UNNEST of the columns with no more than a limit,
// an order or a projection on it.
func (o outerColumns) unnested(n plan.Node) bool {
	for {
		switch node := n.(type) {
		case *plan.Project:
			n = node.Input
		case *plan.Limit:
			n = node.Input
		case *plan.Sort:
			n = node.Input
		case *plan.Unnest:
			return true
		case *plan.Join:
			u, ok := node.Right.(*plan.Unnest)
			return ok && u != nil && !o.below(node.Left)
		default:
			return false
		}
	}
}

// filters reports whether the columns stand only in filters that Trino can move
// into a join, and whether all of those are plain equalities.
func (o outerColumns) filters(n plan.Node) (ok, equal bool) {
	if !o.below(n) {
		return true, true
	}
	switch n := n.(type) {
	case *plan.Filter:
		if o.nested(n.Condition) {
			return false, false
		}
		ok, equal = o.filters(n.Input)
		for _, term := range conjuncts(n.Condition) {
			equal = equal && (!o.in(term) || o.equality(term))
		}
		return ok, equal
	case *plan.Project:
		if o.inColumns(n) {
			return false, false
		}
		return o.filters(n.Input)
	case *plan.Sort:
		for _, k := range n.Keys {
			if o.in(k.Expr) {
				return false, false
			}
		}
		return o.filters(n.Input)
	case *plan.Limit:
		ok, equal = o.filters(n.Input)
		return ok && equal && !n.WithTies, equal
	case *plan.Distinct:
		ok, equal = o.filters(n.Input)
		return ok && equal, equal
	case *plan.Aggregate:
		if len(n.Keys) == 0 || n.Sets != nil {
			return false, false
		}
		ok, equal = o.filters(n.Input)
		return ok && equal, equal
	case *plan.With:
		return o.filters(n.Body)
	default:
		return false, false
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
