package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

const (
	// maxFiltered is how many rows of VALUES Trino filters while it plans.
	maxFiltered = 100
	// maxMerged bounds the cells and their parts that come of VALUES and what is computed of them.
	maxMerged = 10_000
)

// with makes VALUES of the named queries that are nothing else: Trino plans each
// reference to a named query by itself.
func (r *remainder) with(n *plan.With) plan.Node {
	r.name(n)
	kept := &plan.With{}
	for _, q := range n.Queries {
		q.Node = r.node(q.Node)
		if values, ok := q.Node.(*plan.Values); ok && !q.Recursive && len(values.Rows) <= maxFiltered && len(values.Columns) == len(q.Columns) {
			r.values[q.Number] = values
			continue
		}
		kept.Queries = append(kept.Queries, q)
	}
	kept.Body = r.node(n.Body)
	if len(kept.Queries) == 0 {
		return kept.Body
	}
	return kept
}

func (r *remainder) reference(n *plan.CTERef) plan.Node {
	if values, ok := r.values[n.Number]; ok {
		return &plan.Values{Columns: n.Columns, Rows: values.Rows}
	}
	return n
}

// project computes columns of VALUES in each row of it. What fails inside Trino fails
// the statement, of a column that is read.
func (r *remainder) project(n *plan.Project) plan.Node {
	input := r.node(n.Input)
	if r.ruledOut(input) && slices.ContainsFunc(n.Columns, func(c plan.Computed) bool { return r.read[c.ID] && crosses(r.expr(c.Expr)) }) {
		return &plan.Values{Columns: plan.Columns(n)}
	}
	values, ok := input.(*plan.Values)
	if kept := r.merged(n, values); ok && kept != nil {
		return kept
	}
	kept := &plan.Project{Input: input, Columns: slices.Clone(n.Columns)}
	for i, c := range n.Columns {
		kept.Columns[i].Expr = r.wanted(c.Column, c.Expr)
	}
	if r.own && slices.ContainsFunc(kept.Columns, func(c plan.Computed) bool { return r.failsAlways(c.Expr) }) {
		kept.Input = &plan.Limit{Input: kept.Input, Count: 1} // Trino begins with one row
	}
	return kept
}

// failsAlways reports whether an expression fails, whatever the row.
func (r *remainder) failsAlways(e plan.Expr) bool {
	if isConst(e) || !MayFail(e) || volatile(e) || open(e, map[plan.ID]bool{}) {
		return false
	}
	_, err := r.value(e)
	return err != nil
}

func (r *remainder) merged(n *plan.Project, values *plan.Values) plan.Node {
	if values == nil || !fixed(values) {
		return nil
	}
	kept := &plan.Values{}
	size := 0
	for _, c := range n.Columns {
		folded := r.expr(c.Expr)
		if _, passes := folded.(*plan.ColumnRef); !passes && r.sifted[values] {
			return nil
		}
		if volatile(folded) || open(folded, idsOf(values)) {
			return nil
		}
		kept.Columns = append(kept.Columns, c.Column)
	}
	for _, row := range values.Rows {
		if slices.ContainsFunc(n.Columns, func(c plan.Computed) bool { return captures(r.expr(c.Expr), values, row, false) }) {
			return nil
		}
		cells := make([]plan.Expr, len(n.Columns))
		for i, c := range n.Columns {
			cell := inRow(r.expr(c.Expr), values, row)
			if size += sizeOf(cell, maxMerged-size); size >= maxMerged {
				return nil
			}
			cells[i] = cell
		}
		kept.Rows = append(kept.Rows, cells)
	}
	r.sifted[kept] = r.sifted[values]
	for _, row := range kept.Rows {
		for i, cell := range row {
			if c := kept.Columns[i]; r.read[c.ID] {
				row[i] = r.eagerly(r.seen[n], cell)
			} else {
				row[i] = &plan.Const{T: c.Type}
			}
		}
	}
	return kept
}

// eagerly folds an expression of a node as Trino does while it plans: with the failures
// that end that, unless Trino has dropped the node.
func (r *remainder) eagerly(eager bool, e plan.Expr) plan.Expr {
	r.planned = !eager
	r.expr(e)
	r.planned = true
	return r.written(e)
}

// filtered decides a condition for each row of VALUES. Where it cannot be decided the
// condition stays, as one that is computed from left to right.
func (r *remainder) filtered(eager bool, values *plan.Values, condition plan.Expr) plan.Node {
	filter := &plan.Filter{Input: values, Condition: r.written(condition)}
	if len(values.Rows) > maxFiltered || !fixed(values) || volatile(condition) || open(condition, idsOf(values)) {
		return filter
	}
	kept, undecided := &plan.Values{Columns: values.Columns}, false
	for _, row := range values.Rows {
		r.ofRow = true
		c, constant := r.eagerly(eager, inRow(condition, values, row)).(*plan.Const)
		r.ofRow = false
		if constant && c.Value != true {
			continue
		}
		undecided = undecided || !constant
		kept.Rows = append(kept.Rows, row)
	}
	r.sifted[kept] = true
	if !undecided {
		return kept
	}
	whole := &plan.Case{Whens: []plan.When{{Condition: filter.Condition, Result: truth(true)}}, Else: truth(false), T: boolean()}
	return &plan.Filter{Input: kept, Condition: whole}
}

// fixed reports whether the cells of VALUES are the same whenever they are computed,
// and refer to nothing.
func fixed(n *plan.Values) bool {
	for _, row := range n.Rows {
		for _, cell := range row {
			if volatile(cell) || open(cell, map[plan.ID]bool{}) {
				return false
			}
		}
	}
	return true
}

// captures reports whether a lambda, or what TRY tries, refers to a cell that is no
// constant: that is computed before and not within.
func captures(e plan.Expr, n *plan.Values, row []plan.Expr, within bool) bool {
	switch part := e.(type) {
	case *plan.Lambda, *plan.Try:
		within = true
	case *plan.ColumnRef:
		at := slices.IndexFunc(n.Columns, func(c plan.Column) bool { return c.ID == part.ID })
		return within && at >= 0 && !isConst(row[at])
	}
	return slices.ContainsFunc(plan.Children(e), func(part plan.Expr) bool { return captures(part, n, row, within) })
}

func idsOf(n *plan.Values) map[plan.ID]bool {
	ids := map[plan.ID]bool{}
	for _, c := range n.Columns {
		ids[c.ID] = true
	}
	return ids
}

// inRow returns e with the columns of VALUES replaced by the cells of a row.
func inRow(e plan.Expr, n *plan.Values, row []plan.Expr) plan.Expr {
	return plan.Replace(e, func(part plan.Expr) (plan.Expr, bool) {
		ref, ok := part.(*plan.ColumnRef)
		if !ok {
			return nil, false
		}
		for i, c := range n.Columns {
			if c.ID == ref.ID {
				return cellOf(row[i], ref.T), true
			}
		}
		return nil, false
	})
}

// cellOf is a cell with the names of fields that the column has.
func cellOf(cell plan.Expr, t datatype.Type) plan.Expr {
	if c, ok := cell.(*plan.Const); ok && !sameNames(c.T, t) {
		return &plan.Const{Value: c.Value, T: t}
	}
	return cell
}

// sizeOf returns how many parts an expression has, counted up to most.
func sizeOf(e plan.Expr, most int) int {
	size := 1
	for _, part := range plan.Children(e) {
		if size >= most {
			break
		}
		size += sizeOf(part, most-size)
	}
	return size
}
