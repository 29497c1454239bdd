package fold

import (
	"math"
	"math/big"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// unwrapped returns what Trino makes of a comparison of a coercion with a constant: one of
// what is coerced with the constant in its type, which does not fail. It is nil where the
// cast stays, and fails for what does not fit.
func (f *folder) unwrapped(e *plan.Call) plan.Expr {
	cast, literal, op := castAndConstant(e)
	if cast == nil || f.ofOperand(cast.X) {
		return nil
	}
	if _, ok := cast.X.(*plan.RowOf); ok {
		return nil // Trino casts each field
	}
	from, to := cast.X.Type(), cast.T
	if from.Equal(to) || !tellsApart(from, to, literal.Value) {
		return nil
	}
	if beyond := f.beyondRange(op, cast, literal); beyond != nil {
		return beyond
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
	switch f.order(literal, back) {
	case same:
		return callOf(op, cast.X, within)
	case greater:
		return roundedComparison(op, cast.X, within, true)
	case less:
		return roundedComparison(op, cast.X, within, false)
	default:
		return nil
	}
}

// relation is how a constant stands to another.
type relation int

const (
	unknown relation = iota
	less
	same
	greater
)

// order compares two constants.
func (f *folder) order(a, b plan.Expr) relation {
	for op, found := range map[string]relation{plan.OpLess: less, plan.OpEqual: same, plan.OpGreater: greater} {
		if c := f.compared(callOf(op, a, b)); c != nil && is(c, true) {
			return found
		}
	}
	return unknown
}

// beyondRange decides a comparison with a constant that is beyond all numbers of the type
// of what is compared; nil when it is not.
func (f *folder) beyondRange(op string, cast *plan.Cast, literal *plan.Const) plan.Expr {
	low, high, ok := rangeOf(cast.X.Type())
	if !ok {
		return nil
	}
	end := func(v any) relation {
		converted, err := f.value(&plan.Cast{X: &plan.Const{Value: v, T: cast.X.Type()}, T: cast.T})
		if err != nil || converted == nil {
			return unknown
		}
		return f.order(literal, converted)
	}
	above, below := end(high) == greater, end(low) == less
	if !above && !below {
		return nil
	}
	switch op {
	case plan.OpEqual:
		return unlessNull(cast.X, false)
	case plan.OpNotEqual:
		return unlessNull(cast.X, true)
	case plan.OpDistinct:
		return truth(true)
	case plan.OpLess, plan.OpLessEqual:
		return unlessNull(cast.X, above)
	default:
		return unlessNull(cast.X, below)
	}
}

// rangeOf returns the least and the greatest number of a type.
func rangeOf(t datatype.Type) (low, high any, ok bool) {
	switch t.Kind {
	case datatype.Tinyint:
		return int64(math.MinInt8), int64(math.MaxInt8), true
	case datatype.Smallint:
		return int64(math.MinInt16), int64(math.MaxInt16), true
	case datatype.Integer:
		return int64(math.MinInt32), int64(math.MaxInt32), true
	case datatype.Bigint:
		return int64(math.MinInt64), int64(math.MaxInt64), true
	case datatype.Decimal:
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Precision)), nil)
		limit.Sub(limit, big.NewInt(1))
		return new(big.Int).Neg(limit), limit, true
	default:
		return nil, nil, false
	}
}

// unlessNull is a truth, and NULL where x is.
func unlessNull(x plan.Expr, is bool) plan.Expr {
	if is {
		return &plan.Logical{Terms: []plan.Expr{&plan.Not{X: &plan.IsNull{X: x}}, truth(nil)}}
	}
	return &plan.Logical{And: true, Terms: []plan.Expr{&plan.IsNull{X: x}, truth(nil)}}
}

// roundedComparison compares x with what a constant is rounded to, down or up, and so
// is never equal to.
func roundedComparison(op string, x, rounded plan.Expr, down bool) plan.Expr {
	switch op {
	case plan.OpEqual:
		return unlessNull(x, false)
	case plan.OpNotEqual:
		return unlessNull(x, true)
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

// tellsApart reports whether Trino takes it that a coercion gives different values for
// different values, near a constant.
func tellsApart(from, to datatype.Type, near any) bool {
	if from.Kind == datatype.Unknown || !datatype.CanCoerce(from, to) {
		return false
	}
	exact := func(bits int) bool { // whole numbers up to so many bits
		v, _ := number(near)
		return math.Abs(v) < math.Ldexp(1, bits)
	}
	switch {
	case to.Kind == datatype.TimestampTZ, to.Kind == datatype.TimeTZ:
		return false
	case to.Kind == datatype.Double && from.Kind == datatype.Bigint:
		return exact(53)
	case to.Kind == datatype.Real && (from.Kind == datatype.Bigint || from.Kind == datatype.Integer):
		return exact(23)
	case from.Kind == datatype.Decimal && to.Kind == datatype.Double:
		return from.Precision <= 15
	case from.Kind == datatype.Decimal && to.Kind == datatype.Real:
		return from.Precision <= 7
	case (from.Kind == datatype.Char) != (to.Kind == datatype.Char):
		return false
	}
	return true
}

// number returns a float as a double.
func number(v any) (f float64, ok bool) {
	switch v := v.(type) {
	case float32:
		return float64(v), true
	case float64:
		return v, true
	default:
		return 0, false
	}
}

// ofOperand reports whether an expression asks for what NULLIF or CASE compares, whose
// comparisons Trino leaves as they are.
func (f *folder) ofOperand(e plan.Expr) bool {
	return len(f.operands) > 0 && plan.Any(e, func(part plan.Expr) bool {
		ref, ok := part.(*plan.ParamRef)
		return ok && f.operands[ref.ID]
	})
}
