// Package seal keeps what is secret unreadable on the disk: it encrypts by a
// master key that the operator keeps, or that lies beside the data.
//
// What was sealed can be opened only with the same context, which says what it
// is and whose, so that a sealed thing put in another's place is found. It names
// its master key by a fingerprint, so that several can be at hand: the first
// seals, all open. What to seal, and where to keep it, is left to others.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// The form of what is sealed: version, fingerprint, salt, and then the text
// under AES-256-GCM with a key and nonce that are derived for this salt alone,
// so that a master key may seal without end.
const (
	version         = 1
	fingerprintSize = 8
	saltSize        = 24
	headSize        = 1 + fingerprintSize + saltSize
	keySize         = 32
	nonceSize       = 12
	tagSize         = 16
)

// Overhead is by how many bytes a sealed text is longer than the text.
const Overhead = headSize + tagSize

// ErrAltered means that a sealed text is not what was sealed, or not in the
// context in which it was.
var ErrAltered = errors.New("the sealed text was altered, or belongs to something else")

// UnknownKeyError means that a text was sealed by a master key that is not at
// hand.
type UnknownKeyError struct{ Fingerprint string }

// Error names the key.
func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("it was sealed by the master key with the fingerprint %s, which is not among those given", e.Fingerprint)
}

// Sealer seals and opens. It may be used by many at once.
type Sealer struct{ masters []master }

// master is one master key.
type master struct {
	key         []byte
	fingerprint [fingerprintSize]byte
}

func newMaster(key []byte) master {
	m := master{key: key}
	sum := sha256.Sum256(slices.Concat([]byte("sillok master key\x00"), key))
	copy(m.fingerprint[:], sum[:])
	return m
}

// New returns a Sealer with one key of 32 bytes, which nobody keeps but the
// caller: for what is sealed by a key of its own and not by a master key.
func New(key []byte) (*Sealer, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("seal: a key has %d bytes, not %d", keySize, len(key))
	}
	return &Sealer{[]master{newMaster(slices.Clone(key))}}, nil
}

// Fingerprint names the master key that seals, in 16 hexadecimal digits. It
// tells nothing of the key.
func (s *Sealer) Fingerprint() string { return hex.EncodeToString(s.masters[0].fingerprint[:]) }

// Seal returns plaintext encrypted, so that Open with the same context returns
// it. Two calls never return the same.
func (s *Sealer) Seal(plaintext, context []byte) ([]byte, error) {
	head := make([]byte, headSize, headSize+len(plaintext)+tagSize)
	head[0] = version
	copy(head[1:], s.masters[0].fingerprint[:])
	if _, err := rand.Read(head[1+fingerprintSize:]); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	aead, nonce, err := s.masters[0].derive(head)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return aead.Seal(head, nonce, plaintext, slices.Concat(head, context)), nil
}

// Open returns what Seal was given. The error is ErrAltered or *UnknownKeyError
// where it cannot.
func (s *Sealer) Open(sealed, context []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != version {
		return nil, ErrAltered
	}
	head, fingerprint := sealed[:headSize], [fingerprintSize]byte(sealed[1:])
	at := slices.IndexFunc(s.masters, func(m master) bool { return m.fingerprint == fingerprint })
	if at < 0 {
		return nil, &UnknownKeyError{hex.EncodeToString(fingerprint[:])}
	}
	aead, nonce, err := s.masters[at].derive(head)
	if err != nil {
		return nil, fmt.Errorf("open what is sealed: %w", err)
	}
	text, err := aead.Open(nil, nonce, sealed[headSize:], slices.Concat(head, context))
	if err != nil {
		return nil, ErrAltered
	}
	return text, nil
}

// derive returns the cipher and nonce of one sealed text, by its head.
func (m master) derive(head []byte) (cipher.AEAD, []byte, error) {
	derived, err := hkdf.Expand(sha256.New, m.key, "sillok seal\x00"+string(head), keySize+nonceSize)
	if err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(derived[:keySize])
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	return aead, derived[keySize:], err
}
