package checksum

import (
	"encoding/binary"
	"sync"
)

// reversedNVMe is the polynomial of CRC-64/NVME with its lowest power first.
const reversedNVMe = 0x9a6c9329ac4bc9b5

// nvme is CRC-64/NVME. The standard library makes its tables for polynomials
// other than its own again with every write, which costs as much as an object of
// some kilobytes.
type nvme struct{ crc uint64 }

// slices returns the tables with which eight bytes go in at once.
var slices = sync.OnceValue(func() *[8][256]uint64 {
	var t [8][256]uint64
	for i := range 256 {
		crc := uint64(i)
		for range 8 {
			carry := crc & 1
			crc >>= 1
			if carry != 0 {
				crc ^= reversedNVMe
			}
		}
		t[0][i] = crc
	}
	for i := range 256 {
		for k := 1; k < 8; k++ {
			crc := t[k-1][i]
			t[k][i] = t[0][byte(crc)] ^ crc>>8
		}
	}
	return &t
})

// Write adds content.
func (n *nvme) Write(p []byte) (int, error) {
	size, t, crc := len(p), slices(), ^n.crc
	for len(p) >= 8 {
		crc ^= binary.LittleEndian.Uint64(p)
		crc = t[7][crc&0xff] ^ t[6][crc>>8&0xff] ^ t[5][crc>>16&0xff] ^ t[4][crc>>24&0xff] ^
			t[3][crc>>32&0xff] ^ t[2][crc>>40&0xff] ^ t[1][crc>>48&0xff] ^ t[0][crc>>56]
		p = p[8:]
	}
	for _, c := range p {
		crc = t[0][byte(crc)^c] ^ crc>>8 //nolint:gosec // the lowest byte is meant
	}
	n.crc = ^crc
	return size, nil
}

// Sum appends the checksum of what was written.
func (n *nvme) Sum(b []byte) []byte { return binary.BigEndian.AppendUint64(b, n.crc) }

// Reset forgets what was written.
func (n *nvme) Reset() { n.crc = 0 }

// Size is the checksum's length in bytes.
func (*nvme) Size() int { return 8 }

// BlockSize is how many bytes are best written at once.
func (*nvme) BlockSize() int { return 8 }
