package material

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"strings"

	secpdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/sillok/sillok/internal/cloud"
)

// Message is what is signed: a text, or its digest.
type Message struct {
	Bytes  []byte
	Digest bool
}

// digest returns the message's hash under an algorithm.
func (m Message) digest(algorithm string) ([]byte, error) {
	hash := hashOf(algorithm)
	if !m.Digest {
		h := hash.New()
		h.Write(m.Bytes)
		return h.Sum(nil), nil
	}
	if len(m.Bytes) != hash.Size() {
		return nil, cloud.Errorf(cloud.Invalid, "ValidationException", "Digest is invalid length for algorithm %s.", algorithm)
	}
	return m.Bytes, nil
}

const (
	edwardsPure      = "ED25519_SHA_512"
	edwardsPrehashed = "ED25519_PH_SHA_512"
)

// edwards returns the message as Ed25519 takes it, and how.
func (m Message) edwards(algorithm string) ([]byte, *ed25519.Options, error) {
	prehashed := algorithm == edwardsPrehashed
	if prehashed != m.Digest {
		want := "RAW"
		if prehashed {
			want = "DIGEST"
		}
		return nil, nil, cloud.Errorf(cloud.Invalid, "ValidationException", "The signing algorithm %s takes a message of the type %s.", algorithm, want)
	}
	if !prehashed {
		return m.Bytes, &ed25519.Options{}, nil
	}
	digest, err := m.digest(algorithm)
	return digest, &ed25519.Options{Hash: crypto.SHA512}, err
}

// Sign returns the signature of a message under an algorithm of the key's spec:
// of ECDSA in DER, of Ed25519 as its 64 bytes.
func (k *Key) Sign(algorithm string, message Message) ([]byte, error) {
	if k.spec.kind() == edwardsKind {
		text, options, err := message.edwards(algorithm)
		if err != nil {
			return nil, err
		}
		return k.private.Sign(rand.Reader, text, options)
	}
	digest, err := message.digest(algorithm)
	if err != nil {
		return nil, err
	}
	if k.koblitz != nil {
		return secpdsa.Sign(k.koblitz, digest).Serialize(), nil
	}
	return k.private.Sign(rand.Reader, digest, signerOptions(algorithm))
}

// signerOptions returns how the standard library signs by an algorithm.
func signerOptions(algorithm string) crypto.SignerOpts {
	if strings.HasPrefix(algorithm, "RSASSA_PSS") {
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hashOf(algorithm)}
	}
	return hashOf(algorithm)
}

// Verify says whether a signature is one of the message under an algorithm of
// the key's spec.
func (k *Key) Verify(algorithm string, message Message, signature []byte) (bool, error) {
	if k.spec.kind() == edwardsKind {
		text, options, err := message.edwards(algorithm)
		if err != nil {
			return false, err
		}
		public, ok := k.private.Public().(ed25519.PublicKey)
		return ok && ed25519.VerifyWithOptions(public, text, signature, options) == nil, nil
	}
	digest, err := message.digest(algorithm)
	if err != nil {
		return false, err
	}
	if k.koblitz != nil {
		parsed, err := secpdsa.ParseDERSignature(signature)
		return err == nil && parsed.Verify(digest, k.koblitz.PubKey()), nil
	}
	switch public := k.private.Public().(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(public, digest, signature), nil
	case *rsa.PublicKey:
		hash := hashOf(algorithm)
		if strings.HasPrefix(algorithm, "RSASSA_PSS") {
			return rsa.VerifyPSS(public, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}) == nil, nil
		}
		return rsa.VerifyPKCS1v15(public, hash, digest, signature) == nil, nil
	}
	return false, nil
}

// MAC returns a message's authentication code under an algorithm of the key's spec.
func (k *Key) MAC(algorithm string, message []byte) []byte {
	h := hmac.New(hashOf(algorithm).New, k.secret)
	h.Write(message)
	return h.Sum(nil)
}

// VerifyMAC says whether mac is what MAC returns.
func (k *Key) VerifyMAC(algorithm string, message, mac []byte) bool {
	return subtle.ConstantTimeCompare(k.MAC(algorithm, message), mac) == 1
}

// Agree returns the secret that the key shares with the owner of a public key,
// which is given as SubjectPublicKeyInfo in DER.
func (k *Key) Agree(public []byte) ([]byte, error) {
	wrong := cloud.Errorf(cloud.Invalid, "ValidationException", "The public key is not one of the curve of key spec %s in DER (SubjectPublicKeyInfo).", k.spec.Name)
	parsed, err := x509.ParsePKIXPublicKey(public)
	if err != nil {
		return nil, wrong.Because(err)
	}
	peer, ok := parsed.(*ecdsa.PublicKey)
	own, mine := k.private.(*ecdsa.PrivateKey)
	if !ok || !mine || peer.Curve != own.Curve {
		return nil, wrong
	}
	var theirs *ecdh.PublicKey
	if theirs, err = peer.ECDH(); err != nil {
		return nil, wrong.Because(err)
	}
	secret, err := own.ECDH()
	if err != nil {
		return nil, err
	}
	return secret.ECDH(theirs)
}
