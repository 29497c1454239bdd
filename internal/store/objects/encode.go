package objects

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// errRecord is a record of the index that makes no sense.
var errRecord = errors.New("the record makes no sense")

// codec is how records are written: times keep all that they have, and texts
// need not be UTF-8, since neither keys nor metadata must.
var codec = sync.OnceValue(func() (c struct {
	cbor.EncMode
	cbor.DecMode
},
) {
	var errs [2]error
	c.EncMode, errs[0] = cbor.EncOptions{Time: cbor.TimeRFC3339Nano, Sort: cbor.SortCanonical}.EncMode()
	c.DecMode, errs[1] = cbor.DecOptions{
		UTF8: cbor.UTF8DecodeInvalid, MaxArrayElements: math.MaxInt32, DupMapKey: cbor.DupMapKeyEnforcedAPF,
	}.DecMode()
	if err := errors.Join(errs[:]...); err != nil {
		panic(err) // the options contradict each other
	}
	return c
})

// encode returns value as a record.
func encode(value any) ([]byte, error) {
	data, err := codec().Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", value, err)
	}
	return data, nil
}

// decode sets value to what a record says.
func decode(data []byte, value any) error {
	if err := codec().Unmarshal(data, value); err != nil {
		return fmt.Errorf("%w: %T: %w", errRecord, value, err)
	}
	return nil
}

// A record of a version begins with one byte that says whether it is a delete
// marker, so that a listing passes over these without reading them.
const (
	recordObject = 0
	recordMarker = 1
)

func encodeVersion(v *Version) ([]byte, error) {
	data, err := encode(v)
	if err != nil {
		return nil, err
	}
	head := byte(recordObject)
	if v.Marker {
		head = recordMarker
	}
	return append([]byte{head}, data...), nil
}

// decodeVersion returns the version of a record that is stored under key. latest
// says in which space that is.
func decodeVersion(bucket, key string, record []byte, latest bool) (*Version, error) {
	if len(record) == 0 {
		return nil, errRecord
	}
	v := &Version{}
	if err := decode(record[1:], v); err != nil {
		return nil, err
	}
	v.Bucket, v.Key, v.Latest = bucket, key, latest
	return v, nil
}

func encodeNumber(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func decodeNumber(record []byte) (uint64, error) {
	if len(record) != number64 {
		return 0, errRecord
	}
	return binary.BigEndian.Uint64(record), nil
}

// blobRecord is what the index knows of a blob.
type blobRecord struct {
	refs   uint64 // how many segments refer to it
	size   int64
	inline bool
	data   []byte // of one that is inline
}

// The first byte of a blob's record.
const (
	blobFile   = 0
	blobInline = 1
)

func (b *blobRecord) encode(blob uint64) []byte {
	out := make([]byte, 1, 1+2*binary.MaxVarintLen64+checksumSize+len(b.data))
	if b.inline {
		out[0] = blobInline
	}
	out = binary.AppendUvarint(out, b.refs)
	out = binary.AppendUvarint(out, uint64(b.size)) //nolint:gosec // sizes are not negative
	if !b.inline {
		return out
	}
	out = binary.BigEndian.AppendUint32(out, blockChecksum(blob, 0, b.data))
	return append(out, b.data...)
}

// decodeBlob returns what a record says of a blob. The content of one that is
// inline is checked, and shares the record's memory; it comes also with
// errChecksum.
func decodeBlob(blob uint64, record []byte) (*blobRecord, error) {
	if len(record) == 0 || record[0] > blobInline {
		return nil, errRecord
	}
	b := &blobRecord{inline: record[0] == blobInline}
	var read int
	if b.refs, read = binary.Uvarint(record[1:]); read <= 0 {
		return nil, errRecord
	}
	rest := record[1+read:]
	size, read := binary.Uvarint(rest)
	if read <= 0 || size > math.MaxInt64 {
		return nil, errRecord
	}
	b.size = int64(size)
	if rest = rest[read:]; !b.inline {
		if len(rest) != 0 {
			return nil, errRecord
		}
		return b, nil
	}
	if int64(len(rest)) != checksumSize+b.size {
		return nil, errRecord
	}
	b.data = rest[checksumSize:]
	if binary.BigEndian.Uint32(rest) != blockChecksum(blob, 0, b.data) {
		return b, errChecksum
	}
	return b, nil
}
