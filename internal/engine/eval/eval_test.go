package eval_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

var (
	integer = datatype.Of(datatype.Integer)
	boolean = datatype.Of(datatype.Boolean)
)

func number(n int64) plan.Expr    { return &plan.Const{Value: n, T: integer} }
func truth(v any) plan.Expr       { return &plan.Const{Value: v, T: boolean} }
func column(id plan.ID) plan.Expr { return &plan.ColumnRef{ID: id, T: integer} }
func divide(a, b plan.Expr) plan.Expr {
	return &plan.Call{Name: plan.OpDivide, Args: []plan.Expr{a, b}, T: integer}
}

func equal(a, b plan.Expr) plan.Expr {
	return &plan.Call{Name: plan.OpEqual, Args: []plan.Expr{a, b}, T: boolean}
}

func TestEval(t *testing.T) {
	fails := equal(divide(number(1), number(0)), number(1))
	for _, tt := range []struct {
		name string
		e    plan.Expr
		x    any // column 1
		want any
	}{
		{name: "column", e: column(1), x: int64(7), want: int64(7)},
		{name: "null argument", e: divide(column(1), number(2)), want: nil},
		{name: "and stops at false", e: &plan.Logical{And: true, Terms: []plan.Expr{truth(false), fails}}, want: false},
		{name: "or stops at true", e: &plan.Logical{Terms: []plan.Expr{truth(true), fails}}, want: true},
		{name: "null and false", e: &plan.Logical{And: true, Terms: []plan.Expr{truth(nil), truth(false)}}, want: false},
		{name: "null and true", e: &plan.Logical{And: true, Terms: []plan.Expr{truth(nil), truth(true)}}, want: nil},
		{name: "not null", e: &plan.Not{X: truth(nil)}, want: nil},
		{name: "is null", e: &plan.IsNull{X: column(1)}, want: true},
		{name: "in with null", e: &plan.In{X: column(1), Items: []plan.Expr{number(1), &plan.Const{T: integer}}}, x: int64(2), want: nil},
		{name: "in", e: &plan.In{X: column(1), Items: []plan.Expr{&plan.Const{T: integer}, number(2)}}, x: int64(2), want: true},
		{name: "in does not ask further", e: &plan.In{X: column(1), Items: []plan.Expr{number(2), divide(number(1), number(0))}}, x: int64(2), want: true},
		{
			name: "case is lazy", x: int64(0), want: int64(-1),
			e: &plan.Case{Whens: []plan.When{{Condition: equal(column(1), number(0)), Result: number(-1)}}, Else: divide(number(1), column(1)), T: integer},
		},
		{name: "coalesce is lazy", e: &plan.Coalesce{Items: []plan.Expr{number(3), divide(number(1), number(0))}}, want: int64(3)},
		{name: "nullif", e: &plan.NullIf{X: column(1), Param: plan.Column{ID: 8, Type: integer}, Compare: equal(&plan.ParamRef{ID: 8, T: integer}, number(4))}, x: int64(4), want: nil},
		{name: "try", e: &plan.Try{X: divide(number(1), column(1))}, x: int64(0), want: nil},
		{name: "between", e: &plan.Between{X: column(1), Low: number(1), High: number(3)}, x: int64(3), want: true},
		{name: "now", e: &plan.Now{T: datatype.Temporal(datatype.Timestamp, 3)}, want: value.Timestamp{Micros: 1_123_000}},
		{name: "field", e: &plan.Field{X: &plan.RowOf{Items: []plan.Expr{number(1), column(1)}}, Index: 1, T: integer}, x: int64(5), want: int64(5)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := eval.Compile(tt.e, []plan.ID{1}, time.Unix(1, 123_456_789))
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Eval(t.Context(), []any{tt.x})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLambdaSeesTheColumnsAround(t *testing.T) {
	list := datatype.ArrayOf(integer)
	param := plan.Column{ID: 9, Type: integer}
	lambda := &plan.Lambda{
		Params: []plan.Column{param}, T: datatype.FunctionOf([]datatype.Type{integer}, integer),
		Body: &plan.Call{Name: plan.OpAdd, Args: []plan.Expr{&plan.ParamRef{ID: 9, T: integer}, column(1)}, T: integer},
	}
	e := &plan.Call{Name: "transform", T: list, Args: []plan.Expr{
		&plan.ArrayOf{Items: []plan.Expr{number(1), number(2)}, T: list}, lambda,
	}}
	p, err := eval.Compile(e, []plan.ID{1}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Eval(t.Context(), []any{int64(10)})
	if diff := cmp.Diff([]any{int64(11), int64(12)}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestRefusals(t *testing.T) {
	for name, e := range map[string]plan.Expr{
		"unknown function": &plan.Call{Name: "no_such_function", T: integer},
		"subquery":         &plan.Exists{Query: &plan.Values{}},
	} {
		_, err := eval.Compile(e, nil, time.Time{})
		failed, ok := errors.AsType[*sqlerr.Error](err)
		if !ok || failed.Name != sqlerr.Unsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
}
