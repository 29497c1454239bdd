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

	"github.com/cespare/xxhash/v2"
	"github.com/zeebo/xxh3"
)

// New returns the hash of an algorithm that is named as S3 names it, such as
// "CRC64NVME". It reports false for one that S3 does not have.
func New(algorithm string) (hash.Hash, bool) {
	switch algorithm {
	case "CRC32":
		return crc32.NewIEEE(), true
	case "CRC32C":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli)), true
	case "CRC64NVME":
		return &nvme{}, true
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
	case "XXHASH3":
		return xxh3.New(), true
	case "XXHASH128":
		return xxh3.New128(), true
	}
	return nil, false
}
