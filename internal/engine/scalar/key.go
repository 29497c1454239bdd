package scalar

import (
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// Key returns bytes that two values of t share exactly when neither is distinct
// from the other: what GROUP BY, DISTINCT and sets hash.
func Key(t datatype.Type, v any) string { return string(appendKey(nil, t, v)) }

func appendKey(k []byte, t datatype.Type, v any) []byte {
	if v == nil {
		return append(k, 0)
	}
	k = append(k, 1)
	switch t.Kind {
	case datatype.Boolean:
		if value.As[bool](v) {
			return append(k, 1)
		}
		return append(k, 0)
	case datatype.Real:
		return appendFloatKey(k, float64(value.As[float32](v)))
	case datatype.Double:
		return appendFloatKey(k, value.As[float64](v))
	case datatype.Decimal:
		return appendTextKey(k, value.As[*big.Int](v).String())
	case datatype.Varchar, datatype.JSON, datatype.JSONPath:
		return appendTextKey(k, value.As[string](v))
	case datatype.Char:
		return appendTextKey(k, strings.TrimRight(value.As[string](v), " "))
	case datatype.Varbinary:
		return appendTextKey(k, string(value.As[[]byte](v)))
	case datatype.UUID, datatype.IPAddress:
		a := value.As[[16]byte](v)
		return append(k, a[:]...)
	case datatype.IPPrefix:
		p := value.As[value.Prefix](v)
		return append(append(k, p.Address[:]...), p.Length)
	case datatype.Time:
		return appendIntKey(k, value.As[value.Time](v).Picos)
	case datatype.TimeTZ:
		return appendIntKey(k, utcPicos(value.As[value.TimeTZ](v)))
	case datatype.Timestamp:
		ts := value.As[value.Timestamp](v)
		return appendIntKey(appendIntKey(k, ts.Micros), int64(ts.Picos))
	case datatype.TimestampTZ:
		ts := value.As[value.TimestampTZ](v)
		return appendIntKey(appendIntKey(k, ts.Micros), int64(ts.Picos))
	case datatype.Array, datatype.Row, datatype.Map:
		return appendNestedKey(k, t, v)
	default:
		return appendIntKey(k, value.As[int64](v))
	}
}

func appendNestedKey(k []byte, t datatype.Type, v any) []byte {
	switch t.Kind {
	case datatype.Map:
		m := value.As[*value.Map](v)
		entries := make([]string, len(m.Keys))
		for i, key := range m.Keys {
			entries[i] = string(appendKey(appendKey(nil, t.Elems[0], key), t.Elems[1], m.Values[i]))
		}
		slices.Sort(entries)
		k = appendIntKey(k, int64(len(entries)))
		for _, entry := range entries {
			k = appendTextKey(k, entry)
		}
		return k
	case datatype.Array:
		elems := value.As[[]any](v)
		k = appendIntKey(k, int64(len(elems)))
		for _, elem := range elems {
			k = appendKey(k, t.Elems[0], elem)
		}
		return k
	default:
		for i, field := range value.As[[]any](v) {
			k = appendKey(k, t.Elems[i], field)
		}
		return k
	}
}

func appendIntKey(k []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(k, uint64(n)) //nolint:gosec // only identity matters
}

func appendTextKey(k []byte, s string) []byte {
	return append(appendIntKey(k, int64(len(s))), s...)
}

// appendFloatKey treats both zeros as one and every NaN as one.
func appendFloatKey(k []byte, f float64) []byte {
	switch {
	case f == 0:
		f = 0
	case math.IsNaN(f):
		f = math.NaN()
	}
	return binary.BigEndian.AppendUint64(k, math.Float64bits(f))
}
