package fold

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// condition is a term of a filter that refers to the enclosing query.
type condition struct {
	local    map[plan.ID]bool // the columns of the subquery in it
	constant plan.ID          // the one that it makes equal to an outer column; 0 when none
}

// filters judges a node whose conditions on the enclosing query can be pulled
// above it, and returns them.
func (d *decorrelator) filters(node plan.Node) (verdict, []condition) {
	if !d.below(node) {
		return supported, nil
	}
	switch n := node.(type) {
	case *plan.Filter:
		return d.filter(n)
	case *plan.Project:
		if d.projects(n) {
			return unsupported, nil
		}
		return d.filters(n.Input)
	case *plan.Sort:
		for _, key := range n.Keys {
			if d.refers(key.Expr) {
				return uncertain, nil
			}
		}
		return d.filters(n.Input)
	case *plan.Limit:
		v, conditions := d.filters(n.Input)
		if v == supported && (n.WithTies || n.Offset > 0 || !onlyConstants(conditions, nil) ||
			groupsBelow(n.Input, conditions) || n.Count == 1 && !oneOfConstants(n.Input, conditions)) {
			v = unsupported
		}
		return v, conditions
	case *plan.Distinct:
		v, conditions := d.filters(n.Input)
		return d.grouped(v, conditions, plan.Columns(n))
	case *plan.Aggregate:
		if isGlobal(n) || n.Sets != nil {
			return unsupported, nil
		}
		if d.aggregates(n) {
			return unsupported, nil
		}
		v, conditions := d.filters(n.Input)
		return d.grouped(v, conditions, n.Keys)
	case *plan.Join:
		return d.join(n)
	case *plan.Unnest:
		return uncertain, nil
	default:
		return unsupported, nil
	}
}

// join judges a join. The conditions of an inner one stand above it; a side that
// computes its columns from one row is as if they were computed above it.
func (d *decorrelator) join(n *plan.Join) (verdict, []condition) {
	switch {
	case n.Lateral && n.Condition == nil && d.onOneRow(n.Right):
		v, conditions := d.filters(n.Left)
		if project, ok := n.Right.(*plan.Project); ok {
			for _, c := range project.Columns {
				if d.refers(c.Expr) {
					d.outer[c.ID] = true
				}
			}
		}
		return v, conditions
	case n.Lateral:
		return uncertain, nil
	case n.Kind != ast.InnerJoin && n.Kind != ast.CrossJoin, d.below(n.Left), d.below(n.Right):
		return unsupported, nil
	}
	var conditions []condition
	for _, term := range plan.Conjuncts(n.Condition) {
		if d.nested(term) {
			return uncertain, nil
		}
		if d.refers(term) {
			conditions = append(conditions, d.condition(term))
		}
	}
	return supported, conditions
}

// oneOfConstants reports whether LIMIT 1 over node keeps one row for each value of
// the columns that equal outer ones: Trino makes groups of them, which it can
// where nothing but those columns is wanted of the row. One that is in order it ranks.
func oneOfConstants(node plan.Node, conditions []condition) bool {
	wanted := map[plan.ID]bool{}
	for _, c := range plan.Columns(node) {
		wanted[c.ID] = true
	}
	for {
		project, ok := node.(*plan.Project)
		if !ok {
			break
		}
		below := map[plan.ID]bool{}
		for _, c := range project.Columns {
			if wanted[c.ID] {
				plan.References(c.Expr, below)
			}
		}
		node, wanted = project.Input, below
	}
	switch node.(type) {
	case *plan.Sort, *plan.Aggregate: // groupsBelow looks at these
		return true
	}
	constants := map[plan.ID]bool{}
	for _, c := range conditions {
		constants[c.constant] = true
	}
	for id := range wanted {
		if !constants[id] {
			return false
		}
	}
	return true
}

// groupsBelow reports whether node makes groups by more than columns that equal
// outer ones.
func groupsBelow(node plan.Node, conditions []condition) bool {
	for {
		switch n := node.(type) {
		case *plan.Project:
			node = n.Input
		case *plan.Sort:
			node = n.Input
		case *plan.Aggregate:
			constants := map[plan.ID]bool{}
			for _, c := range conditions {
				constants[c.constant] = true
			}
			for _, key := range n.Keys {
				if !constants[key.ID] {
					return true
				}
			}
			return false
		default:
			return false
		}
	}
}

func (d *decorrelator) grouped(v verdict, conditions []condition, keys []plan.Column) (verdict, []condition) {
	grouped := map[plan.ID]bool{}
	for _, key := range keys {
		grouped[key.ID] = true
	}
	if v == supported && !onlyConstants(conditions, grouped) {
		v = unsupported
	}
	return v, conditions
}

// onlyConstants reports whether the conditions depend on nothing of the subquery
// but columns that equal outer ones, and the given ones.
func onlyConstants(conditions []condition, given map[plan.ID]bool) bool {
	constants := map[plan.ID]bool{}
	for _, c := range conditions {
		constants[c.constant] = true
	}
	for _, c := range conditions {
		for id := range c.local {
			if !constants[id] && !given[id] {
				return false
			}
		}
	}
	return true
}

func (d *decorrelator) filter(n *plan.Filter) (verdict, []condition) {
	v, conditions := d.filters(n.Input)
	if v != supported {
		return v, nil
	}
	for _, term := range plan.Conjuncts(n.Condition) {
		if !d.refers(term) {
			continue
		}
		if d.nested(term) {
			return uncertain, nil
		}
		conditions = append(conditions, d.condition(term))
	}
	return supported, conditions
}

func (d *decorrelator) condition(e plan.Expr) condition {
	c := condition{local: map[plan.ID]bool{}}
	plan.References(e, c.local)
	for id := range d.outer {
		delete(c.local, id)
	}
	call, ok := e.(*plan.Call)
	if !ok || call.Name != plan.OpEqual {
		return c
	}
	for i, arg := range call.Args {
		local, ok := injective(arg).(*plan.ColumnRef)
		if ok && !d.outer[local.ID] && d.onlyOuter(call.Args[1-i]) {
			c.constant = local.ID
		}
	}
	return c
}

// onlyOuter reports whether e depends on the enclosing query alone.
func (d *decorrelator) onlyOuter(e plan.Expr) bool {
	refs := map[plan.ID]bool{}
	plan.References(e, refs)
	for id := range refs {
		if !d.outer[id] {
			return false
		}
	}
	return len(refs) > 0
}

// injective returns what e coerces when different values stay different.
func injective(e plan.Expr) plan.Expr {
	cast, ok := e.(*plan.Cast)
	if !ok || !cast.Coercion {
		return e
	}
	from, to := cast.X.Type(), cast.T
	switch {
	case to.Kind == datatype.TimestampTZ || to.Kind == datatype.TimeTZ,
		from.Kind == datatype.Bigint && (to.Kind == datatype.Double || to.Kind == datatype.Real),
		from.Kind == datatype.Integer && to.Kind == datatype.Real,
		from.Kind == datatype.Decimal && from.Precision > 15 && to.Kind == datatype.Double,
		from.Kind == datatype.Decimal && from.Precision > 7 && to.Kind == datatype.Real:
		return e
	}
	return cast.X
}
