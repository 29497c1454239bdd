package sns

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // version 1 of AWS's signatures is made by it
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/store/state"
)

// signer signs messages, by a key of RSA that it makes once and keeps sealed. Its
// certificate is its own, and is served to everybody.
type signer struct {
	state state.Store
	seal  *seal.Sealer

	mu     sync.Mutex
	key    *rsa.PrivateKey
	pem    []byte
	path   string
	recent map[string]string // signatures by what they are of, for all subscriptions of a topic
}

// signing is the key as it is kept.
type signing struct {
	Key         []byte // sealed
	Certificate []byte // PEM
}

func signingKey() state.Key { return state.Key{Kind: "sns/signing"} }

const (
	signingBits  = 2048
	signingYears = 20
	mostRecent   = 512

	certificatePrefix = "/SimpleNotificationService-"
	certificateEnding = ".pem"
)

// open has the key, which is made where there is none; s is locked.
func (s *signer) open(ctx context.Context) error {
	if s.key != nil {
		return nil
	}
	var kept signing
	err := s.state.View(ctx, func(r state.Reader) (err error) {
		kept, _, err = state.Find[signing](r, signingKey())
		return err
	})
	if err != nil {
		return err
	}
	if kept.Key == nil {
		if kept, err = s.make(ctx); err != nil {
			return err
		}
	}
	der, err := s.seal.Open(kept.Key, []byte("sns/signing"))
	if err != nil {
		return fmt.Errorf("open the key that signs messages of topics: %w", err)
	}
	if s.key, err = x509.ParsePKCS1PrivateKey(der); err != nil {
		return fmt.Errorf("read the key that signs messages of topics: %w", err)
	}
	sum := sha256.Sum256(kept.Certificate)
	s.pem, s.path = kept.Certificate, certificatePrefix+hex.EncodeToString(sum[:16])+certificateEnding
	s.recent = map[string]string{}
	return nil
}

// make makes a key and its certificate, or returns those that somebody made meanwhile.
func (s *signer) make(ctx context.Context) (signing, error) {
	key, err := rsa.GenerateKey(rand.Reader, signingBits)
	if err != nil {
		return signing{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return signing{}, err
	}
	now := time.Now().UTC()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: Principal}, DNSNames: []string{Principal},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(signingYears, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		SignatureAlgorithm: x509.SHA256WithRSA, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return signing{}, err
	}
	sealed, err := s.seal.Seal(x509.MarshalPKCS1PrivateKey(key), []byte("sns/signing"))
	if err != nil {
		return signing{}, err
	}
	made := signing{sealed, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	return made, s.state.Update(ctx, func(tx state.Tx) error {
		kept, found, err := state.Find[signing](tx, signingKey())
		if err != nil || found {
			made = kept
			return err
		}
		return state.Put(tx, signingKey(), made)
	})
}

// sign returns the signature of a text, and the path of the certificate.
func (s *signer) sign(ctx context.Context, version, text string) (signature, path string, err error) {
	s.mu.Lock()
	if err := s.open(ctx); err != nil {
		s.mu.Unlock()
		return "", "", err
	}
	of := version + text
	signature, known := s.recent[of]
	key, path := s.key, s.path
	s.mu.Unlock()
	if known {
		return signature, path, nil
	}
	var signed []byte
	if version == "2" {
		sum := sha256.Sum256([]byte(text))
		signed, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	} else {
		sum := sha1.Sum([]byte(text)) //nolint:gosec // the same
		signed, err = rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	}
	if err != nil {
		return "", "", fmt.Errorf("sign a message: %w", err)
	}
	signature = base64.StdEncoding.EncodeToString(signed)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.recent) >= mostRecent {
		clear(s.recent)
	}
	if len(of) <= mostMessage>>2 {
		s.recent[of] = signature
	}
	return signature, path, nil
}

// IsCertificate says whether a path is one at which a certificate may be.
func IsCertificate(path string) bool {
	return strings.HasPrefix(path, certificatePrefix) && strings.HasSuffix(path, certificateEnding)
}

// Certificate returns the certificate of the key that signs messages, as PEM, by its path.
// The error is of kind NotFound where there is none.
func (s *Service) Certificate(ctx context.Context, path string) ([]byte, error) {
	g := &s.signer
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.open(ctx); err != nil {
		return nil, err
	}
	if path != g.path {
		return nil, cloud.Errorf(cloud.NotFound, "NotFoundException", "There is no certificate at %s.", path)
	}
	return g.pem, nil
}
