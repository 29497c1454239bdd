package duckdb

import "github.com/sillok/sillok/internal/sql/plan"

// replace returns e with every part that f has an answer for replaced by it. e
// is not changed, and the nodes of subqueries are not entered.
func replace(e plan.Expr, f func(plan.Expr) (plan.Expr, bool)) plan.Expr {
	if r, ok := f(e); ok {
		return r
	}
	return plan.Rewrite(e, func(child plan.Expr) plan.Expr { return replace(child, f) })
}

func isSubquery(e plan.Expr) bool { return plan.Subquery(e) != nil }

// anyPart reports whether f is true of e or of a part of it.
func anyPart(e plan.Expr, f func(plan.Expr) bool) bool {
	if f(e) {
		return true
	}
	for _, c := range plan.Children(e) {
		if anyPart(c, f) {
			return true
		}
	}
	return false
}

// varies reports whether e refers to columns or holds subqueries.
func varies(e plan.Expr) bool {
	return anyPart(e, func(x plan.Expr) bool {
		_, ref := x.(*plan.ColumnRef)
		return ref || isSubquery(x)
	})
}
