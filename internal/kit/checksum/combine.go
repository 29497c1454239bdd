package checksum

import "encoding/binary"

// The polynomials of the CRCs, their lowest power first.
const (
	reversedIEEE       = 0xedb88320
	reversedCastagnoli = 0x82f63b78
)

// Combine returns the checksum of content from those of its two parts, the
// second of which has size bytes. Only CRCs allow that: it reports false for
// other algorithms.
func Combine(algorithm string, first, second []byte, size int64) ([]byte, bool) {
	switch algorithm {
	case "CRC32":
		return combine32(reversedIEEE, first, second, size), true
	case "CRC32C":
		return combine32(reversedCastagnoli, first, second, size), true
	case "CRC64NVME":
		f := field{polynomial: reversedNVMe, one: 1 << 63}
		crc := f.times(f.power(size), binary.BigEndian.Uint64(first)) ^ binary.BigEndian.Uint64(second)
		return binary.BigEndian.AppendUint64(nil, crc), true
	}
	return nil, false
}

func combine32(polynomial uint64, first, second []byte, size int64) []byte {
	f := field{polynomial: polynomial, one: 1 << 31}
	crc := f.times(f.power(size), uint64(binary.BigEndian.Uint32(first))) ^ uint64(binary.BigEndian.Uint32(second))
	return binary.BigEndian.AppendUint32(nil, uint32(crc)) //nolint:gosec // the field has 32 bits
}

// field calculates with polynomials over GF(2), modulo that of a CRC. A number's
// highest bit is the coefficient of the lowest power.
type field struct{ polynomial, one uint64 }

func (f field) times(a, b uint64) (product uint64) {
	for bit := f.one; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= f.polynomial
		}
	}
	return product
}

// power returns x to the number of bits of so many bytes: what that many zeros
// behind content make of its CRC.
func (f field) power(size int64) uint64 {
	result, square := f.one, f.one>>8 // x^0 and x^8
	for ; size > 0; size >>= 1 {
		if size&1 != 0 {
			result = f.times(result, square)
		}
		square = f.times(square, square)
	}
	return result
}
