package aggregate

import (
	"math"

	"github.com/sillok/sillok/internal/engine/tdigest"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// percentiles are the functions that Trino computes with a t-digest.
func percentiles() map[string]binder {
	return map[string]binder{"approx_percentile": approxPercentile}
}

func approxPercentile(params []datatype.Type, t datatype.Type) (Reduce, bool) {
	many := t.Kind == datatype.Array
	elem := t
	if many {
		elem = t.Elems[0]
	}
	weighted := len(params) == 3
	return func(rows [][]any) (any, error) {
		d := &tdigest.Digest{}
		var wanted any
		for _, row := range rows {
			x, ok := number(row[0])
			if !ok {
				continue
			}
			wanted = row[len(params)-1]
			weight := 1.0
			if weighted {
				if weight, ok = number(row[1]); !ok {
					continue
				}
				if weight < 1 {
					return nil, sqlerr.New(sqlerr.InvalidFunctionArgument, "percentile weight must be > 0")
				}
			}
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, sqlerr.Argument("value must be finite; was %s", value.DoubleText(x))
			}
			if n, whole := row[0].(int64); whole && saturated(x) != n {
				return nil, sqlerr.Argument("no exact double representation for long: %d", n)
			}
			d.Add(x, weight)
		}
		if d.Total() == 0 || wanted == nil {
			return null()
		}
		list, ok := wanted.([]any)
		if !ok {
			list = []any{wanted}
		}
		values, err := quantiles(d, list, elem)
		if err != nil || many {
			return values, err
		}
		return values[0], nil
	}, len(params) == 2 || weighted
}

func quantiles(d *tdigest.Digest, list []any, t datatype.Type) ([]any, error) {
	d.Settle()
	values := make([]any, len(list))
	for i, p := range list {
		q, ok := p.(float64)
		if !ok || q < 0 || q > 1 {
			return nil, sqlerr.New(sqlerr.InvalidFunctionArgument, "Percentile must be between 0 and 1")
		}
		switch v := d.Quantile(q); {
		case t.IsInteger():
			values[i] = saturated(math.Floor(v + 0.5))
		case t.Kind == datatype.Real:
			values[i] = float32(v)
		default:
			values[i] = v
		}
	}
	return values, nil
}

// saturated is Java's cast to long: what is beyond the range becomes its end.
func saturated(f float64) int64 {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}
