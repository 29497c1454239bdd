//go:build linux

package conformance_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// soon is how long a request that asks for too much may take to be refused.
const soon = 2 * time.Second

// Requests that ask for more than AWS allows are refused at once, and nobody
// waits for them.
func TestTooMuchIsRefused(t *testing.T) {
	s := serve(t, t.TempDir())
	newAsker(t, s).bucket("attacked")
	put(t, s, "key", nil)
	upload, err := s.s3().CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("attacked"), Key: aws.String("key")})
	if err != nil {
		t.Fatal(err)
	}
	id := escaped(aws.ToString(upload.UploadId), false)
	large := map[string]string{}
	for n := range 40 {
		large[fmt.Sprintf("X-Amz-Meta-%d", n)] = strings.Repeat("x", 100)
	}
	for _, tt := range []struct {
		name string
		call rawCall
		code string
	}{
		{"100,000 keys to delete", rawCall{method: http.MethodPost, path: "/attacked", query: "delete=", body: many("Delete", "<Object><Key>%d</Key></Object>", 100_000)}, "MalformedXML"},
		{"1,001 keys to delete", rawCall{method: http.MethodPost, path: "/attacked", query: "delete=", body: many("Delete", "<Object><Key>%d</Key></Object>", 1001)}, "MalformedXML"},
		{"500,000 parts", rawCall{method: http.MethodPost, path: "/attacked/key", query: "uploadId=" + id, body: many("CompleteMultipartUpload", "<Part><PartNumber>%d</PartNumber><ETag>0</ETag></Part>", 500_000)}, "MaxMessageLengthExceeded"},
		{"10,001 parts", rawCall{method: http.MethodPost, path: "/attacked/key", query: "uploadId=" + id, body: many("CompleteMultipartUpload", "<Part><PartNumber>%d</PartNumber><ETag>0</ETag></Part>", 10_001)}, "InvalidArgument"},
		{"a million nested tags", rawCall{method: http.MethodPut, path: "/attacked", query: "tagging=", body: []byte(strings.Repeat("<a>", 1_000_000))}, "MalformedXML"},
		{"entities that grow", rawCall{method: http.MethodPut, path: "/attacked", query: "tagging=", body: laughs()}, "MalformedXML"},
		{"4 KB of metadata", rawCall{method: http.MethodPut, path: "/attacked/key", header: large}, "MetadataTooLarge"},
		{"a key of 1,025 bytes", rawCall{method: http.MethodPut, path: "/attacked/" + strings.Repeat("k", 1025)}, "KeyTooLongError"},
		{"part 10,001", rawCall{method: http.MethodPut, path: "/attacked/key", query: "partNumber=10001&uploadId=" + id}, "InvalidArgument"},
		{"a bucket a..b", rawCall{method: http.MethodPut, path: "/a..b"}, "InvalidBucketName"},
		{"a policy of 21 KB", rawCall{method: http.MethodPut, path: "/attacked", query: "policy=", body: []byte(`{"Version":"2012-10-17","Id":"` + strings.Repeat("x", 21<<10) + `","Statement":[]}`)}, "PolicyTooLarge"},
		{"51 tags of a bucket", rawCall{method: http.MethodPut, path: "/attacked", query: "tagging=", body: tagSet(51)}, "BadRequest"},
		{"11 tags of an object", rawCall{method: http.MethodPut, path: "/attacked/key", query: "tagging=", body: tagSet(11)}, "BadRequest"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done := make(chan rawAnswer, 1)
			go func() {
				a, err := s.raw(t.Context(), tt.call)
				if err != nil {
					t.Error(err)
				}
				done <- a
			}()
			put(t, s, "key", func(took time.Duration) {
				if took > soon {
					t.Errorf("a put meanwhile took %v", took)
				}
			})
			a := <-done
			if a.status != http.StatusBadRequest || a.code != tt.code || a.took > soon {
				t.Errorf("%d %s after %v, want %s within %v", a.status, a.code, a.took, tt.code, soon)
			}
		})
	}
}

// put stores an object of one byte.
func put(t *testing.T, s *server, key string, took func(time.Duration)) {
	t.Helper()
	began := time.Now()
	if _, err := s.s3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("attacked"), Key: &key, Body: strings.NewReader("x")}); err != nil {
		t.Error(err)
	}
	if took != nil {
		took(time.Since(began))
	}
}

// many is a document of many elements that are alike.
func many(root, element string, n int) []byte {
	var b strings.Builder
	b.WriteString("<" + root + ">")
	for i := range n {
		fmt.Fprintf(&b, element, i+1)
	}
	b.WriteString("</" + root + ">")
	return []byte(b.String())
}

func tagSet(n int) []byte {
	inner := many("TagSet", "<Tag><Key>%d</Key><Value>v</Value></Tag>", n)
	return []byte("<Tagging>" + string(inner) + "</Tagging>")
}

// laughs is a document whose entities stand for a billion others.
func laughs() []byte {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE a [<!ENTITY e0 "ha">`)
	for n := 1; n < 10; n++ {
		fmt.Fprintf(&b, `<!ENTITY e%d "%s">`, n, strings.Repeat(fmt.Sprintf("&e%d;", n-1), 10))
	}
	b.WriteString(`]><Tagging><TagSet><Tag><Key>&e9;</Key><Value>v</Value></Tag></TagSet></Tagging>`)
	return []byte(b.String())
}

// Regions that there are not start nothing and stop nothing.
func TestRegionsThatThereAreNot(t *testing.T) {
	s := serve(t, t.TempDir())
	newAsker(t, s).bucket("attacked")
	put(t, s, "key", nil)
	idle := s.memory("VmRSS")
	for n := range 256 {
		for _, c := range []rawCall{
			{method: http.MethodGet, path: "/", region: fmt.Sprintf("made-up-%d", n)},
			{method: http.MethodGet, path: "/attacked/key", region: fmt.Sprintf("xx-nowhere-%d", n)},
			{method: http.MethodPut, path: fmt.Sprintf("/made-up-%d", n), region: fmt.Sprintf("mars-%d", n), body: []byte("<CreateBucketConfiguration><LocationConstraint>mars-" + fmt.Sprint(n) + "</LocationConstraint></CreateBucketConfiguration>")},
		} {
			if a := s.mustRaw(t, c); a.status >= 500 {
				t.Fatalf("%s %s in %s: %d %s", c.method, c.path, c.region, a.status, a.body)
			}
		}
	}
	for _, there := range []string{"us-east-1", "eu-west-1", region} {
		if a := s.mustRaw(t, rawCall{method: http.MethodGet, path: "/", region: there}); a.status != http.StatusOK {
			t.Errorf("afterwards, in %s: %d %s", there, a.status, a.body)
		}
	}
	put(t, s, "key", nil)
	if more := s.memory("VmRSS") - idle; more > 64<<20 {
		t.Errorf("they took %d MiB", more>>20)
	}
}

// Every answer of S3, errors too, has S3's own headers once each.
func TestHeadersOfS3(t *testing.T) {
	s := serve(t, t.TempDir())
	newAsker(t, s).bucket("attacked")
	put(t, s, "key", nil)
	for _, c := range []rawCall{
		{method: http.MethodGet, path: "/"},
		{method: http.MethodGet, path: "/attacked"},
		{method: http.MethodGet, path: "/attacked/key"},
		{method: http.MethodHead, path: "/attacked/key"},
		{method: http.MethodPut, path: "/attacked/other", body: []byte("x")},
		{method: http.MethodDelete, path: "/attacked/other"},
		{method: http.MethodGet, path: "/attacked/none"},
		{method: http.MethodGet, path: "/none"},
		{method: http.MethodGet, path: "/attacked", query: "policy="},
		{method: http.MethodPatch, path: "/attacked/key"},
		{method: http.MethodGet, path: "/attacked/key%00"},
	} {
		a := s.mustRaw(t, c)
		at := fmt.Sprintf("%s %s?%s (%d)", c.method, c.path, c.query, a.status)
		for _, name := range []string{"X-Amz-Request-Id", "X-Amz-Id-2", "Server", "Date"} {
			if values := a.header.Values(name); len(values) != 1 || values[0] == "" {
				t.Errorf("%s: %s is %q, want one", at, name, values)
			}
		}
		if server := a.header.Get("Server"); server != "AmazonS3" {
			t.Errorf("%s: the server is %q", at, server)
		}
		if a.status >= 500 && a.status != http.StatusNotImplemented || strings.Trim(a.code, "0123456789") == "" && a.code != "" {
			t.Errorf("%s: %s %s", at, a.code, a.body)
		}
	}
}

// Whoever signs nothing gets nothing out of S3, and takes nothing from it.
func TestStrangersOfS3(t *testing.T) {
	s := serve(t, t.TempDir())
	newAsker(t, s).bucket("attacked")
	put(t, s, "key", nil)
	idle := s.memory("VmRSS")
	var senders sync.WaitGroup
	for range 30 {
		senders.Go(func() { form(t.Context(), s) })
		senders.Go(func() {
			stranger(t.Context(), s, http.MethodPut, "/attacked/key", io.LimitReader(zeros{}, 69<<20), 69<<20)
		})
	}
	senders.Wait()
	if more := s.memory("VmHWM") - idle; more > allowance {
		t.Errorf("they took %d MiB", more>>20)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodOptions} {
		for _, path := range []string{"/", "/attacked", "/attacked/key", "/attacked/none", "/none/key", "/attacked?policy", "/attacked?uploads", "/attacked/key?uploadId=x"} {
			status := stranger(t.Context(), s, method, path, nil, 0)
			if status < 300 || status >= 500 {
				t.Errorf("%s %s without a signature: %d", method, path, status)
			}
		}
	}
	if out, err := s.s3().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("attacked"), Key: aws.String("key")}); err != nil {
		t.Error(err)
	} else if text := body(t, out); text != "x" {
		t.Errorf("the object is now %.20q", text)
	}
}

// stranger sends a request without a signature, and returns the status.
func stranger(ctx context.Context, s *server, method, path string, body io.Reader, size int64) int {
	r, err := http.NewRequestWithContext(ctx, method, s.endpoint+path, body)
	if err != nil {
		return 0
	}
	r.ContentLength = size
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// form sends a browser's form of 69 MB that nobody signed, its file first.
func form(ctx context.Context, s *server) {
	head := "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint+"/attacked", io.MultiReader(strings.NewReader(head), io.LimitReader(zeros{}, 69<<20), strings.NewReader("\r\n--b--\r\n")))
	if err != nil {
		return
	}
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	if answer, err := http.DefaultClient.Do(r); err == nil {
		_ = answer.Body.Close()
	}
}

// A body whose length is told twice, in two ways, is refused or read in one way:
// nothing behind it is taken for a request of its own.
func TestLengthIsToldTwice(t *testing.T) {
	s := serve(t, t.TempDir())
	newAsker(t, s).bucket("attacked")
	var dialer net.Dialer
	c, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.endpoint, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the server may hang up first
	fmt.Fprintf(c, "PUT /attacked/key HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /attacked HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	if answer.StatusCode < 400 || answer.StatusCode >= 500 {
		t.Errorf("it answers %d", answer.StatusCode)
	}
}
