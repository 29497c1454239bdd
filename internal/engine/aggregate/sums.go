package aggregate

import (
	"math"
	"math/big"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// sums are sums and averages of what engines do not add up themselves.
func sums() map[string]binder {
	return map[string]binder{"sum": sumOfDecimals, "avg": average, "entropy": entropyOf}
}

// sumOfDecimals adds up decimals without a limit on the way.
func sumOfDecimals(params []datatype.Type, t datatype.Type) (Reduce, bool) {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(datatype.MaxDecimalPrecision), nil)
	return func(rows [][]any) (any, error) {
		sum, n := addUp(rows)
		if n == 0 {
			return null()
		}
		if sum.CmpAbs(limit) >= 0 {
			return nil, sqlerr.New(sqlerr.NumericOutOfRange, "Decimal overflow")
		}
		return sum, nil
	}, len(params) == 1 && t.Kind == datatype.Decimal
}

func addUp(rows [][]any) (sum *big.Int, n int64) {
	sum = new(big.Int)
	for _, row := range rows {
		if v, ok := row[0].(*big.Int); ok {
			sum.Add(sum, v)
			n++
		}
	}
	return sum, n
}

func average(params []datatype.Type, t datatype.Type) (Reduce, bool) {
	if len(params) != 1 || t.Kind != datatype.Decimal {
		return averageOfIntervals(params, t)
	}
	return func(rows [][]any) (any, error) {
		sum, n := addUp(rows)
		if n == 0 {
			return null()
		}
		return Quotient(sum, n), nil
	}, true
}

// Quotient returns sum / n, rounded half away from zero.
func Quotient(sum *big.Int, n int64) *big.Int {
	q := new(big.Int).Abs(sum)
	q.Add(q.Lsh(q, 1), big.NewInt(n))
	q.Quo(q, big.NewInt(2*n))
	if sum.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

func averageOfIntervals(params []datatype.Type, t datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		sum, n := 0.0, 0.0
		for _, row := range rows {
			if v, ok := row[0].(int64); ok {
				sum, n = sum+float64(v), n+1
			}
		}
		if n == 0 {
			return null()
		}
		return int64(math.Floor(sum/n + 0.5)), nil
	}, len(params) == 1 && t.IsInterval()
}

func entropyOf(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		var counts []float64
		total := 0.0
		for _, row := range rows {
			n, ok := number(row[0])
			if !ok {
				continue
			}
			if n < 0 {
				return nil, sqlerr.New(sqlerr.InvalidFunctionArgument, "Entropy count argument must be non-negative")
			}
			counts, total = append(counts, n), total+n
		}
		entropy := 0.0
		for _, n := range counts {
			if n > 0 {
				entropy -= n / total * math.Log2(n/total)
			}
		}
		return entropy, nil
	}, len(params) == 1
}
