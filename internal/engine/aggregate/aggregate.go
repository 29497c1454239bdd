package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
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
		b := newBuilder(params[0].Elems[0])
		for _, row := range rows {
			m, ok := row[0].(*value.Map)
			if !ok {
				continue
			}
			for i, key := range m.Keys {
				if at, added := b.at(key); added {
					b.m.Values[at] = m.Values[i]
				}
			}
		}
		return b.orNull(), nil
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

// ordering compares two values that are not NULL, for the sign of what is looked for.
type ordering func(a, b any) (int, error)

func orderingOf(t datatype.Type, sign int) (compare ordering, ok bool) {
	return func(a, b any) (int, error) { return scalar.CompareExtreme(t, a, b, sign) }, scalar.Orderable(t)
}

// pick returns the rows whose value at index by is most extreme, best first, as
// many as n.
func pick(rows [][]any, by, n, sign int, compare ordering) ([][]any, error) {
	if n == 1 {
		return pickOne(rows, by, sign, compare)
	}
	var failure error
	slices.SortStableFunc(rows, func(a, b []any) int {
		c, err := compare(a[by], b[by])
		failure = cmp.Or(failure, err)
		return -sign * c
	})
	return rows[:min(n, len(rows))], failure
}

// pickOne compares each row with the best one before it alone, for two that cannot be
// compared do no harm while a third is better than both.
func pickOne(rows [][]any, by, sign int, compare ordering) ([][]any, error) {
	best := rows[:min(1, len(rows))]
	for i := 1; i < len(rows); i++ {
		c, err := compare(rows[i][by], best[0][by])
		if err != nil {
			return nil, err
		}
		if c*sign > 0 {
			best = rows[i : i+1]
		}
	}
	return best, nil
}

func extreme(sign int) binder {
	return func(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
		compare, ok := orderingOf(params[0], sign)
		return func(rows [][]any) (any, error) {
			return picked(rows, 0, 1, len(params) == 2, sign, compare, extremeName(sign, "_n"))
		}, ok
	}
}

func extremeBy(sign int) binder {
	return func(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
		compare, ok := orderingOf(params[1], sign)
		return func(rows [][]any) (any, error) {
			return picked(rows, 1, 2, len(params) == 3, sign, compare, extremeName(sign, "_by"))
		}, ok
	}
}

func extremeName(sign int, suffix string) string {
	if sign < 0 {
		return "min" + suffix
	}
	return "max" + suffix
}

// maxPicked is how many values the functions pick at most.
const maxPicked = 10_000

// picked returns the first value of the most extreme row, or those of the n most
// extreme when many; n is then the argument at index limit. Rows in which it or the value
// at index by is NULL take no part. name is what Trino calls the function.
func picked(rows [][]any, by, limit int, many bool, sign int, compare ordering, name string) (any, error) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(row []any) bool { return row[by] == nil || many && row[limit] == nil })
	n := int64(1)
	if many && len(rows) > 0 {
		switch n, _ = rows[0][limit].(int64); {
		case n <= 0 && limit == 1:
			return nil, sqlerr.Argument("second argument of %s must be positive", name)
		case n <= 0:
			return nil, sqlerr.Argument("third argument of %s must be a positive integer", name)
		case n > maxPicked:
			return nil, sqlerr.Argument("%s argument of %s must be less than or equal to %d; found %d", []string{"second", "third"}[limit-1], name, maxPicked, n)
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
