//go:build linux

package conformance_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	smallObject = 4 << 10
	clients     = 8
	loadTime    = 3 * time.Second
	latencyRuns = 60
)

// server measures the server: its start, a statement's way, small objects.
func (b *bench) server() {
	b.t.Helper()
	s := serve(b.t, b.t.TempDir())
	a := newAsker(b.t, s)
	a.bucket("bench")
	a.put("bench", "flows/a.log", flowHeader+"\n"+strings.Repeat("2 111122223333 eni-1 192.0.2.1 192.0.2.2 443 51000 6 10 840 1772323200 1772323260 ACCEPT OK\n", 1000))
	a.do(strings.NewReplacer("NAME", "flows", "PLACE", "s3://bench/flows/").Replace(flowKind().ddl))
	b.line("## The server\n\n| | |\n|---|---|")
	for _, sql := range []string{"SELECT 1", "SELECT action, count(*) FROM flows GROUP BY 1"} {
		median, slow := b.latency(a, sql)
		b.line("| `%s`, from StartQueryExecution to the rows, median and 95th percentile | %.0f ms, %.0f ms |", sql, 1000*median.Seconds(), 1000*slow.Seconds())
	}
	var n atomic.Int64
	key := func(i int64) *string { return aws.String(fmt.Sprintf("small/%d", i)) }
	puts := b.load(func() error {
		_, err := a.s3.PutObject(b.t.Context(), &s3.PutObjectInput{Bucket: aws.String("bench"), Key: key(n.Add(1)), Body: bytes.NewReader(make([]byte, smallObject))})
		return err
	})
	b.line("| PutObject of 4 KB, synced to disk, %d clients | %.0f a second |", clients, puts)
	last := n.Load()
	gets := b.load(func() error {
		out, err := a.s3.GetObject(b.t.Context(), &s3.GetObjectInput{Bucket: aws.String("bench"), Key: key(1 + n.Add(1)%last)})
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, out.Body)
		_ = out.Body.Close()
		return err
	})
	b.line("| GetObject of 4 KB, %d clients | %.0f a second |", clients, gets)
	table := s.replay("glue", "AWSGlue.GetTable", `{"DatabaseName":"default","Name":"flows"}`)
	b.line("| GetTable, each call in the journal before its answer, %d clients | %.0f a second |", clients,
		b.load(func() error { return table.must(b.t.Context()) }))
	starts := make([]time.Duration, attempts)
	for i := range starts {
		s.killAndRestart()
		starts[i] = s.ready
	}
	b.line("| start on that data folder, after a kill, best of %d | %d ms |", attempts, slices.Min(starts).Milliseconds())
}

// latency runs a statement many times and returns the median and the 95th
// percentile of how long it took.
func (b *bench) latency(a *asker, sql string) (median, slow time.Duration) {
	b.t.Helper()
	took := make([]time.Duration, latencyRuns)
	for i := range took {
		began := time.Now()
		a.do(sql)
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*95/100]
}

// load calls call from some clients for a while and returns how often a second
// it came back.
func (b *bench) load(call func() error) float64 {
	b.t.Helper()
	began := time.Now()
	var calls atomic.Int64
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for time.Since(began) < loadTime {
				if err := call(); err != nil {
					b.t.Error(err)
					return
				}
				calls.Add(1)
			}
		})
	}
	group.Wait()
	return float64(calls.Load()) / time.Since(began).Seconds()
}
