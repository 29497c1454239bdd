package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

func (x *exprs) caseOf(e *ast.Case) (plan.Expr, error) {
	c := &plan.Case{}
	conditions, err := x.conditions(e, c)
	if err != nil {
		return nil, err
	}
	var results []ast.Expr
	for _, when := range e.Whens {
		results = append(results, when.Result)
	}
	if e.Else != nil {
		results = append(results, e.Else)
	}
	typed, err := x.all(results)
	if err != nil {
		return nil, err
	}
	if typed, err = x.unify(results, typed, "All CASE results"); err != nil {
		return nil, err
	}
	c.T, c.Else = typed[0].Type(), &plan.Const{T: typed[0].Type()}
	for i, condition := range conditions {
		c.Whens = append(c.Whens, plan.When{Condition: condition, Result: typed[i]})
	}
	if e.Else != nil {
		c.Else = typed[len(typed)-1]
	}
	return c, nil
}

// conditions types the conditions of a CASE, and sets the operand of c where it has one.
func (x *exprs) conditions(e *ast.Case, c *plan.Case) ([]plan.Expr, error) {
	if e.Operand != nil {
		return x.simpleConditions(e, c)
	}
	conditions := make([]plan.Expr, len(e.Whens))
	for i, when := range e.Whens {
		var err error
		if conditions[i], err = x.condition(when.Condition, "CASE WHEN clause"); err != nil {
			return nil, err
		}
	}
	return conditions, nil
}

// simpleConditions compares the operand with that of each branch.
func (x *exprs) simpleConditions(e *ast.Case, c *plan.Case) ([]plan.Expr, error) {
	operand, err := x.expr(e.Operand)
	if err != nil {
		return nil, err
	}
	values := make([]plan.Expr, len(e.Whens))
	common := operand.Type()
	for i, when := range e.Whens {
		if values[i], err = x.expr(when.Condition); err != nil {
			return nil, err
		}
		next, ok := datatype.Common(common, values[i].Type())
		if !ok {
			return nil, x.fail(when.Condition, typeMismatch, "CASE operand type does not match WHEN clause operand type: %s vs %s",
				operand.Type(), values[i].Type())
		}
		common = next
	}
	c.Operand, c.Param = coerce(operand, common), x.column(common)
	conditions := make([]plan.Expr, len(values))
	for i, value := range values {
		args := []plan.Expr{&plan.ParamRef{ID: c.Param.ID, T: common}, coerce(value, common)}
		conditions[i] = &plan.Call{Name: plan.OpEqual, Args: args, T: boolean}
	}
	return conditions, nil
}

// forms are the calls that are not functions.
func (x *exprs) form(name string, e *ast.Call) (plan.Expr, bool, error) {
	var typed plan.Expr
	var err error
	args := argExprs(e)
	switch {
	case name == "if" && (len(args) == 2 || len(args) == 3):
		typed, err = x.ifOf(e, args)
	case name == "nullif" && len(args) == 2:
		typed, err = x.nullIf(e, args)
	case name == "coalesce" && len(args) >= 2:
		typed, err = x.coalesce(args)
	case name == "try" && len(args) == 1:
		typed, err = x.try(args[0])
	case name == "format" && len(args) >= 2:
		typed, err = x.format(args)
	case name == "now" && len(args) == 0:
		typed = &plan.Now{T: datatype.Temporal(datatype.TimestampTZ, 3)}
	default:
		return nil, false, nil
	}
	return typed, true, err
}

func argExprs(e *ast.Call) []ast.Expr {
	args := make([]ast.Expr, len(e.Args))
	for i, arg := range e.Args {
		args[i] = arg.Expr
	}
	return args
}

func (x *exprs) ifOf(e *ast.Call, args []ast.Expr) (plan.Expr, error) {
	condition, err := x.condition(args[0], "IF condition")
	if err != nil {
		return nil, err
	}
	results, err := x.all(args[1:])
	if err != nil {
		return nil, err
	}
	common, ok := datatype.CommonOf(types(results))
	if !ok {
		return nil, x.fail(e, typeMismatch, "Result types for IF must be the same: %s vs %s", results[0].Type(), results[1].Type())
	}
	c := &plan.Case{T: common, Else: &plan.Const{T: common}}
	c.Whens = []plan.When{{Condition: condition, Result: coerce(results[0], common)}}
	if len(results) == 2 {
		c.Else = coerce(results[1], common)
	}
	return c, nil
}

func (x *exprs) nullIf(e *ast.Call, args []ast.Expr) (plan.Expr, error) {
	operands, err := x.all(args)
	if err != nil {
		return nil, err
	}
	param := x.column(operands[0].Type())
	compared, ok := compare(plan.OpEqual, &plan.ParamRef{ID: param.ID, T: param.Type}, operands[1])
	if !ok {
		return nil, x.fail(e, typeMismatch, "Types are not comparable with NULLIF: %s vs %s", operands[0].Type(), operands[1].Type())
	}
	return &plan.NullIf{X: operands[0], Param: param, Compare: compared}, nil
}

func (x *exprs) coalesce(args []ast.Expr) (plan.Expr, error) {
	items, err := x.all(args)
	if err != nil {
		return nil, err
	}
	if items, err = x.unify(args, items, "All COALESCE operands"); err != nil {
		return nil, err
	}
	return &plan.Coalesce{Items: items}, nil
}

func (x *exprs) try(arg ast.Expr) (plan.Expr, error) {
	operand, err := x.expr(arg)
	if err != nil {
		return nil, err
	}
	return &plan.Try{X: operand}, nil
}

func (x *exprs) format(args []ast.Expr) (plan.Expr, error) {
	operands, err := x.all(args)
	if err != nil {
		return nil, err
	}
	if operands[0], err = x.want(args[0], operands[0], datatype.Text(), "Format string"); err != nil {
		return nil, err
	}
	for i, operand := range operands[1:] {
		switch t := operand.Type(); t.Kind {
		case datatype.Array, datatype.Map, datatype.Row, datatype.Varbinary:
			return nil, x.fail(args[i+1], notSupported, "Type not supported for formatting: %s", t)
		default:
		}
	}
	return &plan.Call{Name: "format", Args: operands, T: datatype.Text()}, nil
}
