package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// Trino computes no column that nobody reads, and so it does not fail for one. A node
// whose columns are dropped yields NULL in their place, as what stands above still
// names them.

// rows are the rows without what nobody reads of them.
func (r *remainder) rows(n *plan.Values) plan.Node {
	kept := &plan.Values{Columns: n.Columns}
	for _, row := range n.Rows {
		cells := make([]plan.Expr, len(row))
		for i, cell := range row {
			cells[i] = r.wanted(n.Columns[i], cell)
		}
		kept.Rows = append(kept.Rows, cells)
	}
	return kept
}

// wanted returns what the expression of a column folds to; NULL when nobody reads it.
func (r *remainder) wanted(c plan.Column, e plan.Expr) plan.Expr {
	if !r.read[c.ID] {
		return &plan.Const{T: c.Type}
	}
	return plan.MapQueries(r.written(e), r.node)
}

func (r *remainder) aggregate(n *plan.Aggregate) plan.Node {
	kept := *n
	kept.Calls = nil
	for _, call := range n.Calls {
		if r.read[call.ID] {
			r.checkState(call)
			call.OrderBy = orderOf(call)
			kept.Calls = append(kept.Calls, call)
		}
	}
	if isGlobal(n) && len(kept.Calls) == 0 {
		return oneRow(n)
	}
	if values, ok := r.node(n.Input).(*plan.Values); ok && !r.sifted[values] {
		return r.inPlaceOf(n, r.mapped(r.argumentsBeneath(&kept)))
	}
	if input := wantedAlone(&kept); input != kept.Input {
		r.seen[input] = r.seen[kept.Input]
		kept.Input = input
	}
	return r.inPlaceOf(n, r.mapped(&kept))
}

func (r *remainder) window(n *plan.Window) plan.Node {
	kept := &plan.Window{Input: n.Input}
	for _, call := range n.Calls {
		if r.read[call.ID] {
			r.checkState(call.AggregateCall)
			kept.Calls = append(kept.Calls, call)
		}
	}
	if len(kept.Calls) == 0 {
		return r.inPlaceOf(n, r.node(n.Input))
	}
	return r.inPlaceOf(n, r.mapped(kept))
}

// orderOf returns the order of an aggregate's rows, where the function has an answer that
// goes by it: Trino drops the others.
func orderOf(call plan.AggregateCall) []plan.SortKey {
	switch call.Name {
	case "array_agg", "map_agg", "multimap_agg", "listagg", "qdigest_agg":
		return call.OrderBy
	default:
		return nil
	}
}

// checkState fails for reduce_agg over what Trino holds as an object: it has no state for that.
func (f *folder) checkState(call plan.AggregateCall) {
	if call.Name != "reduce_agg" {
		return
	}
	t, object := call.Type, false
	switch t.Kind {
	case datatype.Array, datatype.Map, datatype.Row:
		object = true
	case datatype.Decimal:
		object = t.Precision > 18
	case datatype.Timestamp:
		object = t.Precision > 6
	case datatype.TimestampTZ:
		object = t.Precision > 3
	case datatype.TimeTZ:
		object = t.Precision > 9
	default:
	}
	if object {
		f.fail(sqlerr.New(sqlerr.NotSupported, "State type not supported for reduce_agg: %s", t))
	}
}

// join goes without a side of which there is one row at most and that nobody reads, as
// the pruner does.
func (r *remainder) join(n *plan.Join) plan.Node {
	if r.seen[n] && r.seen[n.Left] && !r.seen[n.Right] {
		return r.inPlaceOf(n, r.node(n.Left))
	}
	if unnested := r.unnested(n); unnested != nil {
		return unnested
	}
	if _, unnest := n.Right.(*plan.Unnest); n.Lateral && !unnest && r.own && len(plan.Free(n.Right)) == 0 && plan.StrictJSONTable(n) == nil {
		plain := *n
		plain.Lateral = false
		r.seen[&plain] = r.seen[n]
		return r.join(&plain)
	}
	joined := value.As[*plan.Join](r.mapped(n))
	if project := r.besideOneRow(n, joined); project != nil {
		return r.project(project)
	}
	r.checkDocuments(joined)
	if n.Condition == nil || n.Lateral {
		return joined
	}
	terms := plan.Conjuncts(r.expr(n.Condition))
	sides := r.own || r.fallible(joined.Left) || r.fallible(joined.Right)
	if outer := n.Kind != ast.InnerJoin; outer && len(terms) == 1 && isConst(terms[0]) {
		sides = false // what stands above an outer join is looked at before its side goes
	}
	if !slices.ContainsFunc(terms, MayFail) && !sides {
		return joined
	}
	if r.under[n] && n.Kind == ast.InnerJoin {
		joined.Condition = plan.MapQueries(r.written(conjunction(terms)), r.node)
		return joined
	}
	return sifter{r, r.seen[n]}.siftOn(joined, terms)
}

func (r *remainder) mapped(n plan.Node) plan.Node {
	return plan.Map(n, r.node, func(e plan.Expr) plan.Expr { return plan.MapQueries(r.written(e), r.node) })
}

// inPlaceOf gives kept the columns of n, those that it has not as NULL.
func (r *remainder) inPlaceOf(n, kept plan.Node) plan.Node {
	have := map[plan.ID]bool{}
	for _, c := range plan.Columns(kept) {
		have[c.ID] = true
	}
	project, whole := &plan.Project{Input: kept}, true
	for _, c := range plan.Columns(n) {
		computed := plan.Computed{Column: c, Expr: &plan.ColumnRef{ID: c.ID, T: c.Type}}
		if !have[c.ID] {
			computed.Expr, whole = &plan.Const{T: c.Type}, false
		}
		project.Columns = append(project.Columns, computed)
	}
	if whole {
		return kept
	}
	return project
}

// oneRow is a row of NULL in all columns of n.
func oneRow(n plan.Node) plan.Node {
	values := &plan.Values{Columns: plan.Columns(n), Rows: [][]plan.Expr{nil}}
	for _, c := range values.Columns {
		values.Rows[0] = append(values.Rows[0], &plan.Const{T: c.Type})
	}
	return values
}
