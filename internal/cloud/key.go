package cloud

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// The IDs of access keys: four letters that say what they are of, and ten bytes in
// base32, of which the first six hold the account and the rest is chance. So AWS's
// own have it.
const (
	LongTermKey  = "AKIA" // the prefix of keys that do not end
	TemporaryKey = "ASIA" // the prefix of temporary credentials

	keyBytes    = 10
	accountBits = 0x7fffffffff80 // of the first six bytes
	accountAt   = 7
)

// NewKeyID returns a new ID of an access key of an account, which begins with one of
// the prefixes.
func NewKeyID(prefix string, account Account) string {
	number, err := strconv.ParseUint(string(account), 10, 40)
	if err != nil {
		number = 0 // of no account that there is
	}
	b := make([]byte, keyBytes)
	_, _ = rand.Read(b) // it never fails
	var head [8]byte
	copy(head[2:], b[:6])
	binary.BigEndian.PutUint64(head[:], binary.BigEndian.Uint64(head[:])&^(0xffffffffffff&^(1<<accountAt-1))|number<<accountAt&accountBits)
	copy(b, head[2:])
	return prefix + base32.StdEncoding.EncodeToString(b)
}

// AccountOfKey returns the account that the ID of an access key says it is of. It is
// false for an ID of another form; whether there is such a key it does not say.
func AccountOfKey(id string) (Account, bool) {
	if len(id) != 20 || !strings.HasPrefix(id, LongTermKey) && !strings.HasPrefix(id, TemporaryKey) {
		return "", false
	}
	b, err := base32.StdEncoding.DecodeString(id[4:])
	if err != nil {
		return "", false
	}
	var head [8]byte
	copy(head[2:], b[:6])
	number := binary.BigEndian.Uint64(head[:]) & accountBits >> accountAt
	if number > 999_999_999_999 {
		return "", false
	}
	return Account(fmt.Sprintf("%012d", number)), true
}
