package sigv4_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
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

type keys map[string]cloud.Key

func (k keys) Lookup(_ context.Context, id, _ string) (cloud.Key, error) {
	if id == "BROKEN" {
		return cloud.Key{}, errors.New("the store is down")
	}
	key, ok := k[id]
	if !ok {
		return cloud.Key{}, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "no key %s", id)
	}
	return key, nil
}

func at() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }

func verifier(now time.Time) *sigv4.Verifier {
	return sigv4.New(keys{
		keyID:  {ID: keyID, Secret: secret, Principal: cloud.RootOf("111122223333")},
		"ASIA": {ID: "ASIA", Secret: secret, SessionToken: "token/with+signs=", Principal: cloud.Principal{Expires: at().Add(time.Hour)}},
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

// verify does all of a verification, with the body known.
func verify(tb testing.TB, v *sigv4.Verifier, req sigv4.Request, body string) (*sigv4.Verified, error) {
	tb.Helper()
	req.Claim = sigv4.ClaimOf(req.HTTP)
	pending, err := v.Begin(tb.Context(), req)
	if err != nil {
		return nil, err
	}
	return pending.Complete(sha256.Sum256([]byte(body)))
}

// TestPublishedExample is AWS's own published example request.
func TestPublishedExample(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "+
		"SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
	v := sigv4.New(keys{keyID: {ID: keyID, Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}}, at)
	got, err := verify(t, v, sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r), Services: []string{"iam"}}, "")
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
			req := sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r), Services: []string{tt.service}, S3: tt.service == "s3"}
			if _, err := verify(t, verifier(at()), req, tt.body); err != nil {
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
		{name: "expired", service: "s3", payload: "UNSIGNED-PAYLOAD", age: 61 * time.Minute, code: "AccessDenied"},
		{name: "at its end", service: "s3", payload: "UNSIGNED-PAYLOAD", age: time.Hour},
		{name: "a second after its end", service: "s3", payload: "UNSIGNED-PAYLOAD", age: time.Hour + time.Second, code: "AccessDenied"},
		{name: "as early as may be", service: "s3", payload: "UNSIGNED-PAYLOAD", age: -15 * time.Minute},
		{name: "not yet valid", service: "s3", payload: "UNSIGNED-PAYLOAD", age: -15*time.Minute - time.Second, code: "AccessDenied"},
		{name: "STS at its end", service: "sts", payload: hash(""), age: time.Hour},
		{name: "STS expired", service: "sts", payload: hash(""), age: time.Hour + time.Second, code: "InvalidSignatureException"},
		{name: "STS not yet valid", service: "sts", payload: hash(""), age: -15*time.Minute - time.Second, code: "InvalidSignatureException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.amazonaws.com/b/k?X-Amz-Expires=3600&Action=A", nil)
			r.RequestURI = ""
			uri, _, err := v4.NewSigner().PresignHTTP(t.Context(), static(), r, tt.payload, tt.service, "us-east-1", at())
			if err != nil {
				t.Fatal(err)
			}
			r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, uri, nil)
			got, err := verify(t, verifier(at().Add(tt.age)), sigv4.Request{HTTP: r, S3: tt.service == "s3"}, "")
			checkCode(t, err, tt.code)
			if err == nil && !got.Presigned {
				t.Error("not seen as presigned")
			}
		})
	}
}

// Whoever signs a request for S3 has the same time as for all else, and is told in
// S3's words.
func TestClockSkewOfS3(t *testing.T) {
	for age, code := range map[time.Duration]string{
		15 * time.Minute: "", 15*time.Minute + time.Second: "RequestTimeTooSkewed", -15 * time.Minute: "", -15*time.Minute - time.Second: "RequestTimeTooSkewed",
	} {
		r := signed(t, http.MethodGet, "/b/k", "", "s3", static())
		_, err := verify(t, verifier(at().Add(age)), sigv4.Request{HTTP: r, S3: true}, "")
		checkCode(t, err, code)
		if e, ok := errors.AsType[*cloud.Error](err); ok && e.Fields["MaxAllowedSkewMilliseconds"] != "900000" {
			t.Errorf("%v: the members are %v", age, e.Fields)
		}
	}
}

// A presigned URL that says nothing of its end is good as long as a header.
func TestPresignedWithoutEnd(t *testing.T) {
	for age, code := range map[time.Duration]string{15 * time.Minute: "", 15*time.Minute + time.Second: "InvalidSignatureException"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.amazonaws.com/?Action=A", nil)
		r.RequestURI = ""
		uri, _, err := v4.NewSigner().PresignHTTP(t.Context(), static(), r, hash(""), "sts", "us-east-1", at())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(uri, "X-Amz-Expires") {
			t.Fatalf("it says when it ends: %s", uri)
		}
		r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, uri, nil)
		_, err = verify(t, verifier(at().Add(age)), sigv4.Request{HTTP: r}, "")
		checkCode(t, err, code)
	}
}

// As with AWS, a request may be sent again while its time holds, and no longer.
// What a URL says of its signature it says once.
func TestAPresignedURLSaysNothingTwice(t *testing.T) {
	for query, want := range map[string]string{
		"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=a&X-Amz-Signature=b": "X-Amz-Signature",
		"X-Amz-Credential=a&X-Amz-Credential=b":                                "X-Amz-Credential",
		"X-Amz-Expires=1&X-Amz-Algorithm=a&X-Amz-Expires=600":                  "X-Amz-Expires",
		"X-Amz-Algorithm=a&x-amz-security-token=a&x-amz-security-token=b":      "x-amz-security-token",
		"AWSAccessKeyId=a&Signature=b&Expires=1&Signature=c":                   "Signature",
		"AWSAccessKeyId=a&Signature=b&Expires=1&Expires=2":                     "Expires",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/bucket/key?"+query, http.NoBody)
		_, err := verifier(at()).Begin(t.Context(), sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r), Services: []string{"s3"}, S3: true})
		checkCode(t, err, "AuthorizationQueryParametersError")
		if err == nil || !strings.Contains(err.Error(), "Query-string authentication requires the "+want+" parameter once.") {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestReplay(t *testing.T) {
	r := signed(t, http.MethodPost, "/", "{}", "athena", static())
	for _, age := range []time.Duration{0, time.Second, 14 * time.Minute} {
		if _, err := verify(t, verifier(at().Add(age)), sigv4.Request{HTTP: r}, "{}"); err != nil {
			t.Errorf("after %v: %v", age, err)
		}
	}
	_, err := verify(t, verifier(at().Add(16*time.Minute)), sigv4.Request{HTTP: r}, "{}")
	checkCode(t, err, "InvalidSignatureException")
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
		{name: "part twice", creds: static(), spoil: edit("SignedHeaders=", "Credential=x, SignedHeaders="), code: "IncompleteSignatureException", text: "'Credential' is given twice"},
		{name: "another signature beside", creds: static(), spoil: func(r *http.Request) {
			r.Header.Add("Authorization", r.Header.Get("Authorization"))
		}, code: "IncompleteSignatureException", text: "Only one auth mechanism allowed"},
		{name: "a presigned one beside", creds: static(), spoil: func(r *http.Request) { r.URL.RawQuery = "X-Amz-Signature=x" }, code: "IncompleteSignatureException", text: "Only one auth mechanism allowed"},
		{name: "an old presigned one beside", creds: static(), spoil: func(r *http.Request) { r.URL.RawQuery = "AWSAccessKeyId=x" }, code: "IncompleteSignatureException", text: "Only one auth mechanism allowed"},
		{name: "other scheme", creds: static(), spoil: edit("AWS4-HMAC-SHA256", "Bearer"), code: "IncompleteSignatureException"},
		{name: "host not signed", creds: static(), spoil: edit(";host", ""), code: "InvalidSignatureException", text: "'Host'"},
		{name: "region of no form", creds: static(), spoil: edit("us-east-1", "us-east-1-"+strings.Repeat("x", 100)), code: "InvalidSignatureException", text: "valid region"},
		{name: "key ID with a NUL", creds: static(), spoil: edit(keyID, "AKID\x00"), code: "UnrecognizedClientException"},
		{name: "key ID with a line end", creds: static(), spoil: edit(keyID, "AKID\n"), code: "UnrecognizedClientException"},
		{name: "key ID too long", creds: static(), spoil: edit(keyID, strings.Repeat("A", 129)), code: "UnrecognizedClientException"},
		{name: "no key ID", creds: static(), spoil: edit(keyID, ""), code: "UnrecognizedClientException"},
		{name: "no region", creds: static(), spoil: edit("us-east-1", "x"), code: "InvalidSignatureException", text: "valid region"},
		{name: "day of the scope", creds: static(), spoil: edit("20150830", "20150829"), code: "InvalidSignatureException", text: "'20150829' != '20150830'"},
		{name: "as late as may be", creds: static(), now: 15*time.Minute + 999*time.Millisecond},
		{
			name: "late", creds: static(), now: 15*time.Minute + time.Second, code: "InvalidSignatureException",
			text: "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)",
		},
		{name: "as early as may be", creds: static(), now: -15 * time.Minute},
		{
			name: "early", creds: static(), now: -15*time.Minute - time.Second, code: "InvalidSignatureException",
			text: "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)",
		},
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
			_, err := verify(t, verifier(at().Add(tt.now)), sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r), Services: []string{"athena"}}, sent)
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

// sealed is a body that must not be read.
type sealed struct{ tb testing.TB }

func (s sealed) Read([]byte) (int, error) {
	s.tb.Error("the body was read")
	return 0, io.EOF
}

func (s sealed) Close() error { return nil }

func TestBeginReadsNoBody(t *testing.T) {
	const body = `{"QueryString":"SELECT 1"}`
	stranger := aws.Credentials{AccessKeyID: "AKIDSTRANGER", SecretAccessKey: secret}
	guess := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: "guess"}
	for _, tt := range []struct {
		name, service, payload string // payload is X-Amz-Content-Sha256; empty for none
		creds                  aws.Credentials
		now                    time.Duration
		body                   string
		pending                bool
		code                   string
	}{
		{name: "no hash is declared", service: "athena", creds: static(), body: body, pending: true},
		{name: "wrong secret, no hash is declared", service: "athena", creds: guess, body: body, pending: true},
		{name: "a hash is declared", service: "athena", payload: hash(body), creds: static(), body: body},
		{name: "wrong secret, a hash is declared", service: "athena", payload: hash(body), creds: guess, body: body, code: "InvalidSignatureException"},
		{name: "a word is no hash", service: "athena", payload: sigv4.Unsigned, creds: static(), body: body, pending: true},
		{name: "no body", service: "athena", creds: static()},
		{name: "unknown key", service: "athena", creds: stranger, body: body, code: "UnrecognizedClientException"},
		{name: "wrong service", service: "glue", creds: static(), body: body, code: "InvalidSignatureException"},
		{name: "clock is off", service: "athena", creds: static(), now: time.Hour, body: body, code: "InvalidSignatureException"},
		{name: "S3 with a hash", service: "s3", payload: hash(body), creds: static(), body: body},
		{name: "S3 without", service: "s3", creds: static(), body: body, code: "InvalidRequest"},
		{name: "S3 unsigned payload", service: "s3", payload: sigv4.Unsigned, creds: static(), body: body},
		{name: "S3 chunks", service: "s3", payload: sigv4.StreamingTrailer, creds: static(), body: body},
		{name: "S3 with a hash of no form", service: "s3", payload: strings.ToUpper(hash(body)), creds: static(), body: body, code: "InvalidArgument"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.amazonaws.com/b/k", strings.NewReader(tt.body))
			payload := hash(tt.body)
			if tt.payload != "" {
				payload = tt.payload
				r.Header.Set("X-Amz-Content-Sha256", payload)
			}
			if err := v4.NewSigner().SignHTTP(t.Context(), tt.creds, r, payload, tt.service, "us-east-1", at()); err != nil {
				t.Fatal(err)
			}
			r.Body = sealed{t}
			pending, err := verifier(at().Add(tt.now)).Begin(t.Context(), sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r), Services: []string{"athena", "s3"}, S3: tt.service == "s3"})
			checkCode(t, err, tt.code)
			if err != nil {
				return
			}
			if _, ok := pending.Verified(); ok == tt.pending {
				t.Errorf("verified %v, want %v", ok, !tt.pending)
			}
		})
	}
}

func TestComplete(t *testing.T) {
	const body = `{"QueryString":"SELECT 1"}`
	for _, tt := range []struct {
		name, payload, sent string
		code                string
	}{
		{name: "pending", sent: body},
		{name: "pending, other body", sent: "{}", code: "InvalidSignatureException"},
		{name: "declared", payload: hash(body), sent: body},
		{name: "declared, other body", payload: hash(body), sent: "{}", code: "XAmzContentSHA256Mismatch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.amazonaws.com/", strings.NewReader(body))
			if tt.payload != "" {
				r.Header.Set("X-Amz-Content-Sha256", tt.payload)
			}
			if err := v4.NewSigner().SignHTTP(t.Context(), static(), r, hash(body), "athena", "us-east-1", at()); err != nil {
				t.Fatal(err)
			}
			got, err := verify(t, verifier(at()), sigv4.Request{HTTP: r}, tt.sent)
			checkCode(t, err, tt.code)
			if err == nil && (got.Key.ID != keyID || got.PayloadHash != hash(body)) {
				t.Errorf("verified as %+v", got)
			}
		})
	}
}

// TestSigningKeysAreOfTheirSecret verifies with one secret, then with another
// one of the same key ID, as after a rotation.
func TestSigningKeysAreOfTheirSecret(t *testing.T) {
	ring := keys{keyID: {ID: keyID, Secret: secret}}
	v := sigv4.New(ring, at)
	r := signed(t, http.MethodPost, "/", "{}", "athena", static())
	for range 2 {
		if _, err := verify(t, v, sigv4.Request{HTTP: r}, "{}"); err != nil {
			t.Fatal(err)
		}
	}
	ring[keyID] = cloud.Key{ID: keyID, Secret: "another"}
	_, err := verify(t, v, sigv4.Request{HTTP: r}, "{}")
	checkCode(t, err, "InvalidSignatureException")
	r = signed(t, http.MethodPost, "/", "{}", "athena", aws.Credentials{AccessKeyID: keyID, SecretAccessKey: "another"})
	if _, err := verify(t, v, sigv4.Request{HTTP: r}, "{}"); err != nil {
		t.Error(err)
	}
}

func TestManySigningKeys(t *testing.T) {
	v := verifier(at())
	for i := range 3000 {
		r := signed(t, http.MethodPost, "/", "", "service-"+strconv.Itoa(i), static())
		if _, err := verify(t, v, sigv4.Request{HTTP: r}, ""); err != nil {
			t.Fatal(err)
		}
	}
	again := signed(t, http.MethodPost, "/", "", "service-0", static())
	if _, err := verify(t, v, sigv4.Request{HTTP: again}, ""); err != nil {
		t.Error(err)
	}
}

func TestExpiredKey(t *testing.T) {
	now := at().Add(2 * time.Hour)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.amazonaws.com/", nil)
	creds := aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: secret, SessionToken: "token/with+signs="}
	if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, hash(""), "sts", "us-east-1", now); err != nil {
		t.Fatal(err)
	}
	_, err := verifier(now).Begin(t.Context(), sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r)})
	checkCode(t, err, "ExpiredTokenException")
}

func TestStoreErrorIsNotTheCallers(t *testing.T) {
	r := signed(t, http.MethodPost, "/", "", "sts", aws.Credentials{AccessKeyID: "BROKEN", SecretAccessKey: secret})
	_, err := verifier(at()).Begin(t.Context(), sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r)})
	if err == nil || cloud.KindOf(err) != cloud.Internal {
		t.Errorf("error %v, want an internal one", err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=00", "a=b&c=%zz")
	f.Add("", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/d/aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0")
	f.Fuzz(func(t *testing.T, header, query string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example/", nil)
		r.URL.RawQuery = query
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		r.Header.Set("Authorization", header)
		if _, err := verify(t, verifier(at()), sigv4.Request{HTTP: r}, ""); err == nil {
			t.Error("a made-up signature was verified")
		}
	})
}
