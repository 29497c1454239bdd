// Package checksum computes the checksums of content that S3 knows, by S3's
// names for them.
package checksum

import (
	"crypto/md5"  //nolint:gosec // clients choose it, to find damage and not forgery
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"hash/crc32"
	"hash/crc64"

	"github.com/cespare/xxhash/v2"
)

// reversedNVMe is the polynomial of CRC-64/NVME with its lowest power first.
const reversedNVMe = 0x9a6c9329ac4bc9b5

// New returns the hash of an algorithm that is named as S3 names it, such as
// "CRC64NVME". It reports false for one that is not known here: XXHASH3,
// XXHASH128 and all that S3 does not have.
func New(algorithm string) (hash.Hash, bool) {
	switch algorithm {
	case "CRC32":
		return crc32.NewIEEE(), true
	case "CRC32C":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli)), true
	case "CRC64NVME":
		return crc64.New(crc64.MakeTable(reversedNVMe)), true
	case "MD5":
		return md5.New(), true //nolint:gosec // as above
	case "SHA1":
		return sha1.New(), true //nolint:gosec // as above
	case "SHA256":
		return sha256.New(), true
	case "SHA512":
		return sha512.New(), true
	case "XXHASH64":
		return xxhash.New(), true
	}
	return nil, false
}
