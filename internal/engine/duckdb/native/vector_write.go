package native

import (
	"fmt"
	"math/big"
	"unicode/utf8"
	"unsafe"

	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// write fills vec, which is flat and has room, with column, whose values are of type t.
func write(vec duck.Vector, t datatype.Type, column []any) error {
	markNulls(vec, column)
	switch t.Kind {
	case datatype.Array:
		return writeLists(vec, t.Elems[0], column)
	case datatype.Map:
		return writeMaps(vec, t, column)
	case datatype.Row:
		return writeRows(vec, t, column)
	case datatype.TimeTZ, datatype.TimestampTZ:
		return writeZoned(vec, t, column)
	case datatype.Timestamp:
		return writeTimestamps(vec, t, column)
	case datatype.Decimal:
		return writeDecimals(vec, t, column)
	default:
		return writeScalars(vec, t, column)
	}
}

func markNulls(vec duck.Vector, column []any) {
	var mask unsafe.Pointer
	for row, v := range column {
		if v != nil {
			continue
		}
		if mask == nil {
			duck.VectorEnsureValidityWritable(vec)
			mask = duck.VectorGetValidity(vec)
		}
		*at[uint64](mask, row/64) &^= 1 << (row % 64)
	}
}

// fill writes convert(v) for each v of type V that is not NULL.
func fill[V, D any](vec duck.Vector, column []any, convert func(V) D) error {
	data := duck.VectorGetData(vec)
	for row, v := range column {
		if v == nil {
			continue
		}
		val, ok := v.(V)
		if !ok {
			return errValue(v, val)
		}
		*at[D](data, row) = convert(val)
	}
	return nil
}

func errValue(got, want any) error { return fmt.Errorf("a value is a %T, not a %T", got, want) }

func same[V any](v V) V { return v }

func writeScalars(vec duck.Vector, t datatype.Type, column []any) error {
	switch t.Kind {
	case datatype.Boolean:
		return fill(vec, column, same[bool])
	case datatype.Tinyint:
		return fill(vec, column, func(v int64) int8 { return int8(v) }) //nolint:gosec // a tinyint
	case datatype.Smallint:
		return fill(vec, column, func(v int64) int16 { return int16(v) }) //nolint:gosec // a smallint
	case datatype.Integer, datatype.Unknown, datatype.Date:
		return fill(vec, column, func(v int64) int32 { return int32(v) }) //nolint:gosec // an integer
	case datatype.Bigint, datatype.IntervalDayToSecond, datatype.IntervalYearToMonth:
		return fill(vec, column, same[int64])
	case datatype.Time:
		return fill(vec, column, func(v value.Time) int64 { return v.Picos })
	case datatype.Real:
		return fill(vec, column, same[float32])
	case datatype.Double:
		return fill(vec, column, same[float64])
	case datatype.Varchar, datatype.Char, datatype.JSON, datatype.JSONPath:
		return writeTexts(vec, column)
	default:
		return writeBlobs(vec, t, column)
	}
}

func writeTexts(vec duck.Vector, column []any) error {
	for row, v := range column {
		if v == nil {
			continue
		}
		s, ok := v.(string)
		if !ok {
			return errValue(v, s)
		}
		if !utf8.ValidString(s) {
			return fmt.Errorf("a text is not valid UTF-8: %q", s)
		}
		duck.VectorAssignStringElement(vec, duck.IdxT(row), s)
	}
	return nil
}

func writeBlobs(vec duck.Vector, t datatype.Type, column []any) error {
	for row, v := range column {
		var b []byte
		switch v := v.(type) {
		case nil:
			continue
		case []byte:
			b = v
		case [16]byte:
			b = v[:]
		case value.Prefix:
			b = append(v.Address[:], v.Length)
		default:
			return fmt.Errorf("a value of %s is a %T", t, v)
		}
		duck.VectorAssignStringElementLen(vec, duck.IdxT(row), b)
	}
	return nil
}

func hugeintOf(v *big.Int) hugeint {
	lower := new(big.Int).And(v, new(big.Int).SetUint64(1<<64-1))
	upper := new(big.Int).Rsh(v, 64) // rounds towards minus infinity, as two's complement wants
	return hugeint{lower: lower.Uint64(), upper: upper.Int64()}
}

func writeDecimals(vec duck.Vector, t datatype.Type, column []any) error {
	switch {
	case t.Precision <= 4:
		return fill(vec, column, func(v *big.Int) int16 { return int16(v.Int64()) }) //nolint:gosec // 4 digits
	case t.Precision <= 9:
		return fill(vec, column, func(v *big.Int) int32 { return int32(v.Int64()) }) //nolint:gosec // 9 digits
	case t.Precision <= 18:
		return fill(vec, column, (*big.Int).Int64)
	default:
		return fill(vec, column, hugeintOf)
	}
}

func writeTimestamps(vec duck.Vector, t datatype.Type, column []any) error {
	if !Fine(t) {
		return fill(vec, column, func(v value.Timestamp) int64 { return v.Micros })
	}
	return fill(vec, column, func(v value.Timestamp) hugeint {
		picos := new(big.Int).Mul(big.NewInt(v.Micros), big.NewInt(picosPerMicro))
		return hugeintOf(picos.Add(picos, big.NewInt(int64(v.Picos))))
	})
}

func writeZoned(vec duck.Vector, t datatype.Type, column []any) error {
	first, second := make([]any, len(column)), make([]any, len(column))
	for row, v := range column {
		switch v := v.(type) {
		case nil:
		case value.TimeTZ:
			first[row], second[row] = v.Picos, int64(v.OffsetMinutes)
		case value.TimestampTZ:
			first[row], second[row] = value.Timestamp{Micros: v.Micros, Picos: v.Picos}, v.Zone
		default:
			return fmt.Errorf("a value of %s is a %T", t, v)
		}
	}
	firstType, secondType := datatype.Of(datatype.Bigint), datatype.Of(datatype.Integer)
	if t.Kind == datatype.TimestampTZ {
		firstType, secondType = datatype.Temporal(datatype.Timestamp, t.Precision), datatype.Text()
	}
	if err := write(duck.StructVectorGetChild(vec, 0), firstType, first); err != nil {
		return err
	}
	return write(duck.StructVectorGetChild(vec, 1), secondType, second)
}

func writeRows(vec duck.Vector, t datatype.Type, column []any) error {
	for i, elem := range t.Elems {
		field := make([]any, len(column))
		for row, v := range column {
			if v == nil {
				continue
			}
			values, ok := v.([]any)
			if !ok || len(values) != len(t.Elems) {
				return fmt.Errorf("a value of %s is a %T", t, v)
			}
			field[row] = values[i]
		}
		if err := write(duck.StructVectorGetChild(vec, duck.IdxT(i)), elem, field); err != nil {
			return err
		}
	}
	return nil
}

// writeLists writes arrays: all their elements one after another into the
// vector's child, and where each array stands there.
func writeLists(vec duck.Vector, elem datatype.Type, column []any) error {
	var all []any
	entries := make([]listEntry, len(column))
	for row, v := range column {
		if v == nil {
			continue
		}
		items, ok := v.([]any)
		if !ok {
			return errValue(v, items)
		}
		entries[row] = listEntry{offset: uint64(len(all)), length: uint64(len(items))}
		all = append(all, items...)
	}
	if err := growList(vec, entries, len(all)); err != nil {
		return err
	}
	return write(duck.ListVectorGetChild(vec), elem, all)
}

func growList(vec duck.Vector, entries []listEntry, size int) error {
	n := duck.IdxT(size) //nolint:gosec // a length is not negative
	if duck.ListVectorReserve(vec, n) != duck.StateSuccess || duck.ListVectorSetSize(vec, n) != duck.StateSuccess {
		return fmt.Errorf("make room for %d elements", size)
	}
	data := duck.VectorGetData(vec)
	for row, e := range entries {
		*at[listEntry](data, row) = e
	}
	return nil
}

func writeMaps(vec duck.Vector, t datatype.Type, column []any) error {
	var keys, items []any
	entries := make([]listEntry, len(column))
	for row, v := range column {
		if v == nil {
			continue
		}
		m, ok := v.(*value.Map)
		if !ok {
			return errValue(v, m)
		}
		entries[row] = listEntry{offset: uint64(len(keys)), length: uint64(len(m.Keys))}
		keys, items = append(keys, m.Keys...), append(items, m.Values...)
	}
	if err := growList(vec, entries, len(keys)); err != nil {
		return err
	}
	pairs := duck.ListVectorGetChild(vec)
	if err := write(duck.StructVectorGetChild(pairs, 0), t.Elems[0], keys); err != nil {
		return err
	}
	return write(duck.StructVectorGetChild(pairs, 1), t.Elems[1], items)
}
