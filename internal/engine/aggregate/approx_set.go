package aggregate

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/sillok/sillok/internal/engine/hll"
	"github.com/sillok/sillok/internal/engine/scalar"
	"github.com/sillok/sillok/internal/sql/datatype"
)

// SetHash returns the hash that approx_set makes of a value of type t, which is not
// NULL: the first half of its MurmurHash3. ok is false when t has none.
func SetHash(t datatype.Type) (hash func(v any) (uint64, error), ok bool) {
	varbinary := datatype.Of(datatype.Varbinary)
	murmur, ok := scalar.Lookup("murmur3", []datatype.Type{varbinary}, varbinary)
	switch t.Kind {
	case datatype.Bigint, datatype.Double, datatype.Varchar, datatype.Unknown:
	default:
		ok = false
	}
	return func(v any) (uint64, error) {
		h, err := murmur.Call(nil, []any{setBytes(v)})
		if err != nil {
			return 0, err
		}
		b, ok := h.([]byte)
		if !ok {
			return 0, fmt.Errorf("a hash is a %T", h)
		}
		return binary.LittleEndian.Uint64(b), nil
	}, ok
}

func setBytes(v any) []byte {
	switch v := v.(type) {
	case int64:
		return binary.LittleEndian.AppendUint64(nil, uint64(v)) //nolint:gosec // its bits
	case float64:
		if math.IsNaN(v) {
			return binary.LittleEndian.AppendUint64(nil, nanDouble)
		}
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))
	case string:
		return []byte(v)
	default:
		return nil
	}
}

// sketches are the functions that put sketches together.
func sketches() map[string]binder { return map[string]binder{"merge": mergeSets} }

// mergeSets is merge of HyperLogLogs and of digests.
func mergeSets(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	switch params[0].Name {
	case datatype.TDigest:
		return mergeQuantiles(), true
	case datatype.HyperLogLog:
		return merged(hll.Parse, (*hll.Sketch).Merge, (*hll.Sketch).Bytes), true
	}
	return nil, false
}
