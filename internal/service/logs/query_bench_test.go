package logs_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
	"github.com/sillok/sillok/internal/store/state"
)

// benchLine makes a line of about 1 KB: JSON as services write it.
func benchLine(r *rand.Rand, at int64) string {
	of := func(values ...string) string { return values[r.IntN(len(values))] }
	return fmt.Sprintf(`{"time":%d,"level":"%s","service":"%s","request_id":"%016x%016x","client":"10.%d.%d.%d","method":"%s","path":"/api/v1/%s/%d","status":%d,`+
		`"took_ms":%d.%03d,"bytes":%d,"user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",`+
		`"host":"ip-10-0-%d-%d.ap-northeast-2.compute.internal","message":"handled the request of %s for %s after %d attempts, cache %s, session %016x",`+
		`"labels":{"app":"%s","version":"v1.%d.%d","zone":"ap-northeast-2%c","pod":"%s-%08x-%05x"},"pad":"%s"}`,
		at, of("INFO", "INFO", "INFO", "WARN", "ERROR", "DEBUG"), of("checkout", "catalog", "payments", "search", "identity"), r.Uint64(), r.Uint64(),
		r.IntN(256), r.IntN(256), r.IntN(256), of("GET", "GET", "GET", "POST", "PUT"), of("orders", "items", "users", "carts"), r.IntN(1e6),
		[]int{200, 200, 200, 201, 304, 400, 404, 500}[r.IntN(8)], r.IntN(900), r.IntN(1000), r.IntN(1e5), 100+r.IntN(40), r.IntN(256), r.IntN(256),
		of("alice", "bob", "carol", "dave"), of("an order", "an item", "a cart"), r.IntN(4), of("hit", "miss"), r.Uint64(),
		of("web", "api"), r.IntN(30), r.IntN(90), 'a'+rune(r.IntN(3)), of("web", "api"), r.Uint32(), r.IntN(1<<20),
		strings.Repeat("the quick brown fox jumps over the lazy dog and goes home ", 5)[:200+r.IntN(60)])
}

// processorTime is what the process has used of processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchNeedle = "5eed0f0ddba11ad5"

// BenchmarkQueries asks what SILLOK_QUERY_DIR keeps from one run to the next, so large as
// SILLOK_LOG_MB says, through StartQuery and GetQueryResults.
func BenchmarkQueries(b *testing.B) {
	dir := os.Getenv("SILLOK_QUERY_DIR") //nolint:forbidigo // where a benchmark keeps what it made
	if dir == "" {
		dir = b.TempDir()
	}
	megabytes, err := strconv.Atoi(os.Getenv("SILLOK_LOG_MB")) //nolint:forbidigo // how large a benchmark is
	if err != nil {
		megabytes = 64
	}
	_, missing := os.Stat(dir + "/sealed")
	store, err := state.Open(b.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	d := opened(b, store, dir)
	b.Cleanup(d.runs())
	if missing != nil {
		d.group("g", "s0", "s1", "s2", "s3")
		r := rand.New(rand.NewPCG(3, 4))
		at := time.Now().UnixMilli() - int64(megabytes)*1000
		for mb := range megabytes {
			in := &logsapi.PutLogEventsInput{LogGroupName: new("g"), LogStreamName: new(fmt.Sprint("s", mb%4))}
			for range 970 {
				line := benchLine(r, at)
				if mb == megabytes/2 && len(in.LogEvents) == 500 {
					line = `{"request_id":"` + benchNeedle + `"}`
				}
				at++
				in.LogEvents = append(in.LogEvents, logsapi.InputLogEvent{Timestamp: new(at), Message: &line})
			}
			for {
				if _, err := d.PutLogEvents(d.ctx, in); err == nil {
					break
				}
			}
		}
	}
	var peak atomic.Uint64
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.Sys-m.HeapReleased))
			}
		}
	}()
	defer close(stop)
	for _, q := range []struct{ name, text string }{
		{"Needle", `filter @message like "` + benchNeedle + `"`},
		{"NeedleByField", `filter request_id = "` + benchNeedle + `"`},
		{"Regex", `filter @message like /"took_ms":29\d\.9/ | stats count(*)`},
		{"RegexWithoutText", `filter @message like /[0-9a-f]{5}abc[0-9a-f]{5}/ | stats count(*)`},
		{"Percentile", `stats pct(took_ms, 95) by service`},
		{"CountByBin", `stats count(*) by bin(1m)`},
		{"Errors", `filter level = "ERROR" and status = 500 | stats count(*) by service`},
		{"Newest", `fields @timestamp, @message | limit 100`},
		{"Slowest", `fields @timestamp, took_ms | sort took_ms desc | limit 20`},
		{"Pattern", `pattern message | limit 10`},
	} {
		b.Run(q.name, func(b *testing.B) {
			peak.Store(0)
			scanned, before := 0.0, processorTime(b)
			for b.Loop() {
				in := logsapi.StartQueryInput{LogGroupName: new("g"), StartTime: new(int64(0)), EndTime: new(time.Now().Unix() + 1), QueryString: &q.text}
				out := d.results(d.queried(in))
				if *out.Status != "Complete" {
					b.Fatal(*out.Status)
				}
				scanned = *out.Statistics.BytesScanned
			}
			b.ReportMetric(float64((processorTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
			b.ReportMetric(scanned/1e6, "MB-read")
			b.ReportMetric(float64(peak.Load())/1e6, "MB-of-memory")
		})
	}
}
