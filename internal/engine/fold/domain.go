package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Trino asks each condition that is left in a plan which values it lets a column have, as
// a sorted set of them. It fails there for a constant with a NULL within, which has no
// place in an order, although = and IS DISTINCT FROM could be computed of it.

// checkDomains fails for the condition of a node of which that set cannot be made.
func (r *remainder) checkDomains(node plan.Node) {
	switch n := node.(type) {
	case *plan.Filter:
		r.checkDomain(n.Condition)
	case *plan.Join: // without an equality it is a filter above all pairs
		if n.Condition != nil && !n.Lateral && n.Kind == ast.InnerJoin && !slices.ContainsFunc(plan.Conjuncts(n.Condition), func(term plan.Expr) bool {
			call, ok := term.(*plan.Call)
			return ok && call.Name == plan.OpEqual && between(call, n)
		}) {
			r.checkDomain(n.Condition)
		}
	}
}

func (r *remainder) checkDomain(condition plan.Expr) {
	switch e := condition.(type) {
	case *plan.Logical:
		for _, term := range e.Terms {
			r.checkDomain(term)
		}
	case *plan.Not:
		r.checkDomain(e.X)
	case *plan.Call:
		switch e.Name {
		case plan.OpEqual, plan.OpNotEqual, plan.OpDistinct:
			for i, side := range e.Args {
				if isColumn(e.Args[1-i]) {
					r.checkOrder(side, side)
				}
			}
		}
	case *plan.In:
		if !isColumn(e.X) {
			return
		}
		for i, item := range e.Items {
			for _, other := range e.Items[:min(i, maxCompared)] {
				r.checkOrder(item, other)
			}
		}
	}
}

func isColumn(e plan.Expr) bool {
	_, ok := e.(*plan.ColumnRef)
	return ok
}

// checkOrder fails where two constants that have parts cannot be put in order.
func (r *remainder) checkOrder(a, b plan.Expr) {
	if t := a.Type(); len(t.Elems) == 0 || !t.Orderable() {
		return
	}
	x, xOK := r.expr(a).(*plan.Const)
	y, yOK := r.expr(b).(*plan.Const)
	if !xOK || !yOK || x.Value == nil || y.Value == nil {
		return
	}
	if _, err := r.value(callOf(plan.OpLess, x, y)); err != nil {
		r.fail(err)
	}
}
