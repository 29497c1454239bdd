package duckdb

import (
	"context"
	"fmt"
	"time"

	"github.com/sillok/sillok/internal/engine/duckdb/native"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// groupKey returns an expression that is the same for two values of t exactly
// when Trino puts them into one group. same means that it is the value itself.
func (r *renderer) groupKey(sql string, t datatype.Type) (key string, same bool, err error) {
	switch {
	case groupsAlike(t):
		return sql, true, nil
	case t.Kind == datatype.TimestampTZ:
		return instantOf(t, sql), false, nil
	default:
		key, err := r.call(function{Params: []datatype.Type{t}, Result: datatype.Of(datatype.Varbinary), Body: keyBody{T: t}}, []string{sql})
		return key, false, err
	}
}

// groupsAlike reports whether DuckDB groups values of t as Trino does.
func groupsAlike(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Array, datatype.Row:
		for _, elem := range t.Elems {
			if !groupsAlike(elem) {
				return false
			}
		}
		return true
	case datatype.TimestampTZ:
		return false
	case datatype.Unknown, datatype.JSON:
		return true
	default:
		return sameEquality(t)
	}
}

// sortKey returns an expression that orders like values of t do in Trino.
func (r *renderer) sortKey(sql string, t datatype.Type) (string, error) {
	switch {
	case t.Kind == datatype.Char:
		return fmt.Sprintf("rpad(%s, %d, ' ')", sql, t.Length), nil
	case t.Kind == datatype.TimeTZ:
		return fmt.Sprintf("((struct_extract(%[1]s, 't') - struct_extract(%[1]s, 'z') * %[2]d) %% %[3]d + %[3]d) %% %[3]d",
			sql, int64(time.Minute)*1000, int64(24*time.Hour)*1000), nil
	case sameOrder(t), t.Kind == datatype.Unknown, t.Kind == datatype.UUID, t.Kind == datatype.IPPrefix:
		return instantOf(t, sql), nil
	case ordersAlike(t):
		return r.call(function{Params: []datatype.Type{t}, Result: t, Body: orderBody{T: t}}, []string{sql})
	default:
		return "", sqlerr.Refused("ordering by " + t.String())
	}
}

// ordersAlike reports whether DuckDB orders values of t, which hold no NULL, as
// Trino does.
func ordersAlike(t datatype.Type) bool {
	if t.Kind != datatype.Array && t.Kind != datatype.Row {
		return sameOrder(t) && t.Kind != datatype.TimestampTZ
	}
	for _, elem := range t.Elems {
		if !ordersAlike(elem) {
			return false
		}
	}
	return true
}

// orderBody passes on a value that can be ordered and fails on one that cannot:
// arrays and rows with NULL inside.
type orderBody struct{ T datatype.Type }

func (b orderBody) call(context.Context, time.Time) (func([]any) (any, error), error) {
	return func(args []any) (any, error) { return args[0], orderable(b.T, args[0]) }, nil
}

func orderable(t datatype.Type, v any) error {
	items, ok := v.([]any)
	if !ok {
		return nil
	}
	for i, item := range items {
		elem := t.Elems[0]
		if t.Kind == datatype.Row {
			elem = t.Elems[i]
		}
		if item == nil {
			kind := map[datatype.Kind]string{
				datatype.Array: "ARRAY comparison not supported for arrays with null elements",
				datatype.Row:   "ROW comparison not supported for fields with null elements",
			}
			return sqlerr.New(sqlerr.NotSupported, "%s", kind[t.Kind])
		}
		if err := orderable(elem, item); err != nil {
			return err
		}
	}
	return nil
}

func errDivision() error { return sqlerr.New(sqlerr.DivisionByZero, "Division by zero") }

// nullOf returns NULL as a value of type t.
func nullOf(t datatype.Type) (string, error) {
	typeSQL, err := native.TypeSQL(t)
	return "CAST(NULL AS " + typeSQL + ")", err
}
