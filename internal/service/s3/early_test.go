package s3_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// startTLS returns a client of the service over TLS and HTTP/2.
func startTLS(t *testing.T, f fixture) *awss3.Client {
	t.Helper()
	server := httptest.NewUnstartedServer(f.service.Handler())
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return f.client("us-east-1", "AKIAONE", func(o *awss3.Options) {
		o.BaseEndpoint, o.HTTPClient = &server.URL, server.Client()
	})
}

// Without a body there is nothing for an error to wait for.
func TestErrorsDoNotWaitForABodyThatIsNone(t *testing.T) {
	c := startTLS(t, start(t))
	bucket(t, c, "logs")
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	_, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: aws.String("none")})
	wantCode(t, "a missing object", err, "NoSuchKey")
}

// putChunked puts an object as clients do that send its checksum after it and
// do not tell the length of it all: in chunks, inside HTTP's own chunks.
func putChunked(t *testing.T, f fixture, key, content string) error {
	t.Helper()
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(content)))
	body := fmt.Sprintf("%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n", len(content), content, base64.StdEncoding.EncodeToString(sum[:]))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, f.url+"/logs/"+key, io.NopCloser(strings.NewReader(body)))
	if err != nil {
		return err
	}
	const payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	r.ContentLength = -1
	r.Header.Set("X-Amz-Content-Sha256", payload)
	r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
	r.Header.Set("X-Amz-Decoded-Content-Length", strconv.Itoa(len(content)))
	creds := aws.Credentials{AccessKeyID: "AKIAONE", SecretAccessKey: testKeys()["AKIAONE"].Secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, payload, "s3", "us-east-1", time.Now()); err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	told, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d: %s", answer.StatusCode, told)
	}
	return nil
}

// Whatever a request leaves behind, the next one gets its own answer.
func TestAnswersAreNotMixedUp(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	var callers sync.WaitGroup
	for n := range 8 {
		callers.Go(func() {
			key := fmt.Sprint("key-", n)
			for round := range 100 {
				content := strings.Repeat(fmt.Sprintf("%s %d ", key, round), 1000)
				if err := putChunked(t, f, key, content); err != nil {
					t.Errorf("put %s: %v", key, err)
					return
				}
				out, err := c.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("logs"), Key: &key})
				if err != nil {
					t.Errorf("get %s: %v", key, err)
					return
				}
				if got := read(t, out.Body); got != content {
					t.Errorf("get %s: %d bytes that begin with %.20q, want %d that begin with %.20q", key, len(got), got, len(content), content)
				}
			}
		})
	}
	callers.Wait()
}

// A body that breaks off is its client's fault, and nothing for the operator.
func TestBodiesThatBreakOff(t *testing.T) {
	f := start(t)
	c := f.client("us-east-1", "AKIAONE")
	bucket(t, c, "logs")
	for code, broken := range map[string]error{"RequestTimeout": os.ErrDeadlineExceeded, "IncompleteBody": errors.New("invalid byte in chunk length")} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 3), iotest.ErrReader(broken)))
			f.service.Handler().ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		c := f.client("us-east-1", "AKIAONE", func(o *awss3.Options) { o.BaseEndpoint = &server.URL })
		_, err := c.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("key"), Body: strings.NewReader("content")})
		wantCode(t, "a body that breaks off", err, code)
	}
	if strings.Contains(f.log.String(), "level=ERROR") {
		t.Errorf("logged:\n%s", f.log)
	}
}

// A preflight is not signed, whatever its query string says.
func TestPreflightsStartNoServers(t *testing.T) {
	f := start(t)
	for n := range 70 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, fmt.Sprintf(
			"%s/logs?X-Amz-Credential=AKIAONE/20261129/xx-made%c%c-1/s3/aws4_request", f.url, 'a'+n/26, 'a'+n%26), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://example.com")
		r.Header.Set("Access-Control-Request-Method", http.MethodGet)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.client("eu-central-1", "AKIAONE").ListBuckets(t.Context(), &awss3.ListBucketsInput{}); err != nil {
		t.Errorf("a signed call in another region: %v", err)
	}
}
