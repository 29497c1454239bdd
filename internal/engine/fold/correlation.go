package fold

import (
	"slices"

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

// subquery is a subquery of the statement, where it is used.
type subquery struct {
	kind   subqueryKind
	at     plan.Place
	node   plan.Node
	beyond bool // it refers to no column of the query in which it stands
}

// fail returns Trino's error for a subquery that is not carried out, or ours.
func (q subquery) fail(v verdict) error {
	if v == unsupported {
		return errAt(q.at, sqlerr.New(sqlerr.NotSupported, "Given correlated subquery is not supported"))
	}
	return errAt(q.at, sqlerr.Refused("this form of correlated subquery"))
}

// checkCorrelation fails for the subquery that Trino names of those that it does not
// carry out: one of IN before the others, and each before those below it.
func (f *folder) checkCorrelation(node plan.Node) error {
	var ofIn, others, refused error
	f.correlated(node, func(noted subquery, v verdict) {
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
func (f *folder) correlated(node plan.Node, failed func(subquery, verdict)) {
	f.work(1)
	if join, ok := node.(*plan.Join); ok && join.Lateral && join.At != (plan.Place{}) {
		f.judgeLateral(join, failed)
	}
	inner := subqueriesOf(node)
	for _, q := range slices.Backward(inner) {
		f.judge(q, func(noted subquery, v verdict) {
			noted.beyond = !refersTo(q.node, plan.Inputs(node))
			failed(noted, v)
		}, (*decorrelator).subquery)
	}
	for _, input := range plan.Inputs(node) {
		f.correlated(input, failed)
	}
	for _, q := range inner {
		f.correlated(q.node, failed)
	}
}

// refersTo reports whether node refers to a column of the inputs.
func refersTo(node plan.Node, inputs []plan.Node) bool {
	refs := map[plan.ID]bool{}
	plan.NodeReferences(node, refs)
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
func subqueriesOf(node plan.Node) []subquery {
	var all []subquery
	plan.Exprs(node, func(e plan.Expr) {
		var kinds [quantifiedQuery + 1][]subquery
		eachSubquery(e, func(e plan.Expr) {
			kind := kindOf(e)
			kinds[kind] = append(kinds[kind], subquery{kind: kind, at: placeOf(e), node: plan.Subquery(e)})
		})
		for _, kind := range []subqueryKind{inQuery, scalarQuery, existsQuery, quantifiedQuery} {
			all = append(all, kinds[kind]...)
		}
	})
	return all
}

// eachSubquery calls visit for the subqueries in an expression, not for those within them.
func eachSubquery(e plan.Expr, visit func(plan.Expr)) {
	if plan.Subquery(e) != nil {
		visit(e)
	}
	for _, part := range plan.Children(e) {
		eachSubquery(part, visit)
	}
}

func placeOf(e plan.Expr) plan.Place {
	switch e := e.(type) {
	case *plan.Scalar:
		return e.At
	case *plan.Exists:
		return e.At
	case *plan.InQuery:
		return e.At
	case *plan.Quantified:
		return e.At
	default:
		return plan.Place{}
	}
}

func kindOf(e plan.Expr) subqueryKind {
	switch e := e.(type) {
	case *plan.Exists:
		return existsQuery
	case *plan.InQuery:
		return inQuery
	case *plan.Quantified:
		if e.Membership() {
			return inQuery
		}
		return quantifiedQuery
	default:
		return scalarQuery
	}
}

// judgeLateral looks at the right side of a join that sees the left one. With a
// condition of its own, Trino does no more than pull the filters above it.
func (f *folder) judgeLateral(join *plan.Join, failed func(subquery, verdict)) {
	q := subquery{kind: lateralQuery, at: join.At, node: join.Right}
	if join.Condition == nil || alwaysTrue(join.Condition) {
		f.judge(q, failed, (*decorrelator).subquery)
		return
	}
	f.judge(q, failed, func(d *decorrelator, _ subqueryKind, node plan.Node) verdict {
		v, _ := d.filters(node)
		return v
	})
}

// judge calls failed for a subquery that is not found supported.
func (f *folder) judge(q subquery, failed func(subquery, verdict), by func(d *decorrelator, kind subqueryKind, node plan.Node) verdict) {
	d := &decorrelator{outer: plan.Free(q.node)}
	f.work(lookEvery / 64) // however small the subquery, it was looked through
	if len(d.outer) == 0 {
		return
	}
	if v := by(d, q.kind, q.node); v != supported {
		failed(q, v)
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
	plan.References(e, refs)
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
	plan.NodeReferences(node, refs)
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
		return slices.ContainsFunc(partsOf(&call), d.refers)
	})
}

// nestedIn judges the subqueries within one that computes its columns from one row.
func (d *decorrelator) nestedIn(node plan.Node) verdict {
	v := supported
	plan.Exprs(node, func(e plan.Expr) {
		eachSubquery(e, func(e plan.Expr) {
			if inner := plan.Subquery(e); d.below(inner) {
				v = max(v, d.subquery(kindOf(e), inner))
			}
		})
	})
	for _, input := range plan.Inputs(node) {
		v = max(v, d.nestedIn(input))
	}
	return v
}

// partsOf returns the expressions of an aggregate function.
func partsOf(call *plan.AggregateCall) []plan.Expr {
	list := slices.Clone(call.Args)
	for _, key := range call.OrderBy {
		list = append(list, key.Expr)
	}
	if call.Filter != nil {
		list = append(list, call.Filter)
	}
	return list
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

// alwaysTrue reports whether a condition that is folded is TRUE.
func alwaysTrue(e plan.Expr) bool { return is(e, true) }

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
		case *plan.Limit:
			if n.Count > 0 && n.Offset == 0 && !n.WithTies {
				node = n.Input
				continue
			}
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
	eachSubquery(e, func(e plan.Expr) { found = found || d.below(plan.Subquery(e)) })
	return found
}
