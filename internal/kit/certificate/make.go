package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sillok/sillok/internal/kit/disk"
)

// The life of a made certificate. It begins in the past for clients whose clocks
// are behind; some take none that lasts longer than 825 days.
const (
	early       = 24 * time.Hour
	lasts       = 2 * 365 * 24 * time.Hour
	renewBefore = 30 * 24 * time.Hour
)

// The files of a made certificate, in their folder.
const (
	certificateFile = "cert.pem"
	keyFile         = "key.pem"
)

// Made returns the pair in the folder dir, which it makes for the names where
// there is none, where it does not cover them all, and where it is near its end.
// Names are those of hosts, also with a star in the place of the first label, and
// addresses. Further names are in a certificate that has to be made, and one that
// lacks them stays.
func Made(dir string, names, further []string, log *slog.Logger) (*Pair, error) {
	p := &Pair{
		log: log, made: true, names: slices.Concat(names, further),
		certificate: filepath.Join(dir, certificateFile), key: filepath.Join(dir, keyFile),
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	found, err := p.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p, p.renew()
	case err != nil:
		return nil, err
	}
	if err := p.use(found); err != nil {
		log.Warn("the certificate cannot be used and is made anew: clients elsewhere need a copy of the new one", "error", err)
		return p, p.renew()
	}
	leaf := p.current.Load().Leaf
	if !bytes.Equal(leaf.RawIssuer, leaf.RawSubject) {
		return nil, fmt.Errorf("tls: %s is of an authority, and not one that was made here: give it with --tls-cert and --tls-key, or remove it", p.certificate)
	}
	lacks := slices.IndexFunc(names, func(name string) bool { return !has(leaf, name) })
	switch {
	case lacks >= 0:
		log.Warn("the certificate is made anew, since it lacks a name: clients elsewhere need a copy of the new one", "name", names[lacks])
	case time.Until(leaf.NotAfter) < renewBefore:
		log.Warn("the certificate is made anew, since it is near its end: clients elsewhere need a copy of the new one", "until", leaf.NotAfter.UTC())
	default:
		return p, nil
	}
	return p, p.renew()
}

// has says whether a certificate has a name, with its star where it has one.
func has(leaf *x509.Certificate, name string) bool {
	if address := net.ParseIP(name); address != nil {
		return slices.ContainsFunc(leaf.IPAddresses, address.Equal)
	}
	return slices.Contains(leaf.DNSNames, name)
}

// renew makes the pair anew, on the disk too. The key is there first: a crash
// between the two leaves a pair that is not one, which the next start makes anew.
func (p *Pair) renew() error {
	made, err := newPair(p.names, time.Now())
	if err != nil {
		return fmt.Errorf("tls: make a certificate: %w", err)
	}
	if err := disk.WriteFile(p.key, made.key, 0o600); err != nil {
		return fmt.Errorf("tls: keep the certificate's key: %w", err)
	}
	if err := disk.WriteFile(p.certificate, made.certificate, 0o600); err != nil {
		return fmt.Errorf("tls: keep the certificate: %w", err)
	}
	return p.use(made)
}

// newPair makes a certificate for names and its key.
func newPair(names []string, now time.Time) (contents, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return contents{}, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return contents{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return contents{}, err
	}
	id := sha256.Sum256(public)
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(id[:16]),
		// No two have the same name, so that one file may have several to trust.
		Subject:   pkix.Name{CommonName: "sillok " + hex.EncodeToString(id[:8])},
		NotBefore: now.Add(-early), NotAfter: now.Add(lasts),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, SubjectKeyId: id[:20], AuthorityKeyId: id[:20],
	}
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			continue
		}
		seen[name] = true
		if address := net.ParseIP(name); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	leaf, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return contents{}, err
	}
	return contents{
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf}),
		key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	}, nil
}
