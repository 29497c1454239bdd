package s3

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/store/objects"
)

// The types of checksums: one of all bytes, or one of the checksums of parts.
const (
	fullObject = "FULL_OBJECT"
	composite  = "COMPOSITE"
)

// defaultChecksum is what S3 computes where a client asks for none.
const defaultChecksum = "CRC64NVME"

// checksums are the algorithms, in the order in which S3 names them.
var checksums = []string{
	"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128",
}

// checksumMember returns the place of an algorithm's checksum among the members
// that many shapes share; nil for no algorithm of S3's.
func checksumMember(c *s3api.Checksum, algorithm string) **string {
	switch algorithm {
	case "CRC32":
		return &c.ChecksumCRC32
	case "CRC32C":
		return &c.ChecksumCRC32C
	case "CRC64NVME":
		return &c.ChecksumCRC64NVME
	case "SHA1":
		return &c.ChecksumSHA1
	case "SHA256":
		return &c.ChecksumSHA256
	case "SHA512":
		return &c.ChecksumSHA512
	case "MD5":
		return &c.ChecksumMD5
	case "XXHASH64":
		return &c.ChecksumXXHASH64
	case "XXHASH3":
		return &c.ChecksumXXHASH3
	case "XXHASH128":
		return &c.ChecksumXXHASH128
	}
	return nil
}

// told is a checksum as shapes tell it.
func told(c objects.Checksum) *s3api.Checksum {
	out := &s3api.Checksum{}
	if member := checksumMember(out, c.Algorithm); member != nil {
		*member = &c.Value
		out.ChecksumType = &c.Type
	}
	return out
}

// toldPart is the checksum of a part, which has no type.
func toldPart(c objects.Checksum) *s3api.Checksum {
	out := told(c)
	out.ChecksumType = nil
	return out
}

// given returns the checksums among the members of a shape.
func given(in any) (list []objects.Checksum) {
	var c s3api.Checksum
	fill(&c, in)
	for _, algorithm := range checksums {
		if value := *checksumMember(&c, algorithm); value != nil {
			list = append(list, objects.Checksum{Algorithm: algorithm, Value: *value})
		}
	}
	return list
}

// expected returns the checksum that a client says the content has: of one whose
// value comes behind the content the algorithm alone, and nothing where it says
// none. announced is the algorithm of the former.
func expected(in any, sdkAlgorithm *string, announced string) (objects.Checksum, error) {
	list := given(in)
	if announced != "" {
		list = append(list, objects.Checksum{Algorithm: announced})
	}
	if len(list) > 1 {
		return objects.Checksum{}, errInvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
	}
	if sdkAlgorithm != nil {
		algorithm := strings.ToUpper(*sdkAlgorithm)
		switch {
		case !slices.Contains(checksums, algorithm), len(list) == 1 && list[0].Algorithm != algorithm:
			return objects.Checksum{}, errInvalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
		case len(list) == 0:
			return objects.Checksum{}, errInvalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
		}
	}
	if len(list) == 0 {
		return objects.Checksum{}, nil
	}
	return list[0], checkChecksum(list[0])
}

// checkChecksum refuses a checksum that no content has.
func checkChecksum(c objects.Checksum) error {
	if c.Value == "" {
		return nil // it is to come
	}
	h, _ := checksum.New(c.Algorithm) // S3's are all known
	if sum, err := base64.StdEncoding.DecodeString(c.Value); err != nil || len(sum) != h.Size() {
		return errInvalidRequest("Value for x-amz-checksum-%s header is invalid.", strings.ToLower(c.Algorithm))
	}
	return nil
}

// checkAlgorithm refuses what is asked to be computed and is no algorithm.
func checkAlgorithm(algorithm *string) error {
	if algorithm == nil {
		return nil
	}
	if !slices.Contains(checksums, *algorithm) {
		return errInvalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [%s]",
			strings.Join(checksums[:5], ", "))
	}
	return nil
}
