package certificate_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/certificate"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// files is a place for a pair, and what it writes there.
type files struct {
	certificate, key string

	from time.Duration // after which certificates begin
}

func newFiles(t *testing.T) files {
	t.Helper()
	folder := t.TempDir()
	return files{certificate: filepath.Join(folder, "a.pem"), key: filepath.Join(folder, "a.key"), from: -time.Hour}
}

// authority signs certificates of others.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue writes a certificate of the name that is good for some time. A nil
// authority lets it sign itself.
func (f files) issue(t *testing.T, name string, lasts time.Duration, by *authority) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(f.from), NotAfter: time.Now().Add(lasts), BasicConstraintsValid: true, IsCA: by == nil,
	}
	if by == nil {
		by = &authority{template, key}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, f.certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	write(t, f.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	return &authority{template, key}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// served is the certificate that a client would get now.
func served(t *testing.T, p *certificate.Pair) *x509.Certificate {
	t.Helper()
	got, err := p.Config().GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return got.Leaf
}

// dial connects to a server with the pair as a client that trusts a file.
func dial(t *testing.T, p *certificate.Pair, anchor, name string, least, most uint16) error {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(read(t, anchor)) {
		t.Fatalf("%s has no certificate", anchor)
	}
	ours, theirs := net.Pipe()
	client := tls.Client(ours, &tls.Config{RootCAs: pool, ServerName: name, MinVersion: least, MaxVersion: most})
	server := tls.Server(theirs, p.Config())
	done := make(chan error, 1)
	go func() {
		done <- server.HandshakeContext(t.Context())
		_ = theirs.Close()
	}()
	err := client.HandshakeContext(t.Context())
	_ = ours.Close()
	<-done //nolint:errcheck // the client's side is what is asked about
	return err
}

func TestWhatIsMadeServesItsNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	p, err := certificate.Made(dir, []string{"localhost", "*.s3.localhost", "127.0.0.1", "::1"}, []string{"box", "box"}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "key.pem"), filepath.Join(dir, "cert.pem")} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if want := filepath.Join(dir, "cert.pem"); p.Anchor() != want {
		t.Errorf("the anchor is %s, want %s", p.Anchor(), want)
	}
	for name, right := range map[string]bool{
		"localhost": true, "logs.s3.localhost": true, "127.0.0.1": true, "::1": true, "box": true, "other": false, "a.b.s3.localhost": false, "127.0.0.2": false,
	} {
		if err := dial(t, p, p.Anchor(), name, tls.VersionTLS12, tls.VersionTLS13); (err == nil) != right {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := dial(t, p, p.Anchor(), "localhost", tls.VersionTLS10, tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 was taken")
	}
	leaf := served(t, p)
	if leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature || leaf.PublicKeyAlgorithm != x509.ECDSA {
		t.Errorf("it is more than a server's: %+v", leaf)
	}
	if len(leaf.DNSNames) != 3 {
		t.Errorf("its names are %v", leaf.DNSNames)
	}
}

func TestWhatIsMadeStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := []string{"localhost", "127.0.0.1"}
		for _, tt := range []struct {
			name    string
			later   time.Duration
			names   []string
			further []string
			spoil   func(dir string)
			stays   bool
			err     string
		}{
			{name: "the same names", names: names, stays: true},
			{name: "fewer names", names: names[:1], stays: true},
			{name: "a further name, which may be gone tomorrow", names: names, further: []string{"192.0.2.1"}, stays: true},
			{name: "another name", names: append(names, "*.example.org")},
			{name: "another address", names: append(names, "192.0.2.1")},
			{name: "a month and a day before its end", later: 699 * 24 * time.Hour, names: names, stays: true},
			{name: "less than a month before its end", later: 701 * 24 * time.Hour, names: names},
			{name: "after its end", later: 731 * 24 * time.Hour, names: names},
			{name: "another key, as after a crash", names: names, spoil: func(dir string) {
				if _, err := certificate.Made(filepath.Join(dir, "other"), names, nil, quiet()); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, "key.pem"), read(t, filepath.Join(dir, "other", "key.pem")))
			}},
			{name: "no key", names: names, spoil: func(dir string) {
				if err := os.Remove(filepath.Join(dir, "key.pem")); err != nil {
					t.Fatal(err)
				}
			}},
			{name: "rubbish", names: names, spoil: func(dir string) { write(t, filepath.Join(dir, "cert.pem"), []byte("rubbish")) }},
			{name: "that of an authority, put there by somebody", names: names, stays: true, err: "was made here", spoil: func(dir string) {
				f := files{certificate: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem"), from: -time.Hour}
				f.issue(t, "localhost", time.Hour, f.issue(t, "authority", time.Hour, nil))
			}},
		} {
			dir := t.TempDir()
			first, err := certificate.Made(dir, names, nil, quiet())
			if err != nil {
				t.Fatal(err)
			}
			if tt.spoil != nil {
				tt.spoil(dir)
			}
			<-time.After(tt.later)
			again, err := certificate.Made(dir, tt.names, tt.further, quiet())
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), "not one that was made here") {
					t.Errorf("%s: %v", tt.name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			if stays := again.Fingerprint() == first.Fingerprint(); stays != tt.stays {
				t.Errorf("%s: it stayed: %v", tt.name, stays)
			}
		}
	})
}

// running is a pair that runs while a test's time passes, and what it logs.
type running struct {
	*certificate.Pair

	mu  sync.Mutex
	log strings.Builder
}

// Write implements io.Writer.
func (r *running) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(text)
}

// said returns what was logged since it was last asked.
func (r *running) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.log.Reset()
	return r.log.String()
}

// run opens a pair, lets some time pass, and runs it from then on.
func run(t *testing.T, first time.Duration, open func(log *slog.Logger) (*certificate.Pair, error)) *running {
	t.Helper()
	r := &running{}
	var err error
	if r.Pair, err = open(slog.New(slog.NewTextHandler(r, nil))); err != nil {
		t.Fatal(err)
	}
	<-time.After(first)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

// pass lets time pass.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestWhatIsMadeIsMadeAnewBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := run(t, 700*24*time.Hour-time.Minute, func(log *slog.Logger) (*certificate.Pair, error) {
			return certificate.Made(t.TempDir(), []string{"localhost"}, nil, log)
		})
		first := p.Fingerprint()
		pass(50 * time.Second)
		if said := p.said(); p.Fingerprint() != first || said != "" {
			t.Errorf("it changed too early: %s", said)
		}
		pass(time.Minute)
		if said := p.said(); p.Fingerprint() == first || strings.Count(said, "\n") != 1 || !strings.Contains(said, "near its end") {
			t.Errorf("it did not change: %s", said)
		}
		if err := dial(t, p.Pair, p.Anchor(), "localhost", tls.VersionTLS12, tls.VersionTLS13); err != nil {
			t.Error(err)
		}
	})
}

func TestGivenFilesAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFiles(t)
		f.issue(t, "one", time.Hour, nil)
		p := run(t, 0, func(log *slog.Logger) (*certificate.Pair, error) { return certificate.Given(f.certificate, f.key, log) })
		var seen []string
		step := func(what string) {
			pass(6 * time.Second)
			said, text := "", p.said()
			switch {
			case strings.Contains(text, "cannot be used; the former one stays"):
				said = ", told"
			case strings.Contains(text, "read again"):
				said = ", read again"
			}
			if lines := strings.Count(text, "\n"); lines > 1 {
				t.Errorf("%s: it is told %d times:\n%s", what, lines, text)
			}
			seen = append(seen, what+": "+served(t, p.Pair).DNSNames[0]+said)
		}
		step("as it was")
		f.issue(t, "two", time.Hour, nil)
		step("another pair")
		key := read(t, f.key)
		f.issue(t, "three", time.Hour, nil)
		right := read(t, f.key)
		write(t, f.key, key)
		step("a key of another one")
		step("still")
		write(t, f.key, right)
		step("its own key")
		write(t, f.certificate, []byte("rubbish"))
		step("rubbish")
		if err := os.Remove(f.certificate); err != nil {
			t.Fatal(err)
		}
		step("no file")
		step("still")
		f.issue(t, "four", -time.Minute, nil)
		step("one that has ended")
		f.issue(t, "five", time.Hour, nil)
		step("a good one")
		f.from = 15 * time.Second
		f.issue(t, "six", time.Hour, nil)
		step("one that has not begun")
		step("still")
		step("it begins")
		want := []string{
			"as it was: one", "another pair: two, read again", "a key of another one: two, told", "still: two", "its own key: three, read again",
			"rubbish: three, told", "no file: three, told", "still: three", "one that has ended: three, told", "a good one: five, read again",
			"one that has not begun: five, told", "still: five", "it begins: six, read again",
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// The end of a certificate that somebody else has to renew is told in time.
func TestTheEndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFiles(t)
		f.issue(t, "one", 14*24*time.Hour+time.Minute, nil)
		p := run(t, 0, func(log *slog.Logger) (*certificate.Pair, error) { return certificate.Given(f.certificate, f.key, log) })
		var told []int
		for _, d := range []time.Duration{50 * time.Second, time.Minute, 23 * time.Hour, time.Hour} {
			pass(d)
			told = append(told, strings.Count(p.said(), "the certificate ends soon"))
		}
		if diff := cmp.Diff([]int{0, 1, 0, 1}, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}

// A disk that cannot be written leaves what there is, and is told once a day.
func TestWhatCannotBeMadeAnewStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		p := run(t, 701*24*time.Hour, func(log *slog.Logger) (*certificate.Pair, error) {
			made, err := certificate.Made(dir, []string{"localhost"}, nil, log)
			return made, errors.Join(err, os.RemoveAll(dir))
		})
		first := p.Fingerprint()
		pass(time.Minute)
		if said := p.said(); p.Fingerprint() != first || strings.Count(said, "cannot be made anew") != 1 {
			t.Errorf("it says %s", said)
		}
		pass(24 * time.Hour)
		if said := p.said(); strings.Count(said, "cannot be made anew") != 1 {
			t.Errorf("a day later it says %s", said)
		}
	})
}

func TestGivenIsRefused(t *testing.T) {
	f := newFiles(t)
	f.issue(t, "one", -time.Minute, nil)
	if _, err := certificate.Given(f.certificate, f.key, quiet()); err == nil || !strings.Contains(err.Error(), "ended on") {
		t.Errorf("one that has ended: %v", err)
	}
	f.issue(t, "one", time.Hour, nil)
	if _, err := certificate.Given(f.certificate, f.certificate, quiet()); err == nil || !strings.Contains(err.Error(), "tls: read the certificate") {
		t.Errorf("a key that is none: %v", err)
	}
	if _, err := certificate.Given(f.certificate, filepath.Join(t.TempDir(), "none"), quiet()); err == nil || !strings.Contains(err.Error(), "none: no such file") {
		t.Errorf("no key: %v", err)
	}
}

// Who is asked to trust a file must find in it what to trust.
func TestAnchorAndHost(t *testing.T) {
	f := newFiles(t)
	by := f.issue(t, "authority", time.Hour, nil)
	root := read(t, f.certificate)
	p, err := certificate.Given(f.certificate, f.key, quiet())
	if err != nil || p.Anchor() != f.certificate {
		t.Errorf("one's own: %q, %v", p.Anchor(), err)
	}
	f.issue(t, "store.example.org", time.Hour, by)
	leaf := read(t, f.certificate)
	if p, err = certificate.Given(f.certificate, f.key, quiet()); err != nil || p.Anchor() != "" {
		t.Errorf("an authority's: %q, %v", p.Anchor(), err)
	}
	for want, hosts := range map[string][]string{
		"store.example.org": {"127.0.0.1", "localhost"}, "store.EXAMPLE.org": {"127.0.0.1", "store.EXAMPLE.org"},
	} {
		if got := p.Host(hosts...); got != want {
			t.Errorf("the host of %v is %s, want %s", hosts, got, want)
		}
	}
	write(t, f.certificate, append(leaf, root...))
	if p, err = certificate.Given(f.certificate, f.key, quiet()); err != nil || p.Anchor() != f.certificate {
		t.Errorf("an authority's that is in the file: %q, %v", p.Anchor(), err)
	}
}
