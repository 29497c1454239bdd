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
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sillok/sillok/internal/api/glueapi"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/gateway"
	"github.com/sillok/sillok/internal/journal"
	"github.com/sillok/sillok/internal/service/glue"
	"github.com/sillok/sillok/internal/store/state"
)

// forgetful is a journal that keeps nothing: what the journal costs is the
// difference to it.
type forgetful struct{}

func (f forgetful) Begin(context.Context, cloud.Fact) (cloud.Intent, error) { return f, nil }

func (forgetful) End(context.Context, cloud.Fact) error      { return nil }
func (forgetful) EndLater(context.Context, cloud.Fact) error { return nil }
func (forgetful) Record(context.Context, cloud.Fact) error   { return nil }
func (forgetful) Note(context.Context, cloud.Fact) error     { return nil }

// keys has one key.
type keys struct{}

func (keys) Lookup(context.Context, string, string) (cloud.Key, error) {
	return cloud.Key{ID: keyID, Secret: secret, Principal: cloud.RootOf(account)}, nil
}

// BenchmarkGetTable measures Glue's GetTable from a signed request to its
// answer, by 32 clients for each processor, with the journal of calls and
// without: the processor's time is what both cost under load.
func BenchmarkGetTable(b *testing.B) {
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
	for _, bb := range []struct {
		name    string
		journal gateway.Journal
	}{{"no journal", forgetful{}}, {"journal", kept}} {
		b.Run(bb.name, func(b *testing.B) {
			g, err := gateway.New(gateway.Config{
				Log: slog.New(slog.DiscardHandler), Keys: keys{}, Journal: bb.journal,
				Authorize: func(context.Context, cloud.Access) error { return nil },
			}, gateway.Service{Model: glueapi.Service, Handler: glue.New(db, nil)})
			if err != nil {
				b.Fatal(err)
			}
			call(b, g, "CreateDatabase", `{"DatabaseInput":{"Name":"d"}}`)()
			call(b, g, "CreateTable", `{"DatabaseName":"d","TableInput":{"Name":"t","StorageDescriptor":{"Columns":[{"Name":"a","Type":"string"}]}}}`)()
			get := call(b, g, "GetTable", `{"DatabaseName":"d","Name":"t"}`)
			b.SetParallelism(32)
			before := processorTime(b)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if status := get(); status != http.StatusOK {
						b.Errorf("status %d", status)
					}
				}
			})
			b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/1000/float64(b.N), "cpu-µs/call")
		})
	}
}

// call returns a call of Glue's that is signed once and returns its status.
func call(b *testing.B, h http.Handler, operation, body string) func() int {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://127.0.0.1/", nil)
	r.Header.Set("X-Amz-Target", "AWSGlue."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.ContentLength = int64(len(body))
	sum := sha256.Sum256([]byte(body))
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(b.Context(), key, r, hex.EncodeToString(sum[:]), "glue", "us-east-1", time.Now()); err != nil {
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

// processorTime returns what the process has used of all processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
