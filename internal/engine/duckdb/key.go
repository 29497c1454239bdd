package duckdb

import (
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

// errInside is what Trino fails at inside, by no fault of the statement.
func errInside(format string, args ...any) error {
	return sqlerr.New("GENERIC_INTERNAL_ERROR", format, args...)
}

func errDivision() error { return sqlerr.New(sqlerr.DivisionByZero, "Division by zero") }

// nullOf returns NULL as a value of type t.
func nullOf(t datatype.Type) (string, error) {
	typeSQL, err := native.TypeSQL(t)
	return "CAST(NULL AS " + typeSQL + ")", err
}
