package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
)

// besideOneRow returns what Trino makes of a join on TRUE whose one side is a row of VALUES:
// columns that are computed of the other side's rows. It is nil for other joins. n is the
// join before its sides were settled.
func (r *remainder) besideOneRow(n, joined *plan.Join) *plan.Project {
	if n.Lateral || n.Condition != nil && !alwaysTrue(r.expr(n.Condition)) || noRows(joined.Left) || noRows(joined.Right) {
		return nil
	}
	inner := n.Kind == ast.InnerJoin || n.Kind == ast.CrossJoin
	var row *plan.Values
	var other plan.Node
	switch left, right := r.oneRow(joined.Left), r.oneRow(joined.Right); {
	case left != nil && (inner || n.Kind == ast.RightJoin || r.some(joined.Right)):
		row, other = left, joined.Right
	case right != nil && (inner || n.Kind == ast.LeftJoin || r.some(joined.Left)):
		row, other = right, joined.Left
	default:
		return nil
	}
	project := &plan.Project{Input: other}
	for _, c := range plan.Columns(n) {
		var e plan.Expr = &plan.ColumnRef{ID: c.ID, T: c.Type}
		if at := slices.IndexFunc(row.Columns, func(own plan.Column) bool { return own.ID == c.ID }); at >= 0 {
			e = cellOf(row.Rows[0][at], c.Type)
		}
		project.Columns = append(project.Columns, plan.Computed{Column: c, Expr: e})
	}
	r.seen[project] = r.seen[n]
	return project
}

// oneRow returns a node that is one row of VALUES, the same whenever it is computed; nil
// for other nodes.
func (r *remainder) oneRow(node plan.Node) *plan.Values {
	values, ok := node.(*plan.Values)
	if !ok || len(values.Rows) != 1 || len(values.Columns) == 0 || slices.ContainsFunc(values.Rows[0], volatile) {
		return nil
	}
	return values
}
