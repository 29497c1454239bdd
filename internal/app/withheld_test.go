package app_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/app"
)

// Whoever guesses at the server's own pages is counted with those who guess at
// AWS's services, and whoever has the key is answered all the while.
func TestGuessesAtOurOwnPagesAreWithheld(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.RootAccessKeyID, cfg.RootSecretAccessKey, cfg.RootAccountID = keyID, secret, account
	server, stop := run(t, cfg)
	defer stop()
	ask := func(secret string) string {
		t.Helper()
		question := server.Endpoint() + app.ExplainPath + "?principal=anonymous&action=s3%3AGetObject"
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, question, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
		const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		if err := v4.NewSigner().SignHTTP(t.Context(), key, r, nothing, app.ExplainService, "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if said := ask("guess"); !strings.Contains(said, "InvalidSignatureException") {
		t.Errorf("the first guess is told %s", said)
	}
	withheld := false
	for range 200 { // one a second is answered as it is
		withheld = withheld || strings.Contains(ask("guess"), "ThrottlingException")
	}
	if !withheld {
		t.Error("every guess is answered")
	}
	if answer := send(t, server, http.MethodGet, "/", nil, nil); answer.status != http.StatusOK {
		t.Errorf("who has the key is told %d %s", answer.status, answer.body)
	}
	if said := ask(secret); !strings.Contains(said, "implicitDeny") {
		t.Errorf("and of a decision %s", said)
	}
}
