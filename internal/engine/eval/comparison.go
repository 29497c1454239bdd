package eval

import (
	"context"
	"time"

	"github.com/sillok/sillok/internal/lake"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/value"
)

// Comparisons returns comparisons of columns with constants that hold wherever e
// is true. They may say less than e: what has no such form is left out. name
// returns the name of a column, or "" for one that is not to be compared. Only
// columns of text, of whole numbers and of dates are.
func Comparisons(ctx context.Context, e plan.Expr, name func(plan.ID) string) []lake.Comparison {
	switch e := e.(type) {
	case *plan.Logical:
		if !e.And {
			return either(ctx, e.Terms, name)
		}
		var all []lake.Comparison
		for _, term := range e.Terms {
			all = append(all, Comparisons(ctx, term, name)...)
		}
		return all
	case *plan.Call:
		if op, ok := comparisonOps[e.Name]; ok && len(e.Args) == 2 {
			if c := comparison(ctx, e.Args[0], op, e.Args[1:], name); c != nil {
				return c
			}
			return comparison(ctx, e.Args[1], mirrored[op], e.Args[:1], name)
		}
	case *plan.In:
		return comparison(ctx, e.X, "=", e.Items, name)
	case *plan.Between:
		return append(comparison(ctx, e.X, ">=", []plan.Expr{e.Low}, name), comparison(ctx, e.X, "<=", []plan.Expr{e.High}, name)...)
	}
	return nil
}

var comparisonOps = map[string]string{
	plan.OpEqual: "=", plan.OpLess: "<", plan.OpLessEqual: "<=", plan.OpGreater: ">", plan.OpGreaterEq: ">=",
}

// mirrored is each operator with its sides changed.
var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// either joins terms of which one holds, where all name the values of one column.
func either(ctx context.Context, terms []plan.Expr, name func(plan.ID) string) []lake.Comparison {
	var joined lake.Comparison
	for i, term := range terms {
		of := Comparisons(ctx, term, name)
		if len(of) != 1 || of[0].Op != "=" || i > 0 && of[0].Column != joined.Column {
			return nil
		}
		joined.Column, joined.Op = of[0].Column, "="
		joined.Texts = append(joined.Texts, of[0].Texts...)
	}
	return []lake.Comparison{joined}
}

// comparison compares x, when it is a column, with constants.
func comparison(ctx context.Context, x plan.Expr, op string, with []plan.Expr, name func(plan.ID) string) []lake.Comparison {
	ref := comparedColumn(x)
	if ref == nil || name(ref.ID) == "" {
		return nil
	}
	c := lake.Comparison{Column: name(ref.ID), Op: op}
	for _, e := range with {
		text, null, ok := constantText(ctx, e)
		switch {
		case !ok:
			return nil
		case !null: // which nothing equals
			c.Texts = append(c.Texts, text)
		}
	}
	if len(c.Texts) == 0 {
		return nil // true of nothing: whoever evaluates e sees that
	}
	return []lake.Comparison{c}
}

// comparedColumn returns the column that x is, as it is or in a wider type of its
// kind, which keeps its order.
func comparedColumn(x plan.Expr) *plan.ColumnRef {
	if cast, ok := x.(*plan.Cast); ok && cast.Coercion && sameOrder(cast.X.Type(), cast.T) {
		x = cast.X
	}
	ref, ok := x.(*plan.ColumnRef)
	if !ok || !sameOrder(ref.T, ref.T) {
		return nil
	}
	if ref.T.Kind == datatype.Varchar && ref.T.Length != datatype.Unbounded {
		return nil // which cuts off what is longer
	}
	return ref
}

func sameOrder(from, to datatype.Type) bool {
	switch from.Kind {
	case datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint:
		return to.IsInteger()
	case datatype.Varchar, datatype.Date:
		return to.Kind == from.Kind
	default:
		return false
	}
}

// constantText returns how a value of a partition that is equal to e would be
// written. Only literals are read: whatever else is constant may cost something.
func constantText(ctx context.Context, e plan.Expr) (text string, null, ok bool) {
	c, ok := e.(*plan.Const)
	if !ok {
		cast, isCast := e.(*plan.Cast)
		if !isCast || !cast.Coercion {
			return "", false, false
		}
		if _, literal := cast.X.(*plan.Const); !literal {
			return "", false, false
		}
		folded, err := Fold(ctx, cast, time.Time{})
		if err != nil {
			return "", false, false
		}
		c = &plan.Const{Value: folded, T: cast.T}
	}
	switch {
	case c.Value == nil:
		return "", true, true
	case !sameOrder(c.T, c.T):
		return "", false, false
	}
	return value.Text(c.T, c.Value), false, true
}
