package duckdb

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
)

// function is a function in Go that a rendered query calls. It travels to the
// worker, which makes it callable there.
type function struct {
	Name     string
	Params   []datatype.Type
	Result   datatype.Type
	Volatile bool
	Body     body
}

// body is what a function computes.
type body interface {
	call(now time.Time) (func(args []any) (any, error), error)
}

// exprBody computes an expression over the columns Inputs.
type exprBody struct {
	Expr   plan.Expr
	Inputs []plan.ID
}

func (b exprBody) call(now time.Time) (func([]any) (any, error), error) {
	p, err := eval.Compile(b.Expr, b.Inputs, now)
	if err != nil {
		return nil, err
	}
	return p.Eval, nil
}

// keyBody computes bytes that are equal when values of type T are the same.
type keyBody struct{ T datatype.Type }

func (b keyBody) call(time.Time) (func([]any) (any, error), error) {
	return func(args []any) (any, error) {
		if args[0] == nil {
			return nil, nil //nolint:nilnil // SQL's NULL
		}
		return []byte(scalar.Key(b.T, args[0])), nil
	}, nil
}

// define makes f callable in db.
func (f function) define(db *native.DB, now time.Time) error {
	call, err := f.Body.call(now)
	if err != nil {
		return fmt.Errorf("function %s: %w", f.Name, err)
	}
	return db.Define(native.Function{Name: f.Name, Params: f.Params, Result: f.Result, Volatile: f.Volatile, Call: call})
}

// register tells gob, which keeps the types of a process, what stands behind the
// interfaces of a job.
var register = sync.OnceFunc(func() {
	for _, v := range []any{
		exprBody{},
		keyBody{},
		orderBody{},
		neighbourBody{},
		reduceBody{},
		sumBody{},
		avgBody{},
		setBody{},
		hashBody{},
		cardinalityBody{},
		setHashBody{},
		sketchBody{},
		&plan.Const{}, &plan.ColumnRef{}, &plan.ParamRef{}, &plan.Call{}, &plan.Cast{}, &plan.Logical{}, &plan.Not{},
		&plan.IsNull{}, &plan.Between{}, &plan.In{}, &plan.Case{}, &plan.Coalesce{}, &plan.NullIf{}, &plan.Try{},
		&plan.Field{}, &plan.RowOf{}, &plan.ArrayOf{}, &plan.Lambda{}, &plan.Now{},
		&plan.JSONPathCall{}, &plan.JSONBuild{},
		plan.TimeValue{},
		plan.TimeTZValue{},
		plan.TimestampValue{},
		plan.TimestampTZValue{},
		new(big.Int),
		[16]byte{},
		scalar.Prefix{},
		[]any{},
		&scalar.Map{},
	} {
		gob.Register(v)
	}
})

func encode(v any) ([]byte, error) {
	register()
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func decode(data []byte, v any) error {
	register()
	return gob.NewDecoder(bytes.NewReader(data)).Decode(v)
}
