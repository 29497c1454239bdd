package scalar

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// arrayFamily holds the functions that look into an array or cut it; setFamily
// those that compare elements, lambdaFamily those that call a function.
func arrayFamily() map[string]binder {
	return map[string]binder{
		"cardinality":  either(on(arrayCardinality, datatype.Array), on(mapCardinality, datatype.Map)),
		"element_at":   either(on(arrayElementAt, datatype.Array, datatype.Bigint), mapElementAt),
		"slice":        on(slice, datatype.Array, datatype.Bigint, datatype.Bigint),
		"trim_array":   on(trimArray, datatype.Array, datatype.Bigint),
		"reverse":      on(reverseArray, datatype.Array),
		"shuffle":      shuffleBinder,
		"flatten":      flattenBinder,
		"ngrams":       onWorking(ngrams, datatype.Array, datatype.Integer),
		"combinations": onText(combinations, datatype.Array, datatype.Bigint),
		"repeat":       repeatBinder,
		"zip":          zipBinder,
		"array_join":   arrayJoinBinder,
	}
}

func arrayCardinality(args []any) (any, error) { return int64(len(value.As[[]any](args[0]))), nil }

func mapCardinality(args []any) (any, error) {
	return int64(len(value.As[*value.Map](args[0]).Keys)), nil
}

// arrayElementAt returns an element, counted from 1, or from the end when the
// index is negative; NULL beyond.
func arrayElementAt(args []any) (any, error) {
	array, index := value.As[[]any](args[0]), value.As[int64](args[1])
	n := int64(len(array))
	switch {
	case index == 0:
		return nil, sqlerr.Argument("SQL array indices start at 1")
	case index == math.MinInt64: // it has no absolute value
		return nil, errInternal("integer overflow")
	case index > n || index < -n:
		return nil, nil
	case index < 0:
		return array[n+index], nil
	}
	return array[index-1], nil
}

func slice(args []any) (any, error) {
	array, from, length := value.As[[]any](args[0]), value.As[int64](args[1]), value.As[int64](args[2])
	n := int64(len(array))
	switch {
	case length < 0:
		return nil, sqlerr.Argument("length must be greater than or equal to 0")
	case from == 0:
		return nil, sqlerr.Argument("SQL array indices start at 1")
	case from < 0:
		from += n + 1
	}
	if from <= 0 || from > n || length == 0 || length > math.MaxInt64-from { // the end of the last is before the start
		return []any{}, nil
	}
	return array[from-1 : min(n, from-1+min(length, n))], nil
}

func trimArray(args []any) (any, error) {
	array, size := value.As[[]any](args[0]), value.As[int64](args[1])
	switch {
	case size < 0:
		return nil, sqlerr.Argument("size must not be negative: %d", size)
	case size > int64(len(array)):
		return nil, sqlerr.Argument("size must not exceed array cardinality %d: %d", len(array), size)
	}
	return array[:int64(len(array))-size], nil
}

func reverseArray(args []any) (any, error) {
	out := slices.Clone(value.As[[]any](args[0]))
	slices.Reverse(out)
	return out, nil
}

func shuffleBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Array) {
		return none()
	}
	return volatile(func(args []any) (any, error) {
		out := slices.Clone(value.As[[]any](args[0]))
		rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] }) //nolint:gosec // no secret
		return out, nil
	})
}

// flattenBinder joins the arrays of an array; a NULL among them counts as empty.
func flattenBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if !areKinds(params, datatype.Array) || params[0].Elem().Kind != datatype.Array && params[0].Elem().Kind != datatype.Unknown {
		return none()
	}
	return working(func(w *work.Work, args []any) (any, error) {
		out := []any{}
		for _, array := range value.As[[]any](args[0]) {
			if array == nil {
				continue
			}
			elems := value.As[[]any](array)
			if err := w.Repeat(len(elems), work.Element); err != nil {
				return nil, err
			}
			out = append(out, elems...)
		}
		return out, nil
	})
}

func ngrams(w *work.Work, args []any) (any, error) {
	array, n := value.As[[]any](args[0]), value.As[int64](args[1])
	if n <= 0 {
		return nil, sqlerr.Argument("N must be positive")
	}
	size := int(min(n, int64(len(array))))
	if err := w.Repeat(len(array)-size+1, 2*work.Element); err != nil {
		return nil, err
	}
	out := make([]any, len(array)-size+1)
	for i := range out {
		out[i] = array[i : i+size]
	}
	return out, nil
}

// Bounds of combinations, as in Trino.
const (
	maxCombination         = 5
	maxCombinationElements = 100_000
)

// combinations yields the subsets of a size, in the order of their last
// elements: those of the first elements come first.
func combinations(args []any) (any, error) {
	array, n := value.As[[]any](args[0]), value.As[int64](args[1])
	switch {
	case n < 0:
		return nil, sqlerr.Argument("combination size must not be negative: %d", n)
	case n > maxCombination:
		return nil, sqlerr.Argument("combination size must not exceed %d: %d", maxCombination, n)
	case n > int64(len(array)):
		return []any{}, nil
	}
	size, count := int(n), int64(1)
	for i := range n {
		count *= int64(len(array)) - n + i + 1
		if count > math.MaxInt32 {
			if count/(i+1) > math.MaxInt32 || int64(len(array)) > math.MaxInt16 {
				return nil, sqlerr.Argument("Number of combinations too large for array of size %d and combination length %d", len(array), n)
			}
		}
		count /= i + 1
	}
	if count*n > maxCombinationElements {
		return nil, sqlerr.Argument("combinations exceed max size")
	}
	return chooseAll(array, size), nil
}

func chooseAll(array []any, size int) []any {
	chosen := make([]int, size+1)
	for i := range chosen {
		chosen[i] = i
	}
	chosen[size] = len(array)
	out := []any{}
	for {
		subset := make([]any, size)
		for i := range subset {
			subset[i] = array[chosen[i]]
		}
		out = append(out, subset)
		i := 0
		for i < size && chosen[i]+1 == chosen[i+1] {
			i++
		}
		if i == size {
			return out
		}
		chosen[i]++
		for j := range i {
			chosen[j] = j
		}
	}
}

// maxRepeated bounds the bytes that repeat makes, as in Trino.
const maxRepeated = 1_000_000

// maxEntries bounds the arrays that repeat and sequence make, as in Trino.
const maxEntries = 10_000

func repeatBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 || !params[1].IsInteger() {
		return none()
	}
	call := func(w *work.Work, args []any) (any, error) {
		count := value.As[int64](args[1])
		switch {
		case count > maxEntries:
			return nil, sqlerr.Argument("count argument of repeat function must be less than or equal to %d", maxEntries)
		case count < 0:
			return nil, sqlerr.Argument("count argument of repeat function must be greater than or equal to 0")
		case count > 0 && work.Size(args[0]) > maxRepeated/int(count):
			return nil, sqlerr.Argument("result of repeat function must not take more than %d bytes", maxRepeated)
		}
		if err := w.Repeat(int(count), work.Element); err != nil {
			return nil, err
		}
		return slices.Repeat([]any{args[0]}, int(count)), nil
	}
	return seesNull(call, 1)
}

// zipBinder makes rows of the elements of arrays; a shorter array is NULL behind
// its end.
func zipBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) < 2 || !areAll(params, datatype.Array) {
		return none()
	}
	return working(func(w *work.Work, args []any) (any, error) {
		n := 0
		for _, arg := range args {
			n = max(n, len(value.As[[]any](arg)))
		}
		if err := w.Repeat(n, (1+len(args))*work.Element); err != nil {
			return nil, err
		}
		out := make([]any, n)
		for i := range out {
			row := make([]any, len(args))
			for j, arg := range args {
				if array := value.As[[]any](arg); i < len(array) {
					row[j] = array[i]
				}
			}
			out[i] = row
		}
		return out, nil
	})
}

// arrayJoinBinder joins the texts of elements, and a replacement for those that
// are NULL, when there is one.
func arrayJoinBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) < 2 || len(params) > 3 || params[0].Kind != datatype.Array || !areAll(params[1:], datatype.Varchar) {
		return none()
	}
	cast, ok := Cast(params[0].Elem(), datatype.Text())
	if !ok {
		return none()
	}
	return working(func(w *work.Work, args []any) (any, error) {
		var parts []string
		for _, elem := range value.As[[]any](args[0]) {
			text, err := cast.apply(w, elem)
			switch {
			case err != nil && !work.Ended(err):
				return nil, errInternal("Error casting array element to VARCHAR")
			case err != nil:
				return nil, err
			case text != nil:
				parts = append(parts, value.As[string](text))
			case len(args) == 3:
				parts = append(parts, value.As[string](args[2]))
			}
		}
		return join(w, parts, value.As[string](args[1]))
	})
}
