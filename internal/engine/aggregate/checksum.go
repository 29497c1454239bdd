package aggregate

import (
	"encoding/binary"

	"github.com/sillok/sillok/internal/sql/datatype"
)

// checksumFactor is the first prime of XxHash64. NULL counts as this much.
const checksumFactor = 0x9e3779b185ebca87

// Share returns what a value of type t, which is Hashable, adds to a checksum.
func Share(t datatype.Type, v any) int64 {
	if v == nil {
		factor := uint64(checksumFactor)
		return int64(factor) //nolint:gosec // its bits
	}
	return int64(Hash(t, v) * checksumFactor) //nolint:gosec // its bits
}

// checksums are the functions that add up hashes.
func checksums() map[string]binder { return map[string]binder{"checksum": checksum} }

func checksum(params []datatype.Type, _ datatype.Type) (Reduce, bool) {
	return func(rows [][]any) (any, error) {
		if len(rows) == 0 {
			return null()
		}
		sum := int64(0)
		for _, row := range rows {
			sum += Share(params[0], row[0])
		}
		return binary.LittleEndian.AppendUint64(nil, uint64(sum)), nil
	}, Hashable(params[0])
}
