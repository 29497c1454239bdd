package sigv4_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

const (
	keyID  = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

type keys map[string]sigv4.Key

func (k keys) Lookup(_ context.Context, id string) (sigv4.Key, error) {
	if id == "BROKEN" {
		return sigv4.Key{}, errors.New("the store is down")
	}
	key, ok := k[id]
	if !ok {
		return sigv4.Key{}, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "no key %s", id)
	}
	return key, nil
}

func at() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }

func verifier(now time.Time) *sigv4.Verifier {
	return sigv4.New(keys{
		keyID:  {ID: keyID, Secret: secret, Account: "111122223333"},
		"ASIA": {ID: "ASIA", Secret: secret, SessionToken: "token/with+signs=", Expires: at().Add(time.Hour)},
	}, func() time.Time { return now })
}

func hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// signed returns a request signed by AWS's SDK.
func signed(t *testing.T, method, target, body, service string, creds aws.Credentials) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://example.amazonaws.com"+target, strings.NewReader(body))
	payload := hash(body)
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", payload)
	}
	r.Header.Set("Custom", "  two   blanks  ")
	err := v4.NewSigner().SignHTTP(t.Context(), creds, r, payload, service, "us-east-1", at(), func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = service == "s3"
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func static() aws.Credentials { return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret} }

// TestPublishedExample is AWS's own published example request.
func TestPublishedExample(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "+
		"SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
	v := sigv4.New(keys{keyID: {ID: keyID, Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}}, at)
	got, err := v.Verify(t.Context(), sigv4.Request{HTTP: r, Services: []string{"iam"}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Region != "us-east-1" || got.Service != "iam" || got.Key.ID != keyID {
		t.Errorf("verified as %+v", got)
	}
}

func TestSignedBySDK(t *testing.T) {
	for _, tt := range []struct {
		name, method, target, body, service string
	}{
		{"plain", http.MethodPost, "/", "{}", "athena"},
		{"query string out of order", http.MethodGet, "/?b=2&a=1&a=0&c", "", "lambda"},
		{"query string with odd characters", http.MethodGet, "/?x=%20%2B%2F~*&y=a=b&%E2%82%AC=1", "", "lambda"},
		{"encoded path", http.MethodGet, "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1/versions", "", "lambda"},
		{"encoded slash", http.MethodGet, "/schedules/a%2Fb", "", "scheduler"},
		{"S3 path", http.MethodPut, "/bucket/a%20b/c%2Bd/%ED%95%9C.gz", "data", "s3"},
		{"S3 double slash", http.MethodGet, "/bucket//a/../b", "", "s3"},
		{"S3 star and tilde", http.MethodGet, "/bucket/~a%2A%28b%29", "", "s3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := signed(t, tt.method, tt.target, tt.body, tt.service, static())
			req := sigv4.Request{HTTP: r, Body: []byte(tt.body), Services: []string{tt.service}, S3: tt.service == "s3"}
			if _, err := verifier(at()).Verify(t.Context(), req); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPresigned(t *testing.T) {
	for _, tt := range []struct {
		name, service, payload string
		age                    time.Duration
		code                   string
	}{
		{name: "STS", service: "sts", payload: hash("")},
		{name: "S3", service: "s3", payload: "UNSIGNED-PAYLOAD", age: 50 * time.Minute},
		{name: "expired", service: "s3", payload: "UNSIGNED-PAYLOAD", age: 61 * time.Minute, code: "RequestTimeTooSkewed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.amazonaws.com/b/k?X-Amz-Expires=3600&Action=A", nil)
			r.RequestURI = ""
			uri, _, err := v4.NewSigner().PresignHTTP(t.Context(), static(), r, tt.payload, tt.service, "us-east-1", at())
			if err != nil {
				t.Fatal(err)
			}
			r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, uri, nil)
			got, err := verifier(at().Add(tt.age)).Verify(t.Context(), sigv4.Request{HTTP: r, S3: tt.service == "s3"})
			checkCode(t, err, tt.code)
			if err == nil && !got.Presigned {
				t.Error("not seen as presigned")
			}
		})
	}
}

func checkCode(t *testing.T, err error, code string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	shown, ok := errors.AsType[*cloud.Error](err)
	if !ok || shown.Code != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

func TestRefused(t *testing.T) {
	const body = `{"QueryString":"SELECT 1"}`
	temporary := aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: secret, SessionToken: "token/with+signs="}
	for _, tt := range []struct {
		name  string
		creds aws.Credentials
		spoil func(*http.Request)
		body  string // when not the one signed
		now   time.Duration
		code  string
		text  string
	}{
		{name: "right", creds: static()},
		{name: "right with a token", creds: temporary},
		{name: "wrong secret", creds: aws.Credentials{AccessKeyID: keyID, SecretAccessKey: "x"}, code: "InvalidSignatureException", text: "does not match"},
		{name: "unknown key", creds: aws.Credentials{AccessKeyID: "X", SecretAccessKey: "x"}, code: "UnrecognizedClientException"},
		{name: "other body", creds: static(), body: "{}", code: "InvalidSignatureException"},
		{name: "other target", creds: static(), spoil: func(r *http.Request) { r.URL.Path = "/x" }, code: "InvalidSignatureException"},
		{name: "other host", creds: static(), spoil: func(r *http.Request) { r.Host = "evil" }, code: "InvalidSignatureException"},
		{
			name: "header slipped in", creds: static(), spoil: func(r *http.Request) { r.Header.Set("X-Amz-Target", "A.B") },
			code: "InvalidSignatureException", text: "x-amz-target",
		},
		{
			name: "signature is no hex", creds: static(), spoil: edit("Signature=", "Signature=zz"), code: "InvalidSignatureException",
		},
		{name: "no signature", creds: static(), spoil: func(r *http.Request) { r.Header.Del("Authorization") }, code: "MissingAuthenticationTokenException"},
		{
			name: "part missing", creds: static(), spoil: edit("SignedHeaders=", "Signed="), code: "IncompleteSignatureException",
			text: "Authorization header requires 'SignedHeaders' parameter.",
		},
		{name: "other scheme", creds: static(), spoil: edit("AWS4-HMAC-SHA256", "Bearer"), code: "IncompleteSignatureException"},
		{name: "host not signed", creds: static(), spoil: edit(";host", ""), code: "InvalidSignatureException", text: "'Host'"},
		{name: "no region", creds: static(), spoil: edit("us-east-1", "x"), code: "InvalidSignatureException", text: "valid region"},
		{name: "day of the scope", creds: static(), spoil: edit("20150830", "20150829"), code: "InvalidSignatureException", text: "'20150829' != '20150830'"},
		{
			name: "late", creds: static(), now: 6 * time.Minute, code: "RequestTimeTooSkewed",
			text: "Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z (20150830T124200Z - 5 min.)",
		},
		{
			name: "early", creds: static(), now: -6 * time.Minute, code: "RequestTimeTooSkewed",
			text: "Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z (20150830T123000Z + 5 min.)",
		},
		{name: "within the skew", creds: static(), now: 5 * time.Minute},
		{
			name: "other token", creds: aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: secret, SessionToken: "stolen"},
			code: "UnrecognizedClientException",
		},
		{
			name: "token missing", creds: aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: secret}, code: "UnrecognizedClientException",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := signed(t, http.MethodPost, "/", body, "athena", tt.creds)
			if tt.spoil != nil {
				tt.spoil(r)
			}
			sent := body
			if tt.body != "" {
				sent = tt.body
			}
			_, err := verifier(at().Add(tt.now)).Verify(t.Context(), sigv4.Request{HTTP: r, Body: []byte(sent), Services: []string{"athena"}})
			checkCode(t, err, tt.code)
			if err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v lacks %q", err, tt.text)
			}
		})
	}
}

func edit(old, replacement string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, replacement, 1))
	}
}

func TestExpiredKey(t *testing.T) {
	now := at().Add(2 * time.Hour)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.amazonaws.com/", nil)
	creds := aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: secret, SessionToken: "token/with+signs="}
	if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, hash(""), "sts", "us-east-1", now); err != nil {
		t.Fatal(err)
	}
	_, err := verifier(now).Verify(t.Context(), sigv4.Request{HTTP: r})
	checkCode(t, err, "ExpiredTokenException")
}

func TestStoreErrorIsNotTheCallers(t *testing.T) {
	r := signed(t, http.MethodPost, "/", "", "sts", aws.Credentials{AccessKeyID: "BROKEN", SecretAccessKey: secret})
	_, err := verifier(at()).Verify(t.Context(), sigv4.Request{HTTP: r})
	if err == nil || cloud.KindOf(err) != cloud.Internal {
		t.Errorf("error %v, want an internal one", err)
	}
}

// chunkedExample is AWS's published example of a streamed upload: 65 KiB of
// 'a' in chunks of 64 KiB and 1 KiB.
func chunkedExample(t *testing.T) (*sigv4.Verified, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "https://s3.amazonaws.com/examplebucket/chunkObject.txt", nil)
	for name, value := range map[string]string{
		"X-Amz-Date": "20130524T000000Z", "X-Amz-Storage-Class": "REDUCED_REDUNDANCY", "Content-Encoding": "aws-chunked",
		"X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "X-Amz-Decoded-Content-Length": "66560", "Content-Length": "66824",
		"Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
			"SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class," +
			"Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
	} {
		r.Header.Set(name, value)
	}
	v := sigv4.New(keys{"AKIAIOSFODNN7EXAMPLE": {Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}},
		func() time.Time { return time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC) })
	verified, err := v.Verify(t.Context(), sigv4.Request{HTTP: r, S3: true})
	if err != nil {
		t.Fatal(err)
	}
	body := "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + strings.Repeat("a", 65536) + "\r\n" +
		"400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + strings.Repeat("a", 1024) + "\r\n" +
		"0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
	return verified, body
}

func TestSignedChunks(t *testing.T) {
	verified, body := chunkedExample(t)
	for _, tt := range []struct {
		name, body string
		code       string
		read       int // bytes that must come out before the error
	}{
		{name: "right", body: body, read: 66560},
		{name: "byte changed in the second chunk", body: body[:66000] + "b" + body[66001:], code: "SignatureDoesNotMatch", read: 65536},
		{name: "last chunk signed wrong", body: strings.Replace(body, "0;chunk-signature=b6", "0;chunk-signature=b7", 1), code: "SignatureDoesNotMatch", read: 66560},
		{name: "no signature", body: "5\r\nhello\r\n", code: "IncompleteBody"},
		{name: "no size", body: "hello", code: "EOF"},
		{name: "size is no number", body: "xyz;chunk-signature=0\r\n", code: "IncompleteBody"},
		{name: "negative size", body: "-5;chunk-signature=0\r\n", code: "IncompleteBody"},
		{name: "cut short", body: body[:70], code: "EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := sigv4.NewChunkReader(strings.NewReader(tt.body), verified)
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(c)
			if tt.code == "EOF" {
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("error %v", err)
				}
			} else {
				checkCode(t, err, tt.code)
			}
			if len(data) != tt.read || strings.Trim(string(data), "a") != "" {
				t.Errorf("read %d bytes, want %d", len(data), tt.read)
			}
		})
	}
}

func TestUnsignedChunksWithTrailer(t *testing.T) {
	verified := &sigv4.Verified{PayloadHash: sigv4.StreamingTrailer}
	for _, tt := range []struct{ name, body, want, trailer, code string }{
		{name: "right", body: "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:abc=\r\n\r\n", want: "hello world", trailer: "abc="},
		{name: "last line end missing", body: "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:abc=\r\n", want: "hello", trailer: "abc="},
		{name: "chunk longer than said", body: "2\r\nhello\r\n", want: "he", code: "IncompleteBody"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := sigv4.NewChunkReader(strings.NewReader(tt.body), verified)
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(c)
			checkCode(t, err, tt.code)
			if string(data) != tt.want || c.Trailer().Get("X-Amz-Checksum-Crc32") != tt.trailer {
				t.Errorf("read %q with trailer %v", data, c.Trailer())
			}
		})
	}
}

func FuzzChunkReader(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\na:b\r\n\r\n"), true)
	f.Add([]byte("5;chunk-signature=00\r\nhello\r\n0\r\n\r\n"), false)
	f.Fuzz(func(t *testing.T, body []byte, unsigned bool) {
		kind := sigv4.StreamingSigned
		if unsigned {
			kind = sigv4.StreamingTrailer
		}
		c, err := sigv4.NewChunkReader(bytes.NewReader(body), &sigv4.Verified{PayloadHash: kind})
		if err != nil {
			t.Fatal(err)
		}
		if data, _ := io.ReadAll(c); len(data) > len(body) {
			t.Errorf("%d bytes came out of %d", len(data), len(body))
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=00", "a=b&c=%zz")
	f.Add("", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/d/aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0")
	f.Fuzz(func(t *testing.T, header, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example/", nil)
		r.URL.RawQuery = query
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		r.Header.Set("Authorization", header)
		if _, err := verifier(at()).Verify(t.Context(), sigv4.Request{HTTP: r}); err == nil {
			t.Error("a made-up signature was verified")
		}
	})
}
