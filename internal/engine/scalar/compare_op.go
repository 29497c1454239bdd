package scalar

import (
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// comparisonFamily returns the comparison operators, greatest, least, typeof and
// the subscript operator.
func comparisonFamily() map[string]binder {
	return map[string]binder{
		plan.OpEqual:     equality(true),
		plan.OpNotEqual:  equality(false),
		plan.OpLess:      ordering(func(t datatype.Type, a, b any) (bool, error) { return Less(t, a, b) }),
		plan.OpGreater:   ordering(func(t datatype.Type, a, b any) (bool, error) { return Less(t, b, a) }),
		plan.OpLessEqual: ordering(lessOrEqual),
		plan.OpGreaterEq: ordering(func(t datatype.Type, a, b any) (bool, error) { return lessOrEqual(t, b, a) }),
		plan.OpDistinct:  bindDistinct,
		plan.OpSubscript: bindSubscript,
		"greatest":       extreme(1),
		"least":          extreme(-1),
		"typeof":         bindTypeOf,
	}
}

func samePair(params []datatype.Type) bool { return len(params) == 2 && params[0].Equal(params[1]) }

func equality(want bool) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if !samePair(params) || !Comparable(params[0]) {
			return none()
		}
		t := params[0]
		return pure(func(args []any) (any, error) {
			equal, known := Equal(t, args[0], args[1])
			if !known {
				return nil, nil
			}
			return equal == want, nil
		})
	}
}

func ordering(holds func(t datatype.Type, a, b any) (bool, error)) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if !samePair(params) || !Orderable(params[0]) {
			return none()
		}
		t := params[0]
		return pure(func(args []any) (any, error) { return holds(t, args[0], args[1]) })
	}
}

func lessOrEqual(t datatype.Type, a, b any) (bool, error) {
	switch t.Kind {
	case datatype.Real:
		return value.As[float32](a) <= value.As[float32](b), nil
	case datatype.Double:
		return value.As[float64](a) <= value.As[float64](b), nil
	default:
		c, err := Compare(t, a, b)
		return c <= 0, err
	}
}

func bindDistinct(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !samePair(params) || !Comparable(params[0]) {
		return none()
	}
	t := params[0]
	return seesNull(plain(func(args []any) (any, error) { return IsDistinct(t, args[0], args[1]), nil }).uncounted())
}

// bindTypeOf binds typeof, which looks at the type alone.
func bindTypeOf(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 1 {
		return none()
	}
	spelling := params[0].String()
	return seesNull(plain(func([]any) (any, error) { return spelling, nil }).uncounted())
}

// extreme binds greatest (1) or least (-1), in which NaN loses to every number. All
// arguments are computed, also behind one that is NULL: it sees NULL.
func extreme(sign int) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) == 0 || !Orderable(params[0]) {
			return none()
		}
		t := params[0]
		for _, p := range params {
			if !p.Equal(t) {
				return none()
			}
		}
		return seesNull(func(_ *work.Work, args []any) (any, error) {
			best := args[0]
			for i, arg := range args {
				if arg == nil {
					return nil, nil // those before it were compared
				}
				if i == 0 {
					continue
				}
				c, err := CompareExtreme(t, arg, best, sign)
				if err != nil {
					return nil, err
				}
				if c*sign > 0 {
					best = arg
				}
			}
			return best, nil
		})
	}
}

func bindSubscript(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 {
		return none()
	}
	switch t := params[0]; {
	case t.Kind == datatype.Array && params[1].IsInteger():
		return pure(func(args []any) (any, error) {
			return arraySubscript(value.As[[]any](args[0]), value.As[int64](args[1]))
		})
	case t.Kind == datatype.Map && t.Elems[0].Equal(params[1]):
		return pure(func(args []any) (any, error) { return mapSubscript(t, value.As[*value.Map](args[0]), args[1]) })
	default:
		return none()
	}
}

func arraySubscript(a []any, i int64) (any, error) {
	switch {
	case i == 0:
		return nil, sqlerr.Argument("SQL array indices start at 1")
	case i < 0:
		return nil, sqlerr.Argument("Array subscript is negative: %d", i)
	case i > int64(len(a)):
		return nil, sqlerr.Argument("Array subscript must be less than or equal to array length: %d > %d", i, len(a))
	default:
		return a[i-1], nil
	}
}

func mapSubscript(t datatype.Type, m *value.Map, key any) (any, error) {
	at, err := findKey(t.Elems[0], m, key)
	if err != nil {
		return nil, err
	}
	if at >= 0 {
		return m.Values[at], nil
	}
	if _, ok := Cast(t.Elems[0], datatype.Text()); ok {
		return nil, sqlerr.Argument("Key not present in map: %s", value.Text(t.Elems[0], key))
	}
	return nil, sqlerr.Argument("Key not present in map")
}
