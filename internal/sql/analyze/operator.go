package analyze

import (
	"errors"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/function"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

var (
	arithmeticNames = map[string]string{
		ast.OpAdd: plan.OpAdd, ast.OpSub: plan.OpSubtract, ast.OpMul: plan.OpMultiply, ast.OpDiv: plan.OpDivide,
		ast.OpMod: plan.OpModulus,
	}
	comparisonNames = map[string]string{
		"=": plan.OpEqual, "<>": plan.OpNotEqual, "!=": plan.OpNotEqual, "<": plan.OpLess, "<=": plan.OpLessEqual,
		">": plan.OpGreater, ">=": plan.OpGreaterEq, "IS DISTINCT FROM": plan.OpDistinct,
	}
)

func (x *exprs) arithmetic(e *ast.Arithmetic) (plan.Expr, error) {
	operands, err := x.all([]ast.Expr{e.Left, e.Right})
	if err != nil {
		return nil, err
	}
	if e.Op == ast.OpConcat {
		return x.resolve(e, plan.OpConcat, operands)
	}
	name := arithmeticNames[e.Op]
	left, right := operands[0].Type(), operands[1].Type()
	binding, err := function.Resolve(name, []function.Argument{{Type: left}, {Type: right}})
	if ambiguous, ok := errors.AsType[*function.AmbiguousError](err); ok {
		return nil, errAmbiguous(ambiguous)
	}
	if err != nil {
		return nil, x.fail(e, typeMismatch, "Cannot apply operator: %s %s %s", left, e.Op, right)
	}
	if bad := binding.Result; bad.Kind == datatype.Decimal && bad.Scale > bad.Precision {
		return nil, sqlerr.Argument("DECIMAL scale must be in range [0, precision (%d)]: %d", bad.Precision, bad.Scale)
	}
	return &plan.Call{Name: name, Args: coerceArgs(operands, binding), T: binding.Result}, nil
}

func coerceArgs(args []plan.Expr, binding *function.Binding) []plan.Expr {
	coerced := make([]plan.Expr, len(args))
	for i, arg := range args {
		coerced[i] = arg
		if binding.Params[i].Kind != datatype.Function {
			coerced[i] = coerce(arg, binding.Params[i])
		}
	}
	return coerced
}

func (x *exprs) unary(e *ast.Unary) (plan.Expr, error) {
	operand, err := x.expr(e.X)
	if err != nil {
		return nil, err
	}
	t := operand.Type()
	if e.Op == "+" {
		if !t.IsNumeric() {
			return nil, x.fail(e, typeMismatch, "Unary '+' operator cannot by applied to %s type", t)
		}
		return operand, nil
	}
	binding, err := function.Resolve(plan.OpNegate, []function.Argument{{Type: t}})
	if ambiguous, ok := errors.AsType[*function.AmbiguousError](err); ok {
		return nil, errAmbiguous(ambiguous)
	}
	if err != nil {
		return nil, x.fail(e, typeMismatch, "Cannot negate %s", t)
	}
	return &plan.Call{Name: plan.OpNegate, Args: coerceArgs([]plan.Expr{operand}, binding), T: binding.Result}, nil
}

// ambiguousCall is the name of the error of a call that several functions take.
const ambiguousCall = "AMBIGUOUS_FUNCTION_CALL"

// errAmbiguous has no place, as in Trino, unless a function that is called around it
// gives its own.
func errAmbiguous(err *function.AmbiguousError) error { return sqlerr.New(ambiguousCall, "%s", err) }

func (x *exprs) comparison(e *ast.Comparison) (plan.Expr, error) {
	operands, err := x.all([]ast.Expr{e.Left, e.Right})
	if err != nil {
		return nil, err
	}
	operands = x.timeTexts(operands)
	compared, ok := compare(comparisonNames[e.Op], operands[0], operands[1])
	if !ok {
		op := e.Op
		if op == "<>" || op == "!=" {
			op = "="
		}
		return nil, x.fail(e, typeMismatch, "Cannot apply operator: %s %s %s", operands[0].Type(), op, operands[1].Type())
	}
	return compared, nil
}

// timeTexts returns operands that are compared with each other, in which texts beside a
// timestamp are timestamps where the session has it so.
func (x *exprs) timeTexts(operands []plan.Expr) []plan.Expr {
	if !x.session.TimeTexts {
		return operands
	}
	for _, beside := range operands {
		t := beside.Type()
		if t.Kind != datatype.Timestamp && t.Kind != datatype.TimestampTZ {
			continue
		}
		out := make([]plan.Expr, len(operands))
		for i, operand := range operands {
			if out[i] = operand; operand.Type().Kind == datatype.Varchar {
				out[i] = &plan.Cast{X: operand, T: t}
			}
		}
		return out
	}
	return operands
}

// compare builds a comparison of two values on their common type, and reports
// whether they can be compared so.
func compare(op string, left, right plan.Expr) (plan.Expr, bool) {
	common, ok := comparableType(op, left.Type(), right.Type())
	if !ok {
		return nil, false
	}
	return &plan.Call{Name: op, Args: []plan.Expr{coerce(left, common), coerce(right, common)}, T: boolean}, true
}

func comparableType(op string, left, right datatype.Type) (datatype.Type, bool) {
	common, ok := datatype.Common(left, right)
	if !ok || !common.Comparable() {
		return common, false
	}
	equality := op == plan.OpEqual || op == plan.OpNotEqual || op == plan.OpDistinct
	return common, equality || common.Orderable()
}

func (x *exprs) logical(e *ast.Logical) (plan.Expr, error) {
	terms := make([]plan.Expr, len(e.Terms))
	for i, term := range e.Terms {
		var err error
		if terms[i], err = x.condition(term, "Logical expression term"); err != nil {
			return nil, err
		}
	}
	return &plan.Logical{And: e.And, Terms: terms}, nil
}

func (x *exprs) not(e *ast.Not) (plan.Expr, error) {
	operand, err := x.condition(e.X, "Value of logical NOT expression")
	if err != nil {
		return nil, err
	}
	return &plan.Not{X: operand}, nil
}

// resolve calls a scalar function by name on typed arguments.
func (x *exprs) resolve(at ast.Node, name string, operands []plan.Expr) (plan.Expr, error) {
	args := make([]function.Argument, len(operands))
	for i, operand := range operands {
		args[i] = function.Argument{Type: operand.Type()}
	}
	binding, err := function.Resolve(name, args)
	if err != nil {
		return nil, x.callError(at, name, err)
	}
	return x.called(at, &plan.Call{Name: binding.Function.Name, Args: coerceArgs(operands, binding), T: binding.Result})
}

// called returns a call unless its result has a type that there is not.
func (x *exprs) called(at ast.Node, call *plan.Call) (plan.Expr, error) {
	if t := call.T; t.Kind == datatype.Char && t.Length > datatype.MaxCharLength {
		return nil, x.fail(at, "TYPE_NOT_FOUND", "Unknown type: %s", t)
	}
	return call, nil
}

// callError turns a failure to choose a function into the statement's error.
func (x *exprs) callError(at ast.Node, name string, err error) error {
	if _, ok := errors.AsType[*function.MismatchError](err); ok {
		return x.fail(at, "FUNCTION_NOT_FOUND", "%s", err)
	}
	if _, ok := errors.AsType[*function.AmbiguousError](err); ok {
		return x.fail(at, ambiguousCall, "%s", err)
	}
	if errors.Is(err, function.ErrNotFound) {
		return x.unknownFunction(at, name)
	}
	return err
}

// unknownFunction is the error of a name that no function has, with what may be meant.
func (x *exprs) unknownFunction(at ast.Node, name string) error {
	err := sqlerr.At(x.src, at.Position(), sqlerr.FunctionNotFound, "Function '%s' not registered", name)
	err.Hint = function.Hint(name)
	return err
}
