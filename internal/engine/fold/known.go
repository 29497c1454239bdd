package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// known are the values that an expression can have, each once, and whether it can be NULL.
type known struct {
	values []plan.Expr
	null   bool
}

// valuesOf returns the values that an expression over node can have, where its one column
// is one of VALUES or constant.
func (r *remainder) valuesOf(e plan.Expr, node plan.Node) (known, bool) {
	e = r.expr(e)
	switch e := e.(type) {
	case *plan.Const:
		return distinctConstants([]plan.Expr{e})
	case *plan.ColumnRef:
		return r.valuesIn(node, e.ID)
	}
	refs := map[plan.ID]bool{}
	plan.References(e, refs)
	if len(refs) != 1 || volatile(e) {
		return known{}, false
	}
	var computed []plan.Expr
	for id := range refs {
		of, ok := r.valuesIn(node, id)
		if !ok {
			return known{}, false
		}
		for _, v := range of.values {
			computed = append(computed, r.expr(withColumn(e, func(*plan.ColumnRef) plan.Expr { return v })))
		}
		if of.null { // something may be made of it
			computed = append(computed, r.expr(withColumn(e, func(ref *plan.ColumnRef) plan.Expr { return &plan.Const{T: ref.T} })))
		}
	}
	return distinctConstants(computed)
}

// withColumn returns an expression with its columns replaced.
func withColumn(e plan.Expr, by func(*plan.ColumnRef) plan.Expr) plan.Expr {
	return plan.Replace(e, func(part plan.Expr) (plan.Expr, bool) {
		ref, ok := part.(*plan.ColumnRef)
		if !ok {
			return nil, false
		}
		return by(ref), true
	})
}

// valuesIn is valuesOf of a column.
func (r *remainder) valuesIn(node plan.Node, id plan.ID) (known, bool) {
	switch n := node.(type) {
	case *plan.Filter:
		return r.valuesIn(n.Input, id)
	case *plan.Project:
		for _, c := range n.Columns {
			if c.ID == id {
				return r.valuesOf(c.Expr, n.Input)
			}
		}
	case *plan.Join:
		if n.Lateral {
			return known{}, false
		}
		for _, side := range []plan.Node{n.Left, n.Right} {
			if idsIn(side)[id] {
				return r.valuesIn(side, id)
			}
		}
	case *plan.CTERef:
		if values, ok := r.values[n.Number]; ok {
			return r.valuesIn(&plan.Values{Columns: n.Columns, Rows: values.Rows}, id)
		}
	case *plan.Values:
		at := slices.IndexFunc(n.Columns, func(c plan.Column) bool { return c.ID == id })
		if at < 0 || len(n.Rows) > maxFiltered || !r.computed(n) {
			return known{}, false
		}
		column := make([]plan.Expr, len(n.Rows))
		for i, row := range n.Rows {
			column[i] = r.expr(row[at])
		}
		return distinctConstants(column)
	}
	return known{}, false
}

// computed reports whether all that is read of VALUES is constant: of rows with a cell that
// fails Trino knows nothing.
func (r *remainder) computed(n *plan.Values) bool {
	return !slices.ContainsFunc(n.Rows, func(row []plan.Expr) bool {
		for i, cell := range row {
			if r.read[n.Columns[i].ID] && !isConst(r.expr(cell)) {
				return true
			}
		}
		return false
	})
}

// distinctConstants returns the expressions, if all are constant.
func distinctConstants(all []plan.Expr) (k known, ok bool) {
	seen := newSet()
	for _, e := range all {
		switch {
		case !isConst(e):
			return known{}, false
		case isNullConst(e):
			k.null = true
			continue
		case seen.has(e):
			continue
		}
		seen.add(e)
		k.values = append(k.values, e)
	}
	return k, true
}

// neverIn reports whether a term asks for a row of a subquery that is never there: one that
// has to be equal in values of which none is on both sides. Trino makes a join of such a
// term, and sees that it has no row.
func (r *remainder) neverIn(term plan.Expr, outer plan.Node) bool {
	switch e := term.(type) {
	case *plan.InQuery:
		// One that looks at the rows around it is no semi-join.
		if len(plan.Free(e.Query)) == 0 && r.never(e.X, outer, &plan.ColumnRef{ID: e.Column.ID, T: e.Column.Type}, e.Query) {
			return true
		}
		return r.neverWhere(e.Query, outer)
	case *plan.Quantified: // = ANY is IN
		return e.Membership() && !e.All && r.neverIn(&plan.InQuery{X: e.X, Query: e.Query, Column: e.Column}, outer)
	case *plan.Exists:
		return r.neverWhere(e.Query, outer)
	default:
		return false
	}
}

// neverWhere looks at what the conditions of a subquery make equal to columns around it.
func (r *remainder) neverWhere(query, outer plan.Node) bool {
	switch n := query.(type) {
	case *plan.Project:
		return r.neverWhere(n.Input, outer)
	case *plan.Filter:
		columns := idsIn(outer)
		return slices.ContainsFunc(plan.Conjuncts(r.expr(n.Condition)), func(term plan.Expr) bool {
			call, ok := term.(*plan.Call)
			if !ok || call.Name != plan.OpEqual {
				return false
			}
			for i, arg := range call.Args {
				if !isConst(arg) && !open(arg, columns) && r.never(arg, outer, call.Args[1-i], n.Input) {
					return true
				}
			}
			return false
		}) || r.neverWhere(n.Input, outer)
	default:
		return false
	}
}

// valuesAsked returns what the terms of a filter that ask for a row of a subquery say of
// columns of the filter's input: that they are among the values of a column there.
func (r *remainder) valuesAsked(terms []plan.Expr, input plan.Node) []plan.Expr {
	columns := idsIn(input)
	var all []plan.Expr
	among := func(e plan.Expr, query plan.Node, c plan.Column) {
		ref, ok := r.expr(e).(*plan.ColumnRef)
		if !ok || !columns[ref.ID] || len(ref.T.Elems) > 0 {
			return
		}
		if of, ok := r.valuesIn(query, c.ID); ok && len(of.values) > 0 {
			all = append(all, &plan.In{X: ref, Items: of.values})
		}
	}
	var look func(query plan.Node)
	look = func(query plan.Node) {
		switch n := query.(type) {
		case *plan.Project:
			look(n.Input)
		case *plan.Filter:
			for _, term := range plan.Conjuncts(r.condition(n.Condition)) {
				call, ok := term.(*plan.Call)
				if !ok || call.Name != plan.OpEqual {
					continue
				}
				for i, arg := range call.Args {
					if inner, ok := call.Args[1-i].(*plan.ColumnRef); ok {
						among(arg, n.Input, plan.Column{ID: inner.ID, Type: inner.T})
					}
				}
			}
			look(n.Input)
		}
	}
	for _, term := range terms {
		switch e := term.(type) {
		case *plan.InQuery:
			among(e.X, e.Query, e.Column)
			look(e.Query)
		case *plan.Quantified:
			if e.Membership() && !e.All {
				among(e.X, e.Query, e.Column)
				look(e.Query)
			}
		case *plan.Exists:
			look(e.Query)
		}
	}
	return all
}

// maxCompared is how many pairs of values are compared to find two that are equal.
const maxCompared = 1000

// never reports whether an expression over one node and one over another are never equal.
// Of what has parts Trino knows no values but a constant.
func (r *remainder) never(a plan.Expr, ofA plan.Node, b plan.Expr, ofB plan.Node) bool {
	if len(a.Type().Elems) > 0 && !isConst(r.expr(a)) || !a.Type().Equal(b.Type()) {
		return false
	}
	left, ok := r.valuesOf(a, ofA)
	if !ok {
		return false
	}
	right, ok := r.valuesOf(b, ofB)
	if !ok || len(left.values)*len(right.values) > maxCompared || left.null && right.null { // of what both sides can be
		return false
	}
	for _, x := range left.values {
		for _, y := range right.values {
			if same := r.compared(callOf(plan.OpEqual, x, y)); same == nil || is(same, true) {
				return false
			}
		}
	}
	return true
}

// withConstants returns the terms of a join's condition with the values of columns that are
// constant, which Trino knows on both sides; what is equal stays to join by, if it is not
// decided. Of an outer join Trino knows what is equal, and NULL.
func (r *remainder) withConstants(terms []plan.Expr, n *plan.Join) []plan.Expr {
	inner := n.Kind == ast.InnerJoin || n.Kind == ast.CrossJoin
	known := make([]plan.Expr, len(terms))
	for i, term := range terms {
		known[i] = term
		if volatile(term) {
			continue
		}
		call, ok := term.(*plan.Call)
		equal := ok && call.Name == plan.OpEqual
		computed := true
		replaced := r.expr(plan.Rewrite(term, func(part plan.Expr) plan.Expr {
			with := plan.Replace(part, func(part plan.Expr) (plan.Expr, bool) {
				ref, ok := part.(*plan.ColumnRef)
				if !ok {
					return nil, false
				}
				for _, side := range []plan.Node{n.Left, n.Right} {
					if c, ok := r.constantIn(side, ref.ID); ok && (inner || equal || c.Value == nil) {
						return c, true
					}
				}
				return ref, true
			})
			// A side that fails is computed in a column of its own, beneath the join.
			computed = computed && (open(with, map[plan.ID]bool{}) || isConst(r.expr(with)))
			return with
		}))
		switch {
		case !computed:
		case isConst(replaced):
			known[i] = truth(is(replaced, true))
		case !equal:
			known[i] = replaced
		}
	}
	return known
}

// constantIn returns the constant that a column is in every row of a node.
func (r *remainder) constantIn(node plan.Node, id plan.ID) (*plan.Const, bool) {
	switch n := node.(type) {
	case *plan.Filter, *plan.Sort, *plan.Limit, *plan.Distinct:
		return r.constantIn(plan.Inputs(n)[0], id)
	case *plan.Project:
		for _, c := range n.Columns {
			if c.ID != id {
				continue
			}
			switch e := r.expr(c.Expr).(type) {
			case *plan.Const:
				return e, true
			case *plan.ColumnRef:
				return r.constantIn(n.Input, e.ID)
			}
		}
	case *plan.Join:
		if n.Kind != ast.RightJoin && n.Kind != ast.FullJoin {
			if c, ok := r.constantIn(n.Left, id); ok {
				return c, true
			}
		}
		if n.Kind != ast.LeftJoin && n.Kind != ast.FullJoin {
			return r.constantIn(n.Right, id)
		}
	case *plan.Values:
		at := slices.IndexFunc(n.Columns, func(c plan.Column) bool { return c.ID == id })
		if at < 0 || len(n.Rows) == 0 || len(n.Rows) > maxFiltered || !r.computed(n) {
			return nil, false
		}
		first, ok := r.expr(n.Rows[0][at]).(*plan.Const)
		for _, row := range n.Rows[1:] {
			c, isConst := r.expr(row[at]).(*plan.Const)
			ok = ok && isConst && keyOf(c) == keyOf(first)
		}
		return first, ok
	}
	return nil, false
}
