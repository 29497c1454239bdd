package scalar

import (
	"math"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// Intervals of years to months may be too large for the 32 bits in which Trino keeps them,
// until they are written; those of days to seconds wrap around in 64.

// intervalSum binds interval ± interval of one kind.
func intervalSum(sign int64) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 2 || !params[0].IsInterval() || params[0].Kind != params[1].Kind {
			return none()
		}
		return pure(func(args []any) (any, error) { return value.As[int64](args[0]) + sign*value.As[int64](args[1]), nil })
	}
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
	switch params[n].Kind {
	case datatype.Bigint:
		return pure(func(args []any) (any, error) { return value.As[int64](args[i]) * value.As[int64](args[n]), nil })
	case datatype.Double:
		return pure(func(args []any) (any, error) {
			factor := value.As[float64](args[n])
			if math.IsNaN(factor) {
				return nil, sqlerr.Argument("Cannot multiply by double NaN")
			}
			return saturate(float64(value.As[int64](args[i])) * factor), nil
		})
	default:
		return none()
	}
}

func bindIntervalQuotient(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 || !params[0].IsInterval() || params[1].Kind != datatype.Double {
		return none()
	}
	return pure(func(args []any) (any, error) {
		divisor := value.As[float64](args[1])
		if math.IsNaN(divisor) || divisor == 0 {
			return nil, sqlerr.Argument("Cannot divide by double %s", value.DoubleText(divisor))
		}
		return saturate(float64(value.As[int64](args[0])) / divisor), nil
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
