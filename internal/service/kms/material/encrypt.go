package material

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
)

// ErrCiphertext is KMS's error for a ciphertext that cannot be decrypted. It
// does not tell why: that would help whoever tries ciphertexts.
func ErrCiphertext() error {
	return cloud.Errorf(cloud.Invalid, "InvalidCiphertextException",
		"The ciphertext is damaged, or belongs to another key, account, region or encryption context.")
}

// Encrypt returns plaintext under an algorithm of RSA.
func (k *Key) Encrypt(algorithm string, plaintext []byte) ([]byte, error) {
	private, ok := k.private.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a key of %s does not encrypt by %s", k.spec.Name, algorithm)
	}
	hash := hashOf(algorithm)
	if most := private.Size() - 2*hash.Size() - 2; len(plaintext) > most {
		return nil, cloud.Errorf(cloud.Invalid, "ValidationException", "Algorithm %s and key spec %s cannot encrypt data larger than %d bytes.", algorithm, k.spec.Name, most)
	}
	return rsa.EncryptOAEP(hash.New(), rand.Reader, &private.PublicKey, plaintext, nil)
}

// Decrypt returns what Encrypt was given.
func (k *Key) Decrypt(algorithm string, ciphertext []byte) ([]byte, error) {
	private, ok := k.private.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a key of %s does not decrypt by %s", k.spec.Name, algorithm)
	}
	plaintext, err := rsa.DecryptOAEP(hashOf(algorithm).New(), nil, private, ciphertext, nil)
	if err != nil {
		return nil, ErrCiphertext()
	}
	return plaintext, nil
}

// The form of what symmetric keys encrypt: what names the key, a salt, and then
// the text under AES-256-GCM with a key and nonce derived for this salt alone.
const (
	blobVersion = 1
	idSize      = 16
	accountSize = 8
	versionSize = 8
	saltSize    = 16
	blobHead    = 2 + idSize + accountSize + versionSize + saltSize
	tagSize     = 16
)

// Blob names the key that a ciphertext is of.
type Blob struct {
	Account     uint64
	ID          [idSize]byte
	MultiRegion bool
	Material    [versionSize]byte // how the ID of the key's material begins
}

// ParseBlob reads which key a ciphertext says it is of. Only Open tells whether
// that is true.
func ParseBlob(ciphertext []byte) (Blob, error) {
	if len(ciphertext) < blobHead+tagSize || ciphertext[0] != blobVersion || ciphertext[1] > 1 {
		return Blob{}, ErrCiphertext()
	}
	rest := ciphertext[2:]
	b := Blob{MultiRegion: ciphertext[1] == 1, ID: [idSize]byte(rest), Account: binary.BigEndian.Uint64(rest[idSize:])}
	b.Material = [versionSize]byte(rest[idSize+accountSize:])
	return b, nil
}

// Seal returns plaintext encrypted by a symmetric key, bound to its encryption
// context and to what the blob says.
func (k *Key) Seal(b Blob, plaintext []byte, context map[string]string) ([]byte, error) {
	head := make([]byte, 2, blobHead+len(plaintext)+tagSize)
	head[0] = blobVersion
	if b.MultiRegion {
		head[1] = 1
	}
	head = append(head, b.ID[:]...)
	head = binary.BigEndian.AppendUint64(head, b.Account)
	head = append(head, b.Material[:]...)
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	head = append(head, salt...)
	aead, nonce, err := k.derive(head)
	if err != nil {
		return nil, err
	}
	return aead.Seal(head, nonce, plaintext, bound(head, context)), nil
}

// Open returns what Seal was given, or ErrCiphertext.
func (k *Key) Open(ciphertext []byte, context map[string]string) ([]byte, error) {
	if len(ciphertext) < blobHead+tagSize {
		return nil, ErrCiphertext()
	}
	head := ciphertext[:blobHead]
	aead, nonce, err := k.derive(head)
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, nonce, ciphertext[blobHead:], bound(head, context))
	if err != nil {
		return nil, ErrCiphertext()
	}
	return plaintext, nil
}

func (k *Key) derive(head []byte) (cipher.AEAD, []byte, error) {
	const nonceSize = 12
	derived, err := hkdf.Expand(sha256.New, k.secret, "sillok kms\x00"+string(head), 32+nonceSize)
	if err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(derived[:32])
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	return aead, derived[32:], err
}

// bound returns what a ciphertext is bound to: its head and the encryption
// context, whatever the order in which that came.
func bound(head []byte, context map[string]string) []byte {
	text := slices.Clone(head)
	for _, name := range slices.Sorted(maps.Keys(context)) {
		for _, part := range []string{name, context[name]} {
			text = binary.BigEndian.AppendUint32(text, uint32(len(part))) //nolint:gosec // a request is far smaller
			text = append(text, part...)
		}
	}
	return text
}
