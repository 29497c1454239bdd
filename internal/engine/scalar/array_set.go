package scalar

import (
	"slices"

	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// setFamily holds the functions of arrays that compare their elements. Two
// elements are one when neither is distinct from the other, except where a
// function searches for a value: there they must be equal.
func setFamily() map[string]binder {
	return map[string]binder{
		"array_distinct":    elementBinder(1, func(w *work.Work, t datatype.Type, a [][]any) (any, error) { return union(w, t, a[0]) }),
		"array_union":       elementBinder(2, func(w *work.Work, t datatype.Type, a [][]any) (any, error) { return union(w, t, a...) }),
		"array_intersect":   elementBinder(2, intersect),
		"array_except":      elementBinder(2, except),
		"arrays_overlap":    elementBinder(2, overlap),
		"contains_sequence": elementBinder(2, containsSequence),
		"array_histogram":   elementBinder(1, histogram),
		"array_max":         elementBinder(1, func(_ *work.Work, t datatype.Type, a [][]any) (any, error) { return extremum(t, a[0], 1) }),
		"array_min":         elementBinder(1, func(_ *work.Work, t datatype.Type, a [][]any) (any, error) { return extremum(t, a[0], -1) }),
		"array_sort":        elementBinder(1, sortArray),
		"contains":          searchBinder("contains", contains),
		"array_position":    searchBinder("array_position", position),
		"array_remove":      searchBinder("array_remove", remove),
	}
}

// elementBinder binds a function of n arrays of one type that needs the type of
// their elements.
func elementBinder(n int, call func(w *work.Work, elem datatype.Type, arrays [][]any) (any, error)) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != n || !areAll(params, datatype.Array) || n == 2 && !params[0].Equal(params[1]) {
			return none()
		}
		elem := params[0].Elem()
		return working(func(w *work.Work, args []any) (any, error) {
			arrays := make([][]any, n)
			for i, arg := range args {
				arrays[i] = value.As[[]any](arg)
			}
			return call(w, elem, arrays)
		})
	}
}

// keyOf is Key, counted: elements may refer to one large value many times over.
func keyOf(w *work.Work, t datatype.Type, elem any) (string, error) {
	key := Key(t, elem)
	return key, w.Steps(16 + len(key)/2)
}

// union returns the elements of the arrays without those that came before.
func union(w *work.Work, t datatype.Type, arrays ...[]any) (any, error) {
	out, seen := []any{}, map[string]bool{}
	for _, array := range arrays {
		for _, elem := range array {
			key, err := keyOf(w, t, elem)
			if err != nil {
				return nil, err
			}
			if seen[key] {
				continue
			}
			if err := w.Make(2*work.Element + len(key)); err != nil {
				return nil, err
			}
			seen[key] = true
			out = append(out, elem)
		}
	}
	return out, nil
}

func keys(w *work.Work, t datatype.Type, array []any) (map[string]bool, error) {
	set := make(map[string]bool, len(array))
	for _, elem := range array {
		key, err := keyOf(w, t, elem)
		if err != nil {
			return nil, err
		}
		if err := w.Make(work.Element + len(key)); err != nil {
			return nil, err
		}
		set[key] = true
	}
	return set, nil
}

// intersect returns what both have, in the order of the longer one.
func intersect(w *work.Work, t datatype.Type, arrays [][]any) (any, error) {
	long, short := arrays[0], arrays[1]
	if len(long) < len(short) {
		long, short = short, long
	}
	return those(w, t, long, short, true)
}

func except(w *work.Work, t datatype.Type, arrays [][]any) (any, error) {
	if len(arrays[1]) == 0 {
		return arrays[0], nil // as it is, in Trino
	}
	return those(w, t, arrays[0], arrays[1], false)
}

// those returns the elements of array, each once, that are among others, or that
// are not.
func those(w *work.Work, t datatype.Type, array, others []any, among bool) (any, error) {
	in, err := keys(w, t, others)
	if err != nil {
		return nil, err
	}
	var kept []any
	for _, elem := range array {
		key, err := keyOf(w, t, elem)
		if err != nil {
			return nil, err
		}
		if in[key] == among {
			kept = append(kept, elem)
		}
	}
	return union(w, t, kept)
}

// overlap reports whether the arrays share an element that is not NULL; when
// they do not and one has a NULL, that is not known.
func overlap(w *work.Work, t datatype.Type, arrays [][]any) (any, error) {
	if len(arrays[0]) == 0 || len(arrays[1]) == 0 {
		return false, nil
	}
	in, err := keys(w, t, arrays[1])
	if err != nil {
		return nil, err
	}
	unknown := slices.Contains(arrays[1], nil)
	for _, elem := range arrays[0] {
		if elem == nil {
			unknown = true
			continue
		}
		key, err := keyOf(w, t, elem)
		if err != nil {
			return nil, err
		}
		if in[key] {
			return true, nil
		}
	}
	if unknown {
		return nil, nil
	}
	return false, nil
}

func containsSequence(w *work.Work, t datatype.Type, arrays [][]any) (any, error) {
	var texts [2][]string
	for i, array := range arrays {
		for _, elem := range array {
			key, err := keyOf(w, t, elem)
			if err != nil {
				return nil, err
			}
			if err := w.Make(work.Element + len(key)); err != nil {
				return nil, err
			}
			texts[i] = append(texts[i], key)
		}
	}
	array, part := texts[0], texts[1]
	for i := 0; i+len(part) <= len(array); i++ {
		if err := w.Steps(len(part)); err != nil {
			return nil, err
		}
		if slices.Equal(array[i:i+len(part)], part) {
			return true, nil
		}
	}
	return false, nil
}

// histogram counts the elements that are not NULL.
func histogram(w *work.Work, t datatype.Type, arrays [][]any) (any, error) {
	out, places := &value.Map{}, map[string]int{}
	for _, elem := range arrays[0] {
		if elem == nil {
			continue
		}
		key, err := keyOf(w, t, elem)
		if err != nil {
			return nil, err
		}
		at, ok := places[key]
		if !ok {
			if err := w.Make(3*work.Element + len(key)); err != nil {
				return nil, err
			}
			at = len(out.Keys)
			places[key] = at
			out.Keys, out.Values = append(out.Keys, elem), append(out.Values, int64(0))
		}
		out.Values[at] = value.As[int64](out.Values[at]) + 1
	}
	return out, nil
}

// extremum returns the greatest element (sign 1) or the least (-1), NULL when an
// element is. NaN loses to every number.
func extremum(t datatype.Type, array []any, sign int) (any, error) {
	var best any
	for i, elem := range array {
		if elem == nil {
			return nil, nil
		}
		if i == 0 {
			best = elem
			continue
		}
		c, err := CompareExtreme(t, elem, best, sign)
		if err != nil {
			return nil, err
		}
		if c*sign > 0 {
			best = elem
		}
	}
	return best, nil
}

// sortArray puts NULLs last.
func sortArray(w *work.Work, t datatype.Type, arrays [][]any) (any, error) {
	if err := w.Made(arrays[0]); err != nil {
		return nil, err
	}
	return sorted(arrays[0], func(a, b any) (int, error) {
		switch {
		case a == nil && b == nil:
			return 0, nil
		case a == nil:
			return 1, nil
		case b == nil:
			return -1, nil
		}
		if err := w.Steps(4); err != nil {
			return 0, err
		}
		return Compare(t, a, b)
	})
}

// sorted returns a sorted copy, or the first failure of compare.
func sorted(array []any, compare func(a, b any) (int, error)) (any, error) {
	out := slices.Clone(array)
	var failed error
	slices.SortStableFunc(out, func(a, b any) int {
		if failed != nil {
			return 0
		}
		c, err := compare(a, b)
		failed = err
		return c
	})
	if failed != nil {
		return nil, failed
	}
	return out, nil
}

// isMatch tells whether an element that is not NULL is the value searched for.
type isMatch func(elem any) (bool, error)

// searchBinder binds a search for a value among elements. It fails when NULLs
// inside make it unknown whether one is the value.
func searchBinder(name string, call func(array []any, is isMatch) (any, error)) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 2 || params[0].Kind != datatype.Array || !params[0].Elem().Equal(params[1]) {
			return none()
		}
		t := params[1]
		return pure(func(args []any) (any, error) {
			return call(value.As[[]any](args[0]), func(elem any) (bool, error) {
				equal, known := Equal(t, elem, args[1])
				if !known {
					return false, sqlerr.New(sqlerr.NotSupported, "%s does not support arrays with elements that are null or contain null", name)
				}
				return equal, nil
			})
		})
	}
}

func contains(array []any, is isMatch) (any, error) {
	unknown := false
	for _, elem := range array {
		if elem == nil {
			unknown = true
			continue
		}
		if found, err := is(elem); found || err != nil {
			return found, err
		}
	}
	if unknown {
		return nil, nil
	}
	return false, nil
}

func position(array []any, is isMatch) (any, error) {
	for i, elem := range array {
		if elem == nil {
			continue
		}
		found, err := is(elem)
		if err != nil {
			return nil, err
		}
		if found {
			return int64(i) + 1, nil
		}
	}
	return int64(0), nil
}

func remove(array []any, is isMatch) (any, error) {
	out := []any{}
	for _, elem := range array {
		if elem != nil {
			found, err := is(elem)
			if err != nil {
				return nil, err
			}
			if found {
				continue
			}
		}
		out = append(out, elem)
	}
	return out, nil
}
