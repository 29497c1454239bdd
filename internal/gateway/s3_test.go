package gateway_test

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/kit/checksum"
)

// shelf is an S3 that notes what it is told to put, and says what became of it by
// its errors.
type shelf struct {
	in        *s3api.PutObjectInput
	body      string
	announced string
	trailer   string
	err       error
	deleted   []string
}

func (s *shelf) PutObject(_ context.Context, in *s3api.PutObjectInput) (*s3api.PutObjectOutput, error) {
	s.in = in
	trailer, trails := in.Body.(checksum.Trailer)
	if trails {
		s.announced = trailer.Announced()
	}
	data, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	s.body = string(data)
	if trails {
		_, s.trailer = trailer.Trailer()
	}
	return &s3api.PutObjectOutput{ETag: new(`"e"`), VersionId: new("v1")}, s.err
}

func (s *shelf) GetObject(context.Context, *s3api.GetObjectInput) (*s3api.GetObjectOutput, error) {
	if s.err != nil {
		return nil, s.err
	}
	return &s3api.GetObjectOutput{Body: io.NopCloser(strings.NewReader(s.body)), ContentLength: new(int64(len(s.body)))}, nil
}

func (s *shelf) HeadObject(context.Context, *s3api.HeadObjectInput) (*s3api.HeadObjectOutput, error) {
	return &s3api.HeadObjectOutput{ContentLength: new(int64(len(s.body)))}, s.err
}

func (s *shelf) DeleteObject(context.Context, *s3api.DeleteObjectInput) (*s3api.DeleteObjectOutput, error) {
	return nil, s.err
}

func (s *shelf) DeleteObjects(_ context.Context, in *s3api.DeleteObjectsInput) (*s3api.DeleteObjectsOutput, error) {
	for _, o := range in.Delete.Objects {
		s.deleted = append(s.deleted, *o.Key)
	}
	return &s3api.DeleteObjectsOutput{}, nil
}

func (s *shelf) PutBucketPolicy(context.Context, *s3api.PutBucketPolicyInput) (*s3api.PutBucketPolicyOutput, error) {
	return nil, s.err
}

func TestErrorsOfS3TellInHeaders(t *testing.T) {
	for _, tt := range []struct {
		method string
		err    *cloud.Error
		status int
		body   bool
	}{
		{http.MethodGet, &cloud.Error{Kind: cloud.Invalid, Code: "NotModified", Header: map[string]string{"ETag": `"e"`}}, 304, false},
		{http.MethodGet, &cloud.Error{Kind: cloud.Invalid, Code: "PreconditionFailed", Header: map[string]string{"ETag": `"e"`}}, 412, true},
		{http.MethodHead, &cloud.Error{Kind: cloud.NotFound, Code: "NoSuchKey", Header: map[string]string{"ETag": `"e"`}}, 404, false},
	} {
		w := serve(overS3(t, &ledger{}, &shelf{err: tt.err}), object(t, tt.method, "/logs/key"))
		if w.Code != tt.status || w.Header().Get("Etag") != `"e"` || (w.Body.Len() > 0) != tt.body {
			t.Errorf("%s: answered %d %v %s", tt.err.Code, w.Code, w.Header(), w.Body)
		}
	}
}

func TestBodiesThatAreReadWholeAreChecked(t *testing.T) {
	const body = `<Delete><Object><Key>a</Key></Object></Delete>`
	sum := md5.Sum([]byte(body))
	right := base64.StdEncoding.EncodeToString(sum[:])
	wrong := base64.StdEncoding.EncodeToString(make([]byte, 16))
	h, _ := checksum.New("CRC32")
	h.Write([]byte(body))
	crc := base64.StdEncoding.EncodeToString(h.Sum(nil))
	for _, tt := range []struct {
		name   string
		header map[string]string
		want   string
	}{
		{"an MD5", map[string]string{"Content-MD5": right}, ""},
		{"a checksum", map[string]string{"X-Amz-Checksum-Crc32": crc}, ""},
		{"nothing", nil, "<Code>InvalidRequest</Code><Message>Missing required header for this request: Content-MD5<"},
		{"another MD5", map[string]string{"Content-MD5": wrong}, "<Code>BadDigest</Code><Message>The Content-MD5 you specified did not match what we received.</Message>" +
			"<CalculatedDigest>" + right + "</CalculatedDigest><ExpectedDigest>" + wrong + "</ExpectedDigest>"},
		{"no MD5", map[string]string{"Content-MD5": "x"}, "<Code>InvalidDigest</Code><Message>The Content-MD5 you specified was invalid.<"},
		{"an empty MD5", map[string]string{"Content-MD5": ""}, "<Code>InvalidDigest</Code>"},
		{"another checksum", map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA=="}, "<Code>BadDigest</Code><Message>The CRC32 you specified did not match the calculated checksum.<"},
		{"no checksum", map[string]string{"X-Amz-Checksum-Crc32": "?"}, "<Message>Value for x-amz-checksum-crc32 header is invalid.<"},
		{"two", map[string]string{"X-Amz-Checksum-Crc32": crc, "X-Amz-Checksum-Sha1": "x"}, "Expecting a single x-amz-checksum- header."},
		{"one that nobody knows", map[string]string{"X-Amz-Checksum-Crc8": "AA=="}, "<Code>NotImplemented</Code>"},
		{"one that is missing", map[string]string{"X-Amz-Sdk-Checksum-Algorithm": "CRC32"}, "x-amz-sdk-checksum-algorithm specified, but no corresponding"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &shelf{}
			w := serve(overS3(t, &ledger{}, s), request{service: "s3", target: "/logs?delete", body: body, header: tt.header}.signed(t))
			if tt.want != "" && (w.Code < 400 || !strings.Contains(w.Body.String(), tt.want) || s.deleted != nil) || tt.want == "" && (w.Code != 200 || s.deleted == nil) {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
		})
	}
	w := serve(overS3(t, &ledger{}, &shelf{}), request{service: "s3", method: http.MethodPut, target: "/logs?policy", body: "{}"}.signed(t))
	if w.Code != http.StatusNoContent {
		t.Errorf("a policy without a checksum: %d %s", w.Code, w.Body)
	}
}

// chunked returns a body in chunks that are not signed.
func chunked(content, trailer string) string {
	return fmt.Sprintf("%x\r\n%s\r\n0\r\n%s\r\n", len(content), content, trailer)
}

func TestStreamsAreToldOf(t *testing.T) {
	const trailing = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	for _, tt := range []struct {
		name   string
		body   string
		header map[string]string
		length int64 // as the request tells it; 0 as it is
		want   string
		told   shelf
	}{
		{"plain", "hello", map[string]string{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}, 0, "", shelf{body: "hello"}},
		{"of no length", "hello", map[string]string{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}, -1, "MissingContentLength", shelf{}},
		{"in chunks", chunked("hello", "x-amz-checksum-crc32:NhCmhg==\r\n"), map[string]string{
			"X-Amz-Content-Sha256": trailing, "X-Amz-Trailer": "x-amz-checksum-crc32", "X-Amz-Decoded-Content-Length": "5",
			"Content-Encoding": "gzip,aws-chunked",
		}, 0, "", shelf{body: "hello", announced: "CRC32", trailer: "NhCmhg=="}},
		{"in chunks of no known length", chunked("hello", ""), map[string]string{"X-Amz-Content-Sha256": trailing}, 0, "MissingContentLength", shelf{}},
		{"with another checksum", chunked("hellO", "x-amz-checksum-crc32:NhCmhg==\r\n"), map[string]string{
			"X-Amz-Content-Sha256": trailing, "X-Amz-Trailer": "x-amz-checksum-crc32", "X-Amz-Decoded-Content-Length": "5",
		}, 0, "BadDigest", shelf{announced: "CRC32"}},
		{"with a checksum that nobody can compute", chunked("hello", "x-amz-checksum-xxhash3:NhCmhg==\r\n"), map[string]string{
			"X-Amz-Content-Sha256": trailing, "X-Amz-Trailer": "x-amz-checksum-xxhash9", "X-Amz-Decoded-Content-Length": "5",
		}, 0, "x-amz-trailer header is not supported", shelf{}},
		{"of another hash", "hello", map[string]string{"X-Amz-Content-Sha256": strings.Repeat("0", 64)}, 0, "XAmzContentSHA256Mismatch", shelf{}},
		{"that nobody can read", "hello", map[string]string{"X-Amz-Content-Sha256": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"}, 0, "NotImplemented", shelf{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &shelf{}
			r := request{method: http.MethodPut, target: "/logs/key", body: tt.body, header: tt.header}.http(t)
			if tt.length != 0 {
				r.ContentLength = tt.length
			}
			err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}, r,
				tt.header["X-Amz-Content-Sha256"], "s3", "us-east-1", time.Now(), func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
			if err != nil {
				t.Fatal(err)
			}
			w := serve(overS3(t, &ledger{}, s), r)
			if tt.want == "" && w.Code != http.StatusOK || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			if s.body != tt.told.body || s.announced != tt.told.announced || s.trailer != tt.told.trailer {
				t.Errorf("put %q, announced %q, trailer %q", s.body, s.announced, s.trailer)
			}
			if s.in != nil && *s.in.ContentLength != 5 {
				t.Errorf("content length %d", *s.in.ContentLength)
			}
			if s.announced != "" && tt.header["Content-Encoding"] != "" && *s.in.ContentEncoding != "gzip" {
				t.Errorf("content encoding %q", *s.in.ContentEncoding)
			}
		})
	}
}

// A body that does not come whole is its client's fault, and no object.
func TestBodiesThatBreakOffAreTold(t *testing.T) {
	for want, broken := range map[string]error{"IncompleteBody": io.ErrUnexpectedEOF, "RequestTimeout": errors.New("connection reset by peer")} {
		journal := &ledger{}
		r := request{service: "s3", method: http.MethodPut, target: "/logs/key", body: "hello"}.signed(t)
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("he"), &failing{broken}))
		w := serve(overS3(t, journal, &shelf{}), r)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "<Code>"+want) {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		if diff := cmp.Diff([]string{"begun Root s3:PutObject", "failed Root s3:PutObject " + want}, journal.lines()); diff != "" {
			t.Errorf("the journal (-want +got):\n%s", diff)
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// presigned returns a request by a URL that the SDK has presigned.
func presigned(t *testing.T, method, target string, header map[string]string) *http.Request {
	t.Helper()
	r := request{method: method, target: target, header: header}.http(t)
	query := r.URL.Query()
	query.Set("X-Amz-Expires", "60")
	r.URL.RawQuery = query.Encode()
	url, signed, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}, r,
		"UNSIGNED-PAYLOAD", "s3", "eu-west-1", time.Now(), func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err != nil {
		t.Fatal(err)
	}
	again := httptest.NewRequestWithContext(t.Context(), method, url, nil)
	for name := range header {
		if signed.Get(name) != "" {
			again.Header.Set(name, header[name])
		}
	}
	return again
}

func TestPresignedURLs(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
		journal := &ledger{}
		w := serve(overS3(t, journal, &shelf{}), presigned(t, method, "/logs/a%20key", nil))
		if w.Code >= 300 || journal.facts[0].Call.Region != "eu-west-1" {
			t.Errorf("%s: answered %d %s", method, w.Code, w.Body)
		}
	}
	s := &shelf{}
	put := func() *http.Request {
		return presigned(t, http.MethodPut, "/logs/key", map[string]string{
			"Content-Type": "text/plain", "Content-MD5": "1B2M2Y8AsgTpgAmy7PhCfg==", "X-Amz-Meta-Owner": "me", "X-Amz-Storage-Class": "STANDARD_IA",
		})
	}
	w := serve(overS3(t, &ledger{}, s), put())
	if w.Code != http.StatusOK || *s.in.ContentType != "text/plain" || s.in.Metadata["owner"] != "me" || *s.in.StorageClass != "STANDARD_IA" {
		t.Errorf("put with headers: answered %d %s, put %+v", w.Code, w.Body, s.in)
	}
	for name, tt := range map[string]struct {
		spoil func(*http.Request)
		want  string
	}{
		"another method": {func(r *http.Request) { r.Method = http.MethodDelete }, "SignatureDoesNotMatch"},
		"another type":   {func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }, "SignatureDoesNotMatch"},
		"a header more":  {func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }, "HeadersNotSigned"},
		"a copy more":    {func(r *http.Request) { r.URL.RawQuery += "&x-amz-copy-source=/a/b" }, "SignatureDoesNotMatch"},
		"for longer":     {func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Expires=60", "Expires=61", 1) }, "SignatureDoesNotMatch"},
		"for more than a week": {func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Expires=60", "Expires=604801", 1)
		}, "must be less than a week"},
		"for less than nothing": {func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Expires=60", "Expires=-1", 1) }, "must be non-negative"},
		"for some time": {func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Expires=60", "Expires=soon", 1)
		}, "X-Amz-Expires should be a number"},
		"for ever":  {func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "X-Amz-Expires=60", "", 1) }, "<Code>AuthorizationQueryParametersError</Code><Message>Query-string authentication version 4 requires"},
		"no region": {func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "eu-west-1", "mars", 1) }, "the region &#39;mars&#39; is wrong"},
	} {
		r := put()
		tt.spoil(r)
		s := &shelf{}
		w := serve(overS3(t, &ledger{}, s), r)
		want := strings.ReplaceAll(tt.want, "&#39;", "'")
		if w.Code < 400 || !strings.Contains(w.Body.String(), want) || s.in != nil {
			t.Errorf("%s: answered %d %s", name, w.Code, w.Body)
		}
	}
}

func TestWhatS3SaysOfSignatures(t *testing.T) {
	edit := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	for name, tt := range map[string]struct {
		spoil  func(*http.Request)
		status int
		want   string
	}{
		"nobody":          {func(r *http.Request) { r.Header.Del("Authorization") }, 403, "<Code>AccessDenied</Code><Message>Access Denied<"},
		"an unknown key":  {edit(testKey, "AKIAOTHER"), 403, "<Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does not exist in our records.</Message><AWSAccessKeyId>AKIAOTHER<"},
		"another scheme":  {edit("AWS4-HMAC-SHA256", "Bearer"), 400, "<Code>InvalidArgument</Code><Message>Unsupported Authorization Type<"},
		"no credential":   {edit("Credential=", "Cred="), 400, "<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the authorization header requires three components"},
		"half a scope":    {edit("/s3/aws4_request", ""), 400, "the Credential is mal-formed; expecting"},
		"no region":       {edit("ap-northeast-2", "mars"), 400, "<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region 'mars' is wrong; expecting 'us-east-1'</Message><Region>us-east-1<"},
		"another service": {edit("/s3/", "/s3-outposts/"), 400, "incorrect service &quot;s3-outposts&quot;. This endpoint belongs to &quot;s3&quot;."},
		"a token":         {func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, 403, "HeadersNotSigned"},
		"no hash":         {func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }, 400, "Missing required header for this request: x-amz-content-sha256"},
		"no time":         {func(r *http.Request) { r.Header.Del("X-Amz-Date") }, 403, "AWS authentication requires a valid Date or x-amz-date header"},
		"another key":     {func(r *http.Request) { r.URL.Path = "/logs/other" }, 403, "<Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided. Check your key and signing method.<"},
	} {
		r := object(t, http.MethodGet, "/logs/key")
		tt.spoil(r)
		w := serve(overS3(t, &ledger{}, &shelf{}), r)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: answered %d %s", name, w.Code, w.Body)
		}
	}
}

// A signature of version 2 covers few parameters: no other may name an operation.
func TestVersion2NamesNoOperationThatItDoesNotCover(t *testing.T) {
	for target, want := range map[string]string{
		"/logs/key?retention&AWSAccessKeyId=AKID&Signature=c2ln&Expires=1":    "does not cover the parameter retention",
		"/logs?list-type=2&AWSAccessKeyId=AKID&Signature=c2ln&Expires=1":      "Request has expired",
		"/logs/key?acl&AWSAccessKeyId=AKID&Signature=c2ln&Expires=4102444800": "InvalidAccessKeyId",
	} {
		w := serve(overS3(t, &ledger{}, &shelf{}), request{method: http.MethodGet, target: target}.http(t))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: answered %d %s", target, w.Code, w.Body)
		}
	}
}

func BenchmarkGetObject(b *testing.B) {
	g, err := gateway.New(config(&silent{}), gateway.Service{Model: s3api.Service, Handler: &fakeS3{}})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://127.0.0.1:4566/logs/a/key?versionId=1", nil)
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	creds := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}
	if err := v4.NewSigner().SignHTTP(b.Context(), creds, r, "UNSIGNED-PAYLOAD", "s3", "us-east-1", time.Now()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		w := &discard{header: http.Header{}}
		if g.ServeHTTP(w, r); w.status != http.StatusOK {
			b.Fatal(w.status)
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	g, err := gateway.New(config(&silent{}))
	if err != nil {
		b.Fatal(err)
	}
	for want, target := range map[string]string{"GetObject": "/logs/2026/11/29/key", "ListObjectsV2": "/logs?list-type=2&prefix=a%2F&delimiter=%2F", "GetBucketAcl": "/logs?acl"} {
		b.Run(want, func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://127.0.0.1:4566"+target, nil)
			b.ReportAllocs()
			for b.Loop() {
				if got, err := g.Route(r); got != want || err != nil {
					b.Fatal(got, err)
				}
			}
		})
	}
}

// silent is a journal that keeps nothing.
type silent struct{ ledger }

func (*silent) Record(context.Context, cloud.Fact) error { return nil }

// discard is a writer of answers that go nowhere.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
