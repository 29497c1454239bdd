package aggregate

import (
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// sizes are the functions with which ANALYZE measures a column: they count the bytes of
// values in Trino's memory.
func sizes() map[string]binder {
	return map[string]binder{
		"$internal$sum_data_size_for_stats": sized(func(all, size int64) int64 { return all + size }),
		"$internal$max_data_size_for_stats": sized(func(all, size int64) int64 { return max(all, size) }),
	}
}

func sized(put func(all, size int64) int64) binder {
	return func(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
		return func(rows [][]any) (any, error) {
			all, found := int64(0), false
			for _, row := range rows {
				if row[0] != nil {
					all, found = put(all, sizeOf(params[0], row[0])), true
				}
			}
			if !found {
				return null()
			}
			return all, nil
		}, sizeKnown(params[0])
	}
}

// sizeKnown says whether sizeOf knows how large the values of t are.
func sizeKnown(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Function, datatype.JSONPath, datatype.Opaque, datatype.Unknown:
		return false
	default:
		return !slices.ContainsFunc(t.Elems, func(elem datatype.Type) bool { return !sizeKnown(elem) })
	}
}

func sizeOf(t datatype.Type, v any) int64 {
	const long, int32s, short, uuid = 8, 4, 2, 16
	switch v := v.(type) {
	case nil:
		return 0
	case string:
		if t.Kind == datatype.Char {
			v = strings.TrimRight(v, " ")
		}
		return int64(len(v))
	case []byte:
		return int64(len(v))
	case []any:
		size := int64(0)
		for i, item := range v {
			elem := t.Elems[0]
			if t.Kind == datatype.Row {
				elem = t.Elems[i]
			}
			size += sizeOf(elem, item)
		}
		return size
	case *value.Map:
		size := int64(0)
		for i := range v.Keys {
			size += sizeOf(t.Elems[0], v.Keys[i]) + sizeOf(t.Elems[1], v.Values[i])
		}
		return size
	}
	switch t.Kind {
	case datatype.Boolean, datatype.Tinyint:
		return 1
	case datatype.Smallint:
		return short
	case datatype.Integer, datatype.Real, datatype.Date:
		return int32s
	case datatype.UUID, datatype.IPAddress:
		return uuid
	case datatype.Decimal:
		if t.Precision > maxShortDecimal {
			return 2 * long
		}
	case datatype.Timestamp:
		if t.Precision > maxShortTimestamp {
			return long + int32s
		}
	case datatype.TimestampTZ:
		if t.Precision > maxShortTimestampTZ {
			return long + int32s
		}
	case datatype.TimeTZ:
		if t.Precision > maxShortTimeTZ {
			return long + int32s
		}
	default:
	}
	return long
}
