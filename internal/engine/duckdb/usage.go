package duckdb

import "github.com/sillok/sillok/internal/sql/plan"

// usage is the columns that a query refers to; what it does not hold need not be
// read from a table.
type usage map[plan.ID]bool

func usageOf(q *plan.Query) usage {
	u := usage{}
	for _, c := range q.Columns {
		u[c.ID] = true
	}
	u.node(q.Root)
	return u
}

func (u usage) columns(columns []plan.Column) {
	for _, c := range columns {
		u[c.ID] = true
	}
}

func (u usage) expr(e plan.Expr) {
	switch e := e.(type) {
	case *plan.ColumnRef:
		u[e.ID] = true
	case *plan.Scalar:
		u[e.Column.ID] = true
	case *plan.InQuery:
		u[e.Column.ID] = true
	case *plan.Quantified:
		u[e.Column.ID] = true
	}
	if n := plan.Subquery(e); n != nil {
		u.node(n)
	}
	for _, c := range plan.Children(e) {
		u.expr(c)
	}
}

func (u usage) node(n plan.Node) {
	plan.Exprs(n, u.expr)
	switch n := n.(type) {
	case *plan.Aggregate:
		u.columns(n.Keys)
	case *plan.Distinct:
		u.columns(plan.Columns(n.Input))
	case *plan.SetOperation:
		for _, ids := range n.Maps {
			for _, id := range ids {
				u[id] = true
			}
		}
	case *plan.With:
		for _, q := range n.Queries {
			u.columns(q.Columns)
		}
	}
	for _, input := range plan.Inputs(n) {
		u.node(input)
	}
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
