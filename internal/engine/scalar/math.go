package scalar

import (
	"math"
	"math/big"
	"strconv"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// mathFamily returns the functions on numbers other than operators, bits and
// probabilities.
func mathFamily() map[string]binder {
	family := map[string]binder{
		"abs":      bindAbs,
		"sign":     bindSign,
		"ceiling":  ceiling(),
		"floor":    floor(),
		"round":    either(bindRound, bindRoundDigits),
		"truncate": either(bindTruncate, bindTruncateDigits),
		"mod":      either(bindMod, modulus()),
		"log": on(func(args []any) (any, error) {
			return math.Log(value.As[float64](args[1])) / math.Log(value.As[float64](args[0])), nil
		}, datatype.Double, datatype.Double),
		"is_nan":       classify(math.IsNaN),
		"is_finite":    classify(func(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }),
		"is_infinite":  classify(func(f float64) bool { return math.IsInf(f, 0) }),
		"to_base":      on(toBase, datatype.Bigint, datatype.Bigint),
		"from_base":    on(fromBase, datatype.Varchar, datatype.Bigint),
		"width_bucket": either(on(widthBucket, datatype.Double, datatype.Double, datatype.Double, datatype.Bigint), bindBins),
	}
	for name, val := range map[string]float64{"e": math.E, "pi": math.Pi, "infinity": math.Inf(1), "nan": math.NaN()} {
		family[name] = on(func([]any) (any, error) { return val, nil })
	}
	for name, f := range doubleFunctions() {
		family[name] = on(func(args []any) (any, error) { return f(value.As[float64](args[0])), nil }, datatype.Double)
	}
	for name, f := range map[string]func(a, b float64) float64{"power": power, "atan2": math.Atan2} {
		family[name] = on(func(args []any) (any, error) { return f(value.As[float64](args[0]), value.As[float64](args[1])), nil },
			datatype.Double, datatype.Double)
	}
	return family
}

func doubleFunctions() map[string]func(float64) float64 {
	return map[string]func(float64) float64{
		"sqrt": math.Sqrt, "cbrt": math.Cbrt, "exp": math.Exp, "ln": math.Log, "log10": log10,
		"log2": func(f float64) float64 { return math.Log(f) / math.Log(2) },
		"sin":  math.Sin, "cos": math.Cos, "tan": math.Tan, "asin": math.Asin, "acos": math.Acos, "atan": math.Atan,
		"sinh": math.Sinh, "cosh": math.Cosh, "tanh": math.Tanh,
		"degrees": func(f float64) float64 { return f * (180 / math.Pi) },
		"radians": func(f float64) float64 { return f * (math.Pi / 180) },
	}
}

// log10 is exact for powers of ten, as Java's is.
func log10(f float64) float64 {
	log := math.Log10(f)
	if n := math.Round(log); math.Abs(n) < 308 && math.Pow10(int(n)) == f {
		return n
	}
	return log
}

// power is Java's Math.pow: unlike Go's, 1 to the power of NaN or of infinity,
// and -1 to that of infinity, are NaN.
func power(a, b float64) float64 {
	if math.IsNaN(b) || math.IsInf(b, 0) && math.Abs(a) == 1 {
		return math.NaN()
	}
	return math.Pow(a, b)
}

func bindAbs(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 1 {
		return none()
	}
	switch t := params[0]; {
	case t.IsInteger():
		return pure(func(args []any) (any, error) {
			n := value.As[int64](args[0])
			if n == math.MinInt64 || !fits(t.Kind, -n) {
				return nil, sqlerr.Range("Value %d is out of range for abs(%s)", n, t)
			}
			return max(n, -n), nil
		})
	case t.Kind == datatype.Double:
		return pure(func(args []any) (any, error) { return math.Abs(value.As[float64](args[0])), nil })
	case t.Kind == datatype.Real:
		return pure(func(args []any) (any, error) { return float32(math.Abs(float64(value.As[float32](args[0])))), nil })
	case t.Kind == datatype.Decimal:
		return pure(func(args []any) (any, error) { return new(big.Int).Abs(value.As[*big.Int](args[0])), nil })
	default:
		return none()
	}
}

func bindSign(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 1 {
		return none()
	}
	switch t := params[0]; {
	case t.IsInteger():
		return pure(func(args []any) (any, error) {
			n := value.As[int64](args[0])
			return int64(ordinal(n > 0) - ordinal(n < 0)), nil
		})
	case t.Kind == datatype.Double:
		return pure(func(args []any) (any, error) { return signum(value.As[float64](args[0])), nil })
	case t.Kind == datatype.Real:
		return pure(func(args []any) (any, error) { return float32(signum(float64(value.As[float32](args[0])))), nil })
	case t.Kind == datatype.Decimal:
		return pure(func(args []any) (any, error) { return big.NewInt(int64(value.As[*big.Int](args[0]).Sign())), nil })
	default:
		return none()
	}
}

// signum keeps zeros and NaN as they are.
func signum(f float64) float64 {
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	default:
		return f
	}
}

// classify binds a test of doubles and reals.
func classify(is func(f float64) bool) binder {
	return either(
		on(func(args []any) (any, error) { return is(value.As[float64](args[0])), nil }, datatype.Double),
		on(func(args []any) (any, error) { return is(float64(value.As[float32](args[0]))), nil }, datatype.Real),
	)
}

const minRadix, maxRadix = 2, 36

func checkRadix(radix int64) error {
	if radix < minRadix || radix > maxRadix {
		return sqlerr.Argument("Radix must be between %d and %d", minRadix, maxRadix)
	}
	return nil
}

func toBase(args []any) (any, error) {
	radix := value.As[int64](args[1])
	if err := checkRadix(radix); err != nil {
		return nil, err
	}
	return strconv.FormatInt(value.As[int64](args[0]), int(radix)), nil
}

func fromBase(args []any) (any, error) {
	s, radix := value.As[string](args[0]), value.As[int64](args[1])
	if err := checkRadix(radix); err != nil {
		return nil, err
	}
	n, ok := parseInteger(s, int(radix), 64)
	if !ok {
		return nil, sqlerr.Argument("Not a valid base-%d number: %s", radix, s)
	}
	return n, nil
}

func widthBucket(args []any) (any, error) {
	x, first, second := value.As[float64](args[0]), value.As[float64](args[1]), value.As[float64](args[2])
	buckets := value.As[int64](args[3])
	switch {
	case buckets <= 0:
		return nil, sqlerr.Argument("bucketCount must be greater than 0")
	case math.IsNaN(x):
		return nil, sqlerr.Argument("operand must not be NaN")
	case math.IsNaN(first) || math.IsInf(first, 0):
		return nil, sqlerr.Argument("first bound must be finite")
	case math.IsNaN(second) || math.IsInf(second, 0):
		return nil, sqlerr.Argument("second bound must be finite")
	case first == second:
		return nil, sqlerr.Argument("bounds cannot equal each other")
	}
	lower, upper := min(first, second), max(first, second)
	var bucket int64
	switch {
	case x < lower:
		bucket = 0
	case x >= upper:
		if buckets == math.MaxInt64 {
			return nil, sqlerr.Range("Bucket for value %s is out of range", value.DoubleText(x))
		}
		bucket = buckets + 1
	default:
		bucket = saturate(float64(buckets)*(x-lower)/(upper-lower) + 1)
	}
	if first > second {
		bucket = buckets - bucket + 1
	}
	return bucket, nil
}

// bindBins binds width_bucket(x, bins).
func bindBins(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Double, datatype.Array) || params[1].Elems[0].Kind != datatype.Double {
		return none()
	}
	return pure(func(args []any) (any, error) {
		elems := value.As[[]any](args[1])
		bins := make([]float64, len(elems))
		for i, elem := range elems {
			if elem == nil {
				return nil, sqlerr.Argument("Bin values cannot be NULL")
			}
			bins[i] = value.As[float64](elem)
		}
		return binOf(value.As[float64](args[0]), bins)
	})
}

// binOf returns how many bins are not above x. It finds fault with the order of
// the bins only where the search meets it, as Trino does.
func binOf(x float64, bins []float64) (any, error) {
	switch {
	case len(bins) == 0:
		return nil, sqlerr.Argument("Bins cannot be an empty array")
	case math.IsNaN(x):
		return nil, sqlerr.Argument("Operand cannot be NaN")
	}
	lower, upper := 0, len(bins)
	for lower < upper {
		if bins[lower] > bins[upper-1] {
			return nil, sqlerr.Argument("Bin values are not sorted in ascending order")
		}
		middle := (lower + upper) / 2
		bin := bins[middle]
		switch {
		case math.IsNaN(bin) || math.IsInf(bin, 0):
			return nil, sqlerr.Argument("Bin value must be finite, got %s", value.DoubleText(bin))
		case x < bin:
			upper = middle
		default:
			lower = middle + 1
		}
	}
	return int64(lower), nil
}
