package scalar

import (
	"bytes"
	"cmp"
	"math"
	"math/big"
	"strings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/sqlerr"
	"github.com/sillok/sillok/internal/sql/value"
)

// Comparable reports whether values of t can be equal to each other.
func Comparable(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Opaque, datatype.Function, datatype.JSONPath:
		return false
	default:
		return all(t.Elems, Comparable)
	}
}

// Orderable reports whether values of t have an order.
func Orderable(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Opaque, datatype.Function, datatype.JSONPath, datatype.JSON, datatype.Map:
		return false
	default:
		return all(t.Elems, Orderable)
	}
}

func all(types []datatype.Type, is func(datatype.Type) bool) bool {
	for _, t := range types {
		if !is(t) {
			return false
		}
	}
	return true
}

// Equal reports whether a = b, and whether that is known: it is not when it
// depends on a NULL, at the top or inside.
func Equal(t datatype.Type, a, b any) (equal, known bool) {
	if a == nil || b == nil {
		return false, false
	}
	switch t.Kind {
	case datatype.Real:
		return value.As[float32](a) == value.As[float32](b), true
	case datatype.Double:
		return value.As[float64](a) == value.As[float64](b), true
	case datatype.Array:
		return equalArrays(t.Elems[0], value.As[[]any](a), value.As[[]any](b))
	case datatype.Row:
		return equalRows(t.Elems, value.As[[]any](a), value.As[[]any](b))
	case datatype.Map:
		return equalMaps(t, value.As[*value.Map](a), value.As[*value.Map](b))
	default:
		return compareScalar(t, a, b) == 0, true
	}
}

func equalArrays(elem datatype.Type, a, b []any) (equal, known bool) {
	if len(a) != len(b) {
		return false, true
	}
	equal, known = true, true
	for i := range a {
		if e, k := Equal(elem, a[i], b[i]); !k {
			known = false
		} else if !e {
			return false, true
		}
	}
	return equal && known, known
}

func equalRows(fields []datatype.Type, a, b []any) (equal, known bool) {
	known = true
	for i, field := range fields {
		if e, k := Equal(field, a[i], b[i]); !k {
			known = false
		} else if !e {
			return false, true
		}
	}
	return known, known
}

func equalMaps(t datatype.Type, a, b *value.Map) (equal, known bool) {
	if len(a.Keys) != len(b.Keys) {
		return false, true
	}
	index := make(map[string]int, len(b.Keys))
	for i, key := range b.Keys {
		index[Key(t.Elems[0], key)] = i
	}
	known = true
	for i, key := range a.Keys {
		j, ok := index[Key(t.Elems[0], key)]
		if !ok {
			return false, true
		}
		if found, known := Equal(t.Elems[0], key, b.Keys[j]); known && !found {
			return false, true // NaN
		}
		if e, k := Equal(t.Elems[1], a.Values[i], b.Values[j]); !k {
			known = false
		} else if !e {
			return false, true
		}
	}
	return known, known
}

// Less reports whether a < b for values that are not NULL. NaN is less than
// nothing, and nothing than it.
func Less(t datatype.Type, a, b any) (bool, error) {
	switch t.Kind {
	case datatype.Real:
		return value.As[float32](a) < value.As[float32](b), nil
	case datatype.Double:
		return value.As[float64](a) < value.As[float64](b), nil
	default:
		c, err := Compare(t, a, b)
		return c < 0, err
	}
}

// Compare orders a and b, which are not NULL, as ORDER BY does: NaN comes last.
// It fails when the order depends on a NULL inside.
func Compare(t datatype.Type, a, b any) (int, error) { return compareNaN(t, a, b, 1) }

// CompareExtreme orders a and b, which are not NULL, for whoever looks for the greatest
// value (sign 1) or the least (-1): NaN is never it while there is a number. It fails
// when the order depends on a NULL inside.
func CompareExtreme(t datatype.Type, a, b any, sign int) (int, error) {
	return compareNaN(t, a, b, -sign)
}

// compareNaN orders with NaN above every number when nan is 1, below when -1.
func compareNaN(t datatype.Type, a, b any, nan int) (int, error) {
	switch t.Kind {
	case datatype.Real:
		return compareFloats(float64(value.As[float32](a)), float64(value.As[float32](b)), nan), nil
	case datatype.Double:
		return compareFloats(value.As[float64](a), value.As[float64](b), nan), nil
	case datatype.Array:
		return compareArrays(t.Elems[0], value.As[[]any](a), value.As[[]any](b), nan)
	case datatype.Row:
		x, y := value.As[[]any](a), value.As[[]any](b)
		for i, field := range t.Elems {
			if x[i] == nil || y[i] == nil {
				return 0, sqlerr.New(sqlerr.NotSupported, "ROW comparison not supported for fields with null elements")
			}
			if c, err := compareNaN(field, x[i], y[i], nan); c != 0 || err != nil {
				return c, err
			}
		}
		return 0, nil
	default:
		return compareScalar(t, a, b), nil
	}
}

func compareArrays(elem datatype.Type, a, b []any, nan int) (int, error) {
	for i := range min(len(a), len(b)) {
		if a[i] == nil || b[i] == nil {
			return 0, sqlerr.New(sqlerr.NotSupported, "ARRAY comparison not supported for arrays with null elements")
		}
		if c, err := compareNaN(elem, a[i], b[i], nan); c != 0 || err != nil {
			return c, err
		}
	}
	return cmp.Compare(len(a), len(b)), nil
}

func compareFloats(a, b float64, nan int) int {
	switch x, y := math.IsNaN(a), math.IsNaN(b); {
	case x && y:
		return 0
	case x:
		return nan
	case y:
		return -nan
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// compareScalar orders values of types that have no NULL inside and no NaN.
func compareScalar(t datatype.Type, a, b any) int {
	switch t.Kind {
	case datatype.Tinyint, datatype.Smallint, datatype.Integer: // as far as the type goes
		return cmp.Compare(cut(t.Kind, value.As[int64](a)), cut(t.Kind, value.As[int64](b)))
	case datatype.Boolean:
		return cmp.Compare(ordinal(value.As[bool](a)), ordinal(value.As[bool](b)))
	case datatype.Decimal:
		return value.As[*big.Int](a).Cmp(value.As[*big.Int](b))
	case datatype.Varchar, datatype.JSON:
		return strings.Compare(value.As[string](a), value.As[string](b))
	case datatype.Char:
		return compareChars(value.As[string](a), value.As[string](b))
	case datatype.Varbinary:
		return bytes.Compare(value.As[[]byte](a), value.As[[]byte](b))
	case datatype.UUID, datatype.IPAddress:
		x, y := value.As[[16]byte](a), value.As[[16]byte](b)
		return bytes.Compare(x[:], y[:])
	case datatype.IPPrefix:
		x, y := value.As[value.Prefix](a), value.As[value.Prefix](b)
		return cmp.Or(bytes.Compare(x.Address[:], y.Address[:]), cmp.Compare(x.Length, y.Length))
	case datatype.Time:
		return cmp.Compare(value.As[value.Time](a).Picos, value.As[value.Time](b).Picos)
	case datatype.TimeTZ:
		return cmp.Compare(utcPicos(value.As[value.TimeTZ](a)), utcPicos(value.As[value.TimeTZ](b)))
	case datatype.Timestamp:
		x, y := value.As[value.Timestamp](a), value.As[value.Timestamp](b)
		return cmp.Or(cmp.Compare(x.Micros, y.Micros), cmp.Compare(x.Picos, y.Picos))
	case datatype.TimestampTZ:
		x, y := value.As[value.TimestampTZ](a), value.As[value.TimestampTZ](b)
		return cmp.Or(cmp.Compare(x.Micros, y.Micros), cmp.Compare(x.Picos, y.Picos))
	default:
		return cmp.Compare(value.As[int64](a), value.As[int64](b))
	}
}

func ordinal(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareChars compares as if the shorter were filled up with spaces.
func compareChars(a, b string) int {
	n := min(len(a), len(b))
	if c := strings.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	for i := n; i < len(a); i++ {
		if a[i] != ' ' {
			return cmp.Compare(a[i], ' ')
		}
	}
	for i := n; i < len(b); i++ {
		if b[i] != ' ' {
			return cmp.Compare(' ', b[i])
		}
	}
	return 0
}

// utcPicos returns the time of day that it is in UTC.
func utcPicos(v value.TimeTZ) int64 {
	return value.FloorMod(v.Picos-int64(v.OffsetMinutes)*value.PicosPerMinute, value.PicosPerDay)
}

// IsDistinct reports whether a IS DISTINCT FROM b: NULL equals NULL and NaN NaN.
func IsDistinct(t datatype.Type, a, b any) bool { return Key(t, a) != Key(t, b) }

// Indeterminate reports whether v is NULL or has a NULL inside.
func Indeterminate(t datatype.Type, v any) bool {
	if v == nil {
		return true
	}
	switch t.Kind {
	case datatype.Array:
		for _, elem := range value.As[[]any](v) {
			if Indeterminate(t.Elems[0], elem) {
				return true
			}
		}
	case datatype.Row:
		for i, field := range value.As[[]any](v) {
			if Indeterminate(t.Elems[i], field) {
				return true
			}
		}
	case datatype.Map:
		for _, val := range value.As[*value.Map](v).Values {
			if Indeterminate(t.Elems[1], val) {
				return true
			}
		}
	default:
	}
	return false
}
