package analyze

import (
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/function"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

func (x *exprs) call(e *ast.Call) (plan.Expr, error) {
	name, err := x.functionName(e)
	if err != nil {
		return nil, err
	}
	for _, arg := range e.Args {
		if arg.Name != nil {
			return nil, x.refuse(e, "a named argument")
		}
	}
	if typed, ok, err := x.patternCall(e, name); ok || err != nil {
		return typed, err
	}
	plain := e.Window == nil && !e.Distinct && e.Filter == nil && len(e.OrderBy) == 0 && !e.Star
	if plain {
		if typed, ok, err := x.form(name, e); ok || err != nil {
			return typed, err
		}
	}
	if e.StarOf != nil {
		return nil, x.refuse(e, "a function of all columns of a table")
	}
	candidates := function.Named(name)
	if len(candidates) == 0 {
		if _, err := x.arguments(e); err != nil {
			return nil, err
		}
		if function.Withheld(name) {
			return nil, x.refuse(e, "the function "+name)
		}
		return nil, x.unknownFunction(e, name)
	}
	kind := candidates[0].Kind
	if e.Window != nil {
		return x.windowCall(e, name, kind)
	}
	if kind == function.Aggregate {
		return x.aggregateCall(e, name)
	}
	if err := x.checkScalar(e, name, kind); err != nil {
		return nil, err
	}
	args, binding, err := x.bind(e, name)
	if err != nil {
		return nil, err
	}
	if name == "array_join" && !datatype.CanCast(args[0].Type().Elem(), datatype.Text()) {
		return nil, x.fail(e, "OPERATOR_NOT_FOUND", "Cannot cast %s to varchar", args[0].Type().Elem())
	}
	return x.called(e, &plan.Call{Name: binding.Function.Name, Args: args, T: binding.Result})
}

// functionName returns the lower-case name that the call means; the built-in
// functions are in system.builtin.
func (x *exprs) functionName(e *ast.Call) (string, error) {
	parts := lowerAll(e.Name)
	if len(parts) > 3 {
		return "", sqlerr.New("FUNCTION_NOT_FOUND", "Invalid function name: %s", strings.Join(parts, "."))
	}
	if len(parts) == 3 && parts[0] == "system" && parts[1] == "builtin" {
		return parts[2], nil
	}
	return strings.Join(parts, "."), nil
}

// checkScalar refuses what only an aggregate may have.
func (x *exprs) checkScalar(e *ast.Call, name string, kind function.Kind) error {
	switch {
	case e.Filter != nil:
		return x.fail(e, "FUNCTION_NOT_AGGREGATE", "Filter is only valid for aggregation functions")
	case kind == function.Window:
		return x.fail(e, "MISSING_OVER", "Window function system.builtin.%s requires an OVER clause", name)
	case e.Distinct:
		return x.fail(e, "FUNCTION_NOT_AGGREGATE", "DISTINCT is not supported for non-aggregation functions")
	case len(e.OrderBy) > 0:
		return x.fail(e, "FUNCTION_NOT_AGGREGATE", "ORDER BY is only valid for aggregation functions")
	case e.NullTreatment != ast.NullTreatmentDefault:
		return x.fail(e, "NULL_TREATMENT_NOT_ALLOWED", "Cannot specify null treatment clause for %s function", name)
	case e.Star:
		return x.fail(e, "SYNTAX_ERROR", "%s(*) is not a function", name)
	}
	return nil
}

// arguments types the arguments that are not lambdas.
func (x *exprs) arguments(e *ast.Call) ([]plan.Expr, error) {
	args := make([]plan.Expr, len(e.Args))
	for i, arg := range e.Args {
		if _, ok := arg.Expr.(*ast.Lambda); ok {
			continue
		}
		var err error
		if args[i], err = x.expr(arg.Expr); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// bind types the arguments and chooses the function's signature.
func (x *exprs) bind(e *ast.Call, name string) ([]plan.Expr, *function.Binding, error) {
	args, err := x.arguments(e)
	if err != nil {
		return nil, nil, err
	}
	given := make([]function.Argument, len(args))
	bodies := make([]*lambdaBodies, len(args))
	for i, arg := range args {
		if lambda, ok := e.Args[i].Expr.(*ast.Lambda); ok {
			bodies[i] = &lambdaBodies{exprs: x, source: lambda, typed: map[string]*plan.Lambda{}}
			given[i].Lambda = bodies[i].result
			continue
		}
		given[i].Type = arg.Type()
	}
	binding, err := function.Resolve(name, given)
	if ambiguous, ok := errors.AsType[*sqlerr.Error](err); ok && ambiguous.Name == ambiguousCall && ambiguous.Line == 0 {
		return nil, nil, x.fail(e, ambiguousCall, "%s", ambiguous.Message) // of an operator in a lambda
	}
	if name == "listagg" && err != nil && given[0].Lambda == nil && !given[0].Type.IsText() {
		return nil, nil, x.fail(e, typeMismatch, "Expected expression of varchar, but '%s' has %s type", spelled(e.Args[0].Expr), given[0].Type)
	}
	if err != nil {
		return nil, nil, x.callError(e, name, err)
	}
	for i, param := range binding.Params {
		if bodies[i] == nil {
			args[i] = coerce(args[i], param)
			continue
		}
		last := len(param.Elems) - 1
		typed, err := bodies[i].of(param.Elems[:last])
		if err != nil {
			return nil, nil, err
		}
		typed.Body = coerce(typed.Body, param.Elems[last])
		typed.T = param
		args[i] = typed
	}
	return args, binding, nil
}

// lambdaBodies types one lambda for the parameter types that signatures ask
// for: once for each, as lambdas nest.
type lambdaBodies struct {
	*exprs
	source *ast.Lambda
	typed  map[string]*plan.Lambda
}

func (b *lambdaBodies) of(params []datatype.Type) (*plan.Lambda, error) {
	key := datatype.RowOf(nil, params).String()
	if typed, ok := b.typed[key]; ok {
		return typed, nil
	}
	typed, err := b.lambda(b.source, params)
	if err != nil {
		return nil, err
	}
	b.typed[key] = typed
	return typed, nil
}

// result returns the type of the lambda's body.
func (b *lambdaBodies) result(params []datatype.Type) (datatype.Type, error) {
	typed, err := b.of(params)
	if err != nil {
		return datatype.Type{}, err
	}
	return typed.Body.Type(), nil
}

// lambda types a lambda for parameters of the given types.
func (x *exprs) lambda(e *ast.Lambda, params []datatype.Type) (*plan.Lambda, error) {
	if len(e.Params) != len(params) {
		return nil, x.fail(e, "INVALID_PARAMETER_USAGE", "Expected a lambda that takes %d argument(s) but got %d", len(params), len(e.Params))
	}
	if err := x.noAggregates("Lambda expression", e.Body); err != nil {
		return nil, err
	}
	inner := *x
	frame := lambdaScope{}
	for i, name := range e.Params {
		frame.names = append(frame.names, name.Lower())
		frame.params = append(frame.params, x.column(params[i]))
	}
	inner.lambdas = append(append([]lambdaScope{}, x.lambdas...), frame)
	body, err := inner.expr(e.Body)
	if err != nil {
		return nil, err
	}
	return &plan.Lambda{Params: frame.params, Body: body, T: datatype.FunctionOf(params, body.Type())}, nil
}
