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

// checkSides is checkDomains of the conditions below joins, as they were before any was
// carried down: Trino asks them first what they say of the sides.
type checkSides struct {
	*remainder

	done map[side]bool
}

// side is a node, and whether it is below a join.
type side struct {
	node  plan.Node
	below bool
}

func (c checkSides) node(node plan.Node, below bool) {
	at := side{node, below}
	if c.done[at] || !c.seen[node] {
		return
	}
	c.done[at] = true
	c.work(1)
	switch n := node.(type) {
	case *plan.Filter:
		if below {
			c.checkDomain(c.condition(n.Condition))
		}
	case *plan.CTERef:
		if query, ok := c.queries[n.Number]; ok {
			c.node(query, below)
		}
	case *plan.Join:
		if _, unnest := n.Right.(*plan.Unnest); !unnest {
			below = true
		}
	}
	asking := false
	plan.Exprs(node, func(e plan.Expr) {
		plan.Any(e, func(part plan.Expr) bool {
			query := plan.Subquery(part)
			if query != nil && c.seen[query] {
				asking = true
				c.node(query, true)
			}
			return false
		})
	})
	for _, input := range plan.Inputs(node) {
		c.node(input, below || asking)
	}
}
