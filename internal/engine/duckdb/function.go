package duckdb

import (
	"context"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// function is a function in Go that a rendered query calls.
type function struct {
	Name     string
	Params   []datatype.Type
	Result   datatype.Type
	Volatile bool
	Body     body
}

// body is what a function computes.
type body interface {
	call(ctx context.Context, now time.Time) (func(args []any) (any, error), error)
}

// exprBody computes an expression over the columns Inputs.
type exprBody struct {
	Expr   plan.Expr
	Inputs []plan.ID
}

func (b exprBody) call(ctx context.Context, now time.Time) (func([]any) (any, error), error) {
	p, err := eval.Compile(b.Expr, b.Inputs, now)
	if err != nil {
		return nil, err
	}
	if t := b.Expr.Type(); hasKind(t, isCountedInFewBits) {
		return func(args []any) (any, error) {
			v, err := p.Eval(ctx, args)
			if err == nil {
				err = scalar.Beyond(t, v)
			}
			return v, err
		}, nil
	}
	return func(args []any) (any, error) { return p.Eval(ctx, args) }, nil
}

// keyBody computes bytes that are equal when values of type T are the same.
type keyBody struct{ T datatype.Type }

func (b keyBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	return func(args []any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		return []byte(scalar.Key(b.T, args[0])), nil
	}, nil
}

// define makes f callable in db. What it computes ends with ctx.
func (f function) define(ctx context.Context, db *native.DB, now time.Time) error {
	call, err := f.Body.call(ctx, now)
	if err != nil {
		return fmt.Errorf("function %s: %w", f.Name, err)
	}
	return db.Define(native.Function{Name: f.Name, Params: f.Params, Result: f.Result, Volatile: f.Volatile, Call: call})
}
