package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
)

// told is an S3 that answers what it was asked for.
type told struct{}

func (told) GetObject(_ context.Context, in *s3api.GetObjectInput) (*s3api.GetObjectOutput, error) {
	text := fmt.Sprintf("%s of %s", *in.Key, *in.Bucket)
	return &s3api.GetObjectOutput{Body: io.NopCloser(strings.NewReader(text)), ContentLength: new(int64(len(text)))}, nil
}

func (told) ListObjects(context.Context, *s3api.ListObjectsInput) (*s3api.ListObjectsOutput, error) {
	return nil, nil
}

func (told) ListBuckets(context.Context, *s3api.ListBucketsInput) (*s3api.ListBucketsOutput, error) {
	return nil, nil
}

// asked says what the journal has of a call to S3: the operation, the bucket, the
// key.
func asked(t *testing.T, fact cloud.Fact) string {
	t.Helper()
	var in struct {
		Bucket string `json:"bucketName"`
		Key    string `json:"key"`
	}
	if fact.Parameters != nil {
		if err := json.Unmarshal(fact.Parameters, &in); err != nil {
			t.Fatal(err)
		}
	}
	return strings.TrimSpace(fact.Call.Operation + " " + in.Bucket + " " + in.Key + " " + fact.Code)
}

func TestBucketsAreInTheHostOrThePath(t *testing.T) {
	long := strings.Repeat("k", 1100)
	for _, tt := range []struct{ host, target, want string }{
		{"127.0.0.1:4566", "/logs/a/b", "GetObject logs a/b"},
		{"[::1]:4566", "/logs/a", "GetObject logs a"},
		{"localhost:4566", "/logs/a", "GetObject logs a"},
		{"sillok.internal", "/logs/a", "GetObject logs a"},
		{"s3.amazonaws.com", "/logs/a", "GetObject logs a"},
		{"s3.eu-west-1.amazonaws.com", "/logs/a", "GetObject logs a"},
		{"s3-eu-west-1.amazonaws.com", "/logs/a", "GetObject logs a"},
		{"s3.localhost.localstack.cloud:4566", "/logs/a", "GetObject logs a"},
		{"storage.example.org", "/logs/a", "GetObject logs a"},
		{"logs.s3.amazonaws.com", "/a/b", "GetObject logs a/b"},
		{"logs.s3.amazonaws.com", "/other/b", "GetObject logs other/b"},
		{"logs.s3.amazonaws.com", "/", "ListObjects logs"},
		{"LOGS.s3.Amazonaws.com", "/a", "GetObject logs a"},
		{"logs.s3.eu-west-1.amazonaws.com:443", "/a", "GetObject logs a"},
		{"logs.s3-eu-west-1.amazonaws.com", "/a", "GetObject logs a"},
		{"logs.s3.dualstack.us-gov-west-1.amazonaws.com", "/a", "GetObject logs a"},
		{"logs.s3-accelerate.amazonaws.com", "/a", "GetObject logs a"},
		{"my.s3.logs.s3.us-east-1.amazonaws.com", "/a", "GetObject my.s3.logs a"},
		{"logs.localhost:4566", "/a", "GetObject logs a"},
		{"s3-logs.localhost", "/a", "GetObject s3-logs a"},
		{"logs.s3.localhost", "/a", "GetObject logs a"},
		{"logs.s3.us-east-1.localhost.localstack.cloud:4566", "/a", "GetObject logs a"},
		{"my.logs.storage.example.org", "/a", "GetObject my.logs a"},
		{"logs.s3.storage.example.org", "/a", "GetObject logs.s3 a"},
		{"lo%67s.localhost", "/logs/a", "GetObject logs a"},

		{"localhost", "/", "ListBuckets"},
		{"localhost", "/logs", "ListObjects logs"},
		{"localhost", "/logs/", "ListObjects logs"},
		{"localhost", "/logs//", "GetObject logs /"},
		{"localhost", "/logs//a", "GetObject logs /a"},
		{"localhost", "/logs/a/", "GetObject logs a/"},
		{"localhost", "/logs/a//b", "GetObject logs a//b"},
		{"localhost", "/logs/./../b", "GetObject logs ./../b"},
		{"localhost", "/logs/..", "GetObject logs .."},
		{"localhost", "/logs/a%2Fb", "GetObject logs a/b"},
		{"localhost", "/logs/a%00b", "GetObject logs a\x00b"},
		{"localhost", "/logs/a+b%20c", "GetObject logs a+b c"},
		{"localhost", "/logs/%EC%8B%A4%EB%A1%9D", "GetObject logs 실록"},
		{"localhost", "/logs/" + long, "GetObject logs " + long},
		{"localhost", "/a%2Fb/c", "GetObject a/b c"},
		{"localhost", "/logs/%FF", " InvalidURI"},
		{"logs.localhost", "//", "GetObject logs /"},
		{"logs.localhost", "//a/", "GetObject logs /a/"},
	} {
		journal := &ledger{}
		cfg := config(journal)
		cfg.Domains = []string{"example.org", "storage.example.org"}
		g := open(t, cfg, gateway.Service{Model: s3api.Service, Handler: told{}})
		r := request{method: http.MethodGet, target: tt.target}.http(t)
		r.Host = tt.host
		sign(t, r, nil, "s3", "us-east-1")
		w := serve(g, r)
		if got := asked(t, journal.facts[0]); got != strings.TrimSpace(tt.want) {
			t.Errorf("%s%s: %s, want %s: %d %s", tt.host, tt.target, got, tt.want, w.Code, w.Body)
		}
	}
}

func TestS3ControlIsNoBucket(t *testing.T) {
	for name, q := range map[string]request{
		"a path":   {service: "s3", method: http.MethodGet, target: "/v20180820/bucket/logs"},
		"a header": {service: "s3", method: http.MethodGet, target: "/logs/key", header: map[string]string{"X-Amz-Account-Id": testAccount}},
	} {
		if w := serve(overS3(t, &ledger{}, told{}), q.signed(t)); w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "S3 Control") {
			t.Errorf("%s: answered %d %s", name, w.Code, w.Body)
		}
	}
}

// What the server says of itself is at no bucket's host.
func TestLocalPathsAreNoKeysOfBucketsInHosts(t *testing.T) {
	cfg := config(&ledger{})
	cfg.Local = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	g := open(t, cfg, gateway.Service{Model: s3api.Service, Handler: told{}})
	for host, want := range map[string]int{"localhost:4566": http.StatusTeapot, "logs.localhost:4566": http.StatusOK} {
		r := request{method: http.MethodGet, target: "/_sillok/health"}.http(t)
		r.Host = host
		sign(t, r, nil, "s3", "us-east-1")
		if w := serve(g, r); w.Code != want {
			t.Errorf("%s: answered %d %s", host, w.Code, w.Body)
		}
	}
}

func TestWrongMethodsAreNamed(t *testing.T) {
	for target, want := range map[string]string{"/": "SERVICE", "/logs": "BUCKET", "/logs/key": "OBJECT"} {
		w := serve(overS3(t, &ledger{}, told{}), object(t, http.MethodPatch, target))
		if w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Body.String(), "<Method>PATCH</Method><ResourceType>"+want+"</ResourceType>") {
			t.Errorf("%s: answered %d %s", target, w.Code, w.Body)
		}
	}
}

// One bucket is asked for, and it is one that the host or the path names.
func FuzzAddress(f *testing.F) {
	f.Add("logs.s3.amazonaws.com", "key")
	f.Add("a..s3-website-eu-west-1.example.org", "/../%2e%2e")
	f.Add("[::1]:x", "%")
	f.Add("s3.s3.localhost.", "logs/%00")
	journal := &ledger{}
	g, err := gateway.New(config(journal), gateway.Service{Model: s3api.Service, Handler: told{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, host, path string) {
		journal.facts = nil
		path = "/" + path
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/", nil)
		r.Host, r.URL.Path = host, path
		sign(t, r, nil, "s3", "us-east-1")
		w := serve(g, r)
		if w.Code >= http.StatusInternalServerError && w.Code != http.StatusNotImplemented {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		var in struct {
			Bucket string `json:"bucketName"`
		}
		if fact := journal.facts[0]; fact.Parameters != nil && json.Unmarshal(fact.Parameters, &in) == nil && in.Bucket != "" {
			if !strings.HasPrefix(path, "/"+in.Bucket) && !strings.HasPrefix(strings.ToLower(host), in.Bucket+".") {
				t.Errorf("host %q and path %q are of the bucket %q", host, path, in.Bucket)
			}
		}
	})
}

func TestRequestsAreNamedAsS3Does(t *testing.T) {
	journal := &ledger{}
	w := serve(overS3(t, journal, told{}), object(t, http.MethodGet, "/logs/key"))
	id := journal.facts[0].Call.RequestID
	want := http.Header{
		"Content-Length": {"11"}, "Content-Type": {"application/octet-stream"}, "Server": {"AmazonS3"},
		"X-Amz-Id-2": w.Header()["X-Amz-Id-2"], "X-Amz-Request-Id": {id},
	}
	if diff := cmp.Diff(want, w.Header()); diff != "" || len(id) != 16 || w.Header().Get("X-Amz-Id-2") == "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}
