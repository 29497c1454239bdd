//go:build unix

package app_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sillok/sillok/internal/gateway"
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
	h := openSignedHouse(b)
	open := func(to gateway.Journal) *sdk { return dial(b, h.gateway(b, to), h.key) }
	on, off := open(h.journal), open(forgetful{})
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
