package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// The expressions below stand in a SELECT's typed clauses only until its nodes
// are built: then each becomes a reference to the column that its node gives.

// aggregateRef is the result of an aggregate.
type aggregateRef struct {
	call plan.AggregateCall
}

// windowRef is the result of a function over a window.
type windowRef struct {
	call plan.WindowCall
}

// groupingRef is GROUPING(columns).
type groupingRef struct {
	at      *ast.Grouping
	columns []plan.Expr
}

// outputRef is a column of the SELECT list, named in ORDER BY.
type outputRef struct {
	index  int
	column plan.Column
}

// Type returns the aggregate's type.
func (e *aggregateRef) Type() datatype.Type { return e.call.Type }

// Type returns the function's type.
func (e *windowRef) Type() datatype.Type { return e.call.Type }

// Type returns integer.
func (e *groupingRef) Type() datatype.Type {
	if len(e.columns) > 31 {
		return bigint
	}
	return datatype.Of(datatype.Integer)
}

// Type returns the column's type.
func (e *outputRef) Type() datatype.Type { return e.column.Type }

// parts returns the expressions directly in e, those of a placeholder among them.
func parts(e plan.Expr) []plan.Expr {
	switch e := e.(type) {
	case *aggregateRef:
		return aggregateParts(&e.call)
	case *windowRef:
		return windowParts(e)
	case *groupingRef:
		return e.columns
	default:
		return plan.Children(e)
	}
}

func aggregateParts(c *plan.AggregateCall) []plan.Expr {
	list := append([]plan.Expr{}, c.Args...)
	for _, key := range c.OrderBy {
		list = append(list, key.Expr)
	}
	if c.Filter != nil {
		list = append(list, c.Filter)
	}
	return list
}

func windowParts(e *windowRef) []plan.Expr {
	return append(aggregateParts(&e.call.AggregateCall), windowSpecParts(&e.call)...)
}

func windowSpecParts(c *plan.WindowCall) []plan.Expr {
	list := append([]plan.Expr{}, c.PartitionBy...)
	for _, key := range c.Order {
		list = append(list, key.Expr)
	}
	if c.Frame != nil {
		for _, bound := range []plan.Bound{c.Frame.Start, c.Frame.End} {
			if bound.Value != nil {
				list = append(list, bound.Value)
			}
		}
	}
	return list
}

// each calls visit for e and every expression in it, outermost first, until it
// returns false for one, whose parts are then left out.
func each(e plan.Expr, visit func(plan.Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	for _, part := range parts(e) {
		each(part, visit)
	}
}

// volatile reports whether two evaluations of e may differ.
func volatile(e plan.Expr) bool {
	found := false
	each(e, func(e plan.Expr) bool {
		if call, ok := e.(*plan.Call); ok {
			switch call.Name {
			case "random", "uuid", "shuffle":
				found = true
			}
		}
		return !found
	})
	return found
}
