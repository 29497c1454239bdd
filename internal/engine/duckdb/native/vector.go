package native

import (
	"fmt"
	"math/big"
	"unsafe"

	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// A vector's memory is DuckDB's and lives as long as its chunk; nothing here
// keeps a pointer into it.

// get reads one row of a vector that is not NULL there.
type get func(row int) any

// reader returns a function that reads row i of vec, whose values are of type t.
// vec must be flat.
func reader(vec duck.Vector, t datatype.Type) (get, error) {
	read, err := values(vec, t)
	if err != nil {
		return nil, err
	}
	mask := (*uint64)(duck.VectorGetValidity(vec))
	if mask == nil {
		return read, nil
	}
	return func(row int) any {
		word := *at[uint64](unsafe.Pointer(mask), row/64) //nolint:gosec // DuckDB's validity mask has a bit for each row
		if word&(1<<(row%64)) == 0 {
			return nil
		}
		return read(row)
	}, nil
}

// at returns the address of element i of an array of T.
func at[T any](base unsafe.Pointer, i int) *T {
	var t T
	return (*T)(unsafe.Add(base, uintptr(i)*unsafe.Sizeof(t))) // the caller stays within the vector
}

func values(vec duck.Vector, t datatype.Type) (get, error) {
	switch t.Kind {
	case datatype.Array:
		return lists(vec, t)
	case datatype.Map:
		return maps(vec, t)
	case datatype.Row:
		return rows(vec, t)
	case datatype.TimeTZ, datatype.TimestampTZ:
		return zoned(vec, t)
	case datatype.Timestamp:
		return timestamps(vec, t), nil
	case datatype.Decimal:
		return decimals(vec, t), nil
	default:
		return scalars(vec, t)
	}
}

func scalars(vec duck.Vector, t datatype.Type) (get, error) {
	data := duck.VectorGetData(vec)
	switch t.Kind {
	case datatype.Boolean:
		return func(row int) any { return *at[uint8](data, row) != 0 }, nil
	case datatype.Tinyint:
		return func(row int) any { return int64(*at[int8](data, row)) }, nil
	case datatype.Smallint:
		return func(row int) any { return int64(*at[int16](data, row)) }, nil
	case datatype.Integer, datatype.Unknown, datatype.Date:
		return func(row int) any { return int64(*at[int32](data, row)) }, nil
	case datatype.Bigint, datatype.IntervalDayToSecond, datatype.IntervalYearToMonth:
		return func(row int) any { return *at[int64](data, row) }, nil
	case datatype.Time:
		return func(row int) any { return value.Time{Picos: *at[int64](data, row)} }, nil
	case datatype.Real:
		return func(row int) any { return *at[float32](data, row) }, nil
	case datatype.Double:
		return func(row int) any { return *at[float64](data, row) }, nil
	case datatype.Varchar, datatype.Char, datatype.JSON, datatype.JSONPath:
		return func(row int) any { return string(text(data, row)) }, nil
	case datatype.Varbinary, datatype.Opaque:
		return func(row int) any { return append([]byte{}, text(data, row)...) }, nil
	case datatype.UUID, datatype.IPAddress:
		return func(row int) any { return [16]byte(text(data, row)) }, nil
	case datatype.IPPrefix:
		return func(row int) any {
			b := text(data, row)
			return value.Prefix{Address: [16]byte(b[:16]), Length: b[16]}
		}, nil
	default:
		return nil, fmt.Errorf("read a vector of %s", t)
	}
}

// text returns the bytes of a string or blob, in DuckDB's memory: up to 12 bytes
// stand in the element itself, more behind a pointer.
func text(data unsafe.Pointer, row int) []byte {
	type element struct {
		length  uint32
		inlined [4]byte
		pointer *byte
	}
	e := at[element](data, row)
	if e.length <= 12 {
		return unsafe.Slice(&e.inlined[0], e.length) //nolint:gosec // inlined runs on into pointer
	}
	return unsafe.Slice(e.pointer, e.length) //nolint:gosec // the length is DuckDB's
}

type hugeint struct {
	lower uint64
	upper int64
}

func (h hugeint) big() *big.Int {
	v := new(big.Int).Lsh(big.NewInt(h.upper), 64)
	return v.Add(v, new(big.Int).SetUint64(h.lower))
}

func decimals(vec duck.Vector, t datatype.Type) get {
	data := duck.VectorGetData(vec)
	switch {
	case t.Precision <= 4:
		return func(row int) any { return big.NewInt(int64(*at[int16](data, row))) }
	case t.Precision <= 9:
		return func(row int) any { return big.NewInt(int64(*at[int32](data, row))) }
	case t.Precision <= 18:
		return func(row int) any { return big.NewInt(*at[int64](data, row)) }
	default:
		return func(row int) any { return at[hugeint](data, row).big() }
	}
}

func timestamps(vec duck.Vector, t datatype.Type) get {
	data := duck.VectorGetData(vec)
	if !Fine(t) {
		return func(row int) any { return value.Timestamp{Micros: *at[int64](data, row)} }
	}
	return func(row int) any {
		micros, picos := fromPicos(at[hugeint](data, row).big())
		return value.Timestamp{Micros: micros, Picos: picos}
	}
}

const picosPerMicro = 1_000_000

func fromPicos(v *big.Int) (micros int64, picos int32) {
	q, r := new(big.Int).DivMod(v, big.NewInt(picosPerMicro), new(big.Int))
	return q.Int64(), int32(r.Int64()) //nolint:gosec // a remainder below 1,000,000
}

func zoned(vec duck.Vector, t datatype.Type) (get, error) {
	first, second := duck.StructVectorGetChild(vec, 0), duck.StructVectorGetChild(vec, 1)
	zones := duck.VectorGetData(second)
	if t.Kind == datatype.TimeTZ {
		times := duck.VectorGetData(first)
		return func(row int) any {
			return value.TimeTZ{Picos: *at[int64](times, row), OffsetMinutes: int(*at[int32](zones, row))}
		}, nil
	}
	times := timestamps(first, t)
	return func(row int) any {
		instant, _ := times(row).(value.Timestamp)
		return value.TimestampTZ{Micros: instant.Micros, Picos: instant.Picos, Zone: string(text(zones, row))}
	}, nil
}

type listEntry struct{ offset, length uint64 }

func (e listEntry) span() (from, to int) {
	return int(e.offset), int(e.offset + e.length) //nolint:gosec // positions in memory
}

func lists(vec duck.Vector, t datatype.Type) (get, error) {
	entries := duck.VectorGetData(vec)
	elem, err := reader(duck.ListVectorGetChild(vec), t.Elems[0])
	if err != nil {
		return nil, err
	}
	return func(row int) any {
		from, to := at[listEntry](entries, row).span()
		items := make([]any, 0, to-from)
		for i := from; i < to; i++ {
			items = append(items, elem(i))
		}
		return items
	}, nil
}

func maps(vec duck.Vector, t datatype.Type) (get, error) {
	entries, pairs := duck.VectorGetData(vec), duck.ListVectorGetChild(vec)
	key, err := reader(duck.StructVectorGetChild(pairs, 0), t.Elems[0])
	if err != nil {
		return nil, err
	}
	val, err := reader(duck.StructVectorGetChild(pairs, 1), t.Elems[1])
	if err != nil {
		return nil, err
	}
	return func(row int) any {
		from, to := at[listEntry](entries, row).span()
		m := &value.Map{Keys: make([]any, 0, to-from), Values: make([]any, 0, to-from)}
		for i := from; i < to; i++ {
			m.Keys, m.Values = append(m.Keys, key(i)), append(m.Values, val(i))
		}
		return m
	}, nil
}

func rows(vec duck.Vector, t datatype.Type) (get, error) {
	fields := make([]get, len(t.Elems))
	for i, elem := range t.Elems {
		field, err := reader(duck.StructVectorGetChild(vec, duck.IdxT(i)), elem)
		if err != nil {
			return nil, err
		}
		fields[i] = field
	}
	return func(row int) any {
		values := make([]any, len(fields))
		for i, field := range fields {
			values[i] = field(row)
		}
		return values
	}, nil
}
