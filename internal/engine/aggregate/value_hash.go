package aggregate

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

// Hashable reports whether Hash knows Trino's hash of values of t.
func Hashable(t datatype.Type) bool {
	switch t.Kind {
	case datatype.Unknown, datatype.Boolean, datatype.Tinyint, datatype.Smallint, datatype.Integer, datatype.Bigint,
		datatype.Real, datatype.Double, datatype.Decimal, datatype.Varchar, datatype.Char, datatype.Varbinary, datatype.JSON,
		datatype.Date, datatype.Time, datatype.TimeTZ, datatype.Timestamp, datatype.TimestampTZ,
		datatype.IntervalDayToSecond, datatype.IntervalYearToMonth, datatype.UUID, datatype.IPAddress:
		return true
	case datatype.Array, datatype.Map, datatype.Row:
		for _, elem := range t.Elems {
			if !Hashable(elem) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// Hash returns Trino's XX_HASH_64 of a value that is not NULL: XxHash64 of the bytes
// in which Trino keeps it, numbers as 64 bits. Of values in more than one piece the
// hashes are combined.
func Hash(t datatype.Type, v any) uint64 { return hasher{long: hashLong}.hash(t, v) }

// hasher is XX_HASH_64 or HASH_CODE, which differ in what they make of 64 bits.
// Trino hashes the fields of a row by HASH_CODE whatever the row is hashed by.
type hasher struct{ long func(int64) uint64 }

func hashLong(v int64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(v)) //nolint:gosec // its bits
	return xxhash.Sum64(b[:])
}

// codeOfLong is the first step of XxHash64 alone.
func codeOfLong(v int64) uint64 {
	const prime1, prime2 = 0x9e3779b185ebca87, 0xc2b2ae3d27d4eb4f
	return bits.RotateLeft64(uint64(v)*prime2, 31) * prime1 //nolint:gosec // its bits
}

// hash returns the hash of v; that of NULL, which stands inside of others alone, is 0.
func (h hasher) hash(t datatype.Type, v any) uint64 {
	switch v := v.(type) {
	case bool:
		if v {
			return hashLong(1)
		}
		return hashLong(0)
	case int64:
		return h.long(v)
	case float32:
		return h.real(v)
	case float64:
		return h.double(v)
	case *big.Int:
		return h.decimal(t, v)
	case string:
		if t.Kind == datatype.Char {
			v = strings.TrimRight(v, " ")
		}
		return xxhash.Sum64String(v)
	case []byte:
		return xxhash.Sum64(v)
	case [16]byte:
		return xxhash.Sum64(v[:8]) ^ xxhash.Sum64(v[8:])
	case []any, *value.Map:
		return h.nested(t, v)
	default:
		return h.temporal(t, v)
	}
}

// A float is hashed by its bits: both zeros are one, and so is every NaN.
const (
	nanReal   = 0x7fc00000
	nanDouble = 0x7ff8000000000000
)

func (h hasher) real(v float32) uint64 {
	switch {
	case v == 0:
		return h.long(0)
	case math.IsNaN(float64(v)):
		return h.long(nanReal)
	default:
		return h.long(int64(int32(math.Float32bits(v)))) //nolint:gosec // the sign fills the upper half
	}
}

func (h hasher) double(v float64) uint64 {
	switch {
	case v == 0:
		return h.long(0)
	case math.IsNaN(v):
		return h.long(nanDouble)
	default:
		return h.long(int64(math.Float64bits(v))) //nolint:gosec // its bits
	}
}

// maxShortDecimal is the digits of a decimal that Trino keeps in 64 bits; it keeps
// more in 128.
const maxShortDecimal = 18

func (h hasher) decimal(t datatype.Type, v *big.Int) uint64 {
	if t.Precision <= maxShortDecimal {
		return h.long(v.Int64())
	}
	low := new(big.Int).And(v, new(big.Int).SetUint64(math.MaxUint64))
	high := new(big.Int).Rsh(v, 64)
	return hashLong(int64(low.Uint64())) ^ hashLong(high.Int64()) //nolint:gosec // its bits
}

const (
	nanosPerMinute = 60_000_000_000
	nanosPerDay    = 24 * 60 * nanosPerMinute
	picosPerNano   = 1000
	picosPerMicro  = 1_000_000
	microsPerMilli = 1000

	maxShortTimeTZ      = 9 // digits of the second, as those below
	maxShortTimestamp   = 6
	maxShortTimestampTZ = 3
)

func (h hasher) temporal(t datatype.Type, v any) uint64 {
	switch v := v.(type) {
	case value.Time:
		return h.long(v.Picos)
	case value.TimeTZ:
		if t.Precision <= maxShortTimeTZ {
			return h.long(floorMod(v.Picos/picosPerNano-int64(v.OffsetMinutes)*nanosPerMinute, nanosPerDay))
		}
		return h.long(floorMod(v.Picos-int64(v.OffsetMinutes)*nanosPerMinute*picosPerNano, nanosPerDay*picosPerNano))
	case value.Timestamp:
		if t.Precision <= maxShortTimestamp {
			return h.long(v.Micros)
		}
		return hashLong(v.Micros) ^ hashLong(int64(v.Picos))
	case value.TimestampTZ:
		rest := floorMod(v.Micros, microsPerMilli)
		millis := (v.Micros - rest) / microsPerMilli
		if t.Precision <= maxShortTimestampTZ {
			return h.long(millis)
		}
		return hashLong(millis) ^ hashLong(rest*picosPerMicro+int64(v.Picos))
	default:
		return 0
	}
}

func floorMod(a, b int64) int64 { return (a%b + b) % b }

func (h hasher) nested(t datatype.Type, v any) uint64 {
	const factor = 31
	hash := uint64(0)
	switch v := v.(type) {
	case []any:
		if t.Kind == datatype.Row {
			hash = 1
			h.long = codeOfLong
		}
		for i, item := range v {
			elem := t.Elems[0]
			if t.Kind == datatype.Row {
				elem = t.Elems[i]
			}
			hash = factor*hash + h.hash(elem, item)
		}
	case *value.Map:
		for i, key := range v.Keys {
			hash += h.hash(t.Elems[0], key) ^ h.hash(t.Elems[1], v.Values[i])
		}
	}
	return hash
}
