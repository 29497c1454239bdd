package analyze

import (
	"github.com/sillok/sillok/internal/sql/ast"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// exprs types the expressions of one clause.
type exprs struct {
	*analyzer
	scope   *scope
	lambdas []lambdaScope
	// sel is the SELECT whose clause this is; nil where there is none.
	sel *selection
	// pattern is set in DEFINE and MEASURES.
	pattern *patternScope
}

// lambdaScope is the parameters of a lambda whose body is being typed.
type lambdaScope struct {
	names  []string
	params []plan.Column
}

// expr types e.
func (x *exprs) expr(e ast.Expr) (plan.Expr, error) {
	x.spend(1)
	typed, err := x.untracked(e)
	if err != nil {
		return nil, err
	}
	if x.places == nil {
		x.places = map[plan.Expr]ast.Expr{}
	}
	if _, ok := x.places[typed]; !ok {
		x.places[typed] = e
	}
	return typed, nil
}

func (x *exprs) untracked(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.Ident:
		return x.ident(e)
	case *ast.Dereference:
		return x.dereference(e)
	case *ast.Call:
		return x.call(e)
	case *ast.Arithmetic:
		return x.arithmetic(e)
	case *ast.Comparison:
		return x.comparison(e)
	case *ast.Logical:
		return x.logical(e)
	case *ast.Not:
		return x.not(e)
	case *ast.Cast:
		return x.cast(e)
	case *ast.Case:
		return x.caseOf(e)
	case *ast.Unary:
		return x.unary(e)
	default:
		return x.literal(e)
	}
}

func (x *exprs) literal(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.Null:
		return &plan.Const{T: datatype.Of(datatype.Unknown)}, nil
	case *ast.Boolean:
		return &plan.Const{Value: e.Value, T: boolean}, nil
	case *ast.String:
		return text(e.Value), nil
	case *ast.Binary:
		return &plan.Const{Value: e.Value, T: datatype.Of(datatype.Varbinary)}, nil
	case *ast.Integer:
		return x.integer(e, e.Text)
	case *ast.Decimal:
		return x.decimal(e, e.Text)
	case *ast.Double:
		return x.double(e, e.Text)
	case *ast.Typed:
		return x.typed(e)
	case *ast.Interval:
		return x.interval(e)
	case *ast.Parameter:
		return x.parameter(e)
	default:
		return x.predicate(e)
	}
}

func (x *exprs) predicate(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.Between:
		return x.between(e)
	case *ast.In:
		return x.in(e)
	case *ast.Like:
		return x.like(e)
	case *ast.IsNull:
		return x.isNull(e)
	case *ast.Exists:
		return x.exists(e)
	case *ast.ScalarSubquery:
		return x.scalar(e)
	case *ast.Quantified:
		return x.quantified(e)
	default:
		return x.constructor(e)
	}
}

func (x *exprs) constructor(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.Row:
		return x.row(e)
	case *ast.Array:
		return x.array(e)
	case *ast.Subscript:
		return x.subscript(e)
	case *ast.Lambda:
		return nil, x.fail(e, typeMismatch, "Lambda expression should always be used inside a function")
	case *ast.Grouping:
		return x.grouping(e)
	case *ast.JSONCall:
		return x.json(e)
	case *ast.Unsupported:
		return nil, x.refuse(e, e.Construct)
	default:
		return x.temporal(e)
	}
}

// all types each of the expressions.
func (x *exprs) all(list []ast.Expr) ([]plan.Expr, error) {
	typed := make([]plan.Expr, len(list))
	for i, e := range list {
		var err error
		if typed[i], err = x.expr(e); err != nil {
			return nil, err
		}
	}
	return typed, nil
}

// Types that are used everywhere.
var (
	boolean = datatype.Of(datatype.Boolean)
	bigint  = datatype.Of(datatype.Bigint)
	unknown = datatype.Of(datatype.Unknown)
)

func types(list []plan.Expr) []datatype.Type {
	result := make([]datatype.Type, len(list))
	for i, e := range list {
		result[i] = e.Type()
	}
	return result
}
