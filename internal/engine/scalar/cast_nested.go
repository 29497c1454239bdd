package scalar

import (
	"github.com/sillok/sillok/internal/engine/work"
	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// castNested casts arrays, maps and rows element by element.
func castNested(from, to datatype.Type) (Function, bool) {
	if from.Kind != to.Kind || len(from.Elems) != len(to.Elems) {
		return none()
	}
	casts := make([]Function, len(from.Elems))
	for i := range casts {
		f, ok := Cast(from.Elems[i], to.Elems[i])
		if !ok {
			return none()
		}
		casts[i] = f
	}
	switch from.Kind {
	case datatype.Array:
		return convertsWorking(func(w *work.Work, elems []any) (any, error) {
			return castElems(w, elems, func(int) Function { return casts[0] })
		})
	case datatype.Row:
		return convertsWorking(func(w *work.Work, fields []any) (any, error) {
			return castElems(w, fields, func(i int) Function { return casts[i] })
		})
	default:
		return convertsWorking(func(w *work.Work, m *value.Map) (any, error) { return castMap(w, m, to, casts[0], casts[1]) })
	}
}

func castElems(w *work.Work, elems []any, cast func(i int) Function) (any, error) {
	if err := w.Made(elems); err != nil {
		return nil, err
	}
	out := make([]any, len(elems))
	for i, elem := range elems {
		v, err := cast(i).apply(w, elem)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func castMap(w *work.Work, m *value.Map, to datatype.Type, castKey, castValue Function) (any, error) {
	if err := w.Made(m); err != nil {
		return nil, err
	}
	out := &value.Map{Keys: make([]any, len(m.Keys)), Values: make([]any, len(m.Keys))}
	seen := make(map[string]bool, len(m.Keys))
	for i, key := range m.Keys {
		k, err := castKey.apply(w, key)
		if err != nil {
			return nil, err
		}
		if k == nil {
			return nil, sqlerr.Cast("map key is null")
		}
		id := Key(to.Elems[0], k)
		if seen[id] {
			return nil, sqlerr.Cast("duplicate keys")
		}
		seen[id] = true
		v, err := castValue.apply(w, m.Values[i])
		if err != nil {
			return nil, err
		}
		out.Keys[i], out.Values[i] = k, v
	}
	return out, nil
}
