package peers_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/VictoriaMetrics/lib/logstorage"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/language/insights"
	"github.com/sillok/sillok/internal/logs/events"
)

const logNeedle = "5eed0f0ddba11ad5"

// logStore is a store of lines that is asked three questions: for a member that one line has,
// how many lines match a regular expression, and for a percentile by a member.
type logStore interface {
	append(ctx context.Context, writer int, lines []string, at time.Time) error
	settle() error // all that was appended lies in files
	needle(ctx context.Context) (rows int, err error)
	regex(ctx context.Context) (lines string, err error)
	percentile(ctx context.Context) (rows int, err error)
	close() error
}

// BenchmarkLogs appends lines of JSON of 1 KB in batches of 1 MB from four writers, as many
// megabytes as SILLOK_LOG_MB says, and asks the three questions.
func BenchmarkLogs(b *testing.B) {
	megabytes, err := strconv.Atoi(os.Getenv("SILLOK_LOG_MB"))
	if err != nil {
		megabytes = 64
	}
	batches := logBatches(min(megabytes, mostMade))
	for name, open := range map[string]func(b *testing.B, dir string) logStore{
		"sillok, synced": openEvents, "VictoriaLogs, not synced, members as fields": openFields, "VictoriaLogs, not synced, lines as they are": openLines,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				dir := b.TempDir()
				s := open(b, dir)
				measureLogs(b, s, batches, megabytes)
				if err := s.close(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(sizeOf(b, dir))/1e6, "MB-of-disk")
				if err := os.RemoveAll(dir); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// mostMade is how many megabytes of lines are made, which come again and again where more are
// appended.
const mostMade = 1000

func logBatches(n int) [][]string {
	r := rand.New(rand.NewPCG(1, 2))
	batches := make([][]string, n)
	for i := range batches {
		for range 1000 {
			batches[i] = append(batches[i], logLine(r))
		}
	}
	return batches
}

func measureLogs(b *testing.B, s logStore, batches [][]string, megabytes int) {
	b.Helper()
	began, cpu := time.Now(), spent()
	var next, size atomic.Int64
	g, ctx := errgroup.WithContext(b.Context())
	for w := range writers {
		g.Go(func() error {
			for n := int(next.Add(1)) - 1; n < megabytes; n = int(next.Add(1)) - 1 {
				lines := batches[n%len(batches)]
				if n == megabytes/2 {
					lines = append(slices.Clip(lines), `{"request_id":"`+logNeedle+`"}`)
				}
				for _, line := range lines {
					size.Add(int64(len(line)))
				}
				if err := s.append(ctx, w, lines, began); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := errors.Join(g.Wait(), s.settle()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(size.Load())/time.Since(began).Seconds()/1e6, "MB/s")
	b.ReportMetric((spent()-cpu).Seconds()*1e9/float64(size.Load()), "append-cpu-s/GB")
	best := func(name string, ask func() (any, error), want any) {
		least, used := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
		for range 3 {
			began, cpu := time.Now(), spent()
			got, err := ask()
			if err != nil || want != nil && got != want {
				b.Fatalf("%s: %v, %v", name, got, err)
			}
			least, used = min(least, time.Since(began)), min(used, spent()-cpu)
		}
		b.ReportMetric(float64(least.Microseconds())/1000, name+"-ms")
		b.ReportMetric(float64(used.Microseconds())/1000, name+"-cpu-ms")
	}
	best("needle", func() (any, error) { return s.needle(b.Context()) }, 1)
	best("regex", func() (any, error) { return s.regex(b.Context()) }, nil)
	best("percentile", func() (any, error) { return s.percentile(b.Context()) }, 5)
}

func logLine(r *rand.Rand) string {
	of := func(values ...string) string { return values[r.IntN(len(values))] }
	return fmt.Sprintf(`{"level":%q,"service":%q,"request_id":"%016x%016x","client":"10.%d.%d.%d","method":%q,"path":"/api/v1/%s/%d","status":%d,"took_ms":%d.%03d,"bytes":%d,`+
		`"message":"handled the request of %s after %d attempts, session %016x","pad":%q}`,
		of("INFO", "WARN", "ERROR"), of("checkout", "catalog", "payments", "search", "identity"), r.Uint64(), r.Uint64(), r.IntN(256), r.IntN(256), r.IntN(256),
		of("GET", "POST", "PUT"), of("orders", "items", "users"), r.IntN(1e6), []int{200, 201, 404, 500}[r.IntN(4)], r.IntN(900), r.IntN(1000), r.IntN(1e5),
		of("alice", "bob", "carol"), r.IntN(4), r.Uint64(), strings.Repeat("the quick brown fox jumps over the lazy dog and goes home ", 12)[:620+r.IntN(60)])
}

func sizeOf(b *testing.B, dir string) (n int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// ours is the store of log events with the queries of Logs Insights over it.
type ours struct {
	*events.Store

	stop  context.CancelFunc
	ended chan error
}

type keepsAll struct{}

func (keepsAll) Group(context.Context, uint64) (from int64, there bool, err error) {
	return math.MinInt64, true, nil
}

func (keepsAll) Gone(context.Context, uint64, []uint64) ([]uint64, error) { return nil, nil }

func openEvents(b *testing.B, dir string) logStore {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	s, err := events.Open(ctx, events.Config{Dir: filepath.Join(dir, "logs"), Wanted: keepsAll{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	o := ours{s, stop, make(chan error, 1)}
	go func() { o.ended <- s.Run(ctx) }()
	return o
}

func (o ours) append(ctx context.Context, writer int, lines []string, at time.Time) error {
	batch := make([]events.Line, len(lines))
	for i := range lines {
		batch[i] = events.Line{Time: at.UnixMilli(), Message: lines[i]}
	}
	for {
		_, err := o.Append(ctx, 1, uint64(11+writer), batch)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

func (o ours) settle() error { return o.Seal(context.Background()) }

func (o ours) ask(ctx context.Context, text string) (*insights.Result, error) {
	q, err := insights.Parse(text)
	if err != nil {
		return nil, err
	}
	of := func(read insights.Read) events.Query {
		all := events.All(1)
		all.Backward = true
		for _, n := range read.Needs {
			need := events.Need{Coded: n.Escaped}
			for _, text := range n.Among {
				need.Among = append(need.Among, []byte(text))
			}
			all.Needs = append(all.Needs, need)
		}
		return all
	}
	as := func(seq iter.Seq2[events.Event, error]) iter.Seq2[*insights.Event, error] {
		return func(yield func(*insights.Event, error) bool) {
			var shown insights.Event
			for e, err := range seq {
				shown.Timestamp, shown.Seq, shown.N, shown.Message = e.Time, e.Seq, e.N, e.Message
				if !yield(&shown, err) {
					return
				}
			}
		}
	}
	return q.Run(ctx, insights.Env{
		Start: 0, End: math.MaxInt64, Now: time.Now(),
		Events: func(ctx context.Context, read insights.Read) iter.Seq2[*insights.Event, error] {
			return as(o.Read(ctx, of(read)))
		},
		Apart: func(ctx context.Context, read insights.Read, n int) (all []iter.Seq2[*insights.Event, error]) {
			for _, part := range o.Apart(ctx, of(read), n) {
				all = append(all, as(part))
			}
			return all
		},
	})
}

func (o ours) needle(ctx context.Context) (int, error) {
	r, err := o.ask(ctx, `filter request_id = "`+logNeedle+`"`)
	if err != nil {
		return 0, err
	}
	return len(r.Rows), nil
}

func (o ours) regex(ctx context.Context) (string, error) {
	r, err := o.ask(ctx, `filter @message like /"took_ms":29\d\.9/ | stats count(*)`)
	if err != nil {
		return "", err
	}
	return r.Rows[0][0].Value, nil
}

// A line of nothing but the needle has no service, which makes a sixth group.
func (o ours) percentile(ctx context.Context) (int, error) {
	r, err := o.ask(ctx, `filter ispresent(service) | stats pct(took_ms, 95) by service`)
	if err != nil {
		return 0, err
	}
	return len(r.Rows), nil
}

func (o ours) close() error {
	o.stop()
	return errors.Join(<-o.ended, o.Close())
}

// victoria is the storage of VictoriaLogs, with members of lines as fields, as its servers put
// them when they are told to, or with lines as they are.
type victoria struct {
	*logstorage.Storage

	fields bool
}

func openFields(b *testing.B, dir string) logStore {
	b.Helper()
	return openVictoria(dir, true)
}

func openLines(b *testing.B, dir string) logStore {
	b.Helper()
	return openVictoria(dir, false)
}

func openVictoria(dir string, fields bool) logStore {
	return victoria{logstorage.MustOpenStorage(filepath.Join(dir, "victoria"), &logstorage.StorageConfig{Retention: 7 * 24 * time.Hour}), fields}
}

func (v victoria) append(_ context.Context, writer int, lines []string, at time.Time) error {
	rows := logstorage.GetLogRows([]string{"stream"}, nil, nil, nil, "")
	defer logstorage.PutLogRows(rows)
	p := logstorage.GetJSONParser()
	defer logstorage.PutJSONParser(p)
	stream := logstorage.Field{Name: "stream", Value: fmt.Sprint(writer)}
	for i, line := range lines {
		fields := []logstorage.Field{stream}
		if v.fields {
			if err := p.ParseLogMessage([]byte(line)); err != nil {
				return err
			}
			fields = append(fields, p.Fields...)
		} else {
			fields = append(fields, logstorage.Field{Name: "_msg", Value: line})
		}
		rows.MustAdd(logstorage.TenantID{}, at.UnixNano()+int64(i), fields, nil)
		if rows.NeedFlush() {
			v.MustAddRows(rows)
			rows.ResetKeepSettings()
		}
	}
	v.MustAddRows(rows)
	return nil
}

func (v victoria) settle() error {
	v.DebugFlush()
	return nil
}

func (v victoria) ask(ctx context.Context, text string) (rows int, last string, err error) {
	q, err := logstorage.ParseQuery(text)
	if err != nil {
		return 0, "", err
	}
	var n atomic.Int64
	var value atomic.Value
	value.Store("")
	err = v.RunQuery(ctx, []logstorage.TenantID{{}}, q, func(_ uint, db *logstorage.DataBlock) {
		n.Add(int64(db.RowsCount()))
		for _, c := range db.Columns {
			if c.Name == "found" {
				value.Store(strings.Clone(c.Values[0]))
			}
		}
	})
	text, _ = value.Load().(string)
	return int(n.Load()), text, err
}

func (v victoria) needle(ctx context.Context) (int, error) {
	query := `_msg:` + logNeedle
	if v.fields {
		query = `request_id:=` + logNeedle
	}
	n, _, err := v.ask(ctx, query)
	return n, err
}

func (v victoria) regex(ctx context.Context) (string, error) {
	query := `_msg:~"\"took_ms\":29\\d\\.9" | stats count() as found`
	if v.fields {
		query = `took_ms:~"^29\\d\\.9" | stats count() as found`
	}
	_, found, err := v.ask(ctx, query)
	return found, err
}

func (v victoria) percentile(ctx context.Context) (int, error) {
	query := `* | unpack_json fields (service, took_ms) | service:* | stats by (service) quantile(0.95, took_ms) as p`
	if v.fields {
		query = `service:* | stats by (service) quantile(0.95, took_ms) as p`
	}
	n, _, err := v.ask(ctx, query)
	return n, err
}

func (v victoria) close() error {
	v.MustClose()
	return nil
}
