package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
	"github.com/sillok/sillok/internal/api/s3api"
	"github.com/sillok/sillok/internal/app"
)

var update = flag.Bool("update", false, "write docs/compat.md anew")

func TestCompatTableIsUpToDate(t *testing.T) {
	path, err := filepath.Abs(filepath.Join("..", "..", "docs", "compat.md"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := serve(t, t.TempDir()).Compat(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(committed), b.String()); diff != "" {
		t.Errorf("docs/compat.md is out of date (-committed +now); run make generate:\n%s", diff)
	}
}

// The gateway hands S3's requests on, so that what it answers is a list; here the
// list is held against what is answered.
func TestS3AnswersWhatCompatSays(t *testing.T) {
	server := serve(t, t.TempDir())
	var b bytes.Buffer
	if err := server.Compat(&b); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(b.String(), "\n## s3\n")
	_, text, _ = strings.Cut(text, "\nSupported: ")
	text, _, _ = strings.Cut(text, ".\n")
	supported := strings.Split(text, ", ")
	for _, op := range s3api.Service.Operations {
		if op.In == nil {
			continue // S3 Express and Object Lambda: known by name alone
		}
		r := callS3(t, server, op)
		if answered := r.status != http.StatusNotImplemented; answered != slices.Contains(supported, op.Name) {
			t.Errorf("%s: docs/compat.md says that it is supported: %t; but it answers %d\n%s", op.Name, !answered, r.status, r.body)
		}
	}
}

// callS3 sends a request that has what the operation's model requires, on a
// bucket of its own.
func callS3(t *testing.T, server *app.App, op api.Operation) response {
	t.Helper()
	bucket := "of-" + strings.ToLower(op.Name)
	if op.Name != "CreateBucket" {
		send(t, server, http.MethodPut, "/"+bucket, nil, nil)
		send(t, server, http.MethodPut, "/"+bucket+"/key", nil, nil)
	}
	target, err := url.Parse(strings.NewReplacer("{Bucket}", bucket, "{Key+}", "key").Replace(op.URI))
	if err != nil {
		t.Fatal(err)
	}
	query, header := target.Query(), http.Header{}
	for field := range reflect.TypeOf(op.In).Elem().Fields() {
		tag := strings.Split(field.Tag.Get("aws"), ",")
		if !slices.Contains(tag, "required") {
			continue
		}
		for _, part := range tag {
			switch where, name, _ := strings.Cut(part, "="); {
			case name == "x-amz-copy-source":
				header.Set(name, bucket+"/key")
			case where == "querystring":
				query.Set(name, "1")
			case where == "header":
				header.Set(name, "1")
			}
		}
	}
	target.RawQuery = query.Encode()
	return send(t, server, op.Method, target.String(), header, []byte("<X/>"))
}

// response is what a request got.
type response struct {
	status int
	body   []byte
}

// send sends a request to S3.
func send(t *testing.T, server *app.App, method, path string, header http.Header, body []byte) response {
	t.Helper()
	answer, err := http.DefaultClient.Do(signed(t, server, method, path, header, body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return response{answer.StatusCode, text}
}

// signed returns a request that S3 takes.
func signed(t *testing.T, server *app.App, method, path string, header http.Header, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, server.Endpoint()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", digest)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	if err := signer.SignHTTP(t.Context(), key, r, digest, "s3", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}
