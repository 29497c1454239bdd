package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/wire/sigv4"
)

const (
	testKey     = "AKIASILLOKTEST000001"
	testSecret  = "test/secret+of/no+account"
	testAccount = "111122223333"
)

// keys is a set of credentials in memory.
type keys map[string]sigv4.Key

func (k keys) Lookup(_ context.Context, id string) (sigv4.Key, error) {
	key, ok := k[id]
	if !ok {
		return sigv4.Key{}, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "no key %s", id)
	}
	return key, nil
}

func testKeys() keys {
	return keys{testKey: {
		ID: testKey, Secret: testSecret, Account: testAccount,
		PrincipalARN: "arn:aws:iam::" + testAccount + ":root", PrincipalID: testAccount,
	}}
}

// at is the time by which all tests sign and verify.
func at() time.Time { return time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC) }

// newGateway returns a gateway over services whose S3 answers the operation's
// name, and the log that it writes.
func newGateway(t *testing.T, services ...gateway.Service) (*gateway.Gateway, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s3 := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, cloud.CallOf(r.Context()).Operation)
	})
	g, err := gateway.New(gateway.Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: at}, testKeys(), s3, services...)
	if err != nil {
		t.Fatal(err)
	}
	return g, &log
}

// sign signs a request as the SDK does.
func sign(t *testing.T, r *http.Request, body []byte, service, region string) {
	t.Helper()
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	creds := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}
	err := v4.NewSigner().SignHTTP(t.Context(), creds, r, hash, service, region, at(), func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = service == "s3"
	})
	if err != nil {
		t.Fatal(err)
	}
}

// serve returns the gateway's answer to a request.
func serve(g *gateway.Gateway, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
