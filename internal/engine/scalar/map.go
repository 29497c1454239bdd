package scalar

import (
	"slices"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

func mapFamily() map[string]binder {
	return map[string]binder{
		"map":                   mapBinder,
		"map_keys":              onMap(func(_ datatype.Type, m *value.Map) (any, error) { return m.Keys, nil }),
		"map_values":            onMap(func(_ datatype.Type, m *value.Map) (any, error) { return m.Values, nil }),
		"map_entries":           onMap(mapEntries),
		"map_concat":            mapConcatBinder,
		"map_from_entries":      entriesBinder(mapFromEntries),
		"multimap_from_entries": entriesBinder(multimapFromEntries),
	}
}

// mapBuilder builds a map whose keys are all different and none NULL.
type mapBuilder struct {
	key  datatype.Type
	out  *value.Map
	seen map[string]int // the place of each key
}

func newMapBuilder(key datatype.Type) *mapBuilder {
	return &mapBuilder{key: key, out: &value.Map{Keys: []any{}, Values: []any{}}, seen: map[string]int{}}
}

// place returns where key stands, or that it is new.
func (b *mapBuilder) place(key any) (at int, known bool) {
	at, known = b.seen[Key(b.key, key)]
	return at, known
}

// add appends an entry whose key is new.
func (b *mapBuilder) add(key, val any) {
	b.seen[Key(b.key, key)] = len(b.out.Keys)
	b.out.Keys, b.out.Values = append(b.out.Keys, key), append(b.out.Values, val)
}

// put adds an entry, or fails when the key cannot be one.
func (b *mapBuilder) put(key, val any) error {
	if key == nil {
		return sqlerr.Argument("map key cannot be null")
	}
	if _, known := b.place(key); known {
		return sqlerr.Argument("Duplicate map keys (%s) are not allowed", value.Text(b.key, key))
	}
	b.add(key, val)
	return nil
}

// mapBinder is map() and map(keys, values).
func mapBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) == 0 {
		return pure(func([]any) (any, error) { return &value.Map{}, nil })
	}
	if !areKinds(params, datatype.Array, datatype.Array) {
		return none()
	}
	key := params[0].Elem()
	return pure(func(args []any) (any, error) {
		keys, values := value.As[[]any](args[0]), value.As[[]any](args[1])
		if len(keys) != len(values) {
			return nil, sqlerr.Argument("Key and value arrays must be the same length")
		}
		b := newMapBuilder(key)
		for i := range keys {
			if keys[i] != nil && Indeterminate(key, keys[i]) {
				return nil, sqlerr.Argument("map key cannot be indeterminate: %s", value.Text(key, keys[i]))
			}
			if err := b.put(keys[i], values[i]); err != nil {
				return nil, err
			}
		}
		return b.out, nil
	})
}

func onMap(call func(t datatype.Type, m *value.Map) (any, error)) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if !areKinds(params, datatype.Map) {
			return none()
		}
		t := params[0]
		return pure(func(args []any) (any, error) { return call(t, value.As[*value.Map](args[0])) })
	}
}

func mapEntries(_ datatype.Type, m *value.Map) (any, error) {
	out := make([]any, len(m.Keys))
	for i, key := range m.Keys {
		out[i] = []any{key, m.Values[i]}
	}
	return out, nil
}

// mapConcatBinder joins maps. The last map that has a key gives its value, and
// the entries stand in the order of the maps from the last to the first.
func mapConcatBinder(params []datatype.Type, _ datatype.Type) (Function, bool) {
	switch {
	case len(params) == 0 || !areAll(params, datatype.Map):
		return none()
	case len(params) == 1:
		return tooFew("There must be two or more concatenation arguments to map_concat")
	}
	key := params[0].Elems[0]
	return pure(func(args []any) (any, error) {
		b := newMapBuilder(key)
		for _, arg := range slices.Backward(args) {
			m := value.As[*value.Map](arg)
			for i, key := range m.Keys {
				if _, known := b.place(key); !known {
					b.add(key, m.Values[i])
				}
			}
		}
		return b.out, nil
	})
}

// entriesBinder binds a function of an array of rows of a key and a value.
func entriesBinder(put func(b *mapBuilder, key, val any) error) binder {
	return func(params []datatype.Type, _ datatype.Type) (Function, bool) {
		if !areKinds(params, datatype.Array) {
			return none()
		}
		row := params[0].Elem()
		if row.Kind == datatype.Unknown {
			row = datatype.RowOf(nil, []datatype.Type{row, row})
		}
		if row.Kind != datatype.Row || len(row.Elems) != 2 {
			return none()
		}
		return pure(func(args []any) (any, error) {
			b := newMapBuilder(row.Elems[0])
			for _, entry := range value.As[[]any](args[0]) {
				if entry == nil {
					return nil, sqlerr.Argument("map entry cannot be null")
				}
				pair := value.As[[]any](entry)
				if err := put(b, pair[0], pair[1]); err != nil {
					return nil, err
				}
			}
			return b.out, nil
		})
	}
}

func mapFromEntries(b *mapBuilder, key, val any) error { return b.put(key, val) }

func multimapFromEntries(b *mapBuilder, key, val any) error {
	if key == nil {
		return sqlerr.Argument("map key cannot be null")
	}
	at, known := b.place(key)
	if !known {
		b.add(key, []any{val})
		return nil
	}
	b.out.Values[at] = append(value.As[[]any](b.out.Values[at]), val)
	return nil
}

// mapElementAt is element_at(map, key): NULL when the key is not there.
func mapElementAt(params []datatype.Type, _ datatype.Type) (Function, bool) {
	if len(params) != 2 || params[0].Kind != datatype.Map || !params[0].Elems[0].Equal(params[1]) {
		return none()
	}
	t := params[1]
	return pure(func(args []any) (any, error) {
		m := value.As[*value.Map](args[0])
		at, err := findKey(t, m, args[1])
		if err != nil || at < 0 {
			return nil, err
		}
		return m.Values[at], nil
	})
}

// findKey returns where a key stands, -1 for nowhere. It is found by =, so that NaN is
// no key that could be found, and one with a NULL inside fails.
func findKey(t datatype.Type, m *value.Map, key any) (int, error) {
	want := Key(t, key)
	for i, k := range m.Keys {
		if Key(t, k) != want {
			continue
		}
		switch equal, known := Equal(t, k, key); {
		case !known:
			return 0, sqlerr.New(sqlerr.NotSupported, "map key cannot be null or contain nulls")
		case equal:
			return i, nil
		}
	}
	return -1, nil
}
