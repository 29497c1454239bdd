package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
)

const (
	testKey     = "AKIASILLOKTEST000001"
	testSecret  = "test/secret+of/no+account"
	testAccount = "111122223333"
)

// keys is a set of credentials in memory.
type keys map[string]cloud.Key

func (k keys) Lookup(_ context.Context, id, _ string) (cloud.Key, error) {
	key, ok := k[id]
	if !ok {
		return cloud.Key{}, cloud.Errorf(cloud.NotFound, "NoSuchEntity", "no key %s", id)
	}
	return key, nil
}

func testKeys() keys {
	return keys{testKey: {ID: testKey, Secret: testSecret, Principal: cloud.RootOf(testAccount)}}
}

// ledger is a journal in memory.
type ledger struct {
	mu    sync.Mutex
	facts []cloud.Fact // in the order of writing
	noted int
	full  error // why nothing can be written; nil while it can
	stuck error // why no end can be written
}

func (l *ledger) write(fact cloud.Fact) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full == nil {
		l.facts = append(l.facts, fact)
	}
	return l.full
}

func (l *ledger) Begin(_ context.Context, fact cloud.Fact) (cloud.Intent, error) {
	return intent{l}, l.write(fact)
}

type intent struct{ ledger *ledger }

func (i intent) End(_ context.Context, fact cloud.Fact) error {
	if i.ledger.stuck != nil {
		return i.ledger.stuck
	}
	return i.ledger.write(fact)
}

func (i intent) EndLater(ctx context.Context, fact cloud.Fact) error {
	i.ledger.noted++
	return i.End(ctx, fact)
}

func (l *ledger) Record(_ context.Context, fact cloud.Fact) error { return l.write(fact) }

func (l *ledger) Note(_ context.Context, fact cloud.Fact) error {
	l.noted++
	return l.write(fact)
}

// lines says each fact in a line, as far as a test knows it beforehand.
func (l *ledger) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, f := range l.facts {
		line := fmt.Sprintf("%s %s %s:%s %s", f.Outcome, f.Call.Principal.Type, f.Call.Service, f.Call.Operation, f.Code)
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// allowed lets everyone who has a key do everything.
func allowed(_ context.Context, a cloud.Access) error {
	if a.Call.Principal.Type == cloud.Anonymous {
		return cloud.Errorf(cloud.Denied, "AccessDenied", "Access Denied")
	}
	return nil
}

func config(journal gateway.Journal) gateway.Config {
	return gateway.Config{Log: slog.New(slog.DiscardHandler), Keys: testKeys(), Authorize: allowed, Journal: journal}
}

// newGateway returns a gateway over services, and the log that it writes.
func newGateway(t *testing.T, services ...gateway.Service) (*gateway.Gateway, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	cfg := config(&ledger{})
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	return open(t, cfg, services...), &log
}

func open(t *testing.T, cfg gateway.Config, services ...gateway.Service) *gateway.Gateway {
	t.Helper()
	g, err := gateway.New(cfg, services...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// sign signs a request as the SDK does.
func sign(t *testing.T, r *http.Request, body []byte, service, region string) {
	t.Helper()
	signAs(t, r, body, testKey, service, region)
}

// signAs signs with a key whose secret is the same.
func signAs(t *testing.T, r *http.Request, body []byte, key, service, region string) {
	t.Helper()
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	creds := aws.Credentials{AccessKeyID: key, SecretAccessKey: testSecret}
	err := v4.NewSigner().SignHTTP(t.Context(), creds, r, hash, service, region, time.Now(), func(o *v4.SignerOptions) {
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
