package material

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"runtime"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/sillok/sillok/internal/cloud"
)

// Key is the material of one key: a secret, and what it is made of.
type Key struct {
	spec    Spec
	secret  []byte                // of a symmetric key
	private crypto.Signer         // of RSA, NIST's curves and Ed25519
	koblitz *secp256k1.PrivateKey // of ECC_SECG_P256K1
}

// making bounds how many key pairs are made at once: a large one of RSA takes a
// processor for seconds.
var making = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))

// New makes a key.
func New(ctx context.Context, spec Spec) (*Key, error) {
	select {
	case making <- struct{}{}:
		defer func() { <-making }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	k := &Key{spec: spec}
	var err error
	switch spec.kind() {
	case rsaKind:
		k.private, err = rsa.GenerateKey(rand.Reader, spec.bits)
	case nistKind:
		k.private, err = ecdsa.GenerateKey(spec.curve, rand.Reader)
	case koblitzKind:
		k.koblitz, err = secp256k1.GeneratePrivateKey()
	case edwardsKind:
		_, k.private, err = ed25519.GenerateKey(rand.Reader)
	default:
		k.secret = make([]byte, spec.secret)
		_, err = rand.Read(k.secret)
	}
	if err != nil {
		return nil, fmt.Errorf("make a key of %s: %w", spec.Name, err)
	}
	return k, nil
}

// Parse returns the key whose Bytes are secret. The error is the one of KMS for
// what is no key of the spec.
func Parse(spec Spec, secret []byte) (*Key, error) {
	wrong := cloud.Errorf(cloud.Invalid, "IncorrectKeyMaterialException", "The key material is not a key of the spec %s.", spec.Name)
	k := &Key{spec: spec}
	switch spec.kind() {
	case secretKind:
		if len(secret) != spec.secret {
			return nil, wrong
		}
		k.secret = secret
		return k, nil
	case koblitzKind:
		var err error
		if k.koblitz, err = parseKoblitz(secret); err != nil {
			return nil, wrong.Because(err)
		}
		return k, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(secret)
	if err != nil {
		return nil, wrong.Because(err)
	}
	ok := false
	switch private := parsed.(type) {
	case *rsa.PrivateKey:
		k.private, ok = private, spec.bits > 0 && private.N.BitLen() == spec.bits
	case *ecdsa.PrivateKey:
		k.private, ok = private, spec.curve != nil && private.Curve == spec.curve
	case ed25519.PrivateKey:
		k.private, ok = private, spec.kind() == edwardsKind
	}
	if !ok {
		return nil, wrong
	}
	return k, nil
}

// Bytes returns the secret itself, as PKCS #8 where the key is one of a pair.
func (k *Key) Bytes() ([]byte, error) {
	switch {
	case k.secret != nil:
		return k.secret, nil
	case k.koblitz != nil:
		return koblitzPrivate(k.koblitz)
	}
	return x509.MarshalPKCS8PrivateKey(k.private)
}

// Public returns the public half of a pair as SubjectPublicKeyInfo in DER, nil
// for a symmetric key.
func (k *Key) Public() ([]byte, error) {
	switch {
	case k.secret != nil:
		return nil, nil
	case k.koblitz != nil:
		return koblitzPublic(k.koblitz.PubKey())
	}
	return x509.MarshalPKIXPublicKey(k.private.Public())
}
