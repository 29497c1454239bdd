package analyze

import (
	"errors"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// aggregateCall types an aggregate that is not over a window.
func (x *exprs) aggregateCall(e *ast.Call, name string) (plan.Expr, error) {
	if e.NullTreatment != ast.NullTreatmentDefault {
		return nil, x.fail(e, "NULL_TREATMENT_NOT_ALLOWED", "Cannot specify null treatment clause for %s function", name)
	}
	if x.sel == nil {
		return nil, x.fail(e, notScalar, "this clause cannot contain aggregations, window functions or grouping operations: [%s]", spelled(e))
	}
	if err := x.checkNesting(e); err != nil {
		return nil, err
	}
	inner := *x
	inner.scope = x.scope.withoutOutputs("Invalid reference to output projection attribute from ORDER BY aggregation")
	call, err := inner.aggregateOf(e, name)
	if err != nil {
		return nil, err
	}
	return &aggregateRef{call: call}, nil
}

func (x *exprs) checkNesting(e *ast.Call) error {
	inside := callChildren(e)
	if found := find(isAggregate, inside...); found != nil {
		return x.fail(e, "NESTED_AGGREGATION", "Cannot nest aggregations inside aggregation '%s': [%s]", spelledCall(e), spelled(found))
	}
	if found := find(isWindow, inside...); found != nil {
		return x.fail(found, "NESTED_WINDOW", "Cannot nest window functions or row pattern measures inside aggregation '%s'", spelledCall(e))
	}
	return nil
}

// aggregateOf types the arguments and clauses of an aggregate.
func (x *exprs) aggregateOf(e *ast.Call, name string) (plan.AggregateCall, error) {
	call := plan.AggregateCall{Distinct: e.Distinct}
	if e.Filter != nil {
		var err error
		if call.Filter, err = x.condition(e.Filter, "Filter"); err != nil {
			return call, err
		}
	}
	if name == "listagg" {
		if err := x.checkListagg(e); err != nil {
			return call, err
		}
	}
	args, binding, err := x.bind(e, name)
	if err != nil {
		return call, err
	}
	if name == "listagg" {
		args = listaggArgs(e, args)
	}
	call.Name, call.Args, call.Column = binding.Function.Name, args, x.column(binding.Result)
	if e.Distinct {
		for _, arg := range args {
			if !arg.Type().Comparable() {
				return call, x.fail(e, typeMismatch, "DISTINCT can only be applied to comparable types (actual: %s)", arg.Type())
			}
		}
	}
	if call.OrderBy, err = x.aggregateOrder(e, args); err != nil {
		return call, err
	}
	return call, nil
}

// checkListagg wants text, which Trino says in other words than of other functions.
func (x *exprs) checkListagg(e *ast.Call) error {
	if len(e.Args) == 0 {
		return nil
	}
	typed, err := x.expr(e.Args[0].Expr)
	if err != nil {
		return err
	}
	if t := typed.Type(); t.Kind != datatype.Varchar {
		return x.fail(e, typeMismatch, "Expected expression of varchar, but '%s' has %s type", spelled(e.Args[0].Expr), t)
	}
	return nil
}

// listaggArgs completes the arguments of listagg: the separator, and what
// happens on overflow when that is not an error.
func listaggArgs(e *ast.Call, args []plan.Expr) []plan.Expr {
	if len(args) == 1 {
		args = append(args, text(""))
	}
	if o := e.Overflow; o != nil && o.Truncate {
		args = append(args, &plan.Const{Value: false, T: boolean}, text(o.Filler), &plan.Const{Value: o.WithCount, T: boolean})
	}
	return args
}

func (x *exprs) aggregateOrder(e *ast.Call, args []plan.Expr) ([]plan.SortKey, error) {
	inner := *x
	inner.scope = x.scope.withoutOutputs("ORDER BY clause in aggregation function must not reference query output columns")
	keys := make([]plan.SortKey, len(e.OrderBy))
	for i, item := range e.OrderBy {
		typed, err := inner.expr(item.Expr)
		if err != nil {
			return nil, err
		}
		if !typed.Type().Orderable() {
			return nil, x.fail(e, typeMismatch, "ORDER BY can only be applied to orderable types (actual: %s)", typed.Type())
		}
		keys[i] = sortKey(item, typed)
	}
	if !e.Distinct {
		return keys, nil
	}
	seen := map[string]bool{}
	for _, arg := range args {
		seen[keyOf(uncoerced(arg))] = true
	}
	for i, key := range keys {
		if !seen[keyOf(uncoerced(key.Expr))] {
			return nil, x.fail(e.OrderBy[i].Expr, "EXPRESSION_NOT_IN_DISTINCT",
				"For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments")
		}
	}
	return keys, nil
}

// uncoerced returns e without the coercion that its place put around it.
func uncoerced(e plan.Expr) plan.Expr {
	if cast, ok := e.(*plan.Cast); ok && cast.Coercion {
		return cast.X
	}
	return e
}

func sortKey(item ast.SortItem, e plan.Expr) plan.SortKey {
	return plan.SortKey{Expr: e, Descending: item.Descending, NullsFirst: item.Nulls == ast.NullsFirst}
}

// withoutPlace returns an error of a statement without the place that it names.
func withoutPlace(err error) error {
	e, ok := errors.AsType[*sqlerr.Error](err)
	if !ok {
		return err
	}
	bare := *e
	bare.Line, bare.Column = 0, 0
	return &bare
}

// grouping types GROUPING(columns), whose arguments are checked once the groups are known.
func (x *exprs) grouping(e *ast.Grouping) (plan.Expr, error) {
	if x.sel == nil || x.sel.node.GroupBy == nil {
		var at ast.Node = e
		if x.sel != nil {
			at = x.sel.node
		}
		if _, err := x.all(e.Columns); err != nil {
			return nil, withoutPlace(err)
		}
		return nil, x.fail(at, "MISSING_GROUP_BY", "A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause")
	}
	if len(e.Columns) > 63 {
		return nil, x.fail(e, "TOO_MANY_ARGUMENTS", "GROUPING supports up to 63 column arguments")
	}
	columns, err := x.all(e.Columns)
	if err != nil {
		return nil, err
	}
	return &groupingRef{at: e, columns: columns}, nil
}
