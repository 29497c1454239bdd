package scalar

import (
	"github.com/sillok/sillok/internal/engine/hll"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// A HyperLogLog is the bytes in which Trino stores it; a P4HyperLogLog is one that
// has buckets.

func sketchFamily() map[string]binder {
	return map[string]binder{
		"cardinality": func(params []datatype.Type, _ datatype.Type) (Function, bool) {
			if len(params) != 1 || params[0].Name != datatype.HyperLogLog {
				return none()
			}
			return converts(func(b []byte) (any, error) {
				s, err := hll.Parse(b)
				if err != nil {
					return nil, err
				}
				return s.Cardinality(), nil
			})
		},
		"empty_approx_set": func([]datatype.Type, datatype.Type) (Function, bool) {
			return pure(func([]any) (any, error) { return hll.New(hll.SetBits).Bytes(), nil })
		},
	}
}

// castSet casts between the kinds of HyperLogLog and varbinary.
func castSet(from, to datatype.Type) (Function, bool) {
	if from.Name == datatype.HyperLogLog && to.Name == datatype.P4HyperLogLog {
		return converts(func(b []byte) (any, error) {
			s, err := hll.Parse(b)
			if err != nil {
				return nil, err
			}
			return s.Dense().Bytes(), nil
		})
	}
	for _, t := range []datatype.Type{from, to} {
		if !t.IsHyperLogLog() && t.Kind != datatype.Varbinary {
			return none()
		}
	}
	return pure(func(args []any) (any, error) { return args[0], nil })
}
