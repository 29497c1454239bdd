//go:build linux

package conformance_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// peer is a server that is measured.
type peer struct {
	t        *testing.T
	name     string
	endpoint string
	root     root
	service  string         // that is asked; S3 where it is empty
	trusts   *x509.CertPool // for a server that speaks TLS
}

// wireCall is a signed request as bytes: a test that sends it loads the server
// and not its client, with which it shares the processors.
type wireCall []byte

// call signs a request whose body is sent with it.
func (p *peer) call(method, target string, body []byte, header ...string) wireCall {
	p.t.Helper()
	var b bytes.Buffer
	b.Write(p.head(method, target, sumOf(body), int64(len(body)), header...))
	b.Write(body)
	return b.Bytes()
}

func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// head signs a request whose body follows.
func (p *peer) head(method, target, hash string, size int64, header ...string) wireCall {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.endpoint+target, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Header.Set("X-Amz-Content-Sha256", hash)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	key := aws.Credentials{AccessKeyID: p.root.keyID, SecretAccessKey: p.root.secret}
	if err := signer.SignHTTP(p.t.Context(), key, r, hash, cmp.Or(p.service, "s3"), region, time.Now()); err != nil {
		p.t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", method, r.URL.RequestURI(), r.URL.Host, size)
	if err := r.Header.Write(&b); err != nil {
		p.t.Fatal(err)
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// line is one connection to a peer.
type line struct {
	peer *peer
	conn net.Conn
	in   *bufio.Reader
	over bool // the peer closes it
}

func (p *peer) dial(ctx context.Context) (*line, error) {
	u, err := url.Parse(p.endpoint)
	if err != nil {
		return nil, err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	if p.trusts != nil {
		conn = tls.Client(conn, &tls.Config{RootCAs: p.trusts, ServerName: u.Hostname(), MinVersion: tls.VersionTLS12})
	}
	return &line{peer: p, conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// send sends a call, and then a body where there is one, and reads the answer to
// its end, which must be a success.
func (l *line) send(c wireCall, body io.Reader, answer io.Writer) error {
	if l.over {
		again, err := l.peer.dial(l.peer.t.Context())
		if err != nil {
			return err
		}
		_ = l.conn.Close()
		*l = *again
	}
	if _, err := l.conn.Write(c); err != nil {
		return err
	}
	if body != nil {
		if _, err := io.Copy(l.conn, body); err != nil {
			return err
		}
	}
	r, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return err
	}
	var failure strings.Builder
	if r.StatusCode >= 300 {
		answer = &failure
	}
	l.over = r.Close
	_, err = io.Copy(answer, r.Body)
	_ = r.Body.Close() // only read
	if err == nil && r.StatusCode >= 300 {
		err = fmt.Errorf("%s: %.300s", r.Status, failure.String())
	}
	return err
}

// once sends one call on a connection of its own, and returns how long it took.
func (p *peer) once(c wireCall, body io.Reader, answer io.Writer) time.Duration {
	p.t.Helper()
	l, err := p.dial(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer l.conn.Close() //nolint:errcheck // only read
	began := time.Now()
	if err := l.send(c, body, answer); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
	return time.Since(began)
}

// rate sends calls from some clients until they are used up or the time is, and
// returns how many a second were answered.
func (p *peer) rate(calls []wireCall, long time.Duration) (perSecond float64, sent int) {
	p.t.Helper()
	work := make(chan wireCall)
	var group sync.WaitGroup
	for range clients {
		l, err := p.dial(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		group.Go(func() {
			defer l.conn.Close() //nolint:errcheck // only read
			for c := range work {
				if err := l.send(c, nil, io.Discard); err != nil {
					p.t.Errorf("%s: %v", p.name, err)
					for range work { // the others' calls go nowhere
					}
				}
			}
		})
	}
	began := time.Now()
	for _, c := range calls {
		if long > 0 && time.Since(began) > long {
			break
		}
		work <- c
		sent++
	}
	close(work)
	group.Wait()
	return float64(sent) / time.Since(began).Seconds(), sent
}
