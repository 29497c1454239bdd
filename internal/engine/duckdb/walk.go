package duckdb

import (
	"slices"

	"github.com/sillok/sillok/internal/engine/fold"
	"github.com/sillok/sillok/internal/sql/plan"
)

func replace(e plan.Expr, f func(plan.Expr) (plan.Expr, bool)) plan.Expr { return plan.Replace(e, f) }

func isSubquery(e plan.Expr) bool { return plan.Subquery(e) != nil }

func anyPart(e plan.Expr, f func(plan.Expr) bool) bool { return plan.Any(e, f) }

func conjuncts(e plan.Expr) []plan.Expr { return plan.Conjuncts(e) }

func conjunctionOf(terms []plan.Expr) plan.Expr {
	if len(terms) == 1 {
		return terms[0]
	}
	return &plan.Logical{And: true, Terms: terms}
}

// varies reports whether e refers to columns or holds subqueries.
func varies(e plan.Expr) bool {
	return anyPart(e, func(x plan.Expr) bool {
		_, ref := x.(*plan.ColumnRef)
		return ref || isSubquery(x)
	})
}

// columns returns the columns that n yields and that the query uses: those of a
// scan that nothing refers to are not there.
func (r *renderer) columns(n plan.Node) []plan.Column {
	var used []plan.Column
	for _, c := range plan.Columns(n) {
		if r.used[c.ID] {
			used = append(used, c)
		}
	}
	return used
}

func idSet(n plan.Node) map[plan.ID]bool {
	ids := map[plan.ID]bool{}
	for _, c := range plan.Columns(n) {
		ids[c.ID] = true
	}
	return ids
}

// mayFail reports whether something that n computes can fail.
func mayFail(n plan.Node) bool {
	found := false
	plan.Exprs(n, func(e plan.Expr) {
		found = found || fold.MayFail(e) || anyPart(e, func(x plan.Expr) bool {
			inner := plan.Subquery(x)
			return inner != nil && mayFail(inner)
		})
	})
	return found || slices.ContainsFunc(plan.Inputs(n), mayFail)
}

// reads reports whether n, or a subquery in it, reads a table.
func reads(n plan.Node) bool {
	if _, ok := n.(*plan.Scan); ok {
		return true
	}
	found := false
	plan.Exprs(n, func(e plan.Expr) {
		found = found || anyPart(e, func(x plan.Expr) bool {
			inner := plan.Subquery(x)
			return inner != nil && reads(inner)
		})
	})
	return found || slices.ContainsFunc(plan.Inputs(n), reads)
}
