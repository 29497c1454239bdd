package scalar

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func castToInteger(from, to datatype.Type) (Function, bool) {
	switch {
	case from.Kind == datatype.Boolean:
		return converts(func(b bool) (any, error) { return int64(ordinal(b)), nil })
	case from.IsInteger():
		return converts(func(n int64) (any, error) {
			if !fits(to.Kind, n) {
				return nil, sqlerr.Range("Out of range for %s: %d", to, n)
			}
			return n, nil
		})
	case from.Kind == datatype.Real:
		return converts(func(f float32) (any, error) { return realToInteger(f, to) })
	case from.Kind == datatype.Double:
		return converts(func(f float64) (any, error) { return doubleToInteger(f, to) })
	case from.Kind == datatype.Decimal:
		return converts(func(d *big.Int) (any, error) { return decimalToInteger(d, from, to) })
	case from.Kind == datatype.Varchar:
		return converts(func(s string) (any, error) {
			n, ok := parseInteger(javaTrim(s), 10, bitSize(to.Kind))
			if !ok {
				return nil, sqlerr.Cast("Cannot cast '%s' to %s", s, castName(to.Kind))
			}
			return n, nil
		})
	default:
		return none()
	}
}

func realToInteger(f float32, to datatype.Type) (any, error) {
	if math.IsNaN(float64(f)) {
		return nil, sqlerr.Cast("Cannot cast real NaN to %s", to)
	}
	n := saturate(math.Round(float64(f)))
	if !fits(to.Kind, n) {
		return nil, sqlerr.Range("Out of range for %s: %s", to, value.RealText(f))
	}
	return n, nil
}

func doubleToInteger(f float64, to datatype.Type) (any, error) {
	rounded := math.Round(f)
	if to.Kind == datatype.Bigint {
		if math.IsNaN(f) || rounded < math.MinInt64 || rounded >= math.MaxInt64 {
			return nil, sqlerr.Cast("Unable to cast %s to bigint", value.DoubleText(f))
		}
		return int64(rounded), nil
	}
	if math.IsNaN(f) {
		return nil, sqlerr.Cast("Cannot cast double NaN to %s", to)
	}
	n := saturate(rounded)
	if !fits(to.Kind, n) {
		return nil, sqlerr.Range("Out of range for %s: %s", to, value.DoubleText(f))
	}
	return n, nil
}

func decimalToInteger(d *big.Int, from, to datatype.Type) (any, error) {
	rounded := value.Rescale(d, -from.Scale)
	if rounded.IsInt64() && fits(to.Kind, rounded.Int64()) {
		return rounded.Int64(), nil
	}
	name := strings.ToUpper(to.String())
	if from.Precision <= 18 {
		return nil, sqlerr.Cast("Cannot cast '%s' to %s", rounded, name)
	}
	return nil, sqlerr.Cast("Cannot cast '%s' to %s", value.DecimalText(d, from.Scale), name)
}

func castToFloat(from, to datatype.Type) (Function, bool) {
	if to.Kind == datatype.Real {
		return castToReal(from)
	}
	switch {
	case from.Kind == datatype.Boolean:
		return converts(func(b bool) (any, error) { return float64(ordinal(b)), nil })
	case from.IsInteger():
		return converts(func(n int64) (any, error) { return float64(n), nil })
	case from.Kind == datatype.Real:
		return converts(func(f float32) (any, error) { return float64(f), nil })
	case from.Kind == datatype.Decimal:
		return converts(func(d *big.Int) (any, error) { return decimalToDouble(d, from), nil })
	case from.Kind == datatype.Varchar:
		return converts(func(s string) (any, error) {
			f, ok := parseJavaFloat(s, 64)
			if !ok {
				return nil, sqlerr.Cast("Cannot cast '%s' to DOUBLE", s)
			}
			return f, nil
		})
	default:
		return none()
	}
}

func castToReal(from datatype.Type) (Function, bool) {
	switch {
	case from.Kind == datatype.Boolean:
		return converts(func(b bool) (any, error) { return float32(ordinal(b)), nil })
	case from.IsInteger():
		return converts(func(n int64) (any, error) { return float32(n), nil })
	case from.Kind == datatype.Double:
		return converts(func(f float64) (any, error) { return float32(f), nil })
	case from.Kind == datatype.Decimal:
		return converts(func(d *big.Int) (any, error) { return decimalToReal(d, from), nil })
	case from.Kind == datatype.Varchar:
		return converts(func(s string) (any, error) {
			f, ok := parseJavaFloat(s, 32)
			if !ok {
				return nil, sqlerr.Cast("Cannot cast '%s' to REAL", s)
			}
			return float32(f), nil
		})
	default:
		return none()
	}
}

// decimalToDouble divides for a decimal of up to 18 digits, as Trino does, which
// rounds twice; a longer one is rounded once.
func decimalToDouble(d *big.Int, from datatype.Type) float64 {
	if from.Precision <= 18 {
		return float64(d.Int64()) / float64(value.Pow10(from.Scale))
	}
	f, _ := strconv.ParseFloat(value.DecimalText(d, from.Scale), 64) // always within a double's range
	return f
}

func decimalToReal(d *big.Int, from datatype.Type) float32 {
	if from.Precision <= 18 {
		return float32(d.Int64()) / float32(value.Pow10(from.Scale))
	}
	f, _ := strconv.ParseFloat(value.DecimalText(d, from.Scale), 32) // always within a real's range
	return float32(f)
}

var javaFloat = regexp.MustCompile(
	`^[+-]?(NaN|Infinity|((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|0[xX]([0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?\d+)[fFdD]?)$`)

// parseJavaFloat reads what Java's parseDouble and parseFloat read.
func parseJavaFloat(s string, bits int) (float64, bool) {
	s = javaTrim(s)
	if !javaFloat.MatchString(s) {
		return 0, false
	}
	if strings.HasSuffix(s, "NaN") {
		return math.NaN(), true
	}
	if !strings.HasSuffix(s, "y") {
		s = strings.TrimRight(s, "fFdD")
	}
	f, err := strconv.ParseFloat(s, bits)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}
