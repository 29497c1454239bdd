package duckdb

import (
	"context"
	"errors"
	"fmt"
	"time"

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
		return r.inQuery(ctx, e)
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

// existence renders the terms of a filter that are EXISTS or NOT EXISTS, and returns the others.
func (r *renderer) existence(ctx context.Context, terms []plan.Expr) (sql []string, others []plan.Expr, err error) {
	for _, t := range terms {
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

func (r *renderer) inQuery(ctx context.Context, e *plan.InQuery) (string, error) {
	t := e.X.Type()
	x, err := r.expr(ctx, e.X)
	if err != nil {
		return "", err
	}
	from, err := r.cooked(ctx, e.Query)
	if err != nil {
		return "", err
	}
	column, where := name(e.Column.ID), ""
	switch {
	case isFloat(t):
		where = " WHERE " + column + " IS NULL OR NOT isnan(" + column + ")" // NaN is in nothing
	case !sameEquality(t):
		return r.compareAll(x, from, e.Column, setBody{T: t, Op: plan.OpEqual})
	}
	return "(" + instantOf(t, x) + " IN (SELECT " + instantOf(t, column) + " FROM " + r.sub(from) + where + "))", nil
}

func (r *renderer) quantified(ctx context.Context, e *plan.Quantified) (string, error) {
	t := e.X.Type()
	order := e.Op != plan.OpEqual && e.Op != plan.OpNotEqual
	x, err := r.expr(ctx, e.X)
	if err != nil {
		return "", err
	}
	from, err := r.cooked(ctx, e.Query)
	if err != nil {
		return "", err
	}
	if isFloat(t) || !sameEquality(t) || order && !sameOrder(t) {
		return r.compareAll(x, from, e.Column, setBody{T: t, Op: e.Op, All: e.All})
	}
	quantifier := "ANY"
	if e.All {
		quantifier = "ALL"
	}
	return fmt.Sprintf("(%s %s %s (SELECT %s FROM %s))", instantOf(t, x), comparisons(e.Op), quantifier,
		instantOf(t, name(e.Column.ID)), r.sub(from)), nil
}

// compareAll renders a comparison with every value of a query as a function in
// Go over the list of them.
func (r *renderer) compareAll(x, from string, c plan.Column, b setBody) (string, error) {
	params := []datatype.Type{b.T, b.T}
	if _, ok := scalar.Lookup(b.Op, params, datatype.Of(datatype.Boolean)); !ok {
		return "", sqlerr.Refused("IN or a quantified comparison of " + b.T.String())
	}
	return r.call(function{
		Params: []datatype.Type{b.T, datatype.ArrayOf(b.T)}, Result: datatype.Of(datatype.Boolean), Body: b,
	}, []string{x, "(SELECT coalesce(list(" + name(c.ID) + "), []) FROM " + r.sub(from) + ")"})
}

// setBody compares a value with those of a list: with any of them, or with all.
type setBody struct {
	T   datatype.Type
	Op  string
	All bool
}

func (b setBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	compare, ok := scalar.Lookup(b.Op, []datatype.Type{b.T, b.T}, datatype.Of(datatype.Boolean))
	if !ok {
		return nil, sqlerr.Refused("a comparison of " + b.T.String())
	}
	return func(args []any) (any, error) {
		list, _ := args[1].([]any)
		var result any = b.All
		for _, item := range list {
			var v any
			if args[0] != nil && item != nil {
				var err error
				v, err = compare.Call(nil, []any{args[0], item})
				if failed, ok := errors.AsType[*sqlerr.Error](err); ok && failed.Name == sqlerr.NotSupported {
					v, err = nil, nil // NULL in an array or a row: nobody knows
				}
				if err != nil {
					return nil, err
				}
			}
			switch v {
			case nil:
				result = nil
			case !b.All:
				return v, nil
			}
		}
		return result, nil
	}, nil
}
