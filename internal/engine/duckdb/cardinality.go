package duckdb

import (
	"context"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/engine/aggregate"
	"github.com/sillok/sillok/internal/engine/eval"
	"github.com/sillok/sillok/internal/engine/hll"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// approxDistinct renders approx_distinct: DuckDB counts and gathers what the
// hashes of the values tell, a function in Go estimates from it.
func (r *renderer) approxDistinct(ctx context.Context, a aggregation) (string, error) {
	t := a.types[0]
	if t.Kind == datatype.Boolean || t.Kind == datatype.Unknown {
		return "count(DISTINCT " + a.args[0] + ")" + a.suffix, nil
	}
	if !aggregate.Hashable(t) {
		return "", sqlerr.Refused(eval.Signature(a.Name, a.types))
	}
	body := hashBody{T: t, Error: aggregate.DefaultError}
	if len(a.args) == 2 {
		v, err := constantOf(ctx, a.Args[1], r.now)
		if err != nil {
			return "", err
		}
		if v == nil { // no row counts
			return "count(NULL)" + a.suffix, nil
		}
		var ok bool
		if body.Error, ok = v.(float64); !ok {
			return "", fmt.Errorf("a standard error is a %T", v)
		}
	}
	value := a.args[0]
	bits, err := aggregate.BucketBits(body.Error)
	if err != nil { // for the first value that counts, not without any
		bits = hll.MinBits
		if a.filter != "" {
			value = "CASE WHEN " + a.filter + " THEN " + value + " END"
		}
	}
	bigint := datatype.Of(datatype.Bigint)
	trace, err := r.call(function{Params: []datatype.Type{t}, Result: bigint, Body: body}, []string{value})
	if err != nil {
		return "", err
	}
	prefixes := fmt.Sprintf("count(DISTINCT (%s >> %d))", trace, hll.PrefixShift)
	return r.call(function{
		Params: []datatype.Type{bigint, datatype.ArrayOf(bigint)}, Result: bigint, Body: cardinalityBody{Bits: bits},
	}, []string{prefixes + a.suffix, marks(trace, bits) + a.suffix})
}

// marks renders the list of the distinct marks of traces.
func marks(trace string, bits int) string {
	return fmt.Sprintf("list(DISTINCT (((%[1]s >> %[2]d) << %[3]d) | (%[1]s & %[4]d)))", trace, hll.BucketShift(bits), hll.RunBits, hll.RunMask)
}

// approxSet renders approx_set in the same way.
func (r *renderer) approxSet(a aggregation) (string, error) {
	bigint := datatype.Of(datatype.Bigint)
	trace, err := r.call(function{Params: a.types, Result: bigint, Body: setHashBody{T: a.types[0]}}, a.args)
	if err != nil {
		return "", err
	}
	entries := fmt.Sprintf("min(DISTINCT (%s >> %d), %d)", trace, hll.EntryShift, hll.EntriesKept(hll.SetBits))
	return r.call(function{
		Params: []datatype.Type{datatype.ArrayOf(bigint), datatype.ArrayOf(bigint)}, Result: a.Type, Body: sketchBody{},
	}, []string{entries + a.suffix, marks(trace, hll.SetBits) + a.suffix})
}

// hashBody computes what is kept of a value's hash for a standard error. It fails
// when that is out of range.
type hashBody struct {
	T     datatype.Type
	Error float64
}

func (b hashBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	bits, failure := aggregate.BucketBits(b.Error)
	return func(args []any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		if failure != nil {
			return nil, failure
		}
		return hll.Trace(aggregate.Hash(b.T, args[0]), bits), nil
	}, nil
}

// setHashBody computes what approx_set keeps of a value's hash.
type setHashBody struct{ T datatype.Type }

func (b setHashBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	hash, ok := aggregate.SetHash(b.T)
	if !ok {
		return nil, sqlerr.Refused(eval.Signature("approx_set", []datatype.Type{b.T}))
	}
	return func(args []any) (any, error) {
		if args[0] == nil {
			return nil, nil
		}
		h, err := hash(args[0])
		return hll.Trace(h, hll.SetBits), err
	}, nil
}

// cardinalityBody estimates a number of distinct values.
type cardinalityBody struct{ Bits int }

func (b cardinalityBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	return func(args []any) (any, error) {
		prefixes, ok := args[0].(int64)
		if !ok {
			return nil, fmt.Errorf("a count is a %T", args[0])
		}
		return hll.Cardinality(prefixes, longs(args[1]), b.Bits), nil
	}, nil
}

// sketchBody makes the sketch of what was gathered of at least one value.
type sketchBody struct{}

func (sketchBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	return func(args []any) (any, error) {
		entries := longs(args[0])
		if len(entries) == 0 {
			return nil, nil
		}
		return hll.Gathered(entries, longs(args[1]), hll.SetBits).Bytes(), nil
	}, nil
}

// longs returns the numbers of a list, without NULL.
func longs(list any) []int64 {
	items, _ := list.([]any)
	numbers := make([]int64, 0, len(items))
	for _, item := range items {
		if n, ok := item.(int64); ok {
			numbers = append(numbers, n)
		}
	}
	return numbers
}
