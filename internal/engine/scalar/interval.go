package scalar

import (
	"math"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// intervalSum binds interval ± interval of one kind.
func intervalSum(sign int64) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 2 || !params[0].IsInterval() || params[0].Kind != params[1].Kind {
			return none()
		}
		t := params[0]
		return pure(func(args []any) (any, error) {
			return interval(t, value.As[int64](args[0])+sign*value.As[int64](args[1]))
		})
	}
}

// interval returns n as an interval of type t. Trino's years to months are of 32
// bits; its days to seconds wrap around in 64.
func interval(t datatype.Type, n int64) (any, error) {
	if t.Kind == datatype.IntervalYearToMonth && !fits(datatype.Integer, n) {
		return nil, errInternal("integer overflow")
	}
	return n, nil
}

// bindIntervalProduct binds interval * number and number * interval.
func bindIntervalProduct(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 {
		return none()
	}
	i, n := 0, 1
	if params[1].IsInterval() {
		i, n = 1, 0
	}
	if !params[i].IsInterval() {
		return none()
	}
	t := params[i]
	switch params[n].Kind {
	case datatype.Bigint:
		return pure(func(args []any) (any, error) { return interval(t, value.As[int64](args[i])*value.As[int64](args[n])) })
	case datatype.Double:
		return pure(func(args []any) (any, error) {
			factor := value.As[float64](args[n])
			if math.IsNaN(factor) {
				return nil, sqlerr.Argument("Cannot multiply by double NaN")
			}
			return interval(t, saturate(float64(value.As[int64](args[i]))*factor))
		})
	default:
		return none()
	}
}

func bindIntervalQuotient(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 || !params[0].IsInterval() || params[1].Kind != datatype.Double {
		return none()
	}
	t := params[0]
	return pure(func(args []any) (any, error) {
		divisor := value.As[float64](args[1])
		if math.IsNaN(divisor) || divisor == 0 {
			return nil, sqlerr.Argument("Cannot divide by double %s", value.DoubleText(divisor))
		}
		return interval(t, saturate(float64(value.As[int64](args[0]))/divisor))
	})
}

// saturate converts as Java casts to long: toward zero, NaN to 0, and what is
// beyond the range to its ends.
func saturate(f float64) int64 {
	switch {
	case math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	default:
		return int64(f)
	}
}

// javaRound is Java's Math.round: half up, toward positive infinity.
func javaRound(f float64) int64 {
	floor := math.Floor(f)
	if f-floor >= 0.5 {
		floor++
	}
	return saturate(floor)
}
