package digest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"time"
)

// Signed is what the metadata of a digest file says.
type Signed struct {
	Signature string    // in hex
	Backfill  time.Time // when a backfill digest was made; zero for another digest
}

// SignedBy reads the metadata of the digest file at key. What a digest of its kind must
// have and this has not is an *InvalidError.
func SignedBy(metadata map[string]string, backfill bool) (Signed, error) {
	signature, ok := metadata[metaSignature]
	if _, has := metadata[metaAlgorithm]; !ok || !has {
		return Signed{}, invalid(Signature, "its metadata has no signature or no signature-algorithm")
	}
	s := Signed{Signature: signature}
	if !backfill {
		return s, nil
	}
	at, err := time.Parse(time.RFC3339, metadata[metaBackfill])
	if err != nil {
		return Signed{}, invalid(Format, "its metadata has no time as backfill-generation-timestamp")
	}
	s.Backfill = at
	return s, nil
}

// Verify returns nil when the owner of the key signed this very digest for the place
// that it names, else an *InvalidError.
func (d *Read) Verify(key PublicKey, signature string) error {
	public, err := x509.ParsePKCS1PublicKey(key.Value)
	if err != nil {
		return invalid(BadKey, "with fingerprint %s", key.Fingerprint)
	}
	bytes, err := hex.DecodeString(signature)
	if err != nil {
		return invalid(Signature, "the signature is not in hex")
	}
	sum := sha256.Sum256(d.File.signed(d.endTime, d.Hash))
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], bytes); err != nil {
		return &InvalidError{Reason: Signature}
	}
	return nil
}

// At returns an *InvalidError unless the digest says that it is in this place.
func (d *Read) At(bucket, key string) error {
	if d.File.Bucket != bucket || d.File.Key != key {
		return invalid(Moved, "it was s3://%s/%s", d.File.Bucket, d.File.Key)
	}
	return nil
}
