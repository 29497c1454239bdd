package conformance_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// dialed opens a connection to a server, by TLS where it speaks that.
func (s *server) dialed(t *testing.T) net.Conn {
	t.Helper()
	address, secure := strings.CutPrefix(s.endpoint, "https://")
	address = strings.TrimPrefix(address, "http://")
	var dialer net.Dialer
	c, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if !secure {
		return c
	}
	return tls.Client(c, &tls.Config{RootCAs: s.pool(t), ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12})
}

// pool is what a client of a server with --tls trusts.
func (s *server) pool(t *testing.T) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(s.anchor())
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatalf("%s: %v", s.anchor(), err)
	}
	return pool
}

// ended sends pieces, waits after each, and returns how long it took until the
// server hung up and what it had said before.
func ended(t *testing.T, c net.Conn, pause time.Duration, sent func(yield func(string) bool)) (said string, took time.Duration) {
	t.Helper()
	began := time.Now()
	answer := make(chan string, 1)
	if err := c.SetReadDeadline(began.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	go func() {
		text, _ := io.ReadAll(c) // a connection that is reset has ended too
		answer <- string(text)
	}()
	for piece := range sent {
		if _, err := io.WriteString(c, piece); err != nil {
			break
		}
		if pause == 0 {
			continue
		}
		select {
		case text := <-answer:
			return text, time.Since(began)
		case <-time.After(pause):
		}
	}
	return <-answer, time.Since(began)
}

// pieces is a first piece, and then another one again and again.
func pieces(first, piece string, times int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if !yield(first) {
			return
		}
		for range times {
			if !yield(piece) {
				return
			}
		}
	}
}

// Heads that are too large, or too many, are refused before they are whole, in
// plain HTTP and over TLS.
func TestHeadsThatAreTooMuch(t *testing.T) {
	for _, flags := range [][]string{nil, {"--tls"}} {
		s := serve(t, t.TempDir(), flags...)
		for name, head := range map[string]func(func(string) bool){
			"100,000 headers":          pieces("GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", 100_000),
			"one of a megabyte":        pieces("GET / HTTP/1.1\r\nHost: a\r\nX: ", strings.Repeat("y", 1000), 1000),
			"a path of a megabyte":     pieces("GET /", strings.Repeat("y", 1000), 1000),
			"100,000 signed headers":   pieces("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 SignedHeaders=", "host;x-amz-date;", 100_000),
			"100,000 continued lines":  pieces("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n", " y\r\n", 100_000),
			"a thousand query members": pieces("GET /?", strings.Repeat("y=1&", 100), 1000),
		} {
			said, took := ended(t, s.dialed(t), 0, head)
			if line, _, _ := strings.Cut(said, "\r\n"); took > soon || !strings.HasPrefix(line, "HTTP/1.1 4") && line != "" {
				t.Errorf("%s, %v: %q after %v", name, flags, line, took)
			}
		}
		// Many headers that are within the limit are only headers.
		many := "GET /_sillok/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + strings.Repeat("X: y\r\n", 4000) + "\r\n"
		if said, took := ended(t, s.dialed(t), 0, pieces(many, "", 0)); !strings.HasPrefix(said, "HTTP/1.1 200") || took > soon {
			t.Errorf("4,000 headers, %v: %.40q after %v", flags, said, took)
		}
		s.kill()
	}
}

// Who sends a head, a body or a handshake of TLS by drops is hung up on.
func TestDropsEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	plain, secure := serve(t, t.TempDir()), serve(t, t.TempDir(), "--tls")
	body := strings.Repeat("x", 200)
	call := signedHead(t, plain, "/", "sts", "application/x-www-form-urlencoded", len(body))
	put := signedHead(t, plain, "/none/key", "s3", "text/plain", len(body))
	bare := func(t *testing.T) net.Conn {
		t.Helper()
		var dialer net.Dialer
		c, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(secure.endpoint, "https://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	for _, tt := range []struct {
		name   string
		dial   func(t *testing.T) net.Conn
		first  string
		within time.Duration
	}{
		{"a head", plain.dialed, "GET / HTTP/1.1\r\nHost: a\r\nX: ", 15 * time.Second},
		{"a head over TLS", secure.dialed, "GET / HTTP/1.1\r\nHost: a\r\nX: ", 15 * time.Second},
		{"a handshake", bare, "\x16\x03\x01\x02\x00\x01", 15 * time.Second},
		{"nothing", bare, "", 15 * time.Second},
		{"a body that nobody signed", plain.dialed, "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 200\r\n\r\n", 25 * time.Second},
		{"a body of a call", plain.dialed, call, 15 * time.Second},
		{"a body for a bucket that is not there", plain.dialed, put, 30 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			piece := "x"
			if tt.first == "" {
				piece = ""
			}
			said, took := ended(t, tt.dial(t), time.Second, pieces(tt.first, piece, 60))
			if took > tt.within {
				t.Errorf("it was held for %v: %.100q", took, said)
			}
			t.Logf("%v: %.60q", took.Round(time.Second), said)
		})
	}
}

// signedHead is the head of a call by POST, or by PUT to S3, whose body is still to
// come and is of no signed hash.
func signedHead(t *testing.T, s *server, path, service, kind string, size int) string {
	t.Helper()
	method, hash := http.MethodPost, strings.Repeat("0", 64)
	if service == "s3" {
		method, hash = http.MethodPut, "UNSIGNED-PAYLOAD"
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.endpoint+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = int64(size)
	r.Header.Set("Content-Type", kind)
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	key := aws.Credentials{AccessKeyID: s.root.keyID, SecretAccessKey: s.root.secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hash, service, region, time.Now()); err != nil {
		t.Fatal(err)
	}
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", method, path, r.URL.Host, size)
	if err := r.Header.Write(&head); err != nil {
		t.Fatal(err)
	}
	return head.String() + "\r\n"
}

// An upload whose chunks are signed, and one of which is changed on the way, is
// refused, and what was there stays.
func TestChunksAreTamperedWith(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	s.aws("s3", "mb", "s3://vault")
	const size = 64 << 10
	chunks := []string{strings.Repeat("a", size), strings.Repeat("b", size), "end", ""}
	for _, tt := range []struct {
		name   string
		change func(body string) string
		status int
	}{
		{"as it was signed", func(body string) string { return body }, 200},
		{"a byte in the middle", func(body string) string { return body[:size+size/2] + "x" + body[size+size/2+1:] }, 403},
		{"two chunks swapped", func(body string) string {
			head := strings.Index(body, "\r\n") + 2
			one := head + size + 2
			return body[one:2*one] + body[:one] + body[2*one:]
		}, 403},
		{"a chunk left out", func(body string) string {
			one := strings.Index(body, "\r\n") + 2 + size + 2
			return body[:one] + body[2*one:]
		}, 403},
		{"a chunk twice", func(body string) string {
			one := strings.Index(body, "\r\n") + 2 + size + 2
			return body[:one] + body
		}, 403},
		{"the last chunk left out", func(body string) string { return body[:strings.LastIndex(body, "0;chunk-signature=")] }, 400},
		{"a signature made up", func(body string) string {
			at := strings.LastIndex(body, "chunk-signature=") + len("chunk-signature=")
			return body[:at] + strings.Repeat("0", 64) + body[at+64:]
		}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.aws("s3api", "put-object", "--bucket", "vault", "--key", "key")
			status, text := s.chunked(t, "/vault/key", chunks, tt.change)
			if status != tt.status {
				t.Errorf("%d %s", status, text)
			}
			want := "0"
			if tt.status == http.StatusOK {
				want = fmt.Sprint(2*size + 3)
			}
			if got := strings.TrimSpace(s.aws("s3api", "head-object", "--bucket", "vault", "--key", "key", "--query", "ContentLength", "--output", "text")); got != want {
				t.Errorf("the object has %s bytes, want %s", got, want)
			}
		})
	}
}

// chunked puts an object in chunks that are signed, and changed after that.
func (s *server) chunked(t *testing.T, path string, chunks []string, change func(string) string) (status int, text string) {
	t.Helper()
	const hash = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	now := time.Now()
	length := 0
	for _, chunk := range chunks {
		length += len(chunk)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.endpoint+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Content-Sha256", hash)
	r.Header.Set("X-Amz-Decoded-Content-Length", fmt.Sprint(length))
	r.Header.Set("Content-Encoding", "aws-chunked")
	key := aws.Credentials{AccessKeyID: s.root.keyID, SecretAccessKey: s.root.secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hash, "s3", region, now); err != nil {
		t.Fatal(err)
	}
	_, seed, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	before, err := hex.DecodeString(seed)
	if err != nil {
		t.Fatal(err)
	}
	signer := v4.NewStreamSigner(key, "s3", region, before)
	var body strings.Builder
	for _, chunk := range chunks {
		signature, err := signer.GetSignature(t.Context(), nil, []byte(chunk), now)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&body, "%x;chunk-signature=%x\r\n%s\r\n", len(chunk), signature, chunk)
	}
	sent := change(body.String())
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(sent)), int64(len(sent))
	return answered(t, http.DefaultClient, r)
}

func answered(t *testing.T, client *http.Client, r *http.Request) (status int, text string) {
	t.Helper()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(got)
}

// A body other than the signed one is refused, and what was there stays.
func TestPayloadsAreSwapped(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	s.aws("s3", "mb", "s3://vault")
	for _, tt := range []struct {
		name, sent string
		change     func(r *http.Request)
		code       string
	}{
		{"as it was signed", "signed", func(*http.Request) {}, ""},
		{"another body of the same size", "forged", func(*http.Request) {}, "XAmzContentSHA256Mismatch"},
		{"and its hash in the header", "forged", func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", "ccdd35168ab474fa5764a526cfb83621351e23682c5075b2e18d56bddf96aa30")
		}, "SignatureDoesNotMatch"},
		{"said to be unsigned", "forged", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") }, "SignatureDoesNotMatch"},
		{"said to be in chunks", "forged", func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
		}, "SignatureDoesNotMatch"},
		{"no hash", "forged", func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }, "InvalidRequest"},
		{"two hashes", "forged", func(r *http.Request) { r.Header.Add("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") }, "SignatureDoesNotMatch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.aws("s3api", "put-object", "--bucket", "vault", "--key", "key")
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.endpoint+"/vault/key", strings.NewReader(tt.sent))
			if err != nil {
				t.Fatal(err)
			}
			const hash = "4a3cdfae6f291c8f544daea5b72905cf9e74c1ed427d831ad0d7ca00c73c794d" // of "signed"
			r.Header.Set("X-Amz-Content-Sha256", hash)
			key := aws.Credentials{AccessKeyID: s.root.keyID, SecretAccessKey: s.root.secret}
			if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hash, "s3", region, time.Now()); err != nil {
				t.Fatal(err)
			}
			tt.change(r)
			status, text := answered(t, http.DefaultClient, r)
			if (status == http.StatusOK) != (tt.code == "") || tt.code != "" && !strings.Contains(text, "<Code>"+tt.code+"</Code>") {
				t.Errorf("%d %s, want %q", status, text, tt.code)
			}
			want := map[bool]string{true: "6", false: "0"}[tt.code == ""]
			if got := strings.TrimSpace(s.aws("s3api", "head-object", "--bucket", "vault", "--key", "key", "--query", "ContentLength", "--output", "text")); got != want {
				t.Errorf("the object has %s bytes, want %s", got, want)
			}
		})
	}
}

// What is said of a request behind the signature counts for nothing: neither a
// second header, nor what a proxy would add, nor another spelling of the path.
func TestWhatIsAddedBehindTheSignature(t *testing.T) {
	s := serve(t, t.TempDir())
	c := s.cli()
	c.must("s3", "mb", "s3://vault")
	c.must("s3api", "put-object", "--bucket", "vault", "--key", "a")
	c.must("s3api", "put-object", "--bucket", "vault", "--key", "b")
	ann := c.user("ann", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
	  {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}},
	  {"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
	  {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:Referer":"forged"}}}]}`)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Add(name, value) }
	}
	path := func(path string) func(*http.Request) {
		return func(r *http.Request) {
			plain, err := url.PathUnescape(path)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.Path, r.URL.RawPath = plain, path
		}
	}
	for _, tt := range []struct {
		name   string
		path   string
		change func(*http.Request)
		status int
	}{
		{"nothing", "/vault/a", nil, 200},
		{"an address from a proxy", "/vault/a", header("X-Forwarded-For", "192.0.2.1"), 200},
		{"TLS at a proxy", "/vault/a", header("X-Forwarded-Proto", "https"), 200},
		{"another way to say so", "/vault/a", header("Forwarded", "for=192.0.2.1;proto=https"), 200},
		{"the host of a proxy", "/vault/a", header("X-Forwarded-Host", "other.s3.amazonaws.com"), 200},
		{"another method", "/vault/a", header("X-Http-Method-Override", "DELETE"), 200},
		{"another URL", "/vault/a", header("X-Original-Url", "/vault/b"), 200},
		{"a header of Amazon's", "/vault/a", header("X-Amz-Acl", "public-read"), 403},
		{"a signed header twice", "/vault/a", header("X-Amz-Date", "20200101T000000Z"), 403},
		{"a copy source", "/vault/a", header("X-Amz-Copy-Source", "/vault/b"), 403},
		{"a token", "/vault/a", header("X-Amz-Security-Token", "AAAA"), 403},
		{"another host", "/vault/a", func(r *http.Request) { r.Host = "vault.s3.amazonaws.com" }, 403},
		{"a path up and down", "/vault/a", path("/vault/../vault/a"), 403},
		{"a path up and down, escaped", "/vault/a", path("/vault/%2e%2e/vault/a"), 403},
		{"a slash twice", "/vault/a", path("/vault//a"), 403},
		{"a slash that is escaped", "/vault/a", path("/vault%2Fa"), 403},
		{"the same path, escaped otherwise", "/vault/a", path("/vault/%61"), 0},
		{"another object behind a dot", "/vault/a", path("/vault/./b"), 403},
		{"a NUL behind it", "/vault/a", path("/vault/a%00"), 403},
		{"a backslash", "/vault/a", path("/vault/..%5Ca"), 403},
		{"a query", "/vault/a", func(r *http.Request) { r.URL.RawQuery = "versionId=null" }, 403},
		{"an empty query member", "/vault/a", func(r *http.Request) { r.URL.RawQuery = "acl" }, 403},
		{"the key of another in the query", "/vault/a", func(r *http.Request) { r.URL.RawQuery = "X-Amz-Credential=x" }, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, text := s.says(t, signed{key: ann, path: tt.path, change: tt.change})
			switch {
			case tt.status == 0 && status != http.StatusOK && status != http.StatusForbidden,
				tt.status == http.StatusOK && status != http.StatusOK,
				tt.status == http.StatusForbidden && (status < 400 || status >= 500):
				t.Errorf("%d %s, want %d", status, text, tt.status)
			}
		})
	}
	c.must("s3api", "head-object", "--bucket", "vault", "--key", "b")
}

// Over HTTP/2 a head is bounded too, and one that is refused leaves the
// connection to others.
func TestHeadsOverHTTP2(t *testing.T) {
	s := serve(t, t.TempDir(), "--tls")
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.pool(t), MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	}}
	for n, tt := range []struct {
		headers, size int
		refused       bool
	}{{10, 10, false}, {10_000, 100, true}, {1, 1 << 20, true}, {10, 10, false}} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.endpoint+"/_sillok/health", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for h := range tt.headers {
			r.Header.Set(fmt.Sprintf("X-%d", h), strings.Repeat("y", tt.size))
		}
		answer, err := client.Do(r)
		status := 0
		if err == nil {
			status = answer.StatusCode
			if answer.ProtoMajor != 2 {
				t.Errorf("it is %s", answer.Proto)
			}
			if err := answer.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		cancel()
		if refused := status != http.StatusOK; refused != tt.refused {
			t.Errorf("request %d: %d %v", n, status, err)
		}
	}
}
