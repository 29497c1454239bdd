package duckdb

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// hints are, for each scan, conditions that hold for every row of it that can
// take part in the answer: those above it, brought down through what lies
// between. They only serve to leave out partitions; the conditions themselves
// stay where they are.
type hints map[*plan.Scan][]plan.Expr

func hintsOf(n plan.Node) hints {
	h := hints{}
	h.down(n, nil)
	return h
}

func (h hints) down(n plan.Node, predicates []plan.Expr) {
	switch n := n.(type) {
	case *plan.Scan:
		h[n] = append(h[n], predicates...)
	case *plan.Filter:
		h.inside(n.Condition)
		h.down(n.Input, append(append([]plan.Expr{}, predicates...), conjuncts(n.Condition)...))
	case *plan.Project:
		h.project(n, predicates)
	case *plan.Aggregate:
		keys := map[plan.ID]bool{}
		if n.Sets == nil {
			for _, k := range n.Keys {
				keys[k.ID] = true
			}
		}
		h.down(n.Input, over(predicates, keys))
	case *plan.Join:
		h.inside(n.Condition)
		h.join(n, predicates)
	case *plan.Sort:
		h.down(n.Input, predicates)
	case *plan.Distinct:
		h.down(n.Input, predicates)
	case *plan.SetOperation:
		h.setOperation(n, predicates)
	case *plan.With:
		for _, q := range n.Queries {
			h.down(q.Node, nil)
		}
		h.down(n.Body, predicates)
	default:
		for _, input := range plan.Inputs(n) {
			h.down(input, nil)
		}
	}
}

// inside brings hints down into the subqueries of an expression.
func (h hints) inside(e plan.Expr) {
	if e == nil {
		return
	}
	if sub := plan.Subquery(e); sub != nil {
		h.down(sub, nil)
	}
	for _, c := range plan.Children(e) {
		h.inside(c)
	}
}

func (h hints) project(n *plan.Project, predicates []plan.Expr) {
	exprs := map[plan.ID]plan.Expr{}
	for _, c := range n.Columns {
		exprs[c.ID] = c.Expr
		h.inside(c.Expr)
	}
	h.down(n.Input, renamed(predicates, func(id plan.ID) plan.Expr { return exprs[id] }))
}

// renamed rewrites predicates in terms of what columns are made of; a predicate
// over a column that to does not know is left out.
func renamed(predicates []plan.Expr, to func(plan.ID) plan.Expr) []plan.Expr {
	var out []plan.Expr
	for _, p := range predicates {
		known := true
		e := replace(p, func(x plan.Expr) (plan.Expr, bool) {
			if isSubquery(x) {
				known = false
				return x, true
			}
			ref, ok := x.(*plan.ColumnRef)
			if !ok {
				return nil, false
			}
			r := to(ref.ID)
			if r == nil {
				known = false
				return x, true
			}
			return r, true
		})
		if known {
			out = append(out, e)
		}
	}
	return out
}

// over returns the predicates whose columns are all among ids.
func over(predicates []plan.Expr, ids map[plan.ID]bool) []plan.Expr {
	var out []plan.Expr
	for _, p := range predicates {
		if !anyPart(p, func(x plan.Expr) bool {
			ref, ok := x.(*plan.ColumnRef)
			return ok && !ids[ref.ID] || isSubquery(x)
		}) {
			out = append(out, p)
		}
	}
	return out
}

func (h hints) join(n *plan.Join, predicates []plan.Expr) {
	var on []plan.Expr
	if n.Condition != nil {
		on = conjuncts(n.Condition)
	}
	both := append(append([]plan.Expr{}, predicates...), on...)
	left, right := idSet(n.Left), idSet(n.Right)
	switch n.Kind {
	case ast.InnerJoin, ast.CrossJoin:
		h.down(n.Left, over(both, left))
		h.down(n.Right, over(both, right))
	case ast.LeftJoin:
		h.down(n.Left, over(predicates, left))
		h.down(n.Right, over(on, right))
	case ast.RightJoin:
		h.down(n.Left, over(on, left))
		h.down(n.Right, over(predicates, right))
	default:
		h.down(n.Left, nil)
		h.down(n.Right, nil)
	}
}

func idSet(n plan.Node) map[plan.ID]bool {
	ids := map[plan.ID]bool{}
	for _, c := range plan.Columns(n) {
		ids[c.ID] = true
	}
	return ids
}

func (h hints) setOperation(n *plan.SetOperation, predicates []plan.Expr) {
	for i, input := range n.Inputs {
		h.down(input, renamed(predicates, func(id plan.ID) plan.Expr {
			for j, c := range n.Columns {
				if c.ID == id {
					return &plan.ColumnRef{ID: n.Maps[i][j], T: c.Type}
				}
			}
			return nil
		}))
	}
}
