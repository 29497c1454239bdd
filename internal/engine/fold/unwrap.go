package fold

import (
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// unwrapped returns what Trino makes of a comparison of a cast with a constant: one of what
// is cast with the constant in its type, which does not fail. It is nil where the cast stays,
// and fails for what does not fit. Only casts to what has decimals in it can; all others come
// to the same.
func (f *folder) unwrapped(e *plan.Call) plan.Expr {
	cast, literal, op := castAndConstant(e)
	if cast == nil || f.ofOperand(cast.X) {
		return nil
	}
	if _, ok := cast.X.(*plan.RowOf); ok {
		return nil // Trino casts each field
	}
	from, to := cast.X.Type(), cast.T
	if from.Equal(to) || !datatype.CanCoerce(from, to) || !narrows(from, to) {
		return nil
	}
	within, err := f.value(&plan.Cast{X: literal, T: from})
	if err != nil || within == nil {
		return nil
	}
	if !to.Orderable() {
		return callOf(op, cast.X, within)
	}
	back, err := f.value(&plan.Cast{X: within, T: to})
	if err != nil && !f.planned {
		f.fail(err)
	}
	if back == nil {
		return nil
	}
	greater, same := f.compared(callOf(plan.OpGreater, literal, back)), f.compared(callOf(plan.OpEqual, literal, back))
	if !isConst(greater) || !isConst(same) {
		return nil
	}
	if is(same, true) {
		return callOf(op, cast.X, within)
	}
	return roundedComparison(op, cast.X, within, is(greater, true))
}

// roundedComparison compares x with what a constant is rounded to, down or up, and so
// is never equal to.
func roundedComparison(op string, x, rounded plan.Expr, down bool) plan.Expr {
	switch op {
	case plan.OpEqual:
		return &plan.Logical{And: true, Terms: []plan.Expr{&plan.IsNull{X: x}, truth(nil)}}
	case plan.OpNotEqual:
		return &plan.Logical{Terms: []plan.Expr{&plan.Not{X: &plan.IsNull{X: x}}, truth(nil)}}
	case plan.OpDistinct:
		return truth(true)
	case plan.OpLess, plan.OpLessEqual:
		if down {
			return callOf(plan.OpLessEqual, x, rounded)
		}
		return callOf(plan.OpLess, x, rounded)
	default:
		if down {
			return callOf(plan.OpGreater, x, rounded)
		}
		return callOf(plan.OpGreaterEq, x, rounded)
	}
}

// mirrored is each comparison with its sides changed.
var mirrored = map[string]string{
	plan.OpLess: plan.OpGreater, plan.OpLessEqual: plan.OpGreaterEq, plan.OpGreater: plan.OpLess, plan.OpGreaterEq: plan.OpLessEqual,
}

// castAndConstant takes a comparison of a cast with a constant apart, as one in which the
// cast comes first.
func castAndConstant(e *plan.Call) (cast *plan.Cast, literal *plan.Const, op string) {
	for i, arg := range e.Args {
		cast, isCast := arg.(*plan.Cast)
		literal, ok := e.Args[1-i].(*plan.Const)
		if !isCast || cast.Try || !ok || literal.Value == nil {
			continue
		}
		if op, ok := mirrored[e.Name]; ok && i == 1 {
			return cast, literal, op
		}
		return cast, literal, e.Name
	}
	return nil, nil, ""
}

// narrows reports whether a coercion is one to decimals in which not all of the values fit.
func narrows(from, to datatype.Type) bool {
	if len(to.Elems) > 0 && len(from.Elems) == len(to.Elems) {
		for i := range to.Elems {
			if narrows(from.Elems[i], to.Elems[i]) {
				return true
			}
		}
		return false
	}
	whole, ok := map[datatype.Kind]int{datatype.Tinyint: 3, datatype.Smallint: 5, datatype.Integer: 10, datatype.Bigint: 19}[from.Kind]
	if from.Kind == datatype.Decimal {
		whole, ok = from.Precision-from.Scale, true
	}
	return ok && to.Kind == datatype.Decimal && to.Precision-to.Scale < whole
}

// ofOperand reports whether an expression asks for what NULLIF or CASE compares, whose
// comparisons Trino leaves as they are.
func (f *folder) ofOperand(e plan.Expr) bool {
	return len(f.operands) > 0 && plan.Any(e, func(part plan.Expr) bool {
		ref, ok := part.(*plan.ParamRef)
		return ok && f.operands[ref.ID]
	})
}
