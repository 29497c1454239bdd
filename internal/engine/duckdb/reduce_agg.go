package duckdb

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/engine/aggregate"
	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// foldedAggregate renders reduce_agg, whose arguments are a value, what it starts
// from, and two lambdas. The second of these puts together what Trino computed in
// several places; here there is one.
func (r *renderer) foldedAggregate(ctx context.Context, c plan.AggregateCall, over string) (string, error) {
	const values = 2
	fold, ok := c.Args[values].(*plan.Lambda)
	if !ok || c.Name != "reduce_agg" {
		types := make([]datatype.Type, len(c.Args))
		for i, arg := range c.Args {
			types[i] = arg.Type()
		}
		return "", sqlerr.Refused(eval.Signature(c.Name, types))
	}
	if _, err := reduction(ctx, fold, r.now); err != nil {
		return "", err
	}
	a := aggregation{AggregateCall: c, fold: fold}
	for _, arg := range c.Args[:values] {
		x, err := r.expr(ctx, arg)
		if err != nil {
			return "", err
		}
		a.args, a.types = append(a.args, x), append(a.types, arg.Type())
	}
	if c.Filter != nil {
		filter, err := r.expr(ctx, c.Filter)
		if err != nil {
			return "", err
		}
		a.suffix = " FILTER (WHERE " + filter + ")"
	}
	a.suffix += over
	order, err := r.ordering(ctx, c.OrderBy, false)
	if err != nil {
		return "", err
	}
	if len(order.values) > 0 {
		return "", sqlerr.Refused("reduce_agg in an order of values of several parts")
	}
	if order.by != "" {
		a.order = " ORDER BY " + order.by
	}
	return r.bridgedAggregate(a)
}

// reduction returns what makes one state of the rows of a group, each a value and what to
// start from. A row in which one of them is NULL does not count.
func reduction(ctx context.Context, fold *plan.Lambda, now time.Time) (aggregate.Reduce, error) {
	if plan.Any(fold.Body, func(e plan.Expr) bool { _, ok := e.(*plan.ColumnRef); return ok }) {
		return nil, sqlerr.Refused("a column in a lambda of reduce_agg")
	}
	state, value := fold.Params[0], fold.Params[1]
	body := plan.Replace(fold.Body, func(e plan.Expr) (plan.Expr, bool) {
		if p, ok := e.(*plan.ParamRef); ok && (p.ID == state.ID || p.ID == value.ID) {
			return &plan.ColumnRef{ID: p.ID, T: p.T}, true
		}
		return nil, false
	})
	program, err := eval.Compile(body, []plan.ID{state.ID, value.ID}, now)
	if err != nil {
		return nil, err
	}
	return func(rows [][]any) (any, error) {
		var made any
		for _, row := range rows {
			if row[0] == nil || row[1] == nil {
				continue
			}
			if made == nil {
				made = row[1]
			}
			if made, err = program.Eval(ctx, []any{made, row[0]}); err != nil {
				return nil, err
			}
		}
		return made, nil
	}, nil
}
