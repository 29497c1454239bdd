package analyze

import (
	"errors"
	"slices"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// verify checks that a SELECT with groups computes its columns from the groups.
func (s *selection) verify() error {
	if !s.grouped() {
		return nil
	}
	if s.groups == nil {
		s.groups = &groups{sets: [][]int{nil}}
	}
	v := &verifier{selection: s, plain: map[plan.ID]bool{}, local: map[plan.ID]bool{}}
	for _, key := range s.groups.keys {
		v.keys.add(key, plan.Column{})
		if ref, ok := key.(*plan.ColumnRef); ok {
			v.plain[ref.ID] = true
		}
	}
	for _, f := range s.source.fields {
		v.local[f.column.ID] = true
	}
	for _, out := range s.outputs {
		if err := v.output(out); err != nil {
			return err
		}
	}
	if s.having != nil {
		if err := v.top(s.node.Having, s.having); err != nil {
			return err
		}
	}
	for _, item := range s.order {
		if err := v.top(item.at.Expr, item.key.Expr); err != nil {
			return err
		}
	}
	for _, e := range s.unused {
		if err := v.top(s.place(e), e); err != nil {
			return err
		}
	}
	return nil
}

// place returns where a typed expression stands, which its coercion does not know;
// the whole SELECT where nobody does.
func (s *selection) place(e plan.Expr) ast.Node {
	for {
		if at, ok := s.places[e]; ok {
			return at
		}
		cast, ok := e.(*plan.Cast)
		if !ok {
			return s.node
		}
		e = cast.X
	}
}

// grouped reports whether the SELECT makes groups.
func (s *selection) grouped() bool {
	if s.groups != nil || s.having != nil {
		return true
	}
	found := false
	look := func(e plan.Expr) {
		each(e, func(e plan.Expr) bool {
			if _, ok := e.(*aggregateRef); ok {
				found = true
			}
			return !found
		})
	}
	for _, out := range s.outputs {
		look(out.expr)
	}
	for _, item := range s.order {
		look(item.key.Expr)
	}
	for _, e := range s.unused {
		look(e)
	}
	return found
}

type verifier struct {
	*selection
	keys  keySet           // what is grouped by
	plain map[plan.ID]bool // the columns among them
	local map[plan.ID]bool // the columns that are grouped
}

func (v *verifier) output(out output) error {
	if out.field == nil {
		return v.top(out.at, out.expr)
	}
	if _, ok := v.keys.find(out.expr); ok {
		return nil
	}
	name := out.field.name
	if n := len(out.field.relation); n > 0 {
		name = out.field.relation[n-1] + "." + name
	}
	return v.ungrouped(v.node.Items[0], name)
}

// ungrouped is the error for what is neither grouped by nor computed from the groups.
func (v *verifier) ungrouped(at ast.Node, name string) error {
	var err *sqlerr.Error
	if !errors.As(v.fail(at, notAggregate, "'%s' must be an aggregate expression or appear in GROUP BY clause", name), &err) {
		return err
	}
	starred := slices.ContainsFunc(v.node.Items, func(item ast.SelectItem) bool { return item.Star })
	switch {
	case starred:
		err.Hint = "Name the columns to group by instead of *, or write the aggregate over a window: count(*) OVER ()"
	case v.node.GroupBy == nil:
		err.Hint = "Add GROUP BY " + name + ", or leave it out beside an aggregate"
	default:
		err.Hint = "Add " + name + " to GROUP BY, or write arbitrary(" + name + ") for any one of its values"
	}
	return err
}

// top checks an expression as a whole; at is where it stands.
func (v *verifier) top(at ast.Node, e plan.Expr) error {
	ok, err := v.check(e)
	if err == nil && !ok && nested(e) && slices.ContainsFunc(v.groups.keys, nested) {
		return v.refuse(at, "a subquery that is grouped by")
	}
	if err == nil && !ok {
		written, _ := at.(ast.Expr)
		return v.ungrouped(at, spelled(written))
	}
	return err
}

// check reports whether e is computed from the groups alone.
func (v *verifier) check(e plan.Expr) (bool, error) {
	switch e := e.(type) {
	case *aggregateRef, *outputRef:
		return true, nil
	case *groupingRef:
		return true, v.grouping(e)
	case *windowRef:
		return v.windowed(e)
	}
	if _, ok := v.keys.find(e); ok {
		return true, nil
	}
	if ref, ok := e.(*plan.ColumnRef); ok {
		return !v.local[ref.ID], nil
	}
	if node := plan.Subquery(e); node != nil {
		if err := v.subquery(node); err != nil {
			return false, err
		}
	}
	for _, part := range plan.Children(e) {
		if ok, err := v.check(part); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (v *verifier) grouping(e *groupingRef) error {
	for i, column := range e.columns {
		if _, ok := v.keys.find(column); !ok || !isColumnRef(column) {
			return v.fail(e.at, "INVALID_ARGUMENTS",
				"The arguments to GROUPING() must be expressions referenced by the GROUP BY at the associated query level. Mismatch due to %s.",
				spelled(e.at.Columns[i]))
		}
	}
	return nil
}

// windowed checks the parts of a function over a window: its window's at their
// own places.
func (v *verifier) windowed(e *windowRef) (bool, error) {
	for _, part := range windowSpecParts(&e.call) {
		if err := v.top(v.place(part), part); err != nil {
			return false, err
		}
	}
	for _, part := range aggregateParts(&e.call.AggregateCall) {
		if ok, err := v.check(part); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// subquery checks that a correlated subquery uses the columns that are grouped by.
func (v *verifier) subquery(node plan.Node) error {
	var failed error
	plan.Exprs(node, func(e plan.Expr) {
		each(e, func(e plan.Expr) bool {
			if failed != nil {
				return false
			}
			if ref, ok := e.(*plan.ColumnRef); ok && v.local[ref.ID] && !v.plain[ref.ID] {
				at := v.places[e]
				if at == nil {
					failed = v.refuse(v.node, "a subquery of columns that are not grouped by")
					return false
				}
				failed = v.fail(at, notAggregate, "Subquery uses '%s' which must appear in GROUP BY clause", spelled(at))
			}
			if inner := plan.Subquery(e); inner != nil && failed == nil {
				failed = v.subquery(inner)
			}
			return failed == nil
		})
	})
	if failed != nil {
		return failed
	}
	for _, input := range plan.Inputs(node) {
		if err := v.subquery(input); err != nil {
			return err
		}
	}
	return nil
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
