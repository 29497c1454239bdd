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
	size   int64  // of its content
	inline bool
	data   []byte // of one that is inline, as it is kept
	sum    uint32 // the checksum of all that, of one that is inline or sealed

	sealed   bool
	given    bool   // sealed by a key that is not the server's
	twice    bool   // and by the server's too
	envelope []byte // the key of its content, sealed
}

// The first byte of a blob's record.
const (
	blobFile         = 0
	blobInline       = 1
	blobSealedFile   = 2
	blobSealedInline = 3
	blobGiven        = 4 // added to a sealed one whose key is not the server's
	blobTwice        = 8 // added to one of these that is sealed by the server's too
)

// head is the first byte of the record.
func (b *blobRecord) head() byte {
	head := byte(blobFile)
	if b.inline {
		head |= blobInline
	}
	if b.sealed {
		head |= blobSealedFile
	}
	if b.given {
		head |= blobGiven
	}
	if b.twice {
		head |= blobTwice
	}
	return head
}

// layers is how often the content is sealed.
func (b *blobRecord) layers() int {
	switch {
	case b.twice:
		return layersTwice
	case b.sealed:
		return 1
	}
	return 0
}

// encode returns the record. Its checksum is the one that it came with, if it came
// from a record: what was damaged stays so.
func (b *blobRecord) encode() []byte {
	out := make([]byte, 1, 1+3*binary.MaxVarintLen64+checksumSize+len(b.envelope)+len(b.data))
	out[0] = b.head()
	out = binary.AppendUvarint(out, b.refs)
	out = binary.AppendUvarint(out, uint64(b.size)) //nolint:gosec // sizes are not negative
	if b.sealed {
		out = binary.AppendUvarint(out, uint64(len(b.envelope)))
		out = append(out, b.envelope...)
	}
	if !b.inline && !b.sealed {
		return out
	}
	out = binary.BigEndian.AppendUint32(out, b.sum)
	return append(out, b.data...)
}

// decodeBlob returns what a record says of a blob. The content of one that is
// inline is checked as it is kept, and shares the record's memory; it comes also
// with errChecksum.
func decodeBlob(blob uint64, record []byte) (*blobRecord, error) {
	if len(record) == 0 || record[0] > blobTwice|blobGiven|blobSealedInline {
		return nil, errRecord
	}
	is := func(bit byte) bool { return record[0]&bit != 0 }
	b := &blobRecord{inline: is(blobInline), sealed: is(blobSealedFile), given: is(blobGiven), twice: is(blobTwice)}
	if b.given && !b.sealed || b.twice && !b.given {
		return nil, errRecord
	}
	var size, sealed uint64
	rest := record[1:]
	if !uvarint(&rest, &b.refs) || !uvarint(&rest, &size) || size > math.MaxInt64-layersTwice*tagSize {
		return nil, errRecord
	}
	b.size = int64(size)
	if b.sealed {
		if !uvarint(&rest, &sealed) || sealed > uint64(len(rest)) {
			return nil, errRecord
		}
		b.envelope, rest = rest[:sealed], rest[sealed:]
	}
	if !b.inline && !b.sealed {
		if len(rest) != 0 {
			return nil, errRecord
		}
		return b, nil
	}
	if int64(len(rest)) != checksumSize+b.kept() {
		return nil, errRecord
	}
	b.sum, b.data = binary.BigEndian.Uint32(rest), rest[checksumSize:]
	if b.sum != b.checksum(blob) {
		return b, errChecksum
	}
	return b, nil
}

// kept is how many bytes of content are in the record.
func (b *blobRecord) kept() int64 {
	if !b.inline {
		return 0
	}
	return b.size + int64(tagSize*b.layers())
}

// uvarint takes a number from the beginning of a record.
func uvarint(rest *[]byte, number *uint64) bool {
	n, read := binary.Uvarint(*rest)
	if read <= 0 {
		return false
	}
	*number, *rest = n, (*rest)[read:]
	return true
}
