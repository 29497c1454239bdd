package scalar

import (
	"math"
	"math/bits"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// arithmeticFamily returns + - * / % and negation for numbers, intervals and
// the mixes of temporals and intervals.
func arithmeticFamily() map[string]binder {
	return map[string]binder{
		plan.OpAdd: either(integers("addition", '+', addExact), floats(func(a, b float64) float64 { return a + b }),
			bindDecimalSum(1), bindTemporalSum, intervalSum(1)),
		plan.OpSubtract: either(integers("subtraction", '-', subtractExact), floats(func(a, b float64) float64 { return a - b }),
			bindDecimalSum(-1), bindTemporalMinusInterval, bindTemporalDifference, intervalSum(-1)),
		plan.OpMultiply: either(integers("multiplication", '*', multiplyExact), floats(func(a, b float64) float64 { return a * b }),
			bindDecimalProduct, bindIntervalProduct),
		plan.OpDivide:  either(bindIntegerDivision, floats(func(a, b float64) float64 { return a / b }), bindDecimalQuotient, bindIntervalQuotient),
		plan.OpModulus: modulus(),
		plan.OpNegate:  bindNegate,
	}
}

// modulus returns the binder of %, which mod shares but for integers.
func modulus() binder { return either(bindIntegerModulus, floats(math.Mod), bindDecimalModulus) }

func addExact(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) == (b > 0)
}

func subtractExact(a, b int64) (int64, bool) {
	c := a - b
	return c, (c < a) == (b > 0)
}

func multiplyExact(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	negative := (a < 0) != (b < 0)
	if high != 0 || low > 1<<63 || low == 1<<63 && !negative {
		return 0, false
	}
	if negative {
		return int64(-low), true //nolint:gosec // in range by the test above
	}
	return int64(low), true //nolint:gosec // in range by the test above
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a) //nolint:gosec // two's complement is meant
	}
	return uint64(a)
}

// fits reports whether n is a value of an integer type.
func fits(k datatype.Kind, n int64) bool {
	return n == cut(k, n)
}

// operand returns what + - * and negation compute with of n, which may be larger than its
// type as long as it is not written: of an integer Trino takes the lower 32 bits.
func operand(k datatype.Kind, n int64) int64 {
	if k == datatype.Integer {
		return cut(k, n)
	}
	return n
}

// cut returns the lower bits of n that the type has.
func cut(k datatype.Kind, n int64) int64 {
	switch k {
	case datatype.Tinyint:
		return int64(int8(n)) //nolint:gosec // the lower bits are meant
	case datatype.Smallint:
		return int64(int16(n)) //nolint:gosec // the lower bits are meant
	case datatype.Integer:
		return int64(int32(n)) //nolint:gosec // the lower bits are meant
	default:
		return n
	}
}

// integerPair returns the type of both parameters, if it is an integer type.
func integerPair(params []datatype.Type) (datatype.Type, bool) {
	if len(params) != 2 || !params[0].IsInteger() || params[0].Kind != params[1].Kind {
		return datatype.Type{}, false
	}
	return params[0], true
}

// integers binds an operation on two integers of one type that may overflow.
func integers(noun string, symbol rune, exact func(a, b int64) (int64, bool)) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		t, ok := integerPair(params)
		if !ok {
			return none()
		}
		return pure(func(args []any) (any, error) {
			a, b := value.As[int64](args[0]), value.As[int64](args[1])
			c, ok := exact(operand(t.Kind, a), operand(t.Kind, b))
			if !ok || !fits(t.Kind, c) {
				return nil, sqlerr.Range("%s %s overflow: %d %c %d", t, noun, a, symbol, b)
			}
			return c, nil
		})
	}
}

func bindIntegerDivision(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if _, ok := integerPair(params); !ok {
		return none()
	}
	return pure(func(args []any) (any, error) {
		a, b := value.As[int64](args[0]), value.As[int64](args[1])
		if b == 0 {
			return nil, errDivision()
		}
		if b == -1 && a == math.MinInt64 {
			return nil, sqlerr.Range("bigint division overflow: %d / %d", a, b)
		}
		return a / b, nil // which may be too large for the type, as long as it is not written
	})
}

// bindMod is mod of integers, which fails like Java's own operator where % fails as SQL's.
func bindMod(params []datatype.Type, result datatype.Type) (Function, bool) {
	f, ok := bindIntegerModulus(params, result)
	if !ok {
		return none()
	}
	return pure(func(args []any) (any, error) {
		if value.As[int64](args[1]) == 0 {
			return nil, errInternal("/ by zero")
		}
		return f.Call(nil, args)
	})
}

func bindIntegerModulus(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if _, ok := integerPair(params); !ok {
		return none()
	}
	return pure(func(args []any) (any, error) {
		a, b := value.As[int64](args[0]), value.As[int64](args[1])
		switch b {
		case 0:
			return nil, errDivision()
		case -1:
			return int64(0), nil
		default:
			return a % b, nil
		}
	})
}

// floats binds an operation on two doubles or two reals. A real's result is
// that of the doubles, rounded: for these operations that is exact.
func floats(f func(a, b float64) float64) binder {
	return either(
		on(func(args []any) (any, error) { return f(value.As[float64](args[0]), value.As[float64](args[1])), nil },
			datatype.Double, datatype.Double),
		on(func(args []any) (any, error) {
			return float32(f(float64(value.As[float32](args[0])), float64(value.As[float32](args[1])))), nil
		}, datatype.Real, datatype.Real),
	)
}

func bindNegate(params []datatype.Type, result datatype.Type) (Function, bool) {
	if len(params) != 1 {
		return none()
	}
	switch t := params[0]; {
	case t.IsInteger():
		return pure(func(args []any) (any, error) {
			given := value.As[int64](args[0])
			n := operand(t.Kind, given)
			if n == math.MinInt64 || !fits(t.Kind, -n) {
				return nil, sqlerr.Range("%s negation overflow: %d", t, given)
			}
			return -n, nil
		})
	case t.Kind == datatype.Double:
		return pure(func(args []any) (any, error) { return -value.As[float64](args[0]), nil })
	case t.Kind == datatype.Real:
		return pure(func(args []any) (any, error) { return -value.As[float32](args[0]), nil })
	case t.Kind == datatype.Decimal:
		return bindDecimalNegate(params, result)
	case t.IsInterval():
		return pure(func(args []any) (any, error) { return -value.As[int64](args[0]), nil })
	default:
		return none()
	}
}
