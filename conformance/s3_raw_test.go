package conformance_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// rawCall is a signed request to S3 as no SDK would send it.
type rawCall struct {
	method string
	path   string // as it goes onto the wire, with its escapes
	query  string // likewise
	host   string // the server's own where it is empty
	region string // the tests' own where it is empty
	header map[string]string
	body   []byte
}

// rawAnswer is what came of it.
type rawAnswer struct {
	status int
	code   string // of the error
	header http.Header
	body   string
	took   time.Duration
}

var errorCode = regexp.MustCompile(`<Error><Code>([^<]*)</Code>`)

// raw sends a call.
func (s *server) raw(ctx context.Context, c rawCall) (rawAnswer, error) {
	r, err := http.NewRequestWithContext(ctx, c.method, s.endpoint+"/", bytes.NewReader(c.body))
	if err != nil {
		return rawAnswer{}, err
	}
	plain, err := url.PathUnescape(c.path)
	if err != nil {
		return rawAnswer{}, err
	}
	r.URL = &url.URL{Scheme: "http", Host: r.URL.Host, Path: plain, RawPath: c.path, RawQuery: c.query}
	if c.host != "" {
		r.Host = c.host
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	sum := sha256.Sum256(c.body)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash)
	if len(c.body) > 0 {
		digest := md5.Sum(c.body)
		r.Header.Set("Content-Md5", base64.StdEncoding.EncodeToString(digest[:])) // S3 demands it of some calls
	}
	if c.region == "" {
		c.region = region
	}
	key := aws.Credentials{AccessKeyID: s.root.keyID, SecretAccessKey: s.root.secret}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err := signer.SignHTTP(ctx, key, r, hash, "s3", c.region, time.Now()); err != nil {
		return rawAnswer{}, err
	}
	began := time.Now()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return rawAnswer{}, err
	}
	text, err := io.ReadAll(response.Body)
	a := rawAnswer{status: response.StatusCode, header: response.Header, body: string(text), took: time.Since(began)}
	if match := errorCode.FindStringSubmatch(a.body); match != nil {
		a.code = match[1]
	}
	return a, errors.Join(err, response.Body.Close())
}

// mustRaw sends a call that must be answered.
func (s *server) mustRaw(t *testing.T, c rawCall) rawAnswer {
	t.Helper()
	a, err := s.raw(t.Context(), c)
	if err != nil {
		t.Fatalf("%s %s?%s: %v", c.method, c.path, c.query, err)
	}
	return a
}

// escaped writes a name with every byte escaped that a path or a query may not
// hold, slashes only in a query.
func escaped(name string, inPath bool) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case strings.IndexByte(plain, c) >= 0, inPath && c == '/':
			b.WriteByte(c)
		default:
			b.WriteString("%" + string(digits[c>>4]) + string(digits[c&15]))
		}
	}
	return b.String()
}
