package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// Trino computes the arguments of aggregates and what UNNEST takes apart in columns beneath,
// and so in the rows of VALUES where these are beneath: before anything runs.

// firstColumn is the number of the first column that is made here; those of the statement
// are below.
const firstColumn = 2_000_000

// newColumn returns a reference to a column that the statement does not have.
func (r *remainder) newColumn(e plan.Expr) plan.Computed {
	r.columns++
	c := plan.Column{ID: plan.ID(firstColumn + r.columns), Type: e.Type()}
	r.read[c.ID] = true
	return plan.Computed{Column: c, Expr: e}
}

// withColumns returns VALUES with columns for what is computed in each of its rows; nil where
// that is not possible, or where nothing is left to be computed.
func (r *remainder) withColumns(node plan.Node, seen bool, columns []plan.Computed) *plan.Values {
	values, ok := node.(*plan.Values)
	if !ok || len(columns) == 0 || len(values.Rows) == 0 {
		return nil
	}
	project := &plan.Project{Input: values}
	for _, c := range values.Columns {
		project.Columns = append(project.Columns, plan.Computed{Column: c, Expr: &plan.ColumnRef{ID: c.ID, T: c.Type}})
	}
	project.Columns = append(project.Columns, columns...)
	r.seen[project] = seen
	merged, ok := r.merged(project, values).(*plan.Values)
	if !ok || !slices.ContainsFunc(merged.Rows, func(row []plan.Expr) bool {
		return slices.ContainsFunc(row[len(values.Columns):], func(cell plan.Expr) bool { return !isConst(cell) && MayFail(cell) })
	}) {
		return nil
	}
	return merged
}

// argumentsBeneath returns an aggregate over the rows of VALUES with what its calls need
// computed there.
func (r *remainder) argumentsBeneath(n *plan.Aggregate) *plan.Aggregate {
	input := r.node(n.Input)
	if _, ok := input.(*plan.Values); !ok {
		return n
	}
	var columns []plan.Computed
	beneath := func(e plan.Expr) plan.Expr {
		switch e.(type) {
		case nil, *plan.Const, *plan.ColumnRef, *plan.Lambda:
			return e
		}
		c := r.newColumn(e)
		columns = append(columns, c)
		return &plan.ColumnRef{ID: c.ID, T: c.Type}
	}
	kept := *n
	kept.Calls = slices.Clone(n.Calls)
	for i, call := range kept.Calls {
		call.Args, call.OrderBy = slices.Clone(call.Args), slices.Clone(call.OrderBy)
		for j, arg := range call.Args {
			call.Args[j] = beneath(arg)
		}
		for j := range call.OrderBy {
			call.OrderBy[j].Expr = beneath(call.OrderBy[j].Expr)
		}
		call.Filter = beneath(call.Filter)
		kept.Calls[i] = call
	}
	if values := r.withColumns(input, r.seen[n], columns); values != nil {
		r.nodes[values] = values
		kept.Input = values
		return &kept
	}
	return n
}

// wantedAlone returns the rows of the one group of an aggregate of which every call has a
// FILTER: rows that none lets pass go before anything is computed of them.
func wantedAlone(n *plan.Aggregate) plan.Node {
	if !isGlobal(n) {
		return n.Input
	}
	var wanted []plan.Expr
	for _, call := range n.Calls {
		if call.Filter == nil || asks(call.Filter) || volatile(call.Filter) {
			return n.Input
		}
		wanted = append(wanted, call.Filter)
	}
	condition := wanted[0]
	if len(wanted) > 1 {
		condition = &plan.Logical{Terms: wanted}
	}
	return &plan.Filter{Input: n.Input, Condition: condition}
}

// unnested returns a join with UNNEST of what is computed in the rows of VALUES; nil for
// other joins.
func (r *remainder) unnested(n *plan.Join) plan.Node {
	unnest, ok := n.Right.(*plan.Unnest)
	if !ok {
		return nil
	}
	kept, items := *n, &plan.Unnest{Ordinality: unnest.Ordinality}
	var columns []plan.Computed
	for _, item := range unnest.Items {
		c := r.newColumn(item.Expr)
		columns = append(columns, c)
		items.Items = append(items.Items, plan.UnnestItem{Expr: &plan.ColumnRef{ID: c.ID, T: c.Type}, Columns: item.Columns})
	}
	values := r.withColumns(r.node(n.Left), r.seen[n], columns)
	if values == nil {
		return nil
	}
	kept.Left, kept.Right = values, items
	if n.Condition != nil {
		kept.Condition = r.written(n.Condition)
	}
	return r.inPlaceOf(n, &kept)
}

// unnestAlone is unnested of UNNEST beside nothing, which Trino plans beside one row.
func (r *remainder) unnestAlone(n *plan.Unnest) plan.Node {
	row := &plan.Values{Rows: [][]plan.Expr{nil}}
	r.nodes[row] = row
	beside := r.unnested(&plan.Join{Kind: ast.CrossJoin, Left: row, Right: n, Lateral: true})
	if beside == nil {
		return r.mapped(n)
	}
	return r.inPlaceOf(n, beside)
}
