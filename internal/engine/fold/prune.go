package fold

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// pruner copies a plan without what Trino has dropped from its own by the time that it
// turns subqueries into joins: columns that nobody reads, with the subqueries in them,
// conditions that are constant, and what yields no row. It goes from above to below, as
// Trino does, and so comes upon the failure of a constant that Trino names. Only the
// check of subqueries looks at the copy.
type pruner struct {
	*folder

	read  map[plan.ID]bool     // by what stands above, within subqueries too
	named map[int]map[int]bool // of the named queries that are read, which of their columns
	seen  map[plan.Node]bool   // what is left of the plan
	told  map[plan.Node]bool   // of which all constants are computed
}

func (p *pruner) readAll(columns []plan.Column) {
	for _, c := range columns {
		p.read[c.ID] = true
	}
}

// node returns the copy of a node: its expressions first, which read columns of its inputs.
func (p *pruner) node(node plan.Node) plan.Node {
	p.work(1)
	p.seen[node] = true
	return p.copied(node)
}

func (p *pruner) copied(node plan.Node) plan.Node {
	switch n := node.(type) {
	case *plan.Values:
		return p.values(n)
	case *plan.Filter:
		return p.filter(n)
	case *plan.Project:
		return p.project(n)
	case *plan.Aggregate:
		kept := *n
		kept.Calls = nil
		p.readAll(n.Keys)
		for _, call := range n.Calls {
			if p.read[call.ID] {
				kept.Calls = append(kept.Calls, p.call(call))
			}
		}
		if isGlobal(&kept) && len(kept.Calls) == 0 {
			return oneRow(n)
		}
		kept.Input = p.node(n.Input)
		return &kept
	case *plan.Window:
		return p.window(n)
	case *plan.Distinct:
		p.readAll(plan.Columns(n.Input))
		return &plan.Distinct{Input: p.node(n.Input)}
	case *plan.Sort:
		keys := p.keys(n.Keys)
		return &plan.Sort{Input: p.node(n.Input), Keys: keys}
	case *plan.Limit:
		if n.Count == 0 || p.passedOver(n) {
			return &plan.Values{Columns: plan.Columns(n.Input)}
		}
		kept := *n
		kept.Input = p.node(n.Input)
		return &kept
	case *plan.Join:
		return p.join(n)
	case *plan.Unnest:
		return p.unnest(n)
	case *plan.SetOperation:
		return p.setOperation(n)
	case *plan.With:
		return p.with(n)
	case *plan.CTERef:
		p.reference(n)
		return n
	case *plan.Sample:
		kept := *n
		kept.Percentage = p.expr(n.Percentage)
		kept.Input = p.node(n.Input)
		return &kept
	default:
		return node
	}
}

func (p *pruner) project(n *plan.Project) plan.Node {
	kept := &plan.Project{}
	var read []plan.Expr
	for _, c := range n.Columns {
		if p.read[c.ID] {
			read = append(read, c.Expr)
			kept.Columns = append(kept.Columns, plan.Computed{Column: c.Column, Expr: p.expr(c.Expr)})
		}
	}
	p.tellBelow(n.Input, read...)
	p.empty(n) // which is known later as well
	kept.Input = p.node(n.Input)
	return kept
}

func (p *pruner) unnest(n *plan.Unnest) plan.Node {
	kept := &plan.Unnest{Ordinality: n.Ordinality}
	for _, item := range n.Items {
		kept.Items = append(kept.Items, plan.UnnestItem{Expr: p.expr(item.Expr), Columns: item.Columns})
	}
	return kept
}

func (p *pruner) values(n *plan.Values) plan.Node {
	kept := &plan.Values{Columns: n.Columns}
	for _, row := range n.Rows {
		kept.Rows = append(kept.Rows, p.exprs(row))
	}
	return kept
}

func (p *pruner) filter(n *plan.Filter) plan.Node {
	folded := p.condition(n.Condition)
	if decided, always := p.trivial(folded); decided {
		if always {
			p.tellBelow(n.Input, n.Condition)
			return p.node(n.Input)
		}
		return &plan.Values{Columns: plan.Columns(n)}
	}
	condition := p.reading(folded)
	p.tellBelow(n.Input, n.Condition)
	return &plan.Filter{Input: p.node(n.Input), Condition: condition}
}

func (p *pruner) window(n *plan.Window) plan.Node {
	kept := &plan.Window{}
	for _, call := range n.Calls {
		if !p.read[call.ID] {
			continue
		}
		call.AggregateCall = p.call(call.AggregateCall)
		call.PartitionBy, call.Order = p.exprs(call.PartitionBy), p.keys(call.Order)
		if call.Frame != nil {
			frame := *call.Frame
			frame.Start.Value, frame.End.Value = p.expr(frame.Start.Value), p.expr(frame.End.Value)
			call.Frame = &frame
		}
		kept.Calls = append(kept.Calls, call)
	}
	if len(kept.Calls) == 0 {
		return p.node(n.Input)
	}
	kept.Input = p.node(n.Input)
	return kept
}

// join drops a lateral side that has one row, of which nothing is read, and what a side
// without rows leaves nothing of. The right side comes first, as it reads columns of the
// left one.
func (p *pruner) join(n *plan.Join) plan.Node {
	if n.Lateral && (n.Condition == nil || alwaysTrue(p.folder.expr(n.Condition))) && isGlobalBelow(n.Right) && !p.reads(n.Right) {
		return p.node(n.Left)
	}
	if n.Kind == ast.LeftJoin && !n.Lateral && p.empty(n.Right) {
		kept := &plan.Project{Input: p.node(n.Left)}
		for _, c := range plan.Columns(kept.Input) {
			kept.Columns = append(kept.Columns, plan.Computed{Column: c, Expr: &plan.ColumnRef{ID: c.ID, T: c.Type}})
		}
		for _, c := range plan.Columns(n.Right) {
			kept.Columns = append(kept.Columns, plan.Computed{Column: c, Expr: &plan.Const{T: c.Type}})
		}
		return kept
	}
	if inner := n.Kind == ast.InnerJoin || n.Kind == ast.CrossJoin; inner && !n.Lateral && p.neverJoins(n) {
		return &plan.Values{Columns: plan.Columns(n)}
	}
	none := !n.Lateral && p.empty(n)
	p.criteria(n)
	kept := *n
	kept.Condition = p.expr(n.Condition)
	kept.Right = p.node(n.Right)
	if n.Lateral && n.At != (plan.Place{}) {
		p.tell(n.Left)
	}
	kept.Left = p.node(n.Left)
	if none {
		return &plan.Values{Columns: plan.Columns(n)}
	}
	return &kept
}

// criteria notes the columns of equalities between the sides of a join: Trino takes them
// out of the condition before it folds that.
func (p *pruner) criteria(n *plan.Join) {
	if n.Condition == nil || n.Lateral {
		return
	}
	for _, term := range plan.Conjuncts(n.Condition) {
		if call, ok := term.(*plan.Call); ok && call.Name == plan.OpEqual && !volatile(call) && between(call, n) {
			plan.References(term, p.read)
		}
	}
}

// between reports whether an equality compares one side of a join with the other.
func between(call *plan.Call, n *plan.Join) bool {
	left, right := map[plan.ID]bool{}, map[plan.ID]bool{}
	for _, c := range plan.Columns(n.Left) {
		left[c.ID] = true
	}
	for _, c := range plan.Columns(n.Right) {
		right[c.ID] = true
	}
	of := func(e plan.Expr, side map[plan.ID]bool) bool {
		refs := map[plan.ID]bool{}
		plan.References(e, refs)
		for id := range refs {
			if !side[id] {
				return false
			}
		}
		return len(refs) > 0
	}
	return of(call.Args[0], left) && of(call.Args[1], right) || of(call.Args[0], right) && of(call.Args[1], left)
}

func (p *pruner) reads(node plan.Node) bool {
	for _, c := range plan.Columns(node) {
		if p.read[c.ID] {
			return true
		}
	}
	return false
}

// setOperation reads all columns but of UNION ALL. Of what has no row, UNION goes
// without it, INTERSECT has none itself, nor has EXCEPT where the first has none.
func (p *pruner) setOperation(n *plan.SetOperation) plan.Node {
	kept, none := *n, p.empty(n)
	kept.Inputs, kept.Maps = nil, nil
	for i, input := range n.Inputs {
		for j, id := range n.Maps[i] {
			if p.read[n.Columns[j].ID] || n.Kind != ast.Union || !n.All {
				p.read[id] = true
			}
		}
		copied := p.node(input)
		if !p.empty(input) {
			kept.Inputs, kept.Maps = append(kept.Inputs, copied), append(kept.Maps, n.Maps[i])
		}
	}
	switch {
	case none:
		return &plan.Values{Columns: n.Columns}
	case len(kept.Inputs) > 1:
		return &kept
	}
	only := &plan.Project{Input: kept.Inputs[0]}
	for j, c := range n.Columns {
		if id := kept.Maps[0][j]; p.read[id] {
			only.Columns = append(only.Columns, plan.Computed{Column: c, Expr: &plan.ColumnRef{ID: id, T: c.Type}})
		}
	}
	if n.All {
		return only
	}
	return &plan.Distinct{Input: only}
}

// with copies the named queries of which something is read. The last comes first, as it
// may read the others.
func (p *pruner) with(n *plan.With) plan.Node {
	p.name(n)
	kept := &plan.With{Body: p.node(n.Body)}
	for _, q := range slices.Backward(n.Queries) {
		places, ok := p.named[q.Number]
		if !ok {
			continue
		}
		for i, c := range q.Columns {
			p.read[c.ID] = places[i] || q.Recursive
		}
		q.Node = p.node(q.Node)
		kept.Queries = append([]plan.CTE{q}, kept.Queries...)
	}
	return kept
}

// reference notes which columns of a named query are read.
func (p *pruner) reference(n *plan.CTERef) {
	if p.named[n.Number] == nil {
		p.named[n.Number] = map[int]bool{}
	}
	for i, c := range n.Columns {
		if p.read[c.ID] {
			p.named[n.Number][i] = true
		}
	}
}

func (p *pruner) call(call plan.AggregateCall) plan.AggregateCall {
	call.OrderBy = orderOf(call)
	call.Args, call.OrderBy, call.Filter = p.exprs(call.Args), p.keys(call.OrderBy), p.expr(call.Filter)
	return call
}

func (p *pruner) keys(keys []plan.SortKey) []plan.SortKey {
	kept := slices.Clone(keys)
	for i, key := range keys {
		kept[i].Expr = p.expr(key.Expr)
	}
	return kept
}

func (p *pruner) exprs(all []plan.Expr) []plan.Expr {
	kept := make([]plan.Expr, len(all))
	for i, e := range all {
		kept[i] = p.expr(e)
	}
	return kept
}

// expr returns what an expression, which may be nil, folds to, with copies of the
// queries in it, and notes what it reads.
func (p *pruner) expr(e plan.Expr) plan.Expr {
	return p.reading(p.folder.expr(e))
}

// reading copies the queries in an expression that is folded, and notes what it reads.
func (p *pruner) reading(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case nil:
		return nil
	case *plan.ColumnRef:
		p.read[e.ID] = true
		return e
	case *plan.Scalar:
		p.read[e.Column.ID] = true
		return &plan.Scalar{Query: p.node(e.Query), Column: e.Column, At: e.At}
	case *plan.Exists:
		return &plan.Exists{Query: p.node(e.Query), At: e.At}
	case *plan.InQuery:
		p.read[e.Column.ID] = true
		return &plan.InQuery{X: p.reading(e.X), Query: p.node(e.Query), Column: e.Column, At: e.At}
	case *plan.Quantified:
		if !e.Membership() && (e.Op != plan.OpNotEqual || !e.All) && !e.X.Type().Orderable() {
			p.fail(sqlerr.New("GENERIC_INTERNAL_ERROR", "Subquery result type must be orderable"))
		}
		p.read[e.Column.ID] = true
		return &plan.Quantified{X: p.reading(e.X), Op: e.Op, All: e.All, Query: p.node(e.Query), Column: e.Column, At: e.At}
	default:
		return plan.Rewrite(e, p.reading)
	}
}

// trivial reports whether a condition that is folded decides for every row, and how. While
// Trino makes joins of subqueries it looks at no more than whether it is a constant.
func (f *folder) trivial(condition plan.Expr) (decided, always bool) {
	if c, ok := condition.(*plan.Const); ok {
		return true, c.Value == true
	}
	if !f.joined {
		return false, false
	}
	terms := plan.Conjuncts(condition)
	isNull := func(term plan.Expr) bool { _, ok := term.(*plan.IsNull); return ok }
	// Trino knows "x IS NULL AND NULL" for what is never true.
	return slices.ContainsFunc(terms, isNullConst) && (!slices.ContainsFunc(terms, MayFail) || slices.ContainsFunc(terms, isNull)), false
}
