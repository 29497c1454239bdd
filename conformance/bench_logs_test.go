//go:build linux

package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	duck "github.com/duckdb/duckdb-go-bindings"

	"github.com/sillok/sillok/internal/logs/events"
)

const (
	benchLogs     = "SILLOK_BENCH_LOGS"      // megabytes of the largest group
	benchLogsPlot = "SILLOK_BENCH_LOGS_PLOT" // the file that the plot goes into
	logsNeedle    = "needle-7f3a9c51e2"
	logWriters    = 64
)

// keepsAll wants all events.
type keepsAll struct{}

func (keepsAll) Group(context.Context, uint64) (from int64, there bool, err error) {
	return math.MinInt64, true, nil
}
func (keepsAll) Gone(context.Context, uint64, []uint64) ([]uint64, error) { return nil, nil }

// TestBenchLogs measures log events: PutLogEvents over HTTP, and groups of 10 MB to as many as
// SILLOK_BENCH_LOGS says, which it draws.
func TestBenchLogs(t *testing.T) {
	most, err := strconv.Atoi(os.Getenv(benchLogs))
	if err != nil || most < 10 {
		t.Skipf("%s does not say how many megabytes: run make bench", benchLogs)
	}
	b := &bench{t: t}
	b.line("\n## Log events\n\n| | |\n|---|---|")
	b.putLogEvents()
	b.line("\nGroups of lines of 1 KB of JSON, one needle among them, sealed; read by one reader, in the page cache. Memory is all that the process has of the system while it appends.\n")
	b.line("| size | append, synced batches of 1 MB, 4 writers | DuckDB's appender, a commit each MB | on the disk | a needle | a regular expression | memory |\n|---|---|---|---|---|---|---|")
	var sizes []int
	lines := []plotted{{name: "needle", color: "#1f77b4"}, {name: "regular expression", color: "#d62728"}, {name: "append", color: "#2ca02c"}}
	for megabytes := 10; megabytes <= most; megabytes *= 10 {
		g := b.logGroup(megabytes)
		sizes = append(sizes, megabytes)
		for i, took := range []time.Duration{g.needle, g.regex, g.append} {
			lines[i].times = append(lines[i].times, took)
		}
		b.line("| %s MB | %.0f MB/s | %s | %.0f MB | %.1f ms | %.0f ms | %d MB |", count(megabytes), float64(megabytes)/g.append.Seconds(), g.peer, float64(g.disk)/1e6,
			millis(g.needle), millis(g.regex), g.memory>>20)
	}
	b.line("\n![How these grow with the group](log-events.svg)")
	b.keep(t)
	if path := os.Getenv(benchLogsPlot); path != "" {
		if err := os.WriteFile(path, []byte(drawUpTo(100_000, "megabytes", sizes, lines)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// putLogEvents measures PutLogEvents over HTTP.
func (b *bench) putLogEvents() {
	s := serve(b.t, b.t.TempDir())
	s.aws("logs", "create-log-group", "--log-group-name", "g")
	now := time.Now().UnixMilli()
	for _, load := range []struct {
		what           string
		writers, lines int
		line           string
	}{
		{"one line of 100 bytes a call", logWriters, 1, strings.Repeat("x", 100)},
		{"1 MB of lines of 1 KB a call", 8, 1000, strings.Repeat("0123456789abcdef", 63)},
	} {
		var body strings.Builder
		for range load.lines {
			fmt.Fprintf(&body, `,{"timestamp":%d,"message":"%s"}`, now, load.line)
		}
		var calls []*replay
		for w := range load.writers {
			stream := fmt.Sprint(load.lines, "-", w)
			s.aws("logs", "create-log-stream", "--log-group-name", "g", "--log-stream-name", stream)
			calls = append(calls, s.replay("logs", "Logs_20140328.PutLogEvents", `{"logGroupName":"g","logStreamName":"`+stream+`","logEvents":[`+body.String()[1:]+`]}`))
		}
		began := time.Now()
		before := s.used()
		var n atomic.Int64
		var work sync.WaitGroup
		for _, call := range calls {
			work.Go(func() {
				for time.Since(began) < loadTime {
					if err := call.must(b.t.Context()); err != nil {
						b.t.Error(err)
						return
					}
					n.Add(1)
				}
			})
		}
		work.Wait()
		took := time.Since(began)
		b.line("| PutLogEvents over HTTP, %s, %d writers on the same processors, each call in the journal and synced | %.0f calls a second, %.0f MB/s, %.0f µs of the server's processor time each |",
			load.what, load.writers, float64(n.Load())/took.Seconds(), float64(n.Load()*int64(load.lines*len(load.line)))/1e6/took.Seconds(), float64((s.used()-before).Microseconds())/float64(n.Load()))
	}
}

// used returns what the server has used of the processors.
func (s *server) used() time.Duration {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), "stat"))
	if err != nil {
		s.t.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	ticks := int64(0)
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			s.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100)
}

// measured is what was seen of a group.
type measured struct {
	append, needle, regex time.Duration
	disk                  int64
	memory                uint64
	peer                  string
}

// logBatches are batches of about a megabyte of lines of 1 KB.
func logBatches(n int) (all [][]events.Line) {
	r := rand.New(rand.NewPCG(1, 2))
	now := time.Now().UnixMilli()
	for range n {
		var batch []events.Line
		for size := 0; size < 1_000_000; size += len(batch[len(batch)-1].Message) {
			batch = append(batch, events.Line{Time: now, Message: fmt.Sprintf(
				`{"level":%q,"request_id":"%016x%016x","path":"/api/v1/orders/%d","status":%d,"took_ms":%d,"client":"10.%d.%d.%d","message":"handled after %d attempts, session %016x","pad":%q}`,
				[]string{"INFO", "WARN", "ERROR"}[r.IntN(3)], r.Uint64(), r.Uint64(), r.IntN(1e6), []int{200, 201, 404, 500}[r.IntN(4)], r.IntN(900), r.IntN(256), r.IntN(256), r.IntN(256),
				r.IntN(4), r.Uint64(), strings.Repeat("the quick brown fox jumps over the lazy dog and goes home, ", 14)[:740+r.IntN(60)])})
		}
		all = append(all, batch)
	}
	return all
}

// logGroup measures a group of so many megabytes.
func (b *bench) logGroup(megabytes int) (m measured) {
	batches := logBatches(min(megabytes, 64))
	m.peer = b.appender(batches, megabytes)
	dir := b.t.TempDir()
	defer os.RemoveAll(dir) //nolint:errcheck // it goes with the test at the latest
	ctx, stop := context.WithCancel(b.t.Context())
	s, err := events.Open(ctx, events.Config{Dir: dir, Wanted: keepsAll{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	needle := slices.Clone(batches[len(batches)/2])
	needle[len(needle)/2].Message += logsNeedle
	began := time.Now()
	var next atomic.Int64
	var memory atomic.Uint64
	var work sync.WaitGroup
	for w := range 4 {
		work.Go(func() {
			for n := int(next.Add(1)) - 1; n < megabytes; n = int(next.Add(1)) - 1 {
				batch := batches[n%len(batches)]
				if n == megabytes/2 {
					batch = needle
				}
				for {
					if _, err := s.Append(ctx, 1, uint64(11+w), batch); err == nil {
						break
					}
				}
				if n%20 == 0 {
					var now runtime.MemStats
					runtime.ReadMemStats(&now)
					memory.Store(max(memory.Load(), now.Sys-now.HeapReleased))
				}
			}
		})
	}
	work.Wait()
	m.append, m.memory = time.Since(began), memory.Load()
	stop()
	if err := errors.Join(<-ended, s.Seal(b.t.Context())); err != nil {
		b.t.Fatal(err)
	}
	m.disk = sizeOf(b.t, filepath.Join(dir, "sealed"))
	re := regexp.MustCompile(`"took_ms":29\d,.*"status":500|"status":500,"took_ms":29\d,`)
	m.needle = b.search(s, [][]byte{[]byte(logsNeedle)}, func(text []byte) bool { return strings.Contains(string(text), logsNeedle) }, 1)
	m.regex = b.search(s, nil, re.Match, -1)
	if err := s.Close(); err != nil {
		b.t.Error(err)
	}
	return m
}

// search reads a group, three times, and returns the shortest time; want is how many are to be
// found, -1 for any number.
func (b *bench) search(s *events.Store, terms [][]byte, matches func([]byte) bool, want int) time.Duration {
	best := time.Duration(math.MaxInt64)
	for range 3 {
		q := events.All(1)
		q.Terms = terms
		found, began := 0, time.Now()
		for e, err := range s.Read(b.t.Context(), q) {
			if err != nil {
				b.t.Fatal(err)
			}
			if matches(e.Message) {
				found++
			}
		}
		best = min(best, time.Since(began))
		if want >= 0 && found != want {
			b.t.Errorf("%d are found, want %d", found, want)
		}
	}
	return best
}

func sizeOf(t *testing.T, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
	}
	return n
}

// appender measures DuckDB's appender with the same lines in a table of a file, which is
// synced with each megabyte.
func (b *bench) appender(batches [][]events.Line, megabytes int) string {
	if megabytes > 1000 {
		return "not run"
	}
	dir := b.t.TempDir()
	defer os.RemoveAll(dir) //nolint:errcheck // it goes with the test at the latest
	var (
		db       duck.Database
		conn     duck.Connection
		result   duck.Result
		appender duck.Appender
	)
	fine := func(state duck.State) {
		if state == duck.StateError {
			b.t.Fatal("DuckDB does not do it")
		}
	}
	fine(duck.Open(filepath.Join(dir, "peer.db"), &db))
	defer duck.Close(&db)
	fine(duck.Connect(db, &conn))
	defer duck.Disconnect(&conn)
	fine(duck.Query(conn, "CREATE TABLE lines (stream VARCHAR, message VARCHAR)", &result))
	duck.DestroyResult(&result)
	fine(duck.AppenderCreate(conn, "", "lines", &appender))
	text := duck.CreateLogicalType(duck.TypeVarchar)
	defer duck.DestroyLogicalType(&text)
	began := time.Now()
	for n := range megabytes {
		batch := batches[n%len(batches)]
		chunk := duck.CreateDataChunk([]duck.LogicalType{text, text})
		for i := range batch {
			for column, value := range []string{"one", batch[i].Message} {
				duck.VectorAssignStringElement(duck.DataChunkGetVector(chunk, duck.IdxT(column)), duck.IdxT(i), value)
			}
		}
		duck.DataChunkSetSize(chunk, duck.IdxT(len(batch)))
		fine(duck.AppendDataChunk(appender, chunk))
		fine(duck.AppenderFlush(appender))
		duck.DestroyDataChunk(&chunk)
	}
	fine(duck.AppenderDestroy(&appender))
	return fmt.Sprintf("%.0f MB/s", float64(megabytes)/time.Since(began).Seconds())
}
