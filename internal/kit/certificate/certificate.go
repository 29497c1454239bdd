// Package certificate holds the certificate of a server: one that it is given in
// files, or one that it makes for itself.
//
// A made certificate is signed by its own key and by nobody else's, so that the
// file with it is all that a client has to trust, and a thief of the key can
// pretend to be this server and no other. It is made anew some time before it
// ends. Files are read again while the server runs; what cannot be used leaves
// the former certificate in place and is told once.
package certificate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sillok/sillok/internal/kit/life"
)

const (
	lookEvery = 5 * time.Second // how often the files are read again
	// From when on, and how often, it is told that a certificate ends which cannot be
	// made anew here.
	warnBefore = 14 * 24 * time.Hour
	warnEvery  = 24 * time.Hour
)

// Pair is a certificate and its key, as its files have them now. It is safe for
// concurrent use.
type Pair struct {
	log              *slog.Logger
	certificate, key string // the files
	names            []string
	made             bool
	current          atomic.Pointer[tls.Certificate]
	mu               sync.Mutex
	seen             contents  // as they were last read, whether or not they could be used
	lastErr          string    // why they could not; empty where they could
	warned           time.Time // when the end was told
}

// contents are those of both files.
type contents struct{ certificate, key []byte }

// Given returns the pair in two PEM files: the certificate, with those between
// it and its authority's behind it, and its private key. The pair must be whole,
// of each other, and not at its end.
func Given(certificate, key string, log *slog.Logger) (*Pair, error) {
	p := &Pair{log: log, certificate: certificate, key: key}
	found, err := p.read()
	if err != nil {
		return nil, err
	}
	return p, p.use(found)
}

// Config returns how a server speaks TLS with the pair as it is at the time of
// each connection.
func (p *Pair) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.current.Load(), nil },
	}
}

// Run reads the files again from time to time, and makes a certificate of one's
// own anew before it ends, until ctx is done.
func (p *Pair) Run(ctx context.Context) error {
	work, ctx := life.New(ctx, p.log)
	work.Every(ctx, "certificate", lookEvery, p.look)
	return work.Wait()
}

// look does once what Run does again and again. What goes wrong is told when it
// does, and not each time that it still is.
func (p *Pair) look(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made && time.Until(p.Ends()) < renewBefore {
		if err := p.renew(); err != nil {
			if p.warnAgain() {
				p.log.ErrorContext(ctx, "the certificate is near its end and cannot be made anew", "error", err, "until", p.Ends())
			}
			return nil
		}
		p.log.WarnContext(ctx, "the certificate was near its end and was made anew: clients elsewhere need a copy of the new one",
			"file", p.certificate, "sha256", p.Fingerprint(), "until", p.Ends())
		return nil
	}
	if !p.made && time.Until(p.Ends()) < warnBefore && p.warnAgain() {
		p.log.WarnContext(ctx, "the certificate ends soon", "file", p.certificate, "until", p.Ends())
	}
	found, err := p.read()
	if err == nil && p.lastErr == "" && bytes.Equal(found.certificate, p.seen.certificate) && bytes.Equal(found.key, p.seen.key) {
		return nil
	}
	if err == nil {
		err = p.use(found)
	}
	if err != nil {
		if text := err.Error(); text != p.lastErr {
			p.lastErr = text
			p.log.ErrorContext(ctx, "the certificate was changed and cannot be used; the former one stays", "error", err, "until", p.Ends())
		}
		return nil
	}
	p.lastErr = ""
	p.log.InfoContext(ctx, "the certificate was read again", "file", p.certificate, "sha256", p.Fingerprint(), "until", p.Ends())
	return nil
}

// warnAgain says whether it is time to tell of the end.
func (p *Pair) warnAgain() bool {
	if time.Since(p.warned) < warnEvery {
		return false
	}
	p.warned = time.Now()
	return true
}

func (p *Pair) read() (found contents, err error) {
	var errs [2]error
	found.certificate, errs[0] = os.ReadFile(p.certificate)
	found.key, errs[1] = os.ReadFile(p.key)
	if err := errors.Join(errs[:]...); err != nil {
		return contents{}, fmt.Errorf("tls: read the certificate %s and its key %s: %w", p.certificate, p.key, err)
	}
	return found, nil
}

// use takes what the files have for the pair from now on.
func (p *Pair) use(found contents) error {
	p.seen = found
	pair, err := tls.X509KeyPair(found.certificate, found.key)
	if err != nil {
		return fmt.Errorf("tls: read the certificate %s and its key %s: %w", p.certificate, p.key, err)
	}
	switch now := time.Now(); {
	case now.After(pair.Leaf.NotAfter):
		return fmt.Errorf("tls: the certificate %s ended on %s: clients would refuse it", p.certificate, pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(pair.Leaf.NotBefore):
		return fmt.Errorf("tls: the certificate %s begins on %s: clients would refuse it before", p.certificate, pair.Leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	p.current.Store(&pair)
	return nil
}

// Ends returns the time after which the certificate is no longer good.
func (p *Pair) Ends() time.Time { return p.current.Load().Leaf.NotAfter.UTC() }

// Fingerprint returns the certificate's SHA-256 as openssl prints it: pairs of
// upper-case hexadecimal digits with colons between them.
func (p *Pair) Fingerprint() string {
	sum := sha256.Sum256(p.current.Load().Leaf.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// Anchor returns the file by which clients can be told to trust the certificate,
// or "" where it is of an authority whose certificate is not in the file.
func (p *Pair) Anchor() string {
	for _, raw := range p.current.Load().Certificate {
		if c, err := x509.ParseCertificate(raw); err == nil && bytes.Equal(c.RawIssuer, c.RawSubject) {
			return p.certificate
		}
	}
	return ""
}

// Host returns the one of some hosts that the certificate is of, else the first
// name that it has, and where it has none either the first of those hosts.
func (p *Pair) Host(hosts ...string) string {
	leaf := p.current.Load().Leaf
	for _, host := range hosts {
		if leaf.VerifyHostname(host) == nil {
			return host
		}
	}
	for _, name := range leaf.DNSNames {
		if !strings.Contains(name, "*") {
			return name
		}
	}
	return hosts[0]
}
