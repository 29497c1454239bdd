//go:build unix

package app_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/access"
	"github.com/sillok/sillok/internal/api/iamapi"
	"github.com/sillok/sillok/internal/api/stsapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/kit/seal"
	"github.com/sillok/sillok/internal/service/iam"
	"github.com/sillok/sillok/internal/service/sts"
	"github.com/sillok/sillok/internal/store/state"
)

// people are the identities of the benchmark.
type people struct{ *iam.Service }

func (p people) AssumableRole(ctx context.Context, arn string) (sts.Role, error) {
	role, err := p.Service.AssumableRole(ctx, arn)
	return sts.Role(role), err
}

// signedHouse is what a signed call to STS goes through, with a user whose key signs.
type signedHouse struct {
	journal    *journal.Journal
	identities *iam.Service
	sessions   *sts.Service
	ctx        context.Context //nolint:containedctx // of the account's root user
	key        aws.Credentials
}

func openSignedHouse(b *testing.B) *signedHouse {
	b.Helper()
	dir := b.TempDir()
	kept, err := journal.Open(b.Context(), journal.Config{Dir: filepath.Join(dir, "calls"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = kept.Close() }) // the benchmark is over
	db, err := state.Open(b.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() }) // the same
	sealer, err := seal.Open(b.Context(), seal.Config{Text: strings.Repeat("01", 32)})
	if err != nil {
		b.Fatal(err)
	}
	h := &signedHouse{journal: kept, identities: iam.New(db, sealer, nil)}
	h.sessions = sts.New(sts.Config{}, sealer, people{h.identities})
	h.ctx = cloud.WithCall(b.Context(), cloud.Call{Account: account, Principal: cloud.RootOf(account)})
	if _, err := h.identities.CreateUser(h.ctx, &iamapi.CreateUserInput{UserName: new("ann")}); err != nil {
		b.Fatal(err)
	}
	made, err := h.identities.CreateAccessKey(h.ctx, &iamapi.CreateAccessKeyInput{UserName: new("ann")})
	if err != nil {
		b.Fatal(err)
	}
	h.key = aws.Credentials{AccessKeyID: *made.AccessKey.AccessKeyId, SecretAccessKey: *made.AccessKey.SecretAccessKey}
	return h
}

// gateway returns a gateway to STS that records calls there.
func (h *signedHouse) gateway(b *testing.B, to gateway.Journal) *gateway.Gateway {
	b.Helper()
	g, err := gateway.New(gateway.Config{
		Log: slog.New(slog.DiscardHandler), Keys: h.sessions, Journal: to, Authorize: access.New(access.Config{Identities: h.identities}).Authorize,
	}, gateway.Service{Model: stsapi.Service, Handler: h.sessions})
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// BenchmarkGetCallerIdentity measures signed calls of GetCallerIdentity from request to
// answer, recorded in the journal, by 32 clients for each processor: by the key of a
// user, and by a session of it.
func BenchmarkGetCallerIdentity(b *testing.B) {
	h := openSignedHouse(b)
	g, ctx, sessions := h.gateway(b, h.journal), h.ctx, h.sessions
	known, err := sessions.Lookup(ctx, h.key.AccessKeyID, "")
	if err != nil {
		b.Fatal(err)
	}
	opened, err := sessions.GetSessionToken(cloud.WithCall(ctx, cloud.Call{Account: account, Principal: known.Principal}), &stsapi.GetSessionTokenInput{})
	if err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name string
		key  aws.Credentials
	}{
		{"user", aws.Credentials{AccessKeyID: known.ID, SecretAccessKey: known.Secret}},
		{"session", aws.Credentials{
			AccessKeyID: *opened.Credentials.AccessKeyId, SecretAccessKey: *opened.Credentials.SecretAccessKey, SessionToken: *opened.Credentials.SessionToken,
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			get := whoAmI(b, g, bb.key)
			b.SetParallelism(32)
			began := time.Now()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if status := get(); status != http.StatusOK {
						b.Errorf("status %d", status)
					}
				}
			})
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "calls/s")
		})
	}
}

// whoAmI returns a call of GetCallerIdentity that is signed once and returns its status.
func whoAmI(b *testing.B, h http.Handler, key aws.Credentials) func() int {
	b.Helper()
	const body = "Action=GetCallerIdentity&Version=2011-06-15"
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://127.0.0.1/", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.ContentLength = int64(len(body))
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(b.Context(), key, r, hex.EncodeToString(sum[:]), "sts", "us-east-1", time.Now()); err != nil {
		b.Fatal(err)
	}
	return func() int {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(strings.NewReader(body))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, again)
		return w.Code
	}
}
