package scalar

import (
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// lambdaFamily holds the functions that call a function for each element or
// entry. A condition that is NULL counts as false.
func lambdaFamily() map[string]binder {
	return map[string]binder{
		"transform":        onLambda(transform, datatype.Array, 1),
		"filter":           onLambda(filter, datatype.Array, 1),
		"any_match":        onLambda(matcher(true, true), datatype.Array, 1),
		"all_match":        onLambda(matcher(false, false), datatype.Array, 1),
		"none_match":       onLambda(matcher(true, false), datatype.Array, 1),
		"array_sort":       onLambda(sortBy, datatype.Array, 2),
		"transform_values": onLambda(transformValues, datatype.Map, 2),
		"map_filter":       onLambda(mapFilter, datatype.Map, 2),
		"transform_keys":   transformKeysBinder,
		"reduce":           reduceBinder,
		"zip_with":         zipWithBinder,
		"map_zip_with":     mapZipWithBinder,
	}
}

// takesLambda reports whether t is a function of n parameters.
func takesLambda(t datatype.Type, n int) bool {
	return t.Kind == datatype.Function && len(t.Elems) == n+1
}

// onLambda binds call for a collection and a function of n parameters.
func onLambda(call Func, kind datatype.Kind, n int) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if len(params) != 2 || params[0].Kind != kind || !takesLambda(params[1], n) {
			return none()
		}
		return working(call)
	}
}

// isTrue reports whether a condition holds.
func isTrue(v any) bool { return v == true }

func transform(w *work.Work, args []any) (any, error) {
	array, f := value.As[[]any](args[0]), value.As[Lambda](args[1])
	if err := w.Repeat(len(array), work.Element); err != nil {
		return nil, err
	}
	out := make([]any, len(array))
	for i, elem := range array {
		v, err := f(elem)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func filter(w *work.Work, args []any) (any, error) {
	f, out := value.As[Lambda](args[1]), []any{}
	for _, elem := range value.As[[]any](args[0]) {
		keep, err := f(elem)
		if err != nil {
			return nil, err
		}
		if isTrue(keep) {
			if err := w.Make(work.Element); err != nil {
				return nil, err
			}
			out = append(out, elem)
		}
	}
	return out, nil
}

// matcher looks for an element whose condition is want. The result is found when
// there is one, NULL when there is none and a condition is NULL, else not found.
func matcher(want, found bool) Func {
	return func(_ *work.Work, args []any) (any, error) {
		f, unknown := value.As[Lambda](args[1]), false
		for _, elem := range value.As[[]any](args[0]) {
			holds, err := f(elem)
			switch {
			case err != nil:
				return nil, err
			case holds == nil:
				unknown = true
			case value.As[bool](holds) == want:
				return found, nil
			}
		}
		if unknown {
			return nil, nil
		}
		return !found, nil
	}
}

// sortBy sorts by a function that returns -1, 0 or 1.
func sortBy(w *work.Work, args []any) (any, error) {
	f := value.As[Lambda](args[1])
	if err := w.Made(args[0]); err != nil {
		return nil, err
	}
	return sorted(value.As[[]any](args[0]), func(a, b any) (int, error) {
		order, err := f(a, b)
		if err != nil {
			return 0, err
		}
		n, ok := order.(int64)
		if !ok || n < -1 || n > 1 {
			return 0, sqlerr.Argument("Lambda comparator must return either -1, 0, or 1")
		}
		return int(n), nil
	})
}

// reduceBinder is reduce(array, initial state, step, output).
func reduceBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 4 || params[0].Kind != datatype.Array || !takesLambda(params[2], 2) || !takesLambda(params[3], 1) {
		return none()
	}
	call := func(_ *work.Work, args []any) (any, error) {
		state, step, output := args[1], value.As[Lambda](args[2]), value.As[Lambda](args[3])
		for _, elem := range value.As[[]any](args[0]) {
			next, err := step(state, elem)
			if err != nil {
				return nil, err
			}
			state = next
		}
		return output(state)
	}
	return seesNull(call, 0)
}

// zipWithBinder calls a function with the elements of two arrays; the shorter
// one is NULL behind its end.
func zipWithBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 3 || !areAll(params[:2], datatype.Array) || !takesLambda(params[2], 2) {
		return none()
	}
	return working(func(w *work.Work, args []any) (any, error) {
		a, b, f := value.As[[]any](args[0]), value.As[[]any](args[1]), value.As[Lambda](args[2])
		at := func(array []any, i int) any {
			if i < len(array) {
				return array[i]
			}
			return nil
		}
		if err := w.Repeat(max(len(a), len(b)), work.Element); err != nil {
			return nil, err
		}
		out := make([]any, max(len(a), len(b)))
		for i := range out {
			v, err := f(at(a, i), at(b, i))
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	})
}

func transformValues(w *work.Work, args []any) (any, error) {
	m, f := value.As[*value.Map](args[0]), value.As[Lambda](args[1])
	if err := w.Made(m); err != nil {
		return nil, err
	}
	out := &value.Map{Keys: m.Keys, Values: make([]any, len(m.Values))}
	for i, key := range m.Keys {
		v, err := f(key, m.Values[i])
		if err != nil {
			return nil, err
		}
		out.Values[i] = v
	}
	return out, nil
}

func mapFilter(w *work.Work, args []any) (any, error) {
	m, f := value.As[*value.Map](args[0]), value.As[Lambda](args[1])
	if err := w.Made(m); err != nil {
		return nil, err
	}
	out := &value.Map{}
	for i, key := range m.Keys {
		keep, err := f(key, m.Values[i])
		if err != nil {
			return nil, err
		}
		if isTrue(keep) {
			out.Keys, out.Values = append(out.Keys, key), append(out.Values, m.Values[i])
		}
	}
	return out, nil
}

func transformKeysBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 || params[0].Kind != datatype.Map || !takesLambda(params[1], 2) {
		return none()
	}
	t := params[1].Elem()
	return working(func(w *work.Work, args []any) (any, error) {
		m, f, b := value.As[*value.Map](args[0]), value.As[Lambda](args[1]), newMapBuilder(t)
		if err := w.Made(m); err != nil {
			return nil, err
		}
		for i, key := range m.Keys {
			k, err := f(key, m.Values[i])
			switch {
			case err != nil:
				return nil, err
			case k == nil:
				return nil, sqlerr.Argument("map key cannot be null")
			}
			if _, known := b.place(k); known {
				return nil, sqlerr.Argument("Duplicate map keys (%s) are not allowed", value.Text(t, k))
			}
			b.add(k, m.Values[i])
		}
		return b.out, nil
	})
}

// mapZipWithBinder calls a function with each key of two maps and its two
// values: the keys of the first map, then those that only the second one has.
func mapZipWithBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 3 || !areAll(params[:2], datatype.Map) || !takesLambda(params[2], 3) {
		return none()
	}
	t := params[0].Elems[0]
	return working(func(w *work.Work, args []any) (any, error) {
		left, right, f := value.As[*value.Map](args[0]), value.As[*value.Map](args[1]), value.As[Lambda](args[2])
		for _, m := range []*value.Map{left, right} {
			if err := w.Repeat(len(m.Keys), 5*work.Element); err != nil {
				return nil, err
			}
		}
		both := newMapBuilder(t)
		for i, key := range left.Keys {
			both.add(key, []any{key, left.Values[i], nil})
		}
		for i, key := range right.Keys {
			if at, known := both.place(key); known {
				value.As[[]any](both.out.Values[at])[2] = right.Values[i]
				continue
			}
			both.add(key, []any{key, nil, right.Values[i]})
		}
		for i, triple := range both.out.Values {
			v, err := f(value.As[[]any](triple)...)
			if err != nil {
				return nil, err
			}
			both.out.Values[i] = v
		}
		return both.out, nil
	})
}
