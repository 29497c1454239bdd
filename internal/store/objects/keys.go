package objects

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// The index is one ordered map. The first byte of a key says what its value is.
const (
	spaceBucket  = 'B' // name → Bucket
	spaceSetting = 'S' // bucket, name → document
	spaceLatest  = 'L' // bucket, key → Version
	spaceEarlier = 'H' // bucket, key, inverted number → Version; the newest first
	spaceNull    = 'N' // bucket, key → number of the null version among the earlier ones
	spaceSegment = 'M' // number of a version → its segments, where they are several
	spaceUpload  = 'U' // bucket, key, number → Upload
	spacePart    = 'P' // number of an upload, number of the part → Part
	spaceBlob    = 'D' // blob → how often it is referred to, and small content itself
	spaceGarbage = 'X' // blob whose file is to be removed → number of the change that freed it
	spaceChange  = 'C' // number → Change
	spaceCursor  = 'F' // name of a follower → number of the last change that it has seen
	spaceForeign = 'I' // bucket, key, ID of another store → number of the version or upload
	spaceMark    = 'K' // name → what somebody wants to be remembered
	spaceMeta    = 'm' // name → what the store knows of itself
)

// number64 is the size of a number in a key.
const number64 = 8

// numbered returns the key of what has numbers for a name. Numbers are ordered
// as their bytes are.
func numbered(space byte, numbers ...uint64) []byte {
	key := make([]byte, 1, 1+number64*len(numbers))
	key[0] = space
	for _, n := range numbers {
		key = binary.BigEndian.AppendUint64(key, n)
	}
	return key
}

// named returns the key of what has a text for a name.
func named(space byte, name string) []byte { return append([]byte{space}, name...) }

// objectKey returns the key of what belongs to an object: the bucket's number,
// and the object's key with its end marked, so that nothing of one object stands
// between that of two others and the order is that of S3.
func objectKey(space byte, bucket uint64, key string) []byte {
	out := make([]byte, 0, 1+number64+len(key)+2+number64)
	out = append(out, space)
	out = binary.BigEndian.AppendUint64(out, bucket)
	for i := range len(key) {
		out = append(out, key[i])
		if key[i] == 0 {
			out = append(out, 0xFF)
		}
	}
	return append(out, 0, 1)
}

// earlierKey returns the key of an earlier version of an object.
func earlierKey(bucket uint64, key string, number uint64) []byte {
	return binary.BigEndian.AppendUint64(objectKey(spaceEarlier, bucket, key), ^number)
}

// uploadKey returns the key of an upload.
func uploadKey(bucket uint64, key string, number uint64) []byte {
	return binary.BigEndian.AppendUint64(objectKey(spaceUpload, bucket, key), number)
}

// settingKey returns the key of a bucket's setting.
func settingKey(bucket uint64, name string) []byte {
	return append(numbered(spaceSetting, bucket), name...)
}

// partKey returns the key of a part.
func partKey(upload uint64, part int32) []byte {
	return numbered(spacePart, upload, uint64(uint32(part))) //nolint:gosec // numbers of parts are not negative
}

// keyOf returns the object's key in a key of the index that objectKey began. It
// reports false for anything else.
func keyOf(stored []byte) (key string, ok bool) {
	if len(stored) < 1+number64 {
		return "", false
	}
	escaped := stored[1+number64:]
	var out []byte
	for {
		i := bytes.IndexByte(escaped, 0)
		if i < 0 || i+1 >= len(escaped) {
			return "", false
		}
		out = append(out, escaped[:i]...)
		after := escaped[i+1]
		escaped = escaped[i+2:]
		switch after {
		case 1:
			return string(out), true
		case 0xFF:
			out = append(out, 0)
		default:
			return "", false
		}
	}
}

// numberAt returns the number that a key of the index has at an offset, 0 when
// it is too short.
func numberAt(stored []byte, offset int) uint64 {
	if len(stored) < offset+number64 {
		return 0
	}
	return binary.BigEndian.Uint64(stored[offset:])
}

// after returns the least key that is greater than all that begin with prefix;
// nil when there is none.
func after(prefix []byte) []byte {
	end := slices.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
