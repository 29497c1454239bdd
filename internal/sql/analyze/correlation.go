package analyze

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Trino carries out a subquery that refers to the enclosing query by turning it
// into a join, which it can for some shapes only; the others are its errors,
// and so they are ours. Where its rules are not certain the query is refused.

// subqueryKind is how a subquery is used.
type subqueryKind int

const (
	scalarQuery subqueryKind = iota
	existsQuery
	inQuery
	quantifiedQuery
	lateralQuery
)

// subquery is a subquery of the statement, by the node that it became.
type subquery struct {
	kind   subqueryKind
	beyond bool                // it refers to no column of the query in which it stands
	fail   func(verdict) error // for one that is not carried out: Trino's error or ours
}

// note remembers a subquery until its place in the whole is known.
func (a *analyzer) note(kind subqueryKind, at ast.Node, node plan.Node) {
	if a.subqueries == nil {
		a.subqueries = map[plan.Node]subquery{}
	}
	a.subqueries[node] = subquery{kind: kind, fail: func(v verdict) error {
		if v == unsupported {
			return a.fail(at, sqlerr.NotSupported, "Given correlated subquery is not supported")
		}
		return a.refuse(at, "this form of correlated subquery")
	}}
}

// checkCorrelation fails for the subquery that Trino names of those that it does not
// carry out: one of IN before the others, and each before those below it.
func (s *shared) checkCorrelation(node plan.Node) error {
	if len(s.subqueries) == 0 {
		return nil
	}
	var ofIn, others, refused error
	s.correlated(s.pruned(node), func(noted subquery, v verdict) {
		first := &others
		switch {
		case v == uncertain:
			first = &refused
		case noted.kind == inQuery && !noted.beyond:
			first = &ofIn
		}
		if *first == nil {
			*first = noted.fail(v)
		}
	})
	for _, err := range []error{ofIn, others, refused} {
		if err != nil {
			return err
		}
	}
	return nil
}

// correlated judges every subquery in a node: that which Trino plans last, and so
// above the others, first.
func (s *shared) correlated(node plan.Node, failed func(subquery, verdict)) {
	s.work(1)
	join, _ := node.(*plan.Join)
	if join != nil && join.Lateral {
		s.judgeLateral(join, failed)
	}
	inner := subqueriesOf(node)
	for _, q := range slices.Backward(inner) {
		s.judge(q, func(noted subquery, v verdict) {
			noted.beyond = !refersTo(q, plan.Inputs(node))
			failed(noted, v)
		}, (*decorrelator).subquery)
	}
	for _, input := range plan.Inputs(node) {
		s.correlated(input, failed)
	}
	for _, q := range inner {
		s.correlated(q, failed)
	}
}

// refersTo reports whether node refers to a column of the inputs.
func refersTo(node plan.Node, inputs []plan.Node) bool {
	refs := map[plan.ID]bool{}
	nodeReferences(node, refs)
	for _, input := range inputs {
		for _, c := range plan.Columns(input) {
			if refs[c.ID] {
				return true
			}
		}
	}
	return false
}

// subqueriesOf returns the subqueries in the expressions of a node in the order in which
// Trino plans them: those of an expression by their kinds.
func subqueriesOf(node plan.Node) []plan.Node {
	var all []plan.Node
	plan.Exprs(node, func(e plan.Expr) {
		var kinds [quantifiedQuery + 1][]plan.Node
		each(e, func(e plan.Expr) bool {
			if inner := plan.Subquery(e); inner != nil {
				kind := kindOf(e)
				kinds[kind] = append(kinds[kind], inner)
			}
			return true
		})
		for _, kind := range []subqueryKind{inQuery, scalarQuery, existsQuery, quantifiedQuery} {
			all = append(all, kinds[kind]...)
		}
	})
	return all
}

func kindOf(e plan.Expr) subqueryKind {
	switch e := e.(type) {
	case *plan.Exists:
		return existsQuery
	case *plan.InQuery:
		return inQuery
	case *plan.Quantified:
		return kindOfQuantified(e.Op, e.All)
	default:
		return scalarQuery
	}
}

// kindOfQuantified: Trino makes IN of = ANY, and NOT IN of <> ALL.
func kindOfQuantified(op string, all bool) subqueryKind {
	if !all && op == plan.OpEqual || all && op == plan.OpNotEqual {
		return inQuery
	}
	return quantifiedQuery
}

// judgeLateral looks at the right side of a join that sees the left one. With a
// condition of its own, Trino does no more than pull the filters above it.
func (s *shared) judgeLateral(join *plan.Join, failed func(subquery, verdict)) {
	if join.Condition == nil || alwaysTrue(join.Condition) {
		s.judge(join.Right, failed, (*decorrelator).subquery)
		return
	}
	s.judge(join.Right, failed, func(d *decorrelator, _ subqueryKind, node plan.Node) verdict {
		v, _ := d.filters(node)
		return v
	})
}

// judge calls failed for a subquery that is not found supported.
func (s *shared) judge(node plan.Node, failed func(subquery, verdict), by func(d *decorrelator, kind subqueryKind, node plan.Node) verdict) {
	noted, ok := s.subqueries[node]
	if !ok {
		return
	}
	d := &decorrelator{outer: free(node)}
	s.work(lookEvery / 64) // however small the subquery, it was looked through
	if len(d.outer) == 0 {
		return
	}
	if v := by(d, noted.kind, node); v != supported {
		failed(noted, v)
	}
}

// free returns the columns to which node refers and that nothing below it makes.
func free(node plan.Node) map[plan.ID]bool {
	refs, made := map[plan.ID]bool{}, map[plan.ID]bool{}
	nodeReferences(node, refs)
	nodeColumns(node, made)
	for id := range made {
		delete(refs, id)
	}
	return refs
}

func nodeColumns(node plan.Node, into map[plan.ID]bool) {
	for _, c := range plan.Columns(node) {
		into[c.ID] = true
	}
	plan.Exprs(node, func(e plan.Expr) {
		each(e, func(e plan.Expr) bool {
			if inner := plan.Subquery(e); inner != nil {
				nodeColumns(inner, into)
			}
			return true
		})
	})
	for _, input := range plan.Inputs(node) {
		nodeColumns(input, into)
	}
}

// verdict is whether Trino turns a subquery into a join.
type verdict int

const (
	supported verdict = iota
	unsupported
	uncertain
)

type decorrelator struct {
	outer map[plan.ID]bool // columns of the enclosing query
}

// refers reports whether e refers to the enclosing query.
func (d *decorrelator) refers(e plan.Expr) bool {
	refs := map[plan.ID]bool{}
	references(e, refs)
	for id := range refs {
		if d.outer[id] {
			return true
		}
	}
	return false
}

// below reports whether node or anything in it refers to the enclosing query.
func (d *decorrelator) below(node plan.Node) bool {
	refs := map[plan.ID]bool{}
	nodeReferences(node, refs)
	for id := range refs {
		if d.outer[id] {
			return true
		}
	}
	return false
}

func (d *decorrelator) subquery(kind subqueryKind, node plan.Node) verdict {
	switch kind {
	case inQuery:
		return d.in(node)
	case existsQuery:
		return d.exists(node)
	case quantifiedQuery:
		v, _ := d.filters(node)
		return v
	default:
		return d.scalar(node)
	}
}

// scalar judges a subquery whose values are wanted.
func (d *decorrelator) scalar(node plan.Node) verdict {
	if d.onOneRow(node) {
		return d.nestedIn(node)
	}
	if unnestsAlone(node) {
		return supported
	}
	inner, computes := node, false
	for {
		switch n := inner.(type) {
		case *plan.Project:
			computes = computes || d.projects(n)
			inner = n.Input
			continue
		case *plan.Limit:
			if n.Offset == 0 && n.Count > 0 && isGlobalBelow(n.Input) {
				inner = n.Input
				continue
			}
		case *plan.Aggregate:
			switch {
			case isGlobal(n):
				return d.global(n)
			case n.Sets == nil && !computes:
				return d.groupedBelow(n)
			}
		}
		break
	}
	v, _ := d.filters(node)
	return v
}

// isGlobalBelow reports whether node computes its columns from an aggregate
// without groups.
func isGlobalBelow(node plan.Node) bool {
	for {
		switch n := node.(type) {
		case *plan.Project:
			node = n.Input
		case *plan.Aggregate:
			return isGlobal(n)
		default:
			return false
		}
	}
}

// groupedBelow judges an aggregate with groups at the top of a subquery.
func (d *decorrelator) groupedBelow(n *plan.Aggregate) verdict {
	if d.aggregates(n) {
		return unsupported
	}
	v, _ := d.filters(n.Input)
	return v
}

// aggregates reports whether an aggregate takes something of the enclosing query.
func (d *decorrelator) aggregates(n *plan.Aggregate) bool {
	return slices.ContainsFunc(n.Calls, func(call plan.AggregateCall) bool {
		return slices.ContainsFunc(aggregateParts(&call), d.refers)
	})
}

// nestedIn judges the subqueries within one that computes its columns from one row.
func (d *decorrelator) nestedIn(node plan.Node) verdict {
	v := supported
	plan.Exprs(node, func(e plan.Expr) {
		each(e, func(e plan.Expr) bool {
			inner := plan.Subquery(e)
			if inner == nil || !d.below(inner) {
				return true
			}
			v = max(v, d.subquery(kindOf(e), inner))
			return true
		})
	})
	for _, input := range plan.Inputs(node) {
		v = max(v, d.nestedIn(input))
	}
	return v
}

func isGlobal(n *plan.Aggregate) bool { return len(n.Keys) == 0 && n.Sets == nil }

func (d *decorrelator) projects(n *plan.Project) bool {
	for _, c := range n.Columns {
		if d.refers(c.Expr) {
			return true
		}
	}
	return false
}

func (d *decorrelator) global(n *plan.Aggregate) verdict {
	if d.aggregates(n) {
		return unsupported
	}
	filtered := len(n.Calls) > 0
	for _, call := range n.Calls {
		filtered = filtered && call.Filter != nil
	}
	if unnestsInGroups(n.Input) {
		if filtered {
			return unsupported
		}
		return supported
	}
	v, _ := d.filters(n.Input)
	return v
}

// onOneRow reports whether node computes its columns from a single row that
// does not depend on the enclosing query.
func (d *decorrelator) onOneRow(node plan.Node) bool {
	switch n := node.(type) {
	case *plan.Values:
		return len(n.Rows) == 1
	case *plan.Project:
		return d.onOneRow(n.Input)
	case *plan.Sort:
		return d.onOneRow(n.Input)
	case *plan.Limit:
		return n.Offset == 0 && n.Count != 0 && d.onOneRow(n.Input) || n.Count == 0
	case *plan.Filter:
		return alwaysTrue(n.Condition) && d.onOneRow(n.Input)
	case *plan.Join:
		return n.Condition == nil && d.onOneRow(n.Left) && d.onOneRow(n.Right)
	default:
		return false
	}
}

// alwaysTrue reports whether a condition is TRUE or compares equal literals.
func alwaysTrue(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Const:
		return e.Value == true
	case *plan.Call:
		if e.Name == plan.OpEqual {
			left, ok := e.Args[0].(*plan.Const)
			return ok && left.Value != nil && keyOf(left) == keyOf(e.Args[1])
		}
	}
	return false
}

// unnestsAlone reports whether node is UNNEST of the enclosing query's columns
// with nothing beside it.
func unnestsAlone(node plan.Node) bool {
	switch n := node.(type) {
	case *plan.Unnest:
		return true
	case *plan.Join:
		_, one := n.Left.(*plan.Values)
		return one && n.Lateral && unnestsAlone(n.Right)
	case *plan.Project:
		return unnestsAlone(n.Input)
	case *plan.Sort:
		return unnestsAlone(n.Input)
	case *plan.Limit:
		return unnestsAlone(n.Input)
	default:
		return false
	}
}

// unnestsInGroups is unnestsAlone with groups made of what is unnested.
func unnestsInGroups(node plan.Node) bool {
	switch n := node.(type) {
	case *plan.Project:
		return unnestsInGroups(n.Input)
	case *plan.Aggregate:
		return n.Sets == nil && unnestsInGroups(n.Input)
	default:
		return unnestsAlone(node)
	}
}

// exists judges a subquery of which only the rows count.
func (d *decorrelator) exists(node plan.Node) verdict {
	for {
		switch n := node.(type) {
		case *plan.Project:
			node = n.Input
			continue
		case *plan.Sort:
			node = n.Input
			continue
		case *plan.Aggregate:
			if isGlobal(n) {
				return supported // it has one row, whatever it refers to
			}
		}
		if !d.below(node) || unnestsAlone(node) {
			return supported
		}
		v, _ := d.filters(node)
		return v
	}
}

// in judges a subquery of IN: only its conditions may refer outside.
func (d *decorrelator) in(node plan.Node) verdict {
	if !d.below(node) {
		return supported
	}
	switch n := node.(type) {
	case *plan.Project:
		if d.projects(n) {
			return unsupported
		}
		return d.in(n.Input)
	case *plan.Sort:
		return d.in(n.Input)
	case *plan.Filter:
		if d.nested(n.Condition) {
			return uncertain
		}
		return d.in(n.Input)
	case *plan.Join:
		if d.below(n.Left) || d.below(n.Right) {
			return unsupported
		}
		return supported
	default:
		return unsupported
	}
}

// nested reports whether an expression holds a subquery that itself refers to the
// enclosing query.
func (d *decorrelator) nested(e plan.Expr) bool {
	found := false
	each(e, func(e plan.Expr) bool {
		inner := plan.Subquery(e)
		found = found || inner != nil && d.below(inner)
		return !found
	})
	return found
}

// nested reports whether an expression holds a subquery.
func nested(e plan.Expr) bool {
	found := false
	each(e, func(e plan.Expr) bool {
		found = found || plan.Subquery(e) != nil
		return !found
	})
	return found
}
