package events_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/logs/events"
)

// synthetic makes log lines of about 1 KB: JSON as services write it.
type synthetic struct{ *rand.Rand }

func (r synthetic) line(at int64) string {
	return fmt.Sprintf(`{"time":%d,"level":"%s","service":"%s","request_id":"%016x%016x","trace":"1-%08x-%024x","client":"10.%d.%d.%d","method":"%s",`+
		`"path":"/api/v1/%s/%d","status":%d,"took_ms":%d.%03d,"bytes":%d,"user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",`+
		`"host":"ip-10-0-%d-%d.ap-northeast-2.compute.internal","message":"handled the request of %s for %s after %d attempts, cache %s, session %016x, and told %d listeners of it",`+
		`"labels":{"app":"%s","version":"v1.%d.%d","zone":"ap-northeast-2%c","pod":"%s-%08x-%05x"},"pad":"%s"}`,
		at, r.of("INFO", "INFO", "INFO", "WARN", "ERROR", "DEBUG"), r.of("checkout", "catalog", "payments", "search", "identity"), r.Uint64(), r.Uint64(), at/1000, r.Uint64(),
		r.IntN(256), r.IntN(256), r.IntN(256), r.of("GET", "GET", "GET", "POST", "PUT", "DELETE"), r.of("orders", "items", "users", "carts"), r.IntN(1e6),
		[]int{200, 200, 200, 201, 304, 400, 404, 500}[r.IntN(8)], r.IntN(900), r.IntN(1000), r.IntN(1e5), 100+r.IntN(40), r.IntN(256), r.IntN(256),
		r.of("alice", "bob", "carol", "dave"), r.of("an order", "an item", "a cart"), r.IntN(4), r.of("hit", "miss"), r.Uint64(), r.IntN(9),
		r.of("web", "api"), r.IntN(30), r.IntN(90), 'a'+rune(r.IntN(3)), r.of("web", "api"), r.Uint32(), r.IntN(1<<20),
		"the quick brown fox jumps over the lazy dog and goes home, where it writes what it has seen into a long line of text"[:80+r.IntN(30)])
}

func (r synthetic) of(values ...string) string { return values[r.IntN(len(values))] }

// bench opens a store as a server does.
func bench(b *testing.B, dir string) (*events.Store, func()) {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	s, err := events.Open(ctx, events.Config{Dir: dir, Wanted: newWishes(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	return s, func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}
}

// size is how large a benchmark is: a small one unless SILLOK_LOG_MB says otherwise.
func size() int {
	n, err := strconv.Atoi(os.Getenv("SILLOK_LOG_MB")) //nolint:forbidigo // how large a benchmark is
	if err != nil {
		return 64
	}
	return n
}

// BenchmarkAppendBatches appends batches of 1 MB of 1 KB lines from four writers, and
// waits until all but what memory holds is sealed.
func BenchmarkAppendBatches(b *testing.B) {
	r := synthetic{rand.New(rand.NewPCG(1, 2))}
	now := time.Now().UnixMilli()
	batches := make([][]events.Line, 64)
	for i := range batches {
		for n := 0; n < 1_000_000; {
			l := events.Line{Time: now + int64(len(batches[i])), Message: r.line(now)}
			batches[i] = append(batches[i], l)
			n += len(l.Message) + 26
		}
	}
	for b.Loop() {
		s, end := bench(b, b.TempDir())
		began := time.Now()
		var next atomic.Int64
		var bytes atomic.Int64
		var group sync.WaitGroup
		var peak uint64
		for w := range 4 {
			group.Go(func() {
				for {
					n := int(next.Add(1))
					if n > size() {
						return
					}
					batch := batches[n%len(batches)]
					for {
						if _, err := s.Append(b.Context(), 1, uint64(11+w), batch); err == nil {
							break
						}
					}
					for i := range batch {
						bytes.Add(int64(len(batch[i].Message)))
					}
					if n%50 == 0 {
						var m runtime.MemStats
						runtime.ReadMemStats(&m)
						peak = max(peak, m.Sys-m.HeapReleased)
					}
				}
			})
		}
		group.Wait()
		took := time.Since(began)
		b.ReportMetric(float64(bytes.Load())/took.Seconds()/1e6, "MB/s")
		b.ReportMetric(float64(peak)/1e6, "MB-of-memory")
		end()
	}
}

// BenchmarkAppendLines appends one line each from 64 writers.
func BenchmarkAppendLines(b *testing.B) {
	s, end := bench(b, b.TempDir())
	defer end()
	r := synthetic{rand.New(rand.NewPCG(1, 2))}
	line := []events.Line{{Time: time.Now().UnixMilli(), Message: r.line(1)[:200]}}
	var next atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	for w := range 64 {
		group.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if _, err := s.Append(b.Context(), uint64(1+w%8), uint64(11+w), line); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}

// BenchmarkRead measures questions about what SILLOK_LOG_DIR keeps from one run to
// the next, so large as SILLOK_LOG_MB says.
func BenchmarkRead(b *testing.B) {
	dir := os.Getenv("SILLOK_LOG_DIR") //nolint:forbidigo // where a benchmark keeps what it made
	if dir == "" {
		dir = b.TempDir() + "/logs"
	}
	_, missing := os.Stat(dir)
	s, end := bench(b, dir)
	defer end()
	const needle = "5eed0f0ddba11ad5"
	if missing != nil {
		fill(b, s, needle)
	}
	b.Logf("%d MB of events", s.Bytes(1)/1e6)
	count := func(b *testing.B, q events.Query, most int, match func([]byte) bool) {
		b.Helper()
		for b.Loop() {
			n := 0
			for e, err := range s.Read(b.Context(), q) {
				if err != nil {
					b.Fatal(err)
				}
				if match(e.Message) {
					n++
				}
				if n == most {
					break
				}
			}
			b.ReportMetric(float64(n), "found")
		}
	}
	every := func([]byte) bool { return true }
	b.Run("Needle", func(b *testing.B) {
		q := events.All(1)
		q.Terms = [][]byte{[]byte(needle)}
		count(b, q, -1, regexp.MustCompile(needle).Match)
	})
	b.Run("PageOfAStream", func(b *testing.B) {
		q := events.All(1)
		q.Streams, q.Backward = []uint64{13}, true
		count(b, q, 1000, every)
	})
	b.Run("PageOfATime", func(b *testing.B) {
		q := events.All(1)
		q.From = start + int64(size())*500
		count(b, q, 1000, every)
	})
	b.Run("All", func(b *testing.B) { count(b, events.All(1), -1, every) })
	b.Run("Regex", func(b *testing.B) {
		count(b, events.All(1), -1, regexp.MustCompile(`"took_ms":29\d\.9`).Match)
	})
	b.Run("Streams", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Streams(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
		}
	})
}

const start = 1_790_000_000_000

func fill(b *testing.B, s *events.Store, needle string) {
	b.Helper()
	r := synthetic{rand.New(rand.NewPCG(3, 4))}
	at := int64(start)
	for mb := range size() {
		var batch []events.Line
		for range 1000 {
			at++
			line := r.line(at)
			if mb == size()/2 && len(batch) == 500 {
				line = `{"request_id":"` + needle + `"}`
			}
			if !json.Valid([]byte(line)) {
				b.Fatal(line)
			}
			batch = append(batch, events.Line{Time: at, Message: line})
		}
		for {
			if _, err := s.Append(b.Context(), 1, uint64(11+mb%7), batch); err == nil {
				break
			}
		}
	}
}
