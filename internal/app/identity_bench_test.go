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

// BenchmarkGetCallerIdentity measures signed calls of GetCallerIdentity from request to
// answer, recorded in the journal, by 32 clients for each processor: by the key of a
// user, and by a session of it.
func BenchmarkGetCallerIdentity(b *testing.B) {
	dir := b.TempDir()
	kept, err := journal.Open(b.Context(), journal.Config{Dir: filepath.Join(dir, "calls"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer kept.Close() //nolint:errcheck // the benchmark is over
	db, err := state.Open(b.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // the same
	sealer, err := seal.Open(b.Context(), seal.Config{Text: strings.Repeat("01", 32)})
	if err != nil {
		b.Fatal(err)
	}
	identities := iam.New(db, sealer, nil)
	sessions := sts.New(sts.Config{}, sealer, people{identities})
	g, err := gateway.New(gateway.Config{
		Log: slog.New(slog.DiscardHandler), Keys: sessions, Journal: kept, Authorize: access.New(access.Config{Identities: identities}).Authorize,
	}, gateway.Service{Model: stsapi.Service, Handler: sessions})
	if err != nil {
		b.Fatal(err)
	}
	ctx := cloud.WithCall(b.Context(), cloud.Call{Account: account, Principal: cloud.RootOf(account)})
	if _, err := identities.CreateUser(ctx, &iamapi.CreateUserInput{UserName: new("ann")}); err != nil {
		b.Fatal(err)
	}
	made, err := identities.CreateAccessKey(ctx, &iamapi.CreateAccessKeyInput{UserName: new("ann")})
	if err != nil {
		b.Fatal(err)
	}
	known, err := sessions.Lookup(ctx, *made.AccessKey.AccessKeyId, "")
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
