//go:build unix

package app_test

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

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

const (
	recordClients = 128
	recordRound   = 4096 // calls in a row, before it is the other's turn
)

// BenchmarkRecording measures what recording adds to a read over HTTP: signed calls
// of GetCallerIdentity by the key of a user from 128 clients, in turns to a server
// that records them and to one that does not. Clients and servers share the
// machine. The ratios are medians, of what as many calls took of time and of
// processors.
func BenchmarkRecording(b *testing.B) {
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
	identities := iam.New(db, sealer)
	sessions := sts.New(sts.Config{}, sealer, people{identities})
	ctx := cloud.WithCall(b.Context(), cloud.Call{Account: account, Principal: cloud.RootOf(account)})
	if _, err := identities.CreateUser(ctx, &iamapi.CreateUserInput{UserName: new("ann")}); err != nil {
		b.Fatal(err)
	}
	made, err := identities.CreateAccessKey(ctx, &iamapi.CreateAccessKeyInput{UserName: new("ann")})
	if err != nil {
		b.Fatal(err)
	}
	key := aws.Credentials{AccessKeyID: *made.AccessKey.AccessKeyId, SecretAccessKey: *made.AccessKey.SecretAccessKey}
	open := func(to gateway.Journal) *sdk {
		g, err := gateway.New(gateway.Config{
			Log: slog.New(slog.DiscardHandler), Keys: sessions, Journal: to, Authorize: access.New(access.Config{Identities: identities}).Authorize,
		}, gateway.Service{Model: stsapi.Service, Handler: sessions})
		if err != nil {
			b.Fatal(err)
		}
		return dial(b, g, key)
	}
	on, off := open(kept), open(forgetful{})
	on.round(b, recordRound)
	off.round(b, recordRound)
	var times, processors, rates, costs []float64
	b.ResetTimer()
	for b.Loop() {
		var took, used [2]time.Duration
		for _, i := range rand.Perm(2) { // who is first, profits
			before := processorTime(b)
			took[i] = []*sdk{off, on}[i].round(b, recordRound)
			used[i] = processorTime(b) - before
		}
		times = append(times, float64(took[1])/float64(took[0]))
		processors = append(processors, float64(used[1])/float64(used[0]))
		rates = append(rates, recordRound/took[1].Seconds())
		costs = append(costs, float64((used[1]-used[0]).Nanoseconds())/1000/recordRound)
	}
	b.ReportMetric(median(rates), "recorded/s")
	b.ReportMetric(median(times), "time-ratio")
	b.ReportMetric(median(processors), "cpu-ratio")
	b.ReportMetric(median(costs), "cpu-µs/record")
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// sdk is AWS's own client of a server.
type sdk struct{ client *awssts.Client }

func dial(b *testing.B, h http.Handler, key aws.Credentials) *sdk {
	b.Helper()
	server := httptest.NewServer(h)
	b.Cleanup(server.Close)
	return &sdk{awssts.New(awssts.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", Credentials: credentials.StaticCredentialsProvider{Value: key},
		HTTPClient: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: recordClients}},
	})}
}

// round makes so many calls and returns how long they took.
func (c *sdk) round(b *testing.B, calls int) time.Duration {
	b.Helper()
	began := time.Now()
	var group sync.WaitGroup
	errs := make([]error, recordClients)
	for i := range recordClients {
		group.Go(func() {
			for range calls / recordClients {
				_, err := c.client.GetCallerIdentity(b.Context(), &awssts.GetCallerIdentityInput{})
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
