package scalar

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func castToDecimal(from, to datatype.Type) (Function, bool) {
	switch {
	case from.Kind == datatype.Boolean:
		// Trino does not look whether 1 fits.
		return converts(func(b bool) (any, error) { return value.Rescale(big.NewInt(int64(ordinal(b))), to.Scale), nil })
	case from.IsInteger():
		return converts(func(n int64) (any, error) {
			d := value.Rescale(big.NewInt(n), to.Scale)
			if !value.DecimalFits(d, to.Precision) {
				return nil, sqlerr.Cast("Cannot cast %s '%d' to DECIMAL(%d, %d)", strings.ToUpper(from.String()), n, to.Precision, to.Scale)
			}
			return d, nil
		})
	case from.Kind == datatype.Real:
		return converts(func(f float32) (any, error) { return floatToDecimal("REAL", value.RealText(f), float64(f), to) })
	case from.Kind == datatype.Double:
		return converts(func(f float64) (any, error) { return floatToDecimal("DOUBLE", value.DoubleText(f), f, to) })
	case from.Kind == datatype.Decimal:
		return converts(func(d *big.Int) (any, error) { return decimalToDecimal(d, from, to) })
	case from.Kind == datatype.Varchar:
		return converts(func(s string) (any, error) { return textToDecimal(s, to) })
	default:
		return none()
	}
}

func floatToDecimal(name, text string, f float64, to datatype.Type) (any, error) {
	if !math.IsNaN(f) && !math.IsInf(f, 0) {
		if d, ok := parseDecimal(text, to.Scale); ok && value.DecimalFits(d, to.Precision) {
			return d, nil
		}
	}
	return nil, sqlerr.Cast("Cannot cast %s '%s' to DECIMAL(%d, %d)", name, text, to.Precision, to.Scale)
}

func decimalToDecimal(d *big.Int, from, to datatype.Type) (any, error) {
	scaled := value.Rescale(d, to.Scale-from.Scale)
	if !value.DecimalFits(scaled, to.Precision) {
		return nil, sqlerr.Cast("Cannot cast DECIMAL(%d, %d) '%s' to DECIMAL(%d, %d)", from.Precision, from.Scale,
			value.DecimalText(d, from.Scale), to.Precision, to.Scale)
	}
	return scaled, nil
}

func textToDecimal(s string, to datatype.Type) (any, error) {
	d, ok := parseDecimal(s, to.Scale)
	if !ok {
		return nil, sqlerr.Cast("Cannot cast VARCHAR '%s' to DECIMAL(%d, %d). Value is not a number.", s, to.Precision, to.Scale)
	}
	if !value.DecimalFits(d, to.Precision) {
		return nil, sqlerr.Cast("Cannot cast VARCHAR '%s' to DECIMAL(%d, %d). Value too large.", s, to.Precision, to.Scale)
	}
	return d, nil
}

func areDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// parseDecimal reads what Java's BigDecimal reads and rounds it half up to scale.
func parseDecimal(s string, scale int) (*big.Int, bool) {
	mantissa, power, powered := strings.Cut(strings.Replace(s, "E", "e", 1), "e")
	exponent, err := 0, error(nil)
	if powered {
		exponent, err = strconv.Atoi(power)
	}
	sign := ""
	if mantissa != "" && (mantissa[0] == '+' || mantissa[0] == '-') {
		sign, mantissa = mantissa[:1], mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if err != nil || exponent != int(int32(exponent)) || whole+fraction == "" || !areDigits(whole) || !areDigits(fraction) { //nolint:gosec // that is the question
		return nil, false
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	by := scale + exponent - len(fraction)
	switch left := len(digits) + by; { // digits that are left once it has the scale
	case digits == "" || left < 0:
		return new(big.Int), true
	case left > datatype.MaxDecimalPrecision:
		return value.PowerOfTen(datatype.MaxDecimalPrecision), true // fits in none
	case by < 0: // of what is dropped, the first digit decides
		digits, by = digits[:min(len(digits), left+1)], -1
	}
	d, ok := new(big.Int).SetString(sign+digits, 10)
	if !ok {
		return nil, false
	}
	return value.Rescale(d, by), true
}
