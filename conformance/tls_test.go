package conformance_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// onlyTLS is the policy of AWS's guides that keeps a bucket from being read in
// plain HTTP, by its owner too.
const onlyTLS = `{"Version":"2012-10-17","Statement":[{"Sid":"AllowSSLRequestsOnly","Effect":"Deny","Principal":"*","Action":"s3:*",
  "Resource":["arn:aws:s3:::vault","arn:aws:s3:::vault/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`

// The AWS CLI, boto3 and Go's SDK talk TLS to a server whose certificate they
// find in AWS_CA_BUNDLE, and to none that they do not; a policy tells that from
// plain HTTP.
func TestTLSWithAWSClients(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data, "--tls")
	if !strings.HasPrefix(s.endpoint, "https://127.0.0.1:") {
		t.Fatalf("the endpoint is %s", s.endpoint)
	}
	s.aws("s3", "mb", "s3://vault")
	s.aws("s3api", "put-bucket-policy", "--bucket", "vault", "--policy", onlyTLS)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("over TLS ", 2<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.aws("s3", "cp", file, "s3://vault/file") // in parts
	s.aws("s3", "cp", "s3://vault/file", file+"2")
	if same, err := exec.CommandContext(t.Context(), "cmp", file, file+"2").CombinedOutput(); err != nil {
		t.Errorf("%v %s", err, same)
	}
	if out := s.python("", filepath.Join("testdata", "tls", "boto.py")); out != "over TLS\nnot trusted\n" {
		t.Errorf("boto3 says %q", out)
	}
	pool := x509.NewCertPool()
	text, err := os.ReadFile(s.anchor())
	if err != nil || !pool.AppendCertsFromPEM(text) {
		t.Fatalf("%s: %v", s.anchor(), err)
	}
	cfg := s.config()
	port := s.endpoint[strings.LastIndexByte(s.endpoint, ':'):]
	cfg.HTTPClient = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) { // whatever the name of the host
			return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1"+port)
		},
	}}
	if _, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil); err != nil {
		t.Errorf("Go's SDK: %v", err)
	}
	// A bucket in the host's name, which the certificate has.
	cfg.BaseEndpoint = aws.String("https://s3.localhost" + port)
	if _, err := s3.NewFromConfig(cfg).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("vault"), Key: aws.String("file")}); err != nil {
		t.Errorf("the bucket in the host: %v", err)
	}
	s.kill()

	plain := serve(t, data)
	if out, err := plain.tryAWS("s3", "cp", "s3://vault/file", "-"); err == nil || !strings.Contains(out, "403") {
		t.Errorf("plain HTTP reads what TLS alone may: %.200s", out)
	}
	report(t, "TLS", "the AWS CLI, boto3 and Go's SDK over a certificate made at the first start, by AWS_CA_BUNDLE alone; aws:SecureTransport tells it from plain HTTP")
}

// Terraform and Java trust the same file.
func TestTLSWithTerraformAndJava(t *testing.T) {
	if testing.Short() {
		t.Skip("long: make conformance runs it")
	}
	s := serve(t, t.TempDir(), "--tls")
	java, err := exec.LookPath("java")
	if err != nil {
		notRun(t, "TLS with Java", "java is missing")
	}
	ask := exec.CommandContext(context.Background(), java, filepath.Join("testdata", "tls", "Ask.java"), s.anchor(), s.endpoint+"/_sillok/health")
	if out, err := ask.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "HTTP_2 200" {
		t.Errorf("Java: %v\n%s", err, out)
	}
	for _, file := range []string{"bucket.tf", "identity.tf", "key.tf", "parameter.tf"} {
		tf := newTerraform(t, s, file)
		tf.run("apply", "-auto-approve", "-var=value=one")
		tf.unchanged("-var=value=one")
		tf.run("destroy", "-auto-approve", "-var=value=one")
	}
	report(t, "TLS with Terraform and Java", "buckets, identities, keys and parameters: apply, plan without changes, destroy, by AWS_CA_BUNDLE; Java by the same file")
}
