package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// What conditions say of the rows of one side of a join Trino hands to the other side. Where
// they leave no row, it sees that no row is joined, although another term of them may fail.

// ruledOut reports whether terms that cannot fail leave no row of a node, which is settled.
// Only what fails makes that matter, so that it is not asked of the rows of tables.
func (r *remainder) ruledOut(node plan.Node) bool {
	if !r.own {
		return false
	}
	r.work(1)
	switch n := node.(type) {
	case *plan.Values:
		return len(n.Rows) == 0
	case *plan.Filter:
		return r.ruledOutBy(n) || r.ruledOut(n.Input)
	case *plan.Project, *plan.Sort, *plan.Distinct, *plan.Limit:
		return r.ruledOut(plan.Inputs(n)[0])
	case *plan.Aggregate:
		return len(n.Keys) > 0 && n.Sets == nil && r.ruledOut(n.Input)
	case *plan.Join:
		switch {
		case n.Kind == ast.LeftJoin || n.Lateral && n.Kind == ast.CrossJoin:
			return r.ruledOut(n.Left)
		case n.Kind == ast.InnerJoin || n.Kind == ast.CrossJoin:
			return r.ruledOut(n.Left) || r.ruledOut(n.Right)
		case n.Kind == ast.RightJoin:
			return r.ruledOut(n.Right)
		}
	}
	return false
}

// ruledOutBy reports whether a filter has a term that is never true, or one for each row
// of VALUES that is not true of it.
func (r *remainder) ruledOutBy(n *plan.Filter) bool {
	condition := n.Condition
	if c, ok := condition.(*plan.Case); ok && c.Operand == nil && len(c.Whens) == 1 && isTrue(c.Whens[0].Result) && is(c.Else, false) {
		condition = c.Whens[0].Condition // as filtered leaves it
	}
	var sure []plan.Expr
	for _, term := range plan.Conjuncts(condition) {
		if notTrue(term) {
			return true
		}
		if !risky(term) && !volatile(term) && !asks(term) {
			sure = append(sure, term)
		}
	}
	values, ok := n.Input.(*plan.Values)
	if !ok || len(sure) == 0 || len(values.Rows) > maxFiltered {
		return false
	}
	return !slices.ContainsFunc(values.Rows, func(row []plan.Expr) bool {
		return !slices.ContainsFunc(sure, func(term plan.Expr) bool { return notTrue(r.expr(inRow(term, values, row))) })
	})
}

// crosses reports whether an expression asks for a value that is the same for all rows:
// Trino joins that to each of them.
func crosses(e plan.Expr) bool {
	return plan.Any(e, func(part plan.Expr) bool {
		scalar, ok := part.(*plan.Scalar)
		return ok && len(plan.Free(scalar.Query)) == 0
	})
}
