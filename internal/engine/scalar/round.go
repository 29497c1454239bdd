package scalar

import (
	"math"
	"math/big"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// onNumber binds the form of a rounding for the kind of its one argument. An
// integer stays as it is.
func onNumber(double func(f float64) float64, decimal func(d *big.Int, scale int) *big.Int) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 1 {
			return none()
		}
		switch t := params[0]; {
		case t.IsInteger():
			return pure(func(args []any) (any, error) { return args[0], nil })
		case t.Kind == datatype.Double:
			return pure(func(args []any) (any, error) { return double(value.As[float64](args[0])), nil })
		case t.Kind == datatype.Real:
			return pure(func(args []any) (any, error) { return float32(double(float64(value.As[float32](args[0])))), nil })
		case t.Kind == datatype.Decimal:
			return pure(func(args []any) (any, error) { return decimal(value.As[*big.Int](args[0]), t.Scale), nil })
		default:
			return none()
		}
	}
}

func ceiling() binder {
	return onNumber(math.Ceil, func(d *big.Int, scale int) *big.Int {
		quotient, rest := new(big.Int).DivMod(d, value.PowerOfTen(scale), new(big.Int))
		return quotient.Add(quotient, big.NewInt(int64(rest.Sign())))
	})
}

func floor() binder {
	return onNumber(math.Floor, func(d *big.Int, scale int) *big.Int { return new(big.Int).Div(d, value.PowerOfTen(scale)) })
}

// bindRound binds round(x).
func bindRound(params []datatype.Type, result datatype.Type) (Function, bool) {
	return onNumber(func(f float64) float64 {
		if f == 0 {
			return 0 // and not -0
		}
		return roundDouble(f, 0)
	},
		func(d *big.Int, scale int) *big.Int { return value.Rescale(d, -scale) })(params, result)
}

// bindTruncate binds truncate(x).
func bindTruncate(params []datatype.Type, result datatype.Type) (Function, bool) {
	if len(params) == 1 && params[0].IsInteger() {
		return none()
	}
	return onNumber(math.Trunc, value.TruncateScale)(params, result)
}

// roundDouble rounds to digits after the point, half away from zero, by scaling,
// as Trino does.
func roundDouble(f float64, digits int64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || f == 0 {
		return f
	}
	factor := powerOfTen(digits)
	scaled := math.Abs(f) * factor
	if math.IsInf(scaled, 0) {
		return f
	}
	if scaled < math.MaxInt64 {
		scaled = float64(javaRound(scaled))
	}
	return math.Copysign(1, f) * (scaled / factor)
}

func powerOfTen(digits int64) float64 {
	switch {
	case digits > 308:
		return math.Inf(1)
	case digits < -323:
		return 0
	default:
		return math.Pow10(int(digits))
	}
}

// bindRoundDigits binds round(x, digits).
func bindRoundDigits(params []datatype.Type, result datatype.Type) (Function, bool) {
	if len(params) != 2 || !params[1].IsInteger() {
		return none()
	}
	switch t := params[0]; {
	case t.IsInteger():
		return pure(func(args []any) (any, error) {
			return roundInteger(t, value.As[int64](args[0]), value.As[int64](args[1]))
		})
	case t.Kind == datatype.Double:
		return pure(func(args []any) (any, error) {
			return roundDouble(value.As[float64](args[0]), value.As[int64](args[1])), nil
		})
	case t.Kind == datatype.Real:
		return pure(func(args []any) (any, error) {
			return float32(roundDouble(float64(value.As[float32](args[0])), value.As[int64](args[1]))), nil
		})
	case t.Kind == datatype.Decimal:
		return pure(func(args []any) (any, error) {
			return roundDecimal(value.As[*big.Int](args[0]), t, result, value.As[int64](args[1]))
		})
	default:
		return none()
	}
}

// maxLongPower is the greatest power of ten in 64 bits.
const maxLongPower = 18

func roundInteger(t datatype.Type, n, digits int64) (any, error) {
	if digits >= 0 {
		return n, nil
	}
	if digits < -maxLongPower {
		return nil, sqlerr.Range("numerical overflow: %d", n)
	}
	factor := value.Pow10(int(-digits))
	quotient, rest := n/factor, n%factor
	switch {
	case rest >= factor-factor/2:
		quotient++
	case rest <= factor/2-factor:
		quotient--
	}
	rounded, ok := multiplyExact(quotient, factor)
	if !ok {
		return nil, sqlerr.Range("numerical overflow: %d", n)
	}
	if !fits(t.Kind, rounded) {
		return nil, sqlerr.Range("Out of range for %s: %d", t, rounded)
	}
	return rounded, nil
}

func roundDecimal(d *big.Int, t, result datatype.Type, digits int64) (any, error) {
	if digits >= int64(t.Scale) {
		return d, nil
	}
	if drop := int64(t.Scale) - digits; drop <= int64(t.Precision) {
		rounded := value.Rescale(value.Rescale(d, -int(drop)), int(drop))
		if !value.DecimalFits(rounded, result.Precision) {
			return nil, sqlerr.Range("decimal overflow: %s", d)
		}
		return rounded, nil
	}
	return new(big.Int), nil
}

// bindTruncateDigits binds truncate(decimal, digits).
func bindTruncateDigits(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 || params[0].Kind != datatype.Decimal || !params[1].IsInteger() {
		return none()
	}
	t := params[0]
	return pure(func(args []any) (any, error) {
		d, digits := value.As[*big.Int](args[0]), value.As[int64](args[1])
		drop := int64(t.Scale) - digits
		switch {
		case drop <= 0:
			return d, nil
		case drop > int64(t.Precision):
			return new(big.Int), nil
		default:
			return new(big.Int).Mul(value.TruncateScale(d, int(drop)), value.PowerOfTen(int(drop))), nil
		}
	})
}
