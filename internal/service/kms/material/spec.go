// Package material is the cryptography of keys of KMS: it makes them, and
// encrypts, signs and authenticates with them, in the forms that AWS answers.
//
// It keeps nothing and knows no names, states or permissions. Its errors are
// those that a caller of KMS sees, or internal.
package material

import (
	"crypto"
	"crypto/elliptic"
	_ "crypto/sha1"   //nolint:gosec // RSAES_OAEP_SHA_1 is made of it
	_ "crypto/sha256" // algorithms name these hashes
	_ "crypto/sha512"
	"slices"

	"github.com/sillok/sillok/internal/cloud"
)

// The usages of keys.
const (
	EncryptDecrypt    = "ENCRYPT_DECRYPT"
	SignVerify        = "SIGN_VERIFY"
	GenerateVerifyMAC = "GENERATE_VERIFY_MAC"
	KeyAgreement      = "KEY_AGREEMENT"
)

// SymmetricDefault is the spec of keys that never leave KMS, and the name of
// their algorithm.
const SymmetricDefault = "SYMMETRIC_DEFAULT"

// Spec is what a key's KeySpec says.
type Spec struct {
	Name   string
	Usages []string // that a key of it may have; one alone need not be named

	Encryption, Signing, MAC, Agreement []string // its algorithms, by usage

	bits   int            // of RSA
	curve  elliptic.Curve // of NIST's
	secret int            // bytes of a symmetric key
}

const (
	rsaKind     = "RSA"
	nistKind    = "NIST"
	koblitzKind = "SECG"
	edwardsKind = "EDWARDS"
	secretKind  = "SECRET"
)

// kind tells apart how keys are made and used.
func (s Spec) kind() string {
	switch {
	case s.bits > 0:
		return rsaKind
	case s.curve != nil:
		return nistKind
	case s.secret > 0:
		return secretKind
	case s.Name == "ECC_SECG_P256K1":
		return koblitzKind
	}
	return edwardsKind
}

// Symmetric says whether the key is one secret that has no public half.
func (s Spec) Symmetric() bool { return s.secret > 0 }

// specs are all specs of which keys can be made. ML-DSA waits for Go's standard
// library, and SM2 is of China's regions alone.
func specs() []Spec {
	agree := []string{"ECDH"}
	oaep := []string{"RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"}
	rsaSigning := []string{
		"RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
		"RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512",
	}
	all := []Spec{{Name: SymmetricDefault, Usages: []string{EncryptDecrypt}, Encryption: []string{SymmetricDefault}, secret: 32}}
	for name, bits := range map[string]int{"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096} {
		all = append(all, Spec{Name: name, Usages: []string{EncryptDecrypt, SignVerify}, Encryption: oaep, Signing: rsaSigning, bits: bits})
	}
	for name, c := range map[string]struct {
		curve   elliptic.Curve
		signing string
	}{
		"ECC_NIST_P256": {elliptic.P256(), "ECDSA_SHA_256"}, "ECC_NIST_P384": {elliptic.P384(), "ECDSA_SHA_384"}, "ECC_NIST_P521": {elliptic.P521(), "ECDSA_SHA_512"},
	} {
		all = append(all, Spec{Name: name, Usages: []string{SignVerify, KeyAgreement}, Signing: []string{c.signing}, Agreement: agree, curve: c.curve})
	}
	for name, c := range map[string]struct {
		bytes     int
		algorithm string
	}{"HMAC_224": {28, "HMAC_SHA_224"}, "HMAC_256": {32, "HMAC_SHA_256"}, "HMAC_384": {48, "HMAC_SHA_384"}, "HMAC_512": {64, "HMAC_SHA_512"}} {
		all = append(all, Spec{Name: name, Usages: []string{GenerateVerifyMAC}, MAC: []string{c.algorithm}, secret: c.bytes})
	}
	return append(all,
		Spec{Name: "ECC_SECG_P256K1", Usages: []string{SignVerify}, Signing: []string{"ECDSA_SHA_256"}},
		Spec{Name: "ECC_NIST_EDWARDS25519", Usages: []string{SignVerify}, Signing: []string{"ED25519_SHA_512", "ED25519_PH_SHA_512"}})
}

// SpecOf returns the spec of a name, or the error of KMS for one of which no
// keys can be made here.
func SpecOf(name string) (Spec, error) {
	all := specs()
	if at := slices.IndexFunc(all, func(s Spec) bool { return s.Name == name }); at >= 0 {
		return all[at], nil
	}
	return Spec{}, cloud.Errorf(cloud.Unsupported, "UnsupportedOperationException", "Keys of the spec %s are not supported.", name)
}

// Algorithms returns the algorithms of a key with that usage.
func (s Spec) Algorithms(usage string) []string {
	switch usage {
	case EncryptDecrypt:
		return s.Encryption
	case SignVerify:
		return s.Signing
	case GenerateVerifyMAC:
		return s.MAC
	}
	return s.Agreement
}

// CheckAlgorithm returns KMS's error for an algorithm that a key of the spec has
// not under the usage.
func (s Spec) CheckAlgorithm(usage, algorithm string) error {
	if slices.Contains(s.Algorithms(usage), algorithm) {
		return nil
	}
	return cloud.Errorf(cloud.Invalid, "InvalidKeyUsageException", "Algorithm %s is incompatible with key spec %s.", algorithm, s.Name)
}

// hashOf returns the hash that an algorithm's name ends with.
func hashOf(algorithm string) crypto.Hash {
	switch algorithm[len(algorithm)-len("SHA_1"):] {
	case "SHA_1":
		return crypto.SHA1
	case "A_224":
		return crypto.SHA224
	case "A_256":
		return crypto.SHA256
	case "A_384":
		return crypto.SHA384
	}
	return crypto.SHA512
}
