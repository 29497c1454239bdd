package fold

import (
	"maps"
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// noRows reports whether a node, which is settled, is VALUES without a row.
func noRows(node plan.Node) bool {
	values, ok := node.(*plan.Values)
	return ok && len(values.Rows) == 0
}

// settledNode returns VALUES without a row for a node that has none as its inputs have none,
// and an outer join without the side that has none.
func (r *remainder) settledNode(node plan.Node) plan.Node {
	none := false
	switch n := node.(type) {
	case *plan.Filter, *plan.Project, *plan.Sort, *plan.Distinct, *plan.Window, *plan.Limit, *plan.Sample:
		none = noRows(plan.Inputs(n)[0])
	case *plan.Aggregate:
		none = len(n.Keys) > 0 && !slices.ContainsFunc(n.Sets, func(set []int) bool { return len(set) == 0 }) && noRows(n.Input)
	case *plan.With:
		none = noRows(n.Body)
	case *plan.SetOperation:
		none = noneOf(n)
	case *plan.Join:
		left, right := noRows(n.Left), noRows(n.Right)
		switch {
		case n.Kind == ast.LeftJoin && !left && (right || !n.Lateral && r.ruledOut(n.Left)):
			return r.inPlaceOf(n, n.Left)
		case n.Kind == ast.RightJoin && left && !right && !n.Lateral:
			return r.inPlaceOf(n, n.Right)
		case n.Kind == ast.LeftJoin:
			none = left
		case n.Kind == ast.RightJoin:
			none = right
		case n.Kind == ast.FullJoin:
			none = left && right
		default:
			none = left || right || !n.Lateral && (r.ruledOut(n.Left) || r.ruledOut(n.Right))
		}
	}
	if none {
		return &plan.Values{Columns: plan.Columns(node)}
	}
	return node
}

// noneOf is of UNION alone: by then Trino has made another thing of the others.
func noneOf(n *plan.SetOperation) bool {
	return n.Kind == ast.Union && !slices.ContainsFunc(n.Inputs, func(input plan.Node) bool { return !noRows(input) })
}

// withoutSides returns a settled node without the sides of outer joins to which nothing is
// joined. They go last: a condition above such a join is looked at as above a join.
func (r *remainder) withoutSides(node plan.Node, done map[plan.Node]plan.Node) plan.Node {
	if known, ok := done[node]; ok {
		return known
	}
	r.work(1)
	within := func(n plan.Node) plan.Node { return r.withoutSides(n, done) }
	kept := plan.Map(node, within, func(e plan.Expr) plan.Expr { return plan.MapQueries(e, within) })
	if n, ok := kept.(*plan.Join); ok && !n.Lateral && n.Condition != nil {
		c, constant := n.Condition.(*plan.Const)
		switch {
		case !constant || c.Value == true:
		case n.Kind == ast.LeftJoin:
			kept = r.inPlaceOf(n, n.Left)
		case n.Kind == ast.RightJoin:
			kept = r.inPlaceOf(n, n.Right)
		}
	}
	done[node] = kept
	return kept
}

// reads reports whether rows of a table are asked for.
func reads(node plan.Node) bool {
	if _, ok := node.(*plan.Scan); ok {
		return true
	}
	found := false
	plan.Exprs(node, func(e plan.Expr) {
		found = found || plan.Any(e, func(part plan.Expr) bool {
			query := plan.Subquery(part)
			return query != nil && reads(query)
		})
	})
	return found || slices.ContainsFunc(plan.Inputs(node), reads)
}

// fallible reports whether computing a node can fail.
func (r *remainder) fallible(node plan.Node) bool {
	known, ok := r.failing[node]
	if ok {
		return known
	}
	r.work(1)
	switch n := node.(type) {
	case *plan.Aggregate:
		known = len(n.Calls) > 0
	case *plan.Window:
		known = true
	}
	plan.Exprs(node, func(e plan.Expr) { known = known || MayFail(e) })
	known = known || slices.ContainsFunc(plan.Inputs(node), r.fallible)
	r.failing[node] = known
	return known
}

// domains returns what equalities say of the columns given: that they are among the values
// which the other side, where it is VALUES, has in its column.
func (r sifter) domains(terms []plan.Expr, from plan.Node, columns map[plan.ID]bool) []plan.Expr {
	var known []plan.Expr
	for _, term := range terms {
		call, ok := term.(*plan.Call)
		if !ok || call.Name != plan.OpEqual {
			continue
		}
		for i, arg := range call.Args {
			other, isOther := call.Args[1-i].(*plan.ColumnRef)
			if !isOther || isConst(arg) || risky(arg) || volatile(arg) || open(arg, maps.Clone(columns)) {
				continue
			}
			if c, ok := r.constantIn(from, other.ID); ok && c.Value != nil {
				known = append(known, r.expr(callOf(plan.OpEqual, arg, c)))
				continue
			}
			if len(arg.Type().Elems) > 0 {
				continue
			}
			if of, ok := r.valuesIn(from, other.ID); ok && len(of.values) > 0 {
				known = append(known, &plan.In{X: arg, Items: of.values})
			}
		}
	}
	return known
}
