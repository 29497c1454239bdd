package fold

import (
	"maps"
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Trino carries conditions down to what they speak of, and decides them there for the
// rows of VALUES while it plans. So a condition that fails does so for rows of which
// another side of a join, or a condition beside it, would have left nothing.

// sifter carries conditions down.
type sifter struct {
	*remainder

	eager bool // what fails while it is planned fails the statement
}

// sift keeps the rows of a node, which is settled, for which all terms hold. The terms are
// folded; each is looked at as far below as Trino looks at it.
func (r sifter) sift(node plan.Node, terms []plan.Expr) plan.Node {
	r.work(1)
	if len(terms) == 0 {
		return node
	}
	var staying, pushed []plan.Expr
	_, values := node.(*plan.Values)
	nothing := !r.own && !values && !slices.ContainsFunc(terms, MayFail) && !r.fallible(node)
	exists := slices.ContainsFunc(terms, isMembership)
	for _, term := range terms {
		if nothing || volatile(term) || exists && risky(term) {
			staying = append(staying, term)
		} else {
			pushed = append(pushed, term)
		}
	}
	if join, ok := node.(*plan.Join); len(pushed) > 0 || ok && !nothing && join.Kind == ast.InnerJoin {
		var rest []plan.Expr
		node, rest = r.siftBelow(node, pushed)
		node = r.settledNode(node)
		staying = slices.Concat(rest, staying)
	}
	if exists && !nothing {
		var after []plan.Expr
		staying, after = apart(staying, risky)
		return r.above(r.above(node, staying), after)
	}
	return r.above(node, staying)
}

// apart returns the terms of which something does not hold, and those of which it does.
func apart(terms []plan.Expr, is func(plan.Expr) bool) (not, yes []plan.Expr) {
	for _, term := range terms {
		if is(term) && !volatile(term) {
			yes = append(yes, term)
		} else {
			not = append(not, term)
		}
	}
	return not, yes
}

// above looks at terms above a node.
func (r sifter) above(node plan.Node, staying []plan.Expr) plan.Node {
	if len(staying) == 0 {
		return node
	}
	condition := r.written(conjunction(staying))
	if decided, always := r.trivial(condition); decided {
		if always {
			return node
		}
		return &plan.Values{Columns: plan.Columns(node)}
	}
	return &plan.Filter{Input: node, Condition: plan.MapQueries(condition, r.node)}
}

// apartFromOuter returns the terms of a condition that refer to no column of a query around
// it, and those that do: Trino takes these out of the subquery, and looks at them later.
func apartFromOuter(terms []plan.Expr, input plan.Node) (own, outer []plan.Expr) {
	columns := idsIn(input)
	for _, term := range terms {
		refs, beyond := map[plan.ID]bool{}, false
		plan.References(term, refs)
		for id := range refs {
			beyond = beyond || !columns[id]
		}
		if beyond && !asks(term) {
			outer = append(outer, term)
		} else {
			own = append(own, term)
		}
	}
	return own, outer
}

// isMembership reports whether a term is what Trino makes an inner join of.
func isMembership(term plan.Expr) bool {
	switch e := term.(type) {
	case *plan.Exists, *plan.InQuery:
		return true
	case *plan.Quantified:
		return e.Membership() && !e.All
	default:
		return false
	}
}

// siftBelow looks at terms below a node, and returns those that have to stay above it.
func (r sifter) siftBelow(node plan.Node, terms []plan.Expr) (sifted plan.Node, staying []plan.Expr) {
	switch n := node.(type) {
	case *plan.Values:
		return r.filtered(r.eager, n, conjunction(terms)), nil
	case *plan.Filter:
		return r.sift(n.Input, append(slices.Clone(plan.Conjuncts(n.Condition)), terms...)), nil
	case *plan.Sort:
		return &plan.Sort{Input: r.sift(n.Input, terms), Keys: n.Keys}, nil
	case *plan.Distinct:
		return &plan.Distinct{Input: r.sift(n.Input, terms)}, nil
	case *plan.Project:
		return r.siftProject(n, terms)
	case *plan.Aggregate:
		if len(n.Keys) == 0 || n.Sets != nil {
			return node, terms
		}
		keys := map[plan.ID]bool{}
		for _, key := range n.Keys {
			keys[key.ID] = true
		}
		within, staying := divided(terms, keys)
		kept := *n
		kept.Input = r.sift(n.Input, within)
		return &kept, staying
	case *plan.Join:
		return r.siftJoin(n, terms)
	case *plan.Unnest:
		return node, equalitiesFirst(terms)
	}
	return node, terms
}

// siftProject looks at terms below the columns that are computed, in each of which it may
// take the place of one name.
func (r sifter) siftProject(n *plan.Project, terms []plan.Expr) (plan.Node, []plan.Expr) {
	computed := map[plan.ID]plan.Expr{}
	for _, c := range n.Columns {
		computed[c.ID] = c.Expr
	}
	var below, staying []plan.Expr
	for _, term := range terms {
		uses, fits := map[plan.ID]int{}, true
		replaced := plan.Replace(term, func(part plan.Expr) (plan.Expr, bool) {
			ref, ok := part.(*plan.ColumnRef)
			if !ok {
				return nil, false
			}
			e, ok := computed[ref.ID]
			if !ok { // of a query around this one
				return ref, true
			}
			uses[ref.ID]++
			fits = fits && !volatile(e) && (uses[ref.ID] == 1 || simple(e))
			return e, true
		})
		if fits {
			below = append(below, r.expr(replaced))
		} else {
			staying = append(staying, term)
		}
	}
	return &plan.Project{Input: r.sift(n.Input, below), Columns: n.Columns}, staying
}

// siftJoin looks at terms on the sides of a join of which they speak. An outer join of
// which a term leaves nothing that is filled up with NULL is an inner one.
func (r sifter) siftJoin(n *plan.Join, terms []plan.Expr) (plan.Node, []plan.Expr) {
	kept := *n
	switch {
	case n.Lateral:
		if n.Kind == ast.RightJoin || n.Kind == ast.FullJoin || plan.StrictJSONTable(n) != nil {
			return n, terms
		}
		within, staying := divided(equalitiesFirst(terms), idsIn(n.Left))
		kept.Left = r.sift(n.Left, within)
		return &kept, staying
	case n.Kind == ast.LeftJoin && r.refuseNull(terms, n.Right), n.Kind == ast.RightJoin && r.refuseNull(terms, n.Left):
		kept.Kind = ast.InnerJoin
	}
	switch kept.Kind {
	case ast.InnerJoin, ast.CrossJoin:
		return r.siftInner(kept, terms), nil
	case ast.LeftJoin:
		within, staying := divided(equalitiesFirst(terms), idsIn(n.Left))
		kept.Left, kept.Right = r.sift(n.Left, within), r.sift(n.Right, constantsOf(within))
		return &kept, staying
	case ast.RightJoin:
		within, staying := divided(equalitiesFirst(terms), idsIn(n.Right))
		kept.Right, kept.Left = r.sift(n.Right, within), r.sift(n.Left, constantsOf(within))
		return &kept, staying
	default:
		return n, terms
	}
}

// siftInner looks at the condition of an inner join and at terms above it: what cannot fail
// on the side of which it speaks, what can only where nothing else is left to the join.
func (r sifter) siftInner(n plan.Join, terms []plan.Expr) plan.Node {
	if n.Condition != nil {
		terms = append(slices.Clone(plan.Conjuncts(r.expr(n.Condition))), terms...)
	}
	terms = r.withConstants(terms, &n)
	if slices.ContainsFunc(terms, notTrue) {
		return &plan.Values{Columns: plan.Columns(&n)}
	}
	var left, right, both, failing []plan.Expr
	leftIDs, rightIDs := idsIn(n.Left), idsIn(n.Right)
	push := func(term plan.Expr) bool {
		one := []plan.Expr{term}
		ofLeft, _ := divided(one, leftIDs)
		ofRight, _ := divided(one, rightIDs)
		left, right = append(left, ofLeft...), append(right, ofRight...)
		return len(ofLeft)+len(ofRight) > 0
	}
	for _, term := range equalitiesFirst(terms) {
		switch {
		case !volatile(term) && risky(term):
		case volatile(term) || !push(term):
			both = append(both, term)
		}
	}
	left = append(left, r.domains(both, n.Right, leftIDs)...)
	right = append(right, r.domains(both, n.Left, rightIDs)...)
	for _, term := range terms {
		if !volatile(term) && risky(term) && (len(both)+len(failing) > 0 || !push(term)) {
			failing = append(failing, term)
		}
	}
	n.Left, n.Right, n.Condition = r.sift(n.Left, left), r.sift(n.Right, right), nil
	if both = append(both, failing...); len(both) > 0 {
		n.Kind = ast.InnerJoin
		n.Condition = plan.MapQueries(r.written(conjunction(both)), r.node)
	}
	return &n
}

// siftOn looks at the terms of a join's own condition.
func (r sifter) siftOn(n *plan.Join, terms []plan.Expr) plan.Node {
	kept := *n
	var within []plan.Expr
	if n.Kind == ast.InnerJoin || n.Kind == ast.CrossJoin {
		kept.Condition = nil
		return r.siftInner(kept, terms)
	}
	terms = r.withConstants(terms, n)
	switch n.Kind {
	case ast.LeftJoin:
		known := r.domains(terms, n.Left, idsIn(n.Right))
		within, terms = divided(equalitiesFirst(terms), idsIn(n.Right))
		kept.Right = r.sift(n.Right, append(within, known...))
	case ast.RightJoin:
		known := r.domains(terms, n.Right, idsIn(n.Left))
		within, terms = divided(equalitiesFirst(terms), idsIn(n.Left))
		kept.Left = r.sift(n.Left, append(within, known...))
	default:
	}
	kept.Condition = truth(true)
	if len(terms) > 0 {
		kept.Condition = plan.MapQueries(r.written(conjunction(terms)), r.node)
	}
	return &kept
}

// refuseNull reports whether a term is never true of a row that is NULL in the columns of
// a node.
func (r sifter) refuseNull(terms []plan.Expr, node plan.Node) bool {
	ids := idsIn(node)
	return slices.ContainsFunc(terms, func(term plan.Expr) bool {
		c, ok := r.expr(plan.Replace(term, func(part plan.Expr) (plan.Expr, bool) {
			ref, ok := part.(*plan.ColumnRef)
			if !ok || !ids[ref.ID] {
				return nil, false
			}
			return &plan.Const{T: ref.T}, true
		})).(*plan.Const)
		return ok && c.Value != true
	})
}

// neverFail are the functions that Trino takes to be safe.
var neverFail = map[string]bool{
	"length": true, "substr": true, "trim": true, "ltrim": true, "rtrim": true, "replace": true, "reverse": true, "lower": true,
	"upper": true, "to_utf8": true, plan.OpLike: true,
}

// risky reports whether Trino takes it that e may fail.
func risky(e plan.Expr) bool {
	return plan.Any(e, func(part plan.Expr) bool {
		switch part := part.(type) {
		case *plan.Call:
			return !isComparison(part.Name) && !neverFail[part.Name]
		case *plan.Cast:
			return part.Try || !part.Coercion && !datatype.CanCoerce(part.X.Type(), part.T) && !part.T.Equal(datatype.Text())
		case *plan.Try, *plan.JSONPathCall, *plan.JSONBuild:
			return true
		}
		return false
	})
}

func constantsOf(terms []plan.Expr) []plan.Expr {
	constant, _ := divided(terms, nil)
	return constant
}

// equalitiesFirst returns the terms in the order in which Trino hands them on, which looks
// at what is equal to what apart from the others.
func equalitiesFirst(terms []plan.Expr) []plan.Expr {
	var equal, others []plan.Expr
	for _, term := range terms {
		if call, ok := term.(*plan.Call); ok && call.Name == plan.OpEqual {
			equal = append(equal, term)
		} else {
			others = append(others, term)
		}
	}
	return append(equal, others...)
}

// divided returns the terms that refer to nothing but the columns given, and the others.
func divided(terms []plan.Expr, columns map[plan.ID]bool) (within, others []plan.Expr) {
	for _, term := range terms {
		bound := map[plan.ID]bool{} // which lambdas add to
		maps.Copy(bound, columns)
		if open(term, bound) {
			others = append(others, term)
		} else {
			within = append(within, term)
		}
	}
	return within, others
}

func idsIn(node plan.Node) map[plan.ID]bool {
	ids := map[plan.ID]bool{}
	for _, c := range plan.Columns(node) {
		ids[c.ID] = true
	}
	return ids
}

func conjunction(terms []plan.Expr) plan.Expr {
	if len(terms) == 1 {
		return terms[0]
	}
	return &plan.Logical{And: true, Terms: terms}
}
