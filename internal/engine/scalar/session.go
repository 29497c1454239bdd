package scalar

import (
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// trinoVersion is the version of Trino whose answers Sillok is held against.
const trinoVersion = "476"

// sessionFamily returns the functions of who asks whom, and what has no other family.
func sessionFamily() map[string]binder {
	return map[string]binder{
		"version": constantly(trinoVersion),
		// Nobody is in a group.
		"current_groups": constantly([]any{}),
		"features": func([]datatype.Type, datatype.Type) (Function, bool) {
			return pure(func(args []any) (any, error) {
				m := &value.Map{Keys: make([]any, len(args)), Values: args}
				for i := range args {
					m.Keys[i] = int64(i)
				}
				return m, nil
			})
		},
	}
}

func constantly(v any) binder {
	return func([]datatype.Type, datatype.Type) (Function, bool) {
		return pure(func([]any) (any, error) { return v, nil })
	}
}
