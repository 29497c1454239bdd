package digest

import (
	"crypto/md5" //nolint:gosec // a fingerprint names a key; nothing relies on it
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// keyBits is the size of the keys that digests are signed with.
const keyBits = 2048

// NewKey makes a key to sign digests with.
func NewKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }

// PublicKey is a public key as ListPublicKeys tells it.
type PublicKey struct {
	Value       []byte    // PKCS #1, DER
	Fingerprint string    // by which digests name it
	Start, End  time.Time // between which digests are signed with it
}

// Public returns the public key of a private one that is used between two times.
func Public(key *rsa.PrivateKey, start, end time.Time) PublicKey {
	der := x509.MarshalPKCS1PublicKey(&key.PublicKey)
	return PublicKey{Value: der, Fingerprint: fingerprint(der), Start: start, End: end}
}

func fingerprint(der []byte) string {
	sum := md5.Sum(der) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// maxKeys is how many keys a file may have, and maxKeyFile how large it may be.
const (
	maxKeys    = 100_000
	maxKeyFile = 64 << 20
)

// ReadKeys reads the answer of ListPublicKeys, as the AWS CLI prints it: an object
// with PublicKeyList, or that list alone.
func ReadKeys(r io.Reader) ([]PublicKey, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxKeyFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("it has more than %d MB", maxKeyFile>>20)
	}
	var answer struct{ PublicKeyList []listed }
	objectErr := json.Unmarshal(text, &answer)
	if objectErr != nil {
		if err := json.Unmarshal(text, &answer.PublicKeyList); err != nil {
			return nil, fmt.Errorf("it is not the answer of list-public-keys: %w", objectErr)
		}
	}
	if n := len(answer.PublicKeyList); n == 0 || n > maxKeys {
		return nil, errors.New("it has no PublicKeyList with keys in it, as aws cloudtrail list-public-keys prints")
	}
	keys := make([]PublicKey, len(answer.PublicKeyList))
	for i, k := range answer.PublicKeyList {
		if len(k.Value) == 0 || k.Fingerprint == "" {
			return nil, fmt.Errorf("key %d has no Value or no Fingerprint", i+1)
		}
		keys[i] = PublicKey{Value: k.Value, Fingerprint: k.Fingerprint}
	}
	return keys, nil
}

// listed is a key in a file. When it is valid does not matter: a digest names it.
type listed struct {
	Value       []byte
	Fingerprint string
}
