package aggregate

import (
	"math"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// Running is Lookup for what computes aggregates of few rows one by one, and has no engine
// that adds up: it knows the sums and averages of numbers as well.
func Running(name string, params []datatype.Type, result datatype.Type) (Reduce, bool) {
	if len(params) == 1 {
		switch t := params[0]; {
		case name == "sum" && t.IsInteger():
			return sumOfIntegers, true
		case (name == "sum" || name == "avg") && (t.IsInteger() || t.Kind == datatype.Double || t.Kind == datatype.Real):
			return floats(name == "avg", result), true
		case name == "bool_and":
			return truths(false), t.Kind == datatype.Boolean
		case name == "bool_or":
			return truths(true), t.Kind == datatype.Boolean
		}
	}
	return Lookup(name, params, result)
}

func sumOfIntegers(rows [][]any) (any, error) {
	sum, found := int64(0), false
	for _, row := range rows {
		n, ok := row[0].(int64)
		if !ok {
			continue
		}
		if n > 0 && sum > math.MaxInt64-n || n < 0 && sum < math.MinInt64-n {
			return nil, sqlerr.Range("bigint addition overflow: %d + %d", sum, n)
		}
		sum, found = sum+n, true
	}
	if !found {
		return null()
	}
	return sum, nil
}

func floats(average bool, result datatype.Type) Reduce {
	return func(rows [][]any) (any, error) {
		sum, n := 0.0, 0
		for _, row := range rows {
			if x, ok := number(row[0]); ok {
				sum, n = sum+x, n+1
			}
		}
		if n == 0 {
			return null()
		}
		if average {
			sum /= float64(n)
		}
		if result.Kind == datatype.Real {
			return float32(sum), nil
		}
		return sum, nil
	}
}

// truths is bool_or, or bool_and when the value that decides is false.
func truths(decides bool) Reduce {
	return func(rows [][]any) (any, error) {
		found := false
		for _, row := range rows {
			b, ok := row[0].(bool)
			if ok && b == decides {
				return decides, nil
			}
			found = found || ok
		}
		if !found {
			return null()
		}
		return !decides, nil
	}
}
