package duckdb

import (
	"context"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/engine/aggregate"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// subquery renders an expression that is a subquery or holds one at its root.
func (r *renderer) subquery(ctx context.Context, e plan.Expr) (string, error) {
	switch e := e.(type) {
	case *plan.Scalar:
		from, err := r.cooked(ctx, e.Query)
		return "(SELECT " + name(e.Column.ID) + " FROM " + r.sub(from) + ")", err
	case *plan.Exists:
		return r.exists(ctx, e, false)
	case *plan.InQuery:
		return r.inQuery(ctx, e, false)
	case *plan.Quantified:
		return r.quantified(ctx, e)
	default:
		return "", sqlerr.Refused(fmt.Sprintf("%T", e))
	}
}

// exists renders EXISTS. As a term of a filter it is a semi-join, which DuckDB gets
// right; as a value it is a join that marks rows, in which DuckDB takes a comparison
// with NULL for a match unless all of them are plain equalities. The others are counted.
func (r *renderer) exists(ctx context.Context, e *plan.Exists, asFilter bool) (string, error) {
	from, err := r.node(ctx, e.Query)
	if err != nil {
		return "", err
	}
	if o := outerOf(e.Query); asFilter || o.equalities(e.Query) {
		return "EXISTS (SELECT 1 FROM " + r.sub(from) + ")", nil
	}
	return "((SELECT count(*) FROM " + r.sub(from) + ") > 0)", nil
}

// existence renders the terms of a filter that are EXISTS or NOT EXISTS, or IN where that
// means something else in a filter, and returns the others.
func (r *renderer) existence(ctx context.Context, terms []plan.Expr) (sql []string, others []plan.Expr, err error) {
	for _, t := range terms {
		if in, ok := membership(t); ok && hasEqualsUnalike(in.X.Type()) {
			term, err := r.inQuery(ctx, in, true)
			if err != nil {
				return nil, nil, err
			}
			sql = append(sql, term)
			continue
		}
		not, negated := t.(*plan.Not)
		if negated {
			t = not.X
		}
		e, ok := t.(*plan.Exists)
		if !ok {
			if negated {
				t = not
			}
			others = append(others, t)
			continue
		}
		term, err := r.exists(ctx, e, true)
		if err != nil {
			return nil, nil, err
		}
		if negated {
			term = "NOT " + term
		}
		sql = append(sql, term)
	}
	return sql, others, nil
}

// membership returns IN, or = ANY, which is the same.
func membership(e plan.Expr) (in *plan.InQuery, ok bool) {
	if q, ok := e.(*plan.Quantified); ok && q.Op == plan.OpEqual && !q.All {
		return &plan.InQuery{X: q.X, Query: q.Query, Column: q.Column}, true
	}
	in, ok = e.(*plan.InQuery)
	return in, ok
}

// hasEqualsUnalike says whether values of t can be other than equal without being
// distinct: NaN, and what has NULL inside.
func hasEqualsUnalike(t datatype.Type) bool { return isFloat(t) || !sameEquality(t) }

// inQuery renders IN. Trino looks a value up among those of the query and finds it if
// it is not distinct from one of them. Where the query refers to columns around it, and
// as a term of a filter, Trino joins by = instead: then NaN is in nothing, nor is what
// has NULL inside.
func (r *renderer) inQuery(ctx context.Context, e *plan.InQuery, asFilter bool) (string, error) {
	t := e.X.Type()
	x, err := r.expr(ctx, e.X)
	if err != nil {
		return "", err
	}
	from, err := r.cooked(ctx, e.Query)
	if err != nil {
		return "", err
	}
	joined := asFilter || len(outerOf(e.Query)) > 0
	column, where := name(e.Column.ID), ""
	switch {
	case isFloat(t) && joined:
		where = " WHERE " + column + " IS NULL OR NOT isnan(" + column + ")"
	case !sameEquality(t):
		return r.compareAll(x, from, e.Column, memberBody{T: t, ByEquality: joined})
	}
	return "(" + instantOf(t, x) + " IN (SELECT " + instantOf(t, column) + " FROM " + r.sub(from) + where + "))", nil
}

// quantified renders a comparison with ANY or ALL rows of a query. But for IN by another
// name, Trino compares with the least and the greatest of them.
func (r *renderer) quantified(ctx context.Context, e *plan.Quantified) (string, error) {
	if in, ok := membership(e); ok {
		return r.inQuery(ctx, in, false)
	}
	if e.Op == plan.OpNotEqual && e.All {
		in, err := r.inQuery(ctx, &plan.InQuery{X: e.X, Query: e.Query, Column: e.Column}, false)
		return "(NOT " + in + ")", err
	}
	t := e.X.Type()
	if !t.Orderable() {
		return "", errInside("Subquery result type must be orderable")
	}
	x, err := r.expr(ctx, e.X)
	if err != nil {
		return "", err
	}
	from, err := r.cooked(ctx, e.Query)
	if err != nil {
		return "", err
	}
	if isFloat(t) || !sameOrder(t) {
		return r.compareAll(x, from, e.Column, boundsBody{T: t, Op: e.Op, All: e.All})
	}
	quantifier := "ANY"
	if e.All {
		quantifier = "ALL"
	}
	return fmt.Sprintf("(%s %s %s (SELECT %s FROM %s))", instantOf(t, x), comparisons(e.Op), quantifier,
		instantOf(t, name(e.Column.ID)), r.sub(from)), nil
}

// compareAll renders a comparison with the values of a query as a function in Go over
// the list of them.
func (r *renderer) compareAll(x, from string, c plan.Column, b body) (string, error) {
	if !scalar.Comparable(c.Type) {
		return "", sqlerr.Refused("IN or a quantified comparison of " + c.Type.String())
	}
	return r.call(function{
		Params: []datatype.Type{c.Type, datatype.ArrayOf(c.Type)}, Result: datatype.Of(datatype.Boolean), Body: b,
	}, []string{x, "(SELECT coalesce(list(" + name(c.ID) + "), []) FROM " + r.sub(from) + ")"})
}

// singleField says whether t is a row of one field, which Trino compares with the one column
// of a query as that field.
func singleField(t datatype.Type) bool { return t.Kind == datatype.Row && len(t.Elems) == 1 }

// fields takes a value of t, and each of a list of them, out of rows of one field.
func fields(t datatype.Type, args []any) []any {
	if !singleField(t) {
		return args
	}
	field := func(v any) any {
		if row, ok := v.([]any); ok {
			return row[0]
		}
		return nil
	}
	list, _ := args[1].([]any)
	inner := make([]any, len(list))
	for i, item := range list {
		inner[i] = field(item)
	}
	return fields(t.Elems[0], []any{field(args[0]), inner})
}

// memberBody says whether a value is in a list.
type memberBody struct {
	T          datatype.Type
	ByEquality bool // rather than by not being distinct
}

func (b memberBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	wrapped := b.T
	for singleField(b.T) {
		b.T = b.T.Elems[0]
	}
	return func(args []any) (any, error) {
		args = fields(wrapped, args)
		list, _ := args[1].([]any)
		var result any = false
		for _, item := range list {
			switch {
			case args[0] == nil || item == nil:
				result = nil
			case scalar.IsDistinct(b.T, args[0], item):
			case b.ByEquality:
				if equal, known := scalar.Equal(b.T, args[0], item); known && equal {
					return true, nil
				}
			default:
				return true, nil
			}
		}
		return result, nil
	}, nil
}

// boundsBody compares a value with any or all of a list, by its least and its greatest.
type boundsBody struct {
	T   datatype.Type
	Op  string
	All bool
}

func (b boundsBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	wrapped := b.T
	for singleField(b.T) {
		b.T = b.T.Elems[0]
	}
	var bounds []aggregate.Reduce
	for _, function := range []string{"min", "max"} {
		reduce, ok := aggregate.Lookup(function, []datatype.Type{b.T}, b.T)
		if !ok {
			return nil, sqlerr.Refused("a comparison of " + b.T.String())
		}
		bounds = append(bounds, reduce)
	}
	compare := func(op string, x, y any) (any, error) {
		f, ok := scalar.Lookup(op, []datatype.Type{b.T, b.T}, datatype.Of(datatype.Boolean))
		if !ok || x == nil || y == nil {
			return nil, nil
		}
		return f.Call(nil, []any{x, y})
	}
	return func(args []any) (any, error) {
		args = fields(wrapped, args)
		list, _ := args[1].([]any)
		if len(list) == 0 {
			return b.All, nil
		}
		rows, nulls := make([][]any, len(list)), false
		for i, item := range list {
			rows[i] = []any{item}
			nulls = nulls || item == nil
		}
		least, err := bounds[0](rows)
		if err != nil {
			return nil, err
		}
		greatest, err := bounds[1](rows)
		if err != nil {
			return nil, err
		}
		return b.combine(compare, args[0], least, greatest, nulls)
	}, nil
}

// combine compares x with the bound that decides, and has NULL where a NULL in the list
// leaves it open.
func (b boundsBody) combine(compare func(op string, x, y any) (any, error), x, least, greatest any, nulls bool) (any, error) {
	var result any
	var err error
	switch b.Op {
	case plan.OpEqual, plan.OpNotEqual: // = ALL, and <> ANY as its opposite
		same, err := compare(plan.OpEqual, least, greatest)
		if err != nil {
			return nil, err
		}
		if result, err = compare(plan.OpEqual, x, greatest); err != nil {
			return nil, err
		}
		switch {
		case same == false || result == false:
			result = false
		case same == nil:
			result = nil
		}
		if nulls && result == true {
			result = nil
		}
		if equal, ok := result.(bool); ok && b.Op == plan.OpNotEqual {
			result = !equal
		}
		return result, nil
	case plan.OpLess, plan.OpLessEqual:
		result, err = compare(b.Op, x, map[bool]any{true: least, false: greatest}[b.All])
	default:
		result, err = compare(b.Op, x, map[bool]any{true: greatest, false: least}[b.All])
	}
	if nulls && result == b.All {
		result = nil
	}
	return result, err
}
