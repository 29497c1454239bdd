package analyze

import (
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/function"
)

// walk calls visit for e and for the expressions in it, outermost first, until
// it returns false for one, whose own parts are then left out. Subqueries are not entered.
func walk(e ast.Expr, visit func(ast.Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	for _, child := range children(e) {
		walk(child, visit)
	}
}

func children(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.Dereference:
		return []ast.Expr{e.Base}
	case *ast.Call:
		return callChildren(e)
	case *ast.Lambda:
		return []ast.Expr{e.Body}
	case *ast.Arithmetic:
		return []ast.Expr{e.Left, e.Right}
	case *ast.Unary:
		return []ast.Expr{e.X}
	case *ast.Comparison:
		return []ast.Expr{e.Left, e.Right}
	case *ast.Logical:
		return e.Terms
	case *ast.Not:
		return []ast.Expr{e.X}
	case *ast.IsNull:
		return []ast.Expr{e.X}
	case *ast.Case:
		return caseChildren(e)
	case *ast.Cast:
		return []ast.Expr{e.X}
	default:
		return moreChildren(e)
	}
}

func moreChildren(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.Quantified:
		return []ast.Expr{e.Left}
	case *ast.Between:
		return []ast.Expr{e.X, e.Low, e.High}
	case *ast.In:
		return append([]ast.Expr{e.X}, e.List...)
	case *ast.Like:
		return some(e.X, e.Pattern, e.Escape)
	case *ast.Extract:
		return []ast.Expr{e.X}
	case *ast.AtTimeZone:
		return some(e.X, e.Zone)
	case *ast.Subscript:
		return []ast.Expr{e.Base, e.Index}
	case *ast.Row:
		items := make([]ast.Expr, len(e.Items))
		for i, item := range e.Items {
			items[i] = item.Expr
		}
		return items
	case *ast.Array:
		return e.Items
	case *ast.Trim:
		return some(e.Chars, e.X)
	case *ast.Grouping:
		return e.Columns
	case *ast.JSONCall:
		return jsonChildren(e)
	default:
		return nil
	}
}

func some(list ...ast.Expr) []ast.Expr {
	var present []ast.Expr
	for _, e := range list {
		if e != nil {
			present = append(present, e)
		}
	}
	return present
}

func callChildren(e *ast.Call) []ast.Expr {
	list := argExprs(e)
	for _, item := range e.OrderBy {
		list = append(list, item.Expr)
	}
	list = append(list, some(e.Filter)...)
	if e.Window != nil {
		list = append(list, e.Window.PartitionBy...)
		for _, item := range e.Window.OrderBy {
			list = append(list, item.Expr)
		}
	}
	return list
}

func caseChildren(e *ast.Case) []ast.Expr {
	list := some(e.Operand)
	for _, when := range e.Whens {
		list = append(list, when.Condition, when.Result)
	}
	return append(list, some(e.Else)...)
}

// functionKind returns what kind of function the call is of; Scalar for an unknown one.
func functionKind(e *ast.Call) function.Kind {
	parts := lowerAll(e.Name)
	if candidates := function.Named(parts[len(parts)-1]); len(candidates) > 0 && (len(parts) == 1 || len(parts) == 3) {
		return candidates[0].Kind
	}
	return function.Scalar
}

func isAggregate(e ast.Expr) bool {
	call, ok := e.(*ast.Call)
	return ok && call.Window == nil && (functionKind(call) == function.Aggregate || call.Filter != nil)
}

func isWindow(e ast.Expr) bool {
	call, ok := e.(*ast.Call)
	return ok && call.Window != nil
}

// find returns the first expression in list for which is holds.
func find(is func(ast.Expr) bool, list ...ast.Expr) ast.Expr {
	var found ast.Expr
	for _, e := range list {
		walk(e, func(e ast.Expr) bool {
			if found == nil && is(e) {
				found = e
			}
			return found == nil
		})
	}
	return found
}

func isGrouping(e ast.Expr) bool {
	_, ok := e.(*ast.Grouping)
	return ok
}

// noAggregates refuses aggregates, window functions and GROUPING in a clause, by the
// place of the whole expression, as Trino does.
func (a *analyzer) noAggregates(clause string, list ...ast.Expr) error {
	for _, e := range list {
		for _, is := range []func(ast.Expr) bool{isAggregate, isWindow, isGrouping} {
			if found := find(is, e); found != nil {
				return a.fail(e, notScalar, "%s cannot contain aggregations, window functions or grouping operations: [%s]",
					clause, spelled(found))
			}
		}
	}
	return nil
}

// treatsNulls tells the window functions that take IGNORE NULLS.
func treatsNulls(name string) bool {
	switch strings.ToLower(name) {
	case "lead", "lag", "first_value", "last_value", "nth_value":
		return true
	}
	return false
}

func jsonChildren(e *ast.JSONCall) []ast.Expr {
	list := some(e.Input)
	for _, p := range e.Passing {
		list = append(list, p.Value.Expr)
	}
	for _, behavior := range []*ast.JSONBehavior{e.OnEmpty, e.OnError} {
		if behavior != nil {
			list = append(list, some(behavior.Default)...)
		}
	}
	for _, m := range e.Members {
		list = append(list, m.Key, m.Value.Expr)
	}
	for _, v := range e.Elements {
		list = append(list, v.Expr)
	}
	return list
}
