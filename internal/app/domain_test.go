package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/app"
)

// A bucket may be named below the domains of the configuration, and below others
// the host says nothing of it.
func TestDomains(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.RootAccessKeyID, cfg.RootSecretAccessKey, cfg.RootAccountID = keyID, secret, account
	cfg.Domains = []string{"storage.example.org"}
	server, stop := run(t, cfg)
	defer stop()
	send(t, server, http.MethodPut, "/logs", nil, nil)
	send(t, server, http.MethodPut, "/logs/key", nil, []byte("content"))
	for host, want := range map[string]int{"logs.storage.example.org": http.StatusOK, "logs.example.org": http.StatusNotFound} {
		if status := getAs(t, server, host, "/key"); status != want {
			t.Errorf("%s: status %d, want %d", host, status, want)
		}
	}
}

// getAs asks for a path of that host, and returns the answer's status.
func getAs(t *testing.T, server *app.App, host, path string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.Endpoint()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	sum := sha256.Sum256(nil)
	digest := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", digest)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	if err := signer.SignHTTP(t.Context(), key, r, digest, "s3", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	return answer.StatusCode
}
