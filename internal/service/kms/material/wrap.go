package material

import (
	"crypto/aes"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the algorithm's name says it, and OAEP does not need more of it
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/sillok/sillok/internal/cloud"
)

// CheckWrapping returns KMS's error for an algorithm by which no material can be
// wrapped for its import.
func CheckWrapping(algorithm string) error {
	if strings.HasPrefix(algorithm, "RSAES_OAEP_SHA_") || strings.HasPrefix(algorithm, "RSA_AES_KEY_WRAP_SHA_") {
		return nil
	}
	return cloud.Errorf(cloud.Unsupported, "UnsupportedOperationException", "The wrapping algorithm %s is not supported.", algorithm)
}

// Unwrap returns the secret that was wrapped by an algorithm and the public half
// of a pair of RSA, of which private is the private one as PKCS #8.
func Unwrap(algorithm string, private, wrapped []byte) ([]byte, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	pair, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the wrapping key is not one of RSA")
	}
	oaep := sha256.New()
	if strings.HasSuffix(algorithm, "SHA_1") {
		oaep = sha1.New() //nolint:gosec // see above
	}
	if strings.HasPrefix(algorithm, "RSAES_OAEP") {
		secret, err := rsa.DecryptOAEP(oaep, nil, pair, wrapped, nil)
		if err != nil {
			return nil, ErrCiphertext()
		}
		return secret, nil
	}
	if len(wrapped) <= pair.Size() {
		return nil, ErrCiphertext()
	}
	key, err := rsa.DecryptOAEP(oaep, nil, pair, wrapped[:pair.Size()], nil)
	if err != nil {
		return nil, ErrCiphertext()
	}
	return unwrapAES(key, wrapped[pair.Size():])
}

// unwrapAES undoes AES key wrap with padding, as RFC 5649 has it.
func unwrapAES(key, wrapped []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(wrapped) < 16 || len(wrapped)%8 != 0 {
		return nil, ErrCiphertext()
	}
	text := append([]byte(nil), wrapped...)
	if len(text) == 16 {
		block.Decrypt(text, text)
	} else {
		unwrapRounds(text, block.Decrypt)
	}
	size := int(binary.BigEndian.Uint32(text[4:8]))
	padded := text[8:]
	if subtle.ConstantTimeCompare(text[:4], []byte{0xa6, 0x59, 0x59, 0xa6}) != 1 || size > len(padded) || size <= len(padded)-8 {
		return nil, ErrCiphertext()
	}
	for _, b := range padded[size:] {
		if b != 0 {
			return nil, ErrCiphertext()
		}
	}
	return padded[:size], nil
}

// unwrapRounds undoes the six rounds of RFC 3394 in place.
func unwrapRounds(text []byte, decrypt func(to, from []byte)) {
	n := len(text)/8 - 1
	var b [16]byte
	copy(b[:8], text[:8])
	for round := 5; round >= 0; round-- {
		for i := n; i >= 1; i-- {
			t := binary.BigEndian.Uint64(b[:8]) ^ uint64(n*round+i) //nolint:gosec // both are small
			binary.BigEndian.PutUint64(b[:8], t)
			copy(b[8:], text[8*i:8*i+8])
			decrypt(b[:], b[:])
			copy(text[8*i:8*i+8], b[8:])
		}
	}
	copy(text[:8], b[:8])
}
