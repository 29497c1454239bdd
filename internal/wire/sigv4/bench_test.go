package sigv4_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/kit/checksum"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

func BenchmarkVerify(b *testing.B) {
	const body = `{"DatabaseName":"logs","Name":"trail"}`
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://127.0.0.1:4566/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSGlue.GetTable")
	if err := v4.NewSigner().SignHTTP(b.Context(), static(), r, hash(body), "glue", "us-east-1", at()); err != nil {
		b.Fatal(err)
	}
	v := verifier(at())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verify(b, v, sigv4.Request{HTTP: r, Claim: sigv4.ClaimOf(r), Services: []string{"glue"}}, body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkContent reads 64 MiB that come as one chunk, with its checksum.
func BenchmarkContent(b *testing.B) {
	const size = 64 << 20
	chunk := strings.Repeat("a", size)
	for _, algorithm := range []string{"CRC32", "CRC64NVME", "SHA256"} {
		b.Run(algorithm, func(b *testing.B) {
			h, _ := checksum.New(algorithm)
			h.Write([]byte(chunk))
			name := "x-amz-checksum-" + strings.ToLower(algorithm)
			header := http.Header{"X-Amz-Decoded-Content-Length": {strconv.Itoa(size)}, "X-Amz-Trailer": {name}}
			end := "\r\n0\r\n" + name + ":" + base64.StdEncoding.EncodeToString(h.Sum(nil)) + "\r\n\r\n"
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				body := io.MultiReader(strings.NewReader(strconv.FormatInt(size, 16)+"\r\n"), strings.NewReader(chunk), strings.NewReader(end))
				c, err := sigv4.NewChunkReader(body, header, &sigv4.Verified{PayloadHash: sigv4.StreamingTrailer})
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, c); n != size || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}
