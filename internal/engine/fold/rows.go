package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// empty reports whether Trino sees, while it plans, that a node has no row.
func (f *folder) empty(node plan.Node) bool {
	known, ok := f.none[node]
	if !ok {
		f.work(1)
		known = f.without(node)
		f.none[node] = known
	}
	return known
}

func (f *folder) without(node plan.Node) bool {
	switch n := node.(type) {
	case *plan.Values:
		return len(n.Rows) == 0
	case *plan.Filter:
		decided, always := f.trivial(f.condition(n.Condition))
		return decided && !always || !f.asks(n) && f.empty(n.Input)
	case *plan.Limit:
		return n.Count == 0 || f.passedOver(n) || f.empty(n.Input)
	case *plan.Aggregate:
		return len(n.Keys) > 0 && !slices.ContainsFunc(n.Sets, func(set []int) bool { return len(set) == 0 }) && f.empty(n.Input)
	case *plan.Project, *plan.Sort, *plan.Distinct, *plan.Window:
		return !f.asks(n) && f.empty(plan.Inputs(n)[0])
	case *plan.Join:
		return f.emptyJoin(n)
	case *plan.SetOperation:
		return f.emptySet(n)
	case *plan.CTERef:
		query, ok := f.queries[n.Number]
		return ok && f.empty(query)
	case *plan.With:
		f.name(n)
		return f.empty(n.Body)
	default:
		return false
	}
}

// name notes what the names of queries stand for: Trino plans each reference by itself.
func (f *folder) name(n *plan.With) {
	for _, q := range n.Queries {
		if !q.Recursive {
			f.queries[q.Number] = q.Node
		}
	}
}

// asks reports whether there are subqueries in the expressions of a node: Trino sees
// nothing through them.
func (f *folder) asks(n plan.Node) bool {
	found := false
	plan.Exprs(n, func(e plan.Expr) {
		found = found || asks(e) && asks(f.expr(e)) // no constant is computed of what may be read by nobody
	})
	return found
}

// asks reports whether there is a subquery in an expression.
func asks(e plan.Expr) bool {
	return plan.Any(e, func(part plan.Expr) bool { return plan.Subquery(part) != nil })
}

func (f *folder) emptyJoin(n *plan.Join) bool {
	if n.Lateral {
		return false
	}
	switch n.Kind {
	case ast.LeftJoin:
		return f.empty(n.Left)
	case ast.RightJoin:
		return f.empty(n.Right)
	case ast.FullJoin:
		return f.empty(n.Left) && f.empty(n.Right)
	default:
		if f.neverJoins(n) {
			return true
		}
		return f.empty(n.Left) || f.empty(n.Right)
	}
}

// neverJoins reports whether the condition of an inner join is not true of any row. Trino looks at
// it without the equalities by which the sides are joined.
func (f *folder) neverJoins(n *plan.Join) bool {
	if n.Condition == nil {
		return false
	}
	var rest []plan.Expr
	for _, term := range plan.Conjuncts(n.Condition) {
		if call, ok := term.(*plan.Call); !ok || call.Name != plan.OpEqual || !between(call, n) {
			rest = append(rest, term)
		}
	}
	if len(rest) == 0 {
		return false
	}
	c, ok := f.expr(conjunction(rest)).(*plan.Const)
	return ok && c.Value != true
}

func (f *folder) emptySet(n *plan.SetOperation) bool {
	if f.joined && n.Kind != ast.Union { // by then Trino has made another thing of it
		return f.noneBefore[n]
	}
	switch n.Kind {
	case ast.Intersect:
		return slices.ContainsFunc(n.Inputs, f.empty)
	case ast.Except:
		return f.empty(n.Inputs[0])
	default:
		return !slices.ContainsFunc(n.Inputs, func(input plan.Node) bool { return !f.empty(input) })
	}
}

// some reports whether a node has a row whatever there is.
func (f *folder) some(node plan.Node) bool {
	if sort, ok := node.(*plan.Sort); ok { // in vain, and so it has gone
		node = sort.Input
	}
	return f.span(node).least > 0
}

// condition returns what the condition of a filter folds to.
func (f *folder) condition(e plan.Expr) plan.Expr {
	if !f.joined && !f.filtering {
		f.filtering = true
		f.done, f.doneInFilter = f.doneInFilter, f.done
		defer func() {
			f.filtering = false
			f.done, f.doneInFilter = f.doneInFilter, f.done
		}()
	}
	return f.expr(unlessNeverTrue(f.expr(e)))
}

// unlessNeverTrue returns the condition of a filter, which is folded, with the CASE of which
// no result is true for FALSE, and what only one branch makes true for the condition of that.
func unlessNeverTrue(condition plan.Expr) plan.Expr {
	terms := plan.Conjuncts(condition)
	changed := false
	for i, term := range terms {
		c, ok := term.(*plan.Case)
		if !ok || !notTrue(c.Else) {
			continue
		}
		trues := slices.IndexFunc(c.Whens, func(w plan.When) bool { return !notTrue(w.Result) })
		switch {
		case trues < 0:
			terms[i], changed = truth(false), true
		case len(c.Whens) == 1 && c.Operand == nil && isTrue(c.Whens[0].Result):
			terms[i], changed = c.Whens[0].Condition, true
		}
	}
	if !changed {
		return condition
	}
	return conjunction(terms)
}

// notTrue reports whether e is FALSE or NULL.
func notTrue(e plan.Expr) bool { return is(e, false) || isNullConst(e) }

// exists decides EXISTS of what certainly has a row, or certainly none. In a filter that is
// known when the subqueries have become joins.
func (f *folder) exists(e *plan.Exists) plan.Expr {
	switch {
	case f.filtering:
	case f.some(e.Query):
		return truth(true)
	case f.empty(e.Query):
		return truth(false)
	}
	return nil
}
