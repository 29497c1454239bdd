package s3_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/service/s3"
	"github.com/sillok/sillok/internal/servicetest"
	"github.com/sillok/sillok/internal/store/objects"
)

var (
	serveFrom = flag.String("serve-from", "", "serve S3 from this folder until killed, and print the address")
	fileLimit = flag.Uint64("file-limit", 0, "with -serve-from: the largest file that may be written")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *serveFrom == "" {
		m.Run()
		return
	}
	if err := serveUntilKilled(*serveFrom, *fileLimit); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// keys is a fake of the access keys.
type keys map[string]cloud.Key

func (k keys) Lookup(_ context.Context, id string) (cloud.Key, error) {
	key, ok := k[id]
	if !ok {
		return cloud.Key{}, cloud.Errorf(cloud.NotFound, "NoSuchKey", "no such key")
	}
	return key, nil
}

func testKeys() keys {
	session := cloud.Principal{Type: cloud.AssumedRole, Account: "111122223333", ARN: "arn:aws:sts::111122223333:assumed-role/r/s"}
	return keys{
		"AKIAONE": {Secret: "secret one", Principal: cloud.RootOf("111122223333")},
		"AKIATWO": {Secret: "secret two", Principal: cloud.RootOf("444455556666")},
		"ASIAONE": {Secret: "secret three", SessionToken: "token", Principal: session},
	}
}

// fixture is a running service. One exists at a time in a process.
type fixture struct {
	service *s3.Service
	url     string
	log     *bytes.Buffer
	dir     string
}

func start(t *testing.T) fixture {
	t.Helper()
	return startIn(t, t.TempDir())
}

func startIn(t *testing.T, dir string) fixture {
	t.Helper()
	t.Chdir(dir) // and back again at the end
	var log bytes.Buffer
	cfg := s3.Config{
		Dir: filepath.Join(dir, "s3"), Versions: filepath.Join(dir, "s3-versions"),
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	}
	service, err := s3.Open(t.Context(), cfg, testKeys())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- service.Run(ctx) }()
	server := httptest.NewServer(service.Handler())
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := errors.Join(<-ran, service.Close(), service.Close()); err != nil {
			t.Error(err)
		}
	})
	return fixture{service, server.URL, &log, dir}
}

func (f fixture) client(region, key string, change ...func(*awss3.Options)) *awss3.Client {
	credential := testKeys()[key]
	return client(f.url, region, credentials.NewStaticCredentialsProvider(key, credential.Secret, credential.SessionToken), change...)
}

func client(url, region string, provider aws.CredentialsProvider, change ...func(*awss3.Options)) *awss3.Client {
	options := awss3.Options{
		BaseEndpoint: &url, UsePathStyle: true, Region: region, Credentials: provider,
		Retryer: aws.NopRetryer{},
	}
	return awss3.New(options, change...)
}

func bucket(t *testing.T, c *awss3.Client, name string) {
	t.Helper()
	if _, err := c.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, c *awss3.Client, bucket, key, content string) *awss3.PutObjectOutput {
	t.Helper()
	out, err := c.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(content)})
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return out
}

func get(t *testing.T, c *awss3.Client, in *awss3.GetObjectInput) string {
	t.Helper()
	out, err := c.GetObject(t.Context(), in)
	if err != nil {
		t.Fatalf("get %q: %v", *in.Key, err)
	}
	return read(t, out.Body)
}

func read(t *testing.T, body io.ReadCloser) string {
	t.Helper()
	content, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		t.Error(err)
	}
	return string(content)
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	servicetest.WantCode(t, fmt.Errorf("%s: %w", what, err), code)
}

func fetch(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func listKeys(t *testing.T, store objects.Store, bucket string) []string {
	t.Helper()
	var got []string
	for o, err := range store.List(t.Context(), bucket, "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Key)
	}
	return got
}

func second[T any](_ T, err error) error { return err }

func TestOpenNeedsAttributes(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := s3.Open(t.Context(), s3.Config{Dir: "/proc/self", Versions: "versions", Log: slog.New(slog.DiscardHandler)}, testKeys())
	if err == nil || !strings.Contains(err.Error(), "extended attribute") {
		t.Errorf("Open on a file system without attributes = %v, want an error that says so", err)
	}
}

func TestRequestsBeforeAndAfterRun(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	service, err := s3.Open(t.Context(), s3.Config{
		Dir: filepath.Join(dir, "s3"), Versions: filepath.Join(dir, "versions"), Log: slog.New(slog.DiscardHandler),
	}, testKeys())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
	})
	arrived := make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(arrived) })
		service.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c := client(server.URL, "us-east-1", credentials.NewStaticCredentialsProvider("AKIAONE", "secret one", ""))
	answered := make(chan error)
	go func() { answered <- second(c.ListBuckets(context.Background(), &awss3.ListBucketsInput{})) }()
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() { ran <- service.Run(ctx) }()
	if err := <-answered; err != nil {
		t.Errorf("a call before Run: %v", err)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	wantCode(t, "a call after Run", second(c.ListBuckets(t.Context(), &awss3.ListBucketsInput{})), "ServiceUnavailable")
}
