package fold

import (
	"errors"
	"slices"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// expr returns what an expression, which may be nil, folds to. Its parts are folded
// first, from left to right, then the whole by the first rule that fits, until none does.
func (f *folder) expr(e plan.Expr) plan.Expr {
	if e == nil {
		return nil
	}
	if known, ok := f.done[e]; ok {
		return known
	}
	f.work(1)
	given := e
	if n, ok := e.(*plan.Not); ok {
		if l, ok := n.X.(*plan.Logical); ok {
			e = negated(l)
		}
	}
	if l, ok := e.(*plan.Logical); ok { // Trino combines terms before it folds them
		if c := decisive(l); c != nil {
			f.done[given] = c
			return c
		}
	}
	for {
		e = f.parts(e)
		next := f.rule(e)
		if next == nil {
			break
		}
		e = next
	}
	f.done[given], f.done[e] = e, e
	return e
}

// parts returns e with its parts folded.
func (f *folder) parts(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.Const, *plan.ColumnRef, *plan.ParamRef:
		return e
	case *plan.Case:
		f.operands[e.Param.ID] = e.Operand != nil
	case *plan.NullIf:
		f.operands[e.Param.ID] = true
	}
	changed := false
	replaced := plan.Rewrite(e, func(part plan.Expr) plan.Expr {
		folded := f.expr(part)
		changed = changed || folded != part
		return folded
	})
	if !changed {
		return e
	}
	return replaced
}

// rule returns what e, whose parts are folded, is instead; nil when it stays.
func (f *folder) rule(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.Call:
		if isComparison(e.Name) {
			return f.comparison(e)
		}
		return f.call(e)
	case *plan.Cast:
		return f.cast(e)
	case *plan.Now, *plan.JSONPathCall, *plan.JSONBuild:
		return f.constant(e)
	case *plan.RowOf, *plan.ArrayOf:
		return f.constant(e)
	case *plan.Field:
		return f.field(e)
	default:
		return f.conditional(e)
	}
}

func (f *folder) conditional(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.Logical:
		return logical(e)
	case *plan.Not:
		return not(e)
	case *plan.IsNull:
		return isNull(e)
	case *plan.Between:
		return f.between(e)
	case *plan.In:
		return f.in(e)
	case *plan.Case:
		if e.Operand != nil {
			return f.simpleCase(e)
		}
		return caseOf(e)
	case *plan.Coalesce:
		return coalesce(e)
	case *plan.NullIf:
		return f.nullIf(e)
	case *plan.Exists:
		return f.exists(e)
	default:
		return nil
	}
}

// constant computes e when all of its parts are constant. What fails as the statement's
// author can expect stays; what fails inside Trino fails the statement.
func (f *folder) constant(e plan.Expr) plan.Expr {
	for _, part := range plan.Children(e) {
		if _, ok := part.(*plan.Const); !ok && !closed(part) {
			return nil
		}
	}
	c, err := f.value(e)
	if err != nil && internal(err) && !f.planned {
		f.fail(err)
	}
	if c == nil {
		return nil // not an interface that holds nil
	}
	return c
}

// compared computes a comparison of constants, whose failure is the statement's.
func (f *folder) compared(e plan.Expr) plan.Expr {
	c, err := f.value(e)
	if err != nil && !f.planned {
		f.fail(err)
	}
	if c == nil {
		return nil
	}
	return c
}

// value computes an expression without columns. It returns neither a constant nor an
// error for one that is not to be computed here.
func (f *folder) value(e plan.Expr) (*plan.Const, error) {
	f.work(lookEvery / 64)
	p, err := eval.Interpreted(e, f.now)
	if err != nil || p.Volatile || f.left(e) { // what is refused is refused where it is needed
		return nil, nil //nolint:nilnil,nilerr // documented above
	}
	v, err := p.Eval(f.ctx, nil)
	switch _, statement := errors.AsType[*sqlerr.Error](err); {
	case err == nil && weight(v) > maxConstant:
		return nil, nil //nolint:nilnil // too large to be kept
	case err == nil:
		c := &plan.Const{Value: v, T: e.Type()}
		f.sources[c] = e
		return c, nil
	case !statement:
		f.fail(err)
	case work.Ended(err):
		return nil, nil //nolint:nilnil // too much to compute before anybody asks for it
	}
	return nil, err
}

// maxConstant is how many bytes a constant may have that is kept while a plan is folded.
const maxConstant = 1 << 20

// weight returns about how many bytes a value takes.
func weight(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	case []any:
		sum := work.Element * len(v)
		for _, elem := range v {
			if sum > maxConstant {
				break
			}
			sum += weight(elem)
		}
		return sum
	case *value.Map:
		return weight(v.Keys) + weight(v.Values)
	default:
		return work.Element
	}
}

// left reports whether Trino computes e anew for each row, though it is constant.
func (f *folder) left(e plan.Expr) bool {
	call, ok := e.(*plan.Call)
	return ok && call.Name == "fail" || !representable(e.Type())
}

// representable reports whether a constant can hold a value of the type.
func representable(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Boolean, datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint, datatype.Real, datatype.Double,
		datatype.Decimal, datatype.Varchar, datatype.Char, datatype.Varbinary, datatype.Date, datatype.Time, datatype.TimeTZ,
		datatype.Timestamp, datatype.TimestampTZ, datatype.IntervalDayToSecond, datatype.IntervalYearToMonth, datatype.JSON,
		datatype.UUID, datatype.IPAddress, datatype.Unknown:
		return true
	case datatype.Array, datatype.Map, datatype.Row:
		for _, elem := range t.Elems {
			if !representable(elem) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// internal reports whether an error is one of Trino's own, which it does not expect
// while it folds.
func internal(err error) bool {
	failed, ok := errors.AsType[*sqlerr.Error](err)
	return ok && (failed.Name == "GENERIC_INTERNAL_ERROR" || failed.Name == "COMPILER_ERROR")
}

// closed reports whether e is a lambda that refers to nothing around it.
func closed(e plan.Expr) bool {
	lambda, ok := e.(*plan.Lambda)
	return ok && !open(lambda, map[plan.ID]bool{})
}

// open reports whether e refers to columns or parameters that are not bound, or to subqueries.
func open(e plan.Expr, bound map[plan.ID]bool) bool {
	switch e := e.(type) {
	case *plan.ColumnRef:
		return !bound[e.ID]
	case *plan.ParamRef:
		return !bound[e.ID]
	case *plan.Lambda:
		for _, p := range e.Params {
			bound[p.ID] = true
		}
	case *plan.Case:
		bound[e.Param.ID] = true
	case *plan.NullIf:
		bound[e.Param.ID] = true
	}
	if plan.Subquery(e) != nil {
		return true
	}
	for _, part := range plan.Children(e) {
		if open(part, bound) {
			return true
		}
	}
	return false
}

// call computes a function of constants. One of NULL is NULL, whatever its other
// arguments are.
func (f *folder) call(e *plan.Call) plan.Expr {
	if c := f.constant(e); c != nil {
		return c
	}
	function, ok := functionOf(e)
	for i, arg := range e.Args {
		if ok && isNullConst(arg) && function.NullFrom(i) {
			return &plan.Const{T: e.T}
		}
	}
	return nil
}

func (f *folder) cast(e *plan.Cast) plan.Expr {
	if !e.Try && e.X.Type().Equal(e.T) && sameNames(e.X.Type(), e.T) {
		return e.X
	}
	return f.constant(e)
}

// sameNames reports whether two types that are equal name their fields alike.
func sameNames(a, b datatype.Type) bool { return a.String() == b.String() }

// field takes a part of a row: of one that is written out without the other parts.
func (f *folder) field(e *plan.Field) plan.Expr {
	var casts []datatype.Type
	x := e.X
	for {
		cast, ok := x.(*plan.Cast)
		if !ok || cast.Try || cast.T.Kind != datatype.Row || cast.X.Type().Kind != datatype.Row {
			break
		}
		casts = append(casts, cast.T.Elems[e.Index])
		x = cast.X
	}
	switch x := x.(type) {
	case *plan.RowOf:
		part := x.Items[e.Index]
		for _, t := range slices.Backward(casts) {
			if !part.Type().Equal(t) {
				part = &plan.Cast{X: part, T: t}
			}
		}
		return part
	case *plan.Const:
		if len(casts) > 0 {
			return nil
		}
		values, ok := x.Value.([]any)
		if x.Value == nil {
			return &plan.Const{T: e.T}
		}
		if ok && e.Index < len(values) {
			c := &plan.Const{Value: values[e.Index], T: e.T}
			f.sources[c] = e
			return c
		}
	}
	return nil
}

func isConst(e plan.Expr) bool {
	_, ok := e.(*plan.Const)
	return ok
}

func isNullConst(e plan.Expr) bool {
	c, ok := e.(*plan.Const)
	return ok && c.Value == nil
}

// is reports whether e is the constant v.
func is(e plan.Expr, v bool) bool {
	c, ok := e.(*plan.Const)
	return ok && c.Value == v
}

func isComparison(name string) bool {
	switch name {
	case plan.OpEqual, plan.OpNotEqual, plan.OpLess, plan.OpLessEqual, plan.OpGreater, plan.OpGreaterEq, plan.OpDistinct:
		return true
	}
	return false
}
