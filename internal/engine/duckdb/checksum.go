package duckdb

import (
	"context"
	"encoding/binary"
	"math/big"
	"time"

	"github.com/sillok/sillok/internal/engine/aggregate"
	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// checksum renders checksum: DuckDB adds up what each value gives, of which the last 64
// bits are the answer.
func (r *renderer) checksum(a aggregation) (string, error) {
	t := a.types[0]
	if !aggregate.Hashable(t) {
		return "", sqlerr.Refused(eval.Signature(a.Name, a.types))
	}
	share, err := r.call(function{Params: []datatype.Type{t}, Result: datatype.Of(datatype.Bigint), Body: shareBody{T: t}}, a.args)
	if err != nil {
		return "", err
	}
	sum := datatype.DecimalOf(datatype.MaxDecimalPrecision, 0)
	total, err := typed("sum("+share+")"+a.suffix, sum)
	if err != nil {
		return "", err
	}
	return r.call(function{Params: []datatype.Type{sum}, Result: a.Type, Body: lowBody{}}, []string{total})
}

// shareBody computes what a value adds to a checksum.
type shareBody struct{ T datatype.Type }

func (b shareBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	return func(args []any) (any, error) { return aggregate.Share(b.T, args[0]), nil }, nil
}

// lowBody computes the last 64 bits of a sum, low byte first.
type lowBody struct{}

func (lowBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	mask := new(big.Int).SetUint64(1<<64 - 1)
	return func(args []any) (any, error) {
		sum, ok := args[0].(*big.Int)
		if !ok {
			return nil, nil
		}
		return binary.LittleEndian.AppendUint64(nil, new(big.Int).And(sum, mask).Uint64()), nil
	}, nil
}
