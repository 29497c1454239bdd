package hll

import (
	"encoding/binary"
	"slices"

	"github.com/sillok/sillok/internal/sql/sqlerr"
)

// The bytes of a sketch begin with its form and p. Then
//   - entries: their number in 16 bits and each in 32, in order;
//   - buckets: the shortest run, how much longer the run of each bucket is in 4 bits,
//     and for what does not fit into them a number in 16 bits, the buckets in 16 bits
//     each, and in 8 bits each by how much.
//
// The low byte comes first, and the first of two buckets is the high half of a byte.
const (
	formEntries = 2
	formBuckets = 3
	formOlder   = 1 // of buckets, with room for one that does not fit

	header    = 2
	deltaBits = 4
	maxDelta  = 1<<deltaBits - 1
)

// Bytes returns the sketch as Trino stores it.
func (s *Sketch) Bytes() []byte {
	if s.buckets == nil {
		b := binary.LittleEndian.AppendUint16([]byte{formEntries, byte(s.p)}, uint16(len(s.entries))) //nolint:gosec // at most 8,196
		for _, e := range s.entries {
			b = binary.LittleEndian.AppendUint32(b, e)
		}
		return b
	}
	base := slices.Min(s.buckets)
	b := []byte{formBuckets, byte(s.p), base} //nolint:gosec // at most 16
	var over, more []byte
	for i := 0; i < len(s.buckets); i += 2 {
		pair := byte(0)
		for j := i; j < i+2; j++ {
			delta := s.buckets[j] - base
			if delta > maxDelta {
				over = binary.LittleEndian.AppendUint16(over, uint16(j))
				more = append(more, delta-maxDelta)
				delta = maxDelta
			}
			pair = pair<<deltaBits | delta
		}
		b = append(b, pair)
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(more))) //nolint:gosec // a full table of 65,536 cannot be
	return append(append(b, over...), more...)
}

// Parse returns the sketch that bytes hold.
func Parse(b []byte) (*Sketch, error) {
	if len(b) < header {
		return nil, errForm()
	}
	if b[1] < MinBits || b[1] > MaxBits {
		return nil, errDamaged()
	}
	s, body := New(int(b[1])), b[header:]
	switch b[0] {
	case formEntries:
		return s, s.parseEntries(body)
	case formBuckets:
		return s, s.parseBuckets(body)
	case formOlder:
		return nil, sqlerr.Refused("a HyperLogLog in the older form of its buckets")
	default:
		return nil, errForm()
	}
}

// errDamaged is about what Trino would go on with.
func errDamaged() error { return sqlerr.Refused("a damaged HyperLogLog") }

func errForm() error { return sqlerr.New("GENERIC_INTERNAL_ERROR", "Cannot deserialize HyperLogLog") }

func (s *Sketch) parseEntries(b []byte) error {
	if len(b) < 2 || len(b)-2 != 4*int(binary.LittleEndian.Uint16(b)) {
		return errForm()
	}
	for b = b[2:]; len(b) > 0; b = b[4:] {
		s.entries = append(s.entries, binary.LittleEndian.Uint32(b))
	}
	for i := 1; i < len(s.entries); i++ {
		if comparePrefix(s.entries[i-1], s.entries[i]) >= 0 {
			return errDamaged()
		}
	}
	return nil
}

func (s *Sketch) parseBuckets(b []byte) error {
	size := 1 << s.p
	if len(b) < 1+size/2+2 {
		return errForm()
	}
	base, deltas, rest := b[0], b[1:1+size/2], b[1+size/2:]
	n := int(binary.LittleEndian.Uint16(rest))
	if rest = rest[2:]; len(rest) != 3*n {
		return errForm()
	}
	if int(base) > maxRun(s.p) {
		return errDamaged()
	}
	s.buckets = make([]uint8, size)
	for i, pair := range deltas {
		s.buckets[2*i], s.buckets[2*i+1] = base+pair>>deltaBits, base+pair&maxDelta
	}
	for i, more := range rest[2*n:] {
		bucket := int(binary.LittleEndian.Uint16(rest[2*i:]))
		if bucket >= size || s.buckets[bucket] != base+maxDelta || int(more) > maxRun(s.p) {
			return errDamaged()
		}
		s.buckets[bucket] += more
	}
	if int(slices.Max(s.buckets)) > maxRun(s.p) {
		return errDamaged()
	}
	return nil
}

// maxRun is the longest run of zeros behind a bucket, and one.
func maxRun(p int) int { return 64 - p + 1 }
