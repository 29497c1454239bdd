package scalar

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // a function of SQL
	"crypto/sha1" //nolint:gosec // a function of SQL
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"github.com/sillok/sillok/internal/sql/datatype"
	"github.com/sillok/sillok/internal/sql/value"
)

func hashFamily() map[string]binder {
	digest := func(f func([]byte) []byte) binder {
		return on(func(args []any) (any, error) { return f(value.As[[]byte](args[0])), nil }, datatype.Varbinary)
	}
	hashed := func(h func() hash.Hash) binder {
		return digest(func(b []byte) []byte {
			d := h()
			d.Write(b)
			return d.Sum(nil)
		})
	}
	// The key comes behind the data.
	keyed := func(h func() hash.Hash) binder {
		return on(func(args []any) (any, error) {
			if len(value.As[[]byte](args[1])) == 0 {
				return nil, errInternal("Empty key")
			}
			mac := hmac.New(h, value.As[[]byte](args[1]))
			mac.Write(value.As[[]byte](args[0]))
			return mac.Sum(nil), nil
		}, datatype.Varbinary, datatype.Varbinary)
	}
	return map[string]binder{
		"md5":         hashed(md5.New),
		"sha1":        hashed(sha1.New),
		"sha256":      hashed(sha256.New),
		"sha512":      hashed(sha512.New),
		"hmac_md5":    keyed(md5.New),
		"hmac_sha1":   keyed(sha1.New),
		"hmac_sha256": keyed(sha256.New),
		"hmac_sha512": keyed(sha512.New),
		"murmur3":     digest(murmur3),
		"xxhash64":    digest(func(b []byte) []byte { return binary.BigEndian.AppendUint64(nil, xxhash.Sum64(b)) }),
		"crc32": on(func(args []any) (any, error) {
			return int64(crc32.ChecksumIEEE(value.As[[]byte](args[0]))), nil
		}, datatype.Varbinary),
	}
}

// murmur3 is MurmurHash3 of 128 bits for x64 with seed 0, low byte first.
func murmur3(data []byte) []byte {
	const c1, c2 = 0x87c37b91114253d5, 0x4cf5ad432745937f
	var h1, h2 uint64
	mix1 := func(k uint64) uint64 { return bits.RotateLeft64(k*c1, 31) * c2 }
	mix2 := func(k uint64) uint64 { return bits.RotateLeft64(k*c2, 33) * c1 }
	size := uint64(len(data))
	for len(data) >= 16 {
		h1 ^= mix1(binary.LittleEndian.Uint64(data))
		h1 = (bits.RotateLeft64(h1, 27)+h2)*5 + 0x52dce729
		h2 ^= mix2(binary.LittleEndian.Uint64(data[8:]))
		h2 = (bits.RotateLeft64(h2, 31)+h1)*5 + 0x38495ab5
		data = data[16:]
	}
	var tail [16]byte
	copy(tail[:], data)
	h2 ^= mix2(binary.LittleEndian.Uint64(tail[8:]))
	h1 ^= mix1(binary.LittleEndian.Uint64(tail[:]))
	h1, h2 = h1^size, h2^size
	h1 += h2
	h2 += h1
	h1, h2 = murmurFinal(h1), murmurFinal(h2)
	h1 += h2
	h2 += h1
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, h1), h2)
}

func murmurFinal(k uint64) uint64 {
	k = (k ^ k>>33) * 0xff51afd7ed558ccd
	k = (k ^ k>>33) * 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}
