package analyze

import (
	"maps"

	"github.com/sillok/sillok/internal/sql/plan"
)

// lowering builds the nodes of a SELECT and replaces what they compute by
// references to their columns.
type lowering struct {
	*selection
	keys      keySet                 // what is grouped by
	calls     map[string]plan.Column // of aggregates and window functions, once they are computed
	groupID   *plan.Column
	projected bool // the outputs are computed
}

// lower returns e with what the nodes so far compute replaced by their columns.
func (l *lowering) lower(e plan.Expr) plan.Expr {
	l.work(1)
	if column, ok := l.keys.find(e); ok {
		return &plan.ColumnRef{ID: column.ID, T: column.Type}
	}
	switch e := e.(type) {
	case *aggregateRef, *windowRef:
		column := l.calls[keyOf(e)]
		return &plan.ColumnRef{ID: column.ID, T: column.Type}
	case *groupingRef:
		return l.grouping(e)
	case *outputRef:
		if !l.projected { // in a window of ORDER BY, which is computed before the outputs
			return l.lower(l.outputs[e.index].expr)
		}
		return &plan.ColumnRef{ID: e.column.ID, T: e.column.Type}
	default:
		return plan.Rewrite(e, l.lower)
	}
}

// aggregate groups the rows of node.
func (l *lowering) aggregate(node plan.Node) plan.Node {
	if l.groups == nil {
		return node
	}
	var keys keySet
	columns := make([]plan.Column, len(l.groups.keys))
	before := &plan.Project{Input: node}
	for _, c := range plan.Columns(node) {
		before.Columns = append(before.Columns, passing(c))
	}
	computed := false
	for i, key := range l.groups.keys {
		if ref, ok := key.(*plan.ColumnRef); ok && l.isSource(ref.ID) {
			columns[i] = plan.Column{ID: ref.ID, Type: ref.T}
		} else {
			columns[i] = l.column(key.Type())
			before.Columns = append(before.Columns, plan.Computed{Column: columns[i], Expr: key})
			computed = true
		}
		keys.add(key, columns[i])
	}
	if computed {
		node = before
	}
	aggregate := &plan.Aggregate{Input: node, Keys: columns}
	l.calls = map[string]plan.Column{}
	l.eachTyped(func(e plan.Expr) bool {
		ref, ok := e.(*aggregateRef)
		if !ok {
			return true
		}
		l.work(1)
		if key := keyOf(ref); l.calls[key].ID == 0 {
			l.calls[key] = ref.call.Column
			aggregate.Calls = append(aggregate.Calls, ref.call)
		}
		return false
	})
	if sets := l.groups.sets; len(sets) != 1 || len(sets[0]) != len(columns) {
		aggregate.Sets = sets
		column := l.column(bigint)
		l.groupID, aggregate.GroupID = &column, &column
	}
	l.keys = keys
	return aggregate
}

// eachTyped visits the expressions that are computed from the groups.
func (l *lowering) eachTyped(visit func(plan.Expr) bool) {
	for _, out := range l.outputs {
		each(out.expr, visit)
	}
	each(l.having, visit)
	for _, item := range l.order {
		each(item.key.Expr, visit)
	}
}

// grouping is the number whose bits say which columns the row's set leaves out.
func (l *lowering) grouping(e *groupingRef) plan.Expr {
	t := e.Type()
	if l.groupID == nil {
		return &plan.Const{Value: int64(0), T: t}
	}
	c := &plan.Case{T: t, Else: &plan.Const{T: t}}
	for i, set := range l.groups.sets {
		in := map[string]bool{}
		for _, key := range set {
			in[keyOf(l.groups.keys[key])] = true
		}
		var bits int64
		for _, column := range e.columns {
			bits <<= 1
			if !in[keyOf(column)] {
				bits |= 1
			}
		}
		id := &plan.ColumnRef{ID: l.groupID.ID, T: bigint}
		condition := &plan.Call{Name: plan.OpEqual, Args: []plan.Expr{id, &plan.Const{Value: int64(i), T: bigint}}, T: boolean}
		c.Whens = append(c.Whens, plan.When{Condition: condition, Result: &plan.Const{Value: bits, T: t}})
	}
	return c
}

// window computes the functions over windows.
func (l *lowering) window(node plan.Node) plan.Node {
	window := &plan.Window{Input: node}
	columns := map[string]plan.Column{}
	l.eachTyped(func(e plan.Expr) bool {
		ref, ok := e.(*windowRef)
		if !ok {
			return true
		}
		if key := keyOf(ref); columns[key].ID == 0 {
			columns[key] = ref.call.Column
			window.Calls = append(window.Calls, l.lowerWindow(ref.call))
		}
		return false
	})
	if len(window.Calls) == 0 {
		return node
	}
	if l.calls == nil {
		l.calls = map[string]plan.Column{}
	}
	maps.Copy(l.calls, columns)
	return window
}

func (l *lowering) lowerWindow(c plan.WindowCall) plan.WindowCall {
	c.Args = l.lowerAll(c.Args)
	c.PartitionBy = l.lowerAll(c.PartitionBy)
	order := make([]plan.SortKey, len(c.Order))
	for i, key := range c.Order {
		key.Expr = l.lower(key.Expr)
		order[i] = key
	}
	c.Order = order
	if c.Frame != nil {
		frame := *c.Frame
		if frame.Start.Value != nil {
			frame.Start.Value = l.lower(frame.Start.Value)
		}
		if frame.End.Value != nil {
			frame.End.Value = l.lower(frame.End.Value)
		}
		c.Frame = &frame
	}
	return c
}

func (l *lowering) lowerAll(list []plan.Expr) []plan.Expr {
	lowered := make([]plan.Expr, len(list))
	for i, e := range list {
		lowered[i] = l.lower(e)
	}
	return lowered
}

// project computes the outputs, and passes the columns that ORDER BY needs.
func (l *lowering) project(node plan.Node) (plan.Node, []field) {
	project := &plan.Project{Input: node}
	have := map[plan.ID]bool{}
	fields := make([]field, len(l.outputs))
	for i, out := range l.outputs {
		if !have[out.column.ID] {
			have[out.column.ID] = true
			project.Columns = append(project.Columns, plan.Computed{Column: out.column, Expr: l.lower(out.expr)})
		}
		fields[i] = field{name: out.name, column: out.column}
	}
	l.projected = true
	for _, c := range l.sortColumns(node) {
		if !have[c.ID] {
			have[c.ID] = true
			project.Columns = append(project.Columns, passing(c))
		}
	}
	return project, fields
}

// sortColumns are the columns of node to which ORDER BY refers.
func (l *lowering) sortColumns(node plan.Node) []plan.Column {
	if len(l.order) == 0 || l.node.Distinct {
		return nil
	}
	wanted := map[plan.ID]bool{}
	for _, item := range l.order {
		plan.References(l.lower(item.key.Expr), wanted)
	}
	var columns []plan.Column
	for _, c := range plan.Columns(node) {
		if wanted[c.ID] {
			columns = append(columns, c)
		}
	}
	return columns
}

// sort orders the rows. A key that is one of the outputs refers to it.
func (l *lowering) sort(node plan.Node) plan.Node {
	if len(l.order) == 0 {
		return node
	}
	sort := &plan.Sort{Input: node}
	outputs := map[string]plan.Column{}
	for _, out := range l.outputs {
		if !volatile(out.expr) {
			outputs[keyOf(out.expr)] = out.column
		}
	}
	for _, item := range l.order {
		l.work(1)
		key := item.key
		if column, ok := outputs[keyOf(key.Expr)]; ok {
			key.Expr = &plan.ColumnRef{ID: column.ID, T: column.Type}
		} else {
			key.Expr = l.lower(key.Expr)
		}
		sort.Keys = append(sort.Keys, key)
	}
	return sort
}
