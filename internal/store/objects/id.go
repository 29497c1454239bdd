package objects

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
)

// An ID is a number that leads to the record, made unlike any other by random
// bytes. It is compared whole with what the record says.
const (
	versionRandom = 12 // bytes; an ID of 32 characters
	uploadRandom  = 32 // bytes; an ID of 64 characters
	versionLength = 32
)

var idText = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newID returns an ID that carries number, which is hidden in it only so that
// IDs look alike at their beginning and end no more than elsewhere.
func newID(number uint64, random int) string {
	id := make([]byte, random, random+number64)
	_, _ = rand.Read(id) // it never fails
	return idText.EncodeToString(binary.BigEndian.AppendUint64(id, number^binary.BigEndian.Uint64(id)))
}

// numberOf returns the number that an ID carries, and false for a text that
// newID has not made.
func numberOf(id string, random int) (uint64, bool) {
	if len(id) != idText.EncodedLen(random+number64) {
		return 0, false
	}
	raw, err := idText.DecodeString(id)
	if err != nil || len(raw) != random+number64 {
		return 0, false
	}
	return binary.BigEndian.Uint64(raw[random:]) ^ binary.BigEndian.Uint64(raw), true
}

// canBeVersion says whether a version could have that ID: 32 letters and digits,
// those of the former version, or the null version's.
func canBeVersion(id string) bool {
	return id == NullVersion || (len(id) == versionLength || len(id) == foreignLength) && lettersAndDigits(id)
}

func lettersAndDigits(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
