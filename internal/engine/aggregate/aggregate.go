package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/plan"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// Reduce computes an aggregate over the rows of a group, in their order. Each
// row holds the arguments of one call.
type Reduce func(rows [][]any) (any, error)

// binder settles a function for its types; ok is false when it has no form for them.
type binder func(params []datatype.Type, result datatype.Type) (Reduce, bool)

// Lookup returns the aggregate function for arguments of the types params that
// yields result, and whether there is one. DISTINCT, ORDER BY and FILTER are the
// caller's: the rows come as they left them.
func Lookup(name string, params []datatype.Type, result datatype.Type) (Reduce, bool) {
	for _, family := range []map[string]binder{
		collections(), statistics(), extremes(), sums(), percentiles(), sketches(),
		checksums(), frequents(), quantileDigests(), setDigests(), sizes(),
	} {
		if bind, ok := family[name]; ok {
			return bind(params, result)
		}
	}
	return nil, false
}

// collections are the functions that gather values.
func collections() map[string]binder {
	return map[string]binder{
		"array_agg":    arrayAgg,
		"map_agg":      mapAgg,
		"multimap_agg": multimapAgg,
		"map_union":    mapUnion,
		"histogram":    histogram,
		"listagg":      listAgg,
		"any_value":    anyValue,
		"arbitrary":    anyValue,
		"count":        count,
		"count_if":     countIf,
	}
}

func null() (any, error) { return nil, nil }

func count(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		n := int64(0)
		for _, row := range rows {
			if len(params) == 0 || row[0] != nil {
				n++
			}
		}
		return n, nil
	}, true
}

func countIf([]datatype.Type, datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		n := int64(0)
		for _, row := range rows {
			if row[0] == true {
				n++
			}
		}
		return n, nil
	}, true
}

func anyValue([]datatype.Type, datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		for _, row := range rows {
			if row[0] != nil {
				return row[0], nil
			}
		}
		return null()
	}, true
}

func arrayAgg([]datatype.Type, datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		if len(rows) == 0 {
			return null()
		}
		values := make([]any, len(rows))
		for i, row := range rows {
			values[i] = row[0]
		}
		return values, nil
	}, true
}

// builder builds a map; a key keeps the place where it came first.
type builder struct {
	key   datatype.Type
	m     *value.Map
	index map[string]int
}

func newBuilder(key datatype.Type) *builder {
	return &builder{key: key, m: &value.Map{Keys: []any{}, Values: []any{}}, index: map[string]int{}}
}

// at returns the position of key, and whether it is new; a new one has no value yet.
func (b *builder) at(key any) (i int, added bool) {
	k := scalar.Key(b.key, key)
	if i, ok := b.index[k]; ok {
		return i, false
	}
	i = len(b.m.Keys)
	b.index[k] = i
	b.m.Keys, b.m.Values = append(b.m.Keys, key), append(b.m.Values, nil)
	return i, true
}

func mapAgg(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		b := newBuilder(params[0])
		for _, row := range rows {
			if row[0] == nil {
				continue
			}
			if i, added := b.at(row[0]); added {
				b.m.Values[i] = row[1]
			}
		}
		return b.orNull(), nil
	}, true
}

// orNull returns the map, or NULL when nothing was added.
func (b *builder) orNull() any {
	if len(b.m.Keys) == 0 {
		return nil
	}
	return b.m
}

func multimapAgg(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		b := newBuilder(params[0])
		for _, row := range rows {
			if row[0] == nil {
				continue
			}
			i, _ := b.at(row[0])
			values, _ := b.m.Values[i].([]any)
			b.m.Values[i] = append(values, row[1])
		}
		return b.orNull(), nil
	}, true
}

func mapUnion(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		b, found := newBuilder(params[0].Elems[0]), false
		for _, row := range rows {
			m, ok := row[0].(*value.Map)
			if !ok {
				continue
			}
			found = true
			for i, key := range m.Keys {
				if at, added := b.at(key); added {
					b.m.Values[at] = m.Values[i]
				}
			}
		}
		if !found {
			return null()
		}
		return b.m, nil
	}, true
}

func histogram(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		b := newBuilder(params[0])
		for _, row := range rows {
			if row[0] == nil {
				continue
			}
			i, _ := b.at(row[0])
			n, _ := b.m.Values[i].(int64)
			b.m.Values[i] = n + 1
		}
		return b.orNull(), nil
	}, true
}

// maxListagg is the bytes that a LISTAGG may have before it overflows.
const maxListagg = 1_048_576

func listAgg([]datatype.Type, datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		var parts []string
		separator := ""
		for _, row := range rows {
			if len(row) > 1 {
				separator, _ = row[1].(string)
			}
			if s, ok := row[0].(string); ok {
				parts = append(parts, s)
			}
		}
		if parts == nil {
			return null()
		}
		s := strings.Join(parts, separator)
		if len(s) > maxListagg {
			return nil, sqlerr.New("EXCEEDED_FUNCTION_MEMORY_LIMIT", "Concatenated string has the length in bytes larger than the maximum output length %d", maxListagg)
		}
		return s, nil
	}, true
}

// extremes are the functions that pick by order.
func extremes() map[string]binder {
	return map[string]binder{
		"min": extreme(-1), "max": extreme(1), "min_by": extremeBy(-1), "max_by": extremeBy(1),
	}
}

// ordering compares two values that are not NULL. NaN is never the answer while
// there is another.
func ordering(t datatype.Type, sign int) (compare func(a, b any) (int, error), ok bool) {
	params, boolean := []datatype.Type{t, t}, datatype.Of(datatype.Boolean)
	less, ok := scalar.Lookup(plan.OpLess, params, boolean)
	if !ok {
		return nil, false
	}
	return func(a, b any) (int, error) {
		if c, decided := compareNaN(a, b, sign); decided {
			return c, nil
		}
		before, err := less.Call(nil, []any{a, b})
		if err != nil {
			return 0, err
		}
		after, err := less.Call(nil, []any{b, a})
		switch {
		case err != nil:
			return 0, err
		case before == true:
			return -1, nil
		case after == true:
			return 1, nil
		}
		return 0, nil
	}, true
}

// compareNaN puts NaN before every number when the greatest is wanted, and after
// them when the least is.
func compareNaN(a, b any, sign int) (c int, decided bool) {
	x, y := isNaN(a), isNaN(b)
	switch {
	case x && y:
		return 0, true
	case x:
		return -sign, true
	case y:
		return sign, true
	}
	return 0, false
}

func isNaN(v any) bool {
	switch v := v.(type) {
	case float64:
		return v != v // NaN alone
	case float32:
		return v != v // NaN alone
	}
	return false
}

// pick returns the rows whose value at index by is most extreme, best first, as
// many as n; rows without such a value take no part.
func pick(rows [][]any, by, n, sign int, compare func(a, b any) (int, error)) ([][]any, error) {
	var kept [][]any
	for _, row := range rows {
		if row[by] != nil {
			kept = append(kept, row)
		}
	}
	var failure error
	slices.SortStableFunc(kept, func(a, b []any) int {
		c, err := compare(a[by], b[by])
		failure = cmp.Or(failure, err)
		return -sign * c
	})
	return kept[:min(n, len(kept))], failure
}

func extreme(sign int) binder {
	return func(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
		compare, ok := ordering(params[0], sign)
		return func(rows [][]any) (any, error) {
			return picked(rows, 0, 1, len(params) == 2, sign, compare)
		}, ok
	}
}

func extremeBy(sign int) binder {
	return func(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
		compare, ok := ordering(params[1], sign)
		return func(rows [][]any) (any, error) {
			return picked(rows, 1, 2, len(params) == 3, sign, compare)
		}, ok
	}
}

// picked returns the first value of the most extreme row, or those of the n most
// extreme when many; n is then the argument at index limit.
func picked(rows [][]any, by, limit int, many bool, sign int, compare func(a, b any) (int, error)) (any, error) {
	n := int64(1)
	if many && len(rows) > 0 {
		var ok bool
		if n, ok = rows[0][limit].(int64); !ok || n <= 0 || n > 10_000 {
			return nil, sqlerr.New(sqlerr.InvalidFunctionArgument, "third argument of max_by/min_by must be a positive integer")
		}
	}
	best, err := pick(rows, by, int(n), sign, compare)
	if err != nil || len(best) == 0 {
		return nil, err
	}
	if !many {
		return best[0][0], nil
	}
	values := make([]any, len(best))
	for i, row := range best {
		values[i] = row[0]
	}
	return values, nil
}
