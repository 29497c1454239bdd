package sigv4_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

func TestHashReader(t *testing.T) {
	for _, tt := range []struct{ name, body, declared, code string }{
		{name: "right", body: "hello", declared: hash("hello")},
		{name: "empty", body: "", declared: hash("")},
		{name: "other bytes", body: "hellO", declared: hash("hello"), code: "XAmzContentSHA256Mismatch"},
		{name: "cut short", body: "hell", declared: hash("hello"), code: "XAmzContentSHA256Mismatch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, body := range []io.Reader{strings.NewReader(tt.body), iotest.OneByteReader(strings.NewReader(tt.body)), iotest.DataErrReader(strings.NewReader(tt.body))} {
				r := sigv4.NewHashReader(body, tt.declared)
				data, err := io.ReadAll(r)
				checkCode(t, err, tt.code)
				if string(data) != tt.body {
					t.Errorf("read %q", data)
				}
				_, err = r.Read(make([]byte, 1))
				if err == nil || tt.code == "" && err != io.EOF { //nolint:errorlint // a reader's end is io.EOF itself
					t.Errorf("error %v after the end", err)
				}
			}
		})
	}
}

// upload is a PUT of an aws-chunked body.
type upload struct {
	kind, trailer string // X-Amz-Content-Sha256, X-Amz-Trailer
	length        string // X-Amz-Decoded-Content-Length
	body          string
	broken        error // of the connection, after the body
}

// verified returns the request with its signature verified.
func (u upload) verified(t *testing.T) (*sigv4.Verified, *http.Request) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "http://example.amazonaws.com/bucket/key", strings.NewReader(u.body))
	for name, value := range map[string]string{
		"X-Amz-Content-Sha256": u.kind, "X-Amz-Trailer": u.trailer, "X-Amz-Decoded-Content-Length": u.length, "Content-Encoding": "aws-chunked,gzip",
	} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if err := v4.NewSigner().SignHTTP(t.Context(), static(), r, u.kind, "s3", "us-east-1", at()); err != nil {
		t.Fatal(err)
	}
	verified, err := verify(t, verifier(at()), sigv4.Request{HTTP: r, S3: true}, "")
	if err != nil {
		t.Fatal(err)
	}
	if u.broken != nil {
		r.Body = io.NopCloser(io.MultiReader(r.Body, iotest.ErrReader(u.broken)))
	}
	return verified, r
}

// signatureOf returns the signature of the request, to which the chunks chain.
func signatureOf(r *http.Request) string {
	_, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	return signature
}

func unsignedChunks(chunks ...string) string {
	var b strings.Builder
	for _, chunk := range chunks {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(chunk), chunk)
	}
	return b.String() + "0\r\n"
}

func TestUnsignedChunks(t *testing.T) {
	const crc32 = "x-amz-checksum-crc32"
	large := strings.Repeat("a", 8192)
	for _, tt := range []struct {
		name          string
		upload        upload
		want, trailer string
		code          string
	}{
		{
			name:   "as boto3 sends it",
			upload: upload{trailer: crc32, length: "11", body: "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"},
			want:   "hello world", trailer: "DUoRhQ==",
		},
		{
			name:   "CRC-64/NVME",
			upload: upload{trailer: "x-amz-checksum-crc64nvme", length: "9", body: unsignedChunks("123456789") + "x-amz-checksum-crc64nvme:rosUhgp5mIg=\r\n\r\n"},
			want:   "123456789", trailer: "rosUhgp5mIg=",
		},
		{
			name:   "CRC-32C, header in capitals",
			upload: upload{trailer: "X-Amz-Checksum-Crc32c", length: "9", body: unsignedChunks("123456789") + "X-Amz-Checksum-Crc32c: 4waSgw==\n\r\n"},
			want:   "123456789", trailer: "4waSgw==",
		},
		{
			name:   "SHA-1",
			upload: upload{trailer: "x-amz-checksum-sha1", length: "9", body: unsignedChunks("123456789") + "x-amz-checksum-sha1:98O8HYCOBHMq32eZZczDTKeuNEE=\r\n\r\n"},
			want:   "123456789", trailer: "98O8HYCOBHMq32eZZczDTKeuNEE=",
		},
		{
			name:   "SHA-256",
			upload: upload{trailer: "x-amz-checksum-sha256", length: "9", body: unsignedChunks("123456789") + "x-amz-checksum-sha256:FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\r\n\r\n"},
			want:   "123456789", trailer: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
		},
		{name: "no content", upload: upload{trailer: crc32, length: "0", body: "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"}, trailer: "AAAAAA=="},
		{name: "no checksum", upload: upload{length: "5", body: unsignedChunks("hello") + "\r\n"}, want: "hello"},
		{name: "last line end missing", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hello") + "x-amz-checksum-crc32:NhCmhg==\r\n"}, want: "hello", trailer: "NhCmhg=="},
		{name: "two chunks", upload: upload{length: "8197", body: unsignedChunks(large, "hello") + "\r\n"}, want: large + "hello"},
		{name: "small chunk before the last", upload: upload{length: "10", body: unsignedChunks("hello", "world") + "\r\n"}, want: "hello", code: "InvalidChunkSizeError"},
		{name: "other content", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hellO") + "x-amz-checksum-crc32:NhCmhg==\r\n\r\n"}, want: "hellO", code: "BadDigest"},
		{name: "checksum of another size", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hello") + "x-amz-checksum-crc32:NhCm\r\n\r\n"}, want: "hello", code: "InvalidRequest"},
		{name: "checksum is no base64", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hello") + "x-amz-checksum-crc32:????\r\n\r\n"}, want: "hello", code: "InvalidRequest"},
		{name: "checksum missing", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hello") + "\r\n"}, want: "hello", code: "MalformedTrailerError"},
		{name: "checksum twice", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hello") + strings.Repeat("x-amz-checksum-crc32:NhCmhg==\r\n", 2)}, want: "hello", code: "MalformedTrailerError"},
		{name: "another checksum", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hello") + "x-amz-checksum-crc32c:NhCmhg==\r\n\r\n"}, want: "hello", code: "MalformedTrailerError"},
		{name: "checksum that was not announced", upload: upload{length: "5", body: unsignedChunks("hello") + "x-amz-checksum-crc32:NhCmhg==\r\n\r\n"}, want: "hello", code: "MalformedTrailerError"},
		{name: "a signature where nothing is signed", upload: upload{length: "5", body: unsignedChunks("hello") + "x-amz-trailer-signature:00\r\n\r\n"}, want: "hello", code: "MalformedTrailerError"},
		{name: "trailer is no header", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hello") + "nonsense\r\n\r\n"}, want: "hello", code: "MalformedTrailerError"},
		{name: "trailer is too long", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hello") + crc32 + ":" + strings.Repeat("a", 5000)}, want: "hello", code: "IncompleteBody"},
		{name: "less than declared", upload: upload{length: "6", body: unsignedChunks("hello") + "\r\n"}, want: "hello", code: "IncompleteBody"},
		{name: "more than declared", upload: upload{length: "4", body: unsignedChunks("hello") + "\r\n"}, code: "IncompleteBody"},
		{name: "chunk longer than its size", upload: upload{length: "5", body: "2\r\nhello\r\n"}, want: "he", code: "IncompleteBody"},
		{name: "bytes after the end", upload: upload{length: "5", body: unsignedChunks("hello") + "\r\nGET /"}, want: "hello", code: "IncompleteBody"},
		{name: "size is no number", upload: upload{length: "5", body: "xyz\r\n"}, code: "IncompleteBody"},
		{name: "size is empty", upload: upload{length: "5", body: "\r\n"}, code: "IncompleteBody"},
		{name: "negative size", upload: upload{length: "5", body: "-5\r\nhello\r\n"}, code: "IncompleteBody"},
		{name: "size that overflows", upload: upload{length: "5", body: "10000000000000005\r\nhello\r\n"}, code: "IncompleteBody"},
		{name: "huge size", upload: upload{length: "5", body: "7fffffffffffffff\r\nhello\r\n"}, code: "IncompleteBody"},
		{name: "nothing", upload: upload{length: "5"}, code: "IncompleteBody"},
		{name: "cut in a chunk", upload: upload{length: "5", body: "5\r\nhel"}, want: "hel", code: "IncompleteBody"},
		{name: "cut in a trailer", upload: upload{trailer: crc32, length: "5", body: unsignedChunks("hello") + "x-amz-checksum-crc32:NhCm"}, want: "hello", code: "IncompleteBody"},
		{name: "endless line", upload: upload{length: "5", body: strings.Repeat("0", 10000)}, code: "IncompleteBody"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.upload.kind = sigv4.StreamingTrailer
			verified, r := tt.upload.verified(t)
			content, err := verified.Content(r)
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(iotest.OneByteReader(content))
			checkCode(t, err, tt.code)
			if diff := cmp.Diff(tt.want, string(data)); diff != "" {
				t.Errorf("content (-want +got):\n%s", diff)
			}
			c, ok := content.(*sigv4.ChunkReader)
			if _, value := c.Trailer(); err == nil && (!ok || value != tt.trailer) {
				t.Errorf("trailer %q, want %q", value, tt.trailer)
			}
			if got := r.Header.Get("Content-Encoding"); got != "gzip" {
				t.Errorf("Content-Encoding %q is left", got)
			}
			if got := r.Header.Get("Content-Length"); got != tt.upload.length || strconv.FormatInt(r.ContentLength, 10) != got {
				t.Errorf("Content-Length %q, want %q", got, tt.upload.length)
			}
		})
	}
}

func TestChunksOfUnknownKind(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		upload     upload
	}{
		{"asymmetric signatures", "NotImplemented", upload{kind: "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", length: "1"}},
		{"no length", "MissingContentLength", upload{kind: sigv4.StreamingTrailer}},
		{"negative length", "MissingContentLength", upload{kind: sigv4.StreamingTrailer, length: "-1"}},
		{"unknown checksum", "InvalidRequest", upload{kind: sigv4.StreamingTrailer, length: "1", trailer: "x-amz-checksum-crc16"}},
		{"two checksums", "InvalidRequest", upload{kind: sigv4.StreamingTrailer, length: "1", trailer: "x-amz-checksum-crc32,x-amz-checksum-sha1"}},
		{"other trailing header", "InvalidRequest", upload{kind: sigv4.StreamingTrailer, length: "1", trailer: "x-amz-meta-a"}},
	} {
		verified, r := tt.upload.verified(t)
		_, err := verified.Content(r)
		t.Run(tt.name, func(t *testing.T) { checkCode(t, err, tt.code) })
	}
}

func TestConnectionBreaks(t *testing.T) {
	u := upload{kind: sigv4.StreamingTrailer, length: "5", body: "5\r\nhel", broken: iotest.ErrTimeout}
	verified, r := u.verified(t)
	content, err := verified.Content(r)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(content)
	if string(data) != "hel" || err != iotest.ErrTimeout { //nolint:errorlint // it must come through as it is
		t.Errorf("read %q, error %v", data, err)
	}
}

// published is AWS's published example of a streamed upload: 65 KiB of 'a' in
// chunks of 64 KiB and 1 KiB.
type published struct {
	header     map[string]string
	signature  string
	signatures [3]string // of the chunks
	trailer    string
}

func examples() map[string]published {
	header := func(kind, length string) map[string]string {
		return map[string]string{
			"X-Amz-Date": "20130524T000000Z", "X-Amz-Storage-Class": "REDUCED_REDUNDANCY", "Content-Encoding": "aws-chunked",
			"X-Amz-Content-Sha256": kind, "X-Amz-Decoded-Content-Length": "66560", "Content-Length": length,
		}
	}
	trailing := header(sigv4.StreamingSignedTrailer, "66824")
	delete(trailing, "Content-Length")
	trailing["X-Amz-Trailer"] = "x-amz-checksum-crc32c"
	return map[string]published{
		"without trailer": {
			header:    header(sigv4.StreamingSigned, "66824"),
			signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
			signatures: [3]string{
				"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
				"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
				"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
			},
		},
		"with trailer": {
			header:    trailing,
			signature: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
			signatures: [3]string{
				"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
				"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
				"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
			},
			trailer: "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
		},
	}
}

func (p published) request(t *testing.T) (*sigv4.Verified, *http.Request, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "https://s3.amazonaws.com/examplebucket/chunkObject.txt", nil)
	names := []string{"host"}
	for name, value := range p.header {
		r.Header.Set(name, value)
		names = append(names, strings.ToLower(name))
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"+
		"SignedHeaders="+strings.Join(names, ";")+",Signature="+p.signature)
	v := sigv4.New(keys{"AKIAIOSFODNN7EXAMPLE": {Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}},
		func() time.Time { return time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC) })
	verified, err := verify(t, v, sigv4.Request{HTTP: r, S3: true}, "")
	if err != nil {
		t.Fatal(err)
	}
	body := "10000;chunk-signature=" + p.signatures[0] + "\r\n" + strings.Repeat("a", 65536) + "\r\n" +
		"400;chunk-signature=" + p.signatures[1] + "\r\n" + strings.Repeat("a", 1024) + "\r\n" +
		"0;chunk-signature=" + p.signatures[2] + "\r\n" + p.trailer + "\r\n"
	return verified, r, body
}

func TestSignedChunks(t *testing.T) {
	for name, example := range examples() {
		t.Run(name, func(t *testing.T) {
			verified, r, body := example.request(t)
			header := r.Header.Clone()
			for _, tt := range []struct {
				name, body string
				code       string
				read       int // bytes that come out before the end or the error
			}{
				{name: "right", body: body, read: 66560},
				{name: "byte changed in the second chunk", body: body[:66000] + "b" + body[66001:], code: "SignatureDoesNotMatch", read: 66560},
				{name: "last chunk signed wrong", body: strings.Replace(body, example.signatures[2], hash(""), 1), code: "SignatureDoesNotMatch", read: 66560},
				{name: "chunks swapped", body: strings.Replace(body, example.signatures[0], example.signatures[1], 1), code: "SignatureDoesNotMatch", read: 65536},
				{name: "trailing headers changed", body: strings.Replace(body, "sOO8", "sOO9", 1), code: "SignatureDoesNotMatch", read: 66560},
				{name: "no signature", body: "5\r\nhello\r\n", code: "IncompleteBody"},
				{name: "cut in a chunk", body: body[:91], code: "IncompleteBody", read: 3},
				{name: "cut between chunks", body: body[:65536+88], code: "IncompleteBody", read: 65536},
				{name: "line end in a signature", body: "5;chunk-signature=\r\nhello\r\n", code: "SignatureDoesNotMatch", read: 5},
			} {
				if tt.name == "trailing headers changed" && example.trailer == "" {
					continue
				}
				t.Run(tt.name, func(t *testing.T) {
					c, err := sigv4.NewChunkReader(strings.NewReader(tt.body), header, verified)
					if err != nil {
						t.Fatal(err)
					}
					data, err := io.ReadAll(c)
					checkCode(t, err, tt.code)
					if len(data) != tt.read || strings.Trim(string(data), "ab") != "" && tt.read > 5 {
						t.Errorf("read %d bytes, want %d", len(data), tt.read)
					}
				})
			}
		})
	}
}

// TestChunksSignedBySDK has the chunks signed by the SDK, which signs the
// messages of event streams in the same way.
func TestChunksSignedBySDK(t *testing.T) {
	const trailer = "x-amz-checksum-crc64nvme:rosUhgp5mIg="
	verified, r := upload{kind: sigv4.StreamingSignedTrailer, trailer: "x-amz-checksum-crc64nvme", length: "9"}.verified(t)
	seed, err := hex.DecodeString(signatureOf(r))
	if err != nil {
		t.Fatal(err)
	}
	signer := v4.NewStreamSigner(static(), "s3", "us-east-1", seed)
	var body strings.Builder
	var last string
	for _, chunk := range []string{"123456789", ""} {
		signature, err := signer.GetSignature(t.Context(), nil, []byte(chunk), at())
		if err != nil {
			t.Fatal(err)
		}
		last = hex.EncodeToString(signature)
		fmt.Fprintf(&body, "%x;chunk-signature=%s\r\n%s", len(chunk), last, chunk)
		if chunk != "" {
			body.WriteString("\r\n")
		}
	}
	key := []byte("AWS4" + secret)
	for _, part := range []string{"20150830", "us-east-1", "s3", "aws4_request"} {
		key = mac(key, part)
	}
	sum := mac(key, "AWS4-HMAC-SHA256-TRAILER\n20150830T123600Z\n20150830/us-east-1/s3/aws4_request\n"+last+"\n"+hash(trailer+"\n"))
	body.WriteString(trailer + "\r\nx-amz-trailer-signature:" + hex.EncodeToString(sum) + "\r\n\r\n")

	c, err := sigv4.NewChunkReader(strings.NewReader(body.String()), r.Header, verified)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(c)
	name, value := c.Trailer()
	if err != nil || string(data) != "123456789" || name != "x-amz-checksum-crc64nvme" || value != "rosUhgp5mIg=" || c.Announced() != "CRC64NVME" {
		t.Errorf("read %q with trailer %s: %q: %v", data, name, value, err)
	}
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// TestSDKUploads has the SDK's S3 client upload, over HTTP and TLS, with each
// checksum.
func TestSDKUploads(t *testing.T) {
	content := strings.Repeat("0123456789abcdef", 20000)
	type seen struct{ Content, Kind, Length, Trailer string }
	arrived := make(chan seen, 1)
	server := func(w http.ResponseWriter, r *http.Request) {
		pending, err := verifier(time.Now()).Begin(r.Context(), sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r), Services: []string{"s3"}, S3: true})
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		verified, _ := pending.Verified()
		body, err := verified.Content(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		data, err := io.ReadAll(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		got := seen{Content: string(data), Kind: verified.PayloadHash, Length: r.Header.Get("Content-Length")}
		if c, ok := body.(checksum.Trailer); ok {
			got.Trailer, _ = c.Trailer()
		}
		arrived <- got
	}
	plain := httptest.NewServer(http.HandlerFunc(server))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(server))
	defer secure.Close()
	for _, algorithm := range []s3types.ChecksumAlgorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512"} { // all that the SDK computes
		trailer := "x-amz-checksum-" + strings.ToLower(string(algorithm))
		for _, tt := range []struct {
			name   string
			server *httptest.Server
			body   io.Reader
			want   seen
		}{
			{"declared hash", plain, strings.NewReader(content), seen{content, hash(content), "320000", ""}},
			{"unsigned chunks", secure, strings.NewReader(content), seen{content, sigv4.StreamingTrailer, "320000", trailer}},
		} {
			t.Run(tt.name+" "+string(algorithm), func(t *testing.T) {
				client := s3.New(s3.Options{
					BaseEndpoint: aws.String(tt.server.URL), UsePathStyle: true, Region: "us-east-1", HTTPClient: tt.server.Client(), RetryMaxAttempts: 1,
					Credentials: credentials.NewStaticCredentialsProvider(keyID, secret, ""),
				})
				_, err := client.PutObject(context.WithoutCancel(t.Context()), &s3.PutObjectInput{
					Bucket: aws.String("bucket"), Key: aws.String("a key"), Body: tt.body, ChecksumAlgorithm: algorithm,
				})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, <-arrived); diff != "" {
					t.Errorf("arrived (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func FuzzChunkReader(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\na:b\r\n\r\n"), true, int64(5))
	f.Add([]byte("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), true, int64(5))
	f.Add([]byte("5;chunk-signature=00\r\nhello\r\n0\r\n\r\n"), false, int64(5))
	f.Fuzz(func(t *testing.T, body []byte, unsigned bool, length int64) {
		kind := sigv4.StreamingSigned
		if unsigned {
			kind = sigv4.StreamingTrailer
		}
		header := http.Header{"X-Amz-Decoded-Content-Length": {strconv.FormatInt(length, 10)}, "X-Amz-Trailer": {"x-amz-checksum-crc32"}}
		c, err := sigv4.NewChunkReader(bytes.NewReader(body), header, &sigv4.Verified{PayloadHash: kind})
		if err != nil {
			return
		}
		data, err := io.ReadAll(c)
		if len(data) > len(body) || int64(len(data)) > length {
			t.Errorf("%d bytes came out of %d with a length of %d", len(data), len(body), length)
		}
		if err == nil && (int64(len(data)) != length || !unsigned) {
			t.Errorf("%d bytes were taken for %d, unsigned %v", len(data), length, unsigned)
		}
	})
}
