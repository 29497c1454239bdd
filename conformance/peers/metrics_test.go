// Package peers_test measures stores of ours beside others: go test -bench . in this folder.
package peers_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"golang.org/x/sync/errgroup"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series"
)

const (
	hosts   = 10_000
	minutes = 180
	batch   = 1000
	asked   = 200
	writers = 4
)

func host(n int) string               { return fmt.Sprintf("i-%08d", n) }
func value(n, minute int) float64     { return float64((n*31 + minute*7) % 5000) }
func begin() time.Time                { return time.Now().Add(-4 * time.Hour).Truncate(time.Minute) }
func at(b time.Time, m int) time.Time { return b.Add(time.Duration(m) * time.Minute) }

// store is what is measured.
type store interface {
	put(ctx context.Context, minute, from int) error
	read(ctx context.Context) (points int, err error)
	close() error
}

// BenchmarkMetrics puts a sample of each of 10,000 series for each of 180 minutes, in
// batches of 1,000 from four writers, and reads three hours of 200 series.
func BenchmarkMetrics(b *testing.B) {
	for name, open := range map[string]func(b *testing.B, dir string, begin time.Time) store{
		"sillok, synced, with histograms": openSillok, "Prometheus, not synced, floats": openPrometheus, "DuckDB, synced, no histograms": openDuckDB,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := open(b, filepath.Join(b.TempDir(), "store"), begin())
				began, cpu := time.Now(), spent()
				for m := range minutes {
					g, ctx := errgroup.WithContext(b.Context())
					g.SetLimit(writers)
					for from := 0; from < hosts; from += batch {
						g.Go(func() error { return s.put(ctx, m, from) })
					}
					if err := g.Wait(); err != nil {
						b.Fatal(err)
					}
				}
				took, used := time.Since(began), spent()-cpu
				b.ReportMetric(hosts*minutes/took.Seconds(), "samples/s")
				b.ReportMetric(float64(used.Nanoseconds())/(hosts*minutes), "cpu-ns/sample")
				least := time.Duration(math.MaxInt64)
				for range 5 {
					began = time.Now()
					points, err := s.read(b.Context())
					if err != nil || points != asked*minutes {
						b.Fatalf("%d points, %v", points, err)
					}
					least = min(least, time.Since(began))
				}
				b.ReportMetric(float64(least.Microseconds())/1000, "read-ms")
				if err := s.close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// spent is the time on processors that this process took.
func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type sillok struct {
	*series.Store

	begin time.Time
}

var scope = cloud.Scope{Account: "111122223333", Region: "eu-west-1"}

func openSillok(b *testing.B, dir string, begin time.Time) store {
	s, err := series.Open(b.Context(), dir, series.Config{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return sillok{s, begin}
}

func (s sillok) put(ctx context.Context, m, from int) error {
	data := make([]metric.Datum, batch)
	for i := range data {
		data[i] = metric.Datum{Name: "latency", Dimensions: []metric.Dimension{{Name: "host", Value: host(from + i)}}, Time: at(s.begin, m), Values: []float64{value(from+i, m)}}
	}
	return s.Put(ctx, scope, "bench", data)
}

func (s sillok) read(ctx context.Context) (points int, err error) {
	queries := make([]series.Query, asked)
	for i := range queries {
		queries[i] = series.Query{
			ID:   metric.ID{Namespace: "bench", Name: "latency", Dimensions: []metric.Dimension{{Name: "host", Value: host(i * 37)}}},
			From: s.begin, To: at(s.begin, minutes), Period: time.Minute,
		}
	}
	got, err := s.Read(ctx, scope, queries)
	for _, lines := range got {
		for _, l := range lines {
			points += len(l.Points)
		}
	}
	return points, err
}

func (s sillok) close() error { return s.Close() }

type prometheus struct {
	*tsdb.DB

	begin time.Time
}

func openPrometheus(b *testing.B, dir string, begin time.Time) store {
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		b.Fatal(err)
	}
	return prometheus{db, begin}
}

func (p prometheus) put(ctx context.Context, m, from int) error {
	app := p.Appender(ctx)
	for i := range batch {
		if _, err := app.Append(0, labels.FromStrings("__name__", "latency", "host", host(from+i)), at(p.begin, m).UnixMilli(), value(from+i, m)); err != nil {
			return err
		}
	}
	return app.Commit()
}

func (p prometheus) read(ctx context.Context) (points int, err error) {
	q, err := p.Querier(p.begin.UnixMilli(), at(p.begin, minutes).UnixMilli()-1)
	if err != nil {
		return 0, err
	}
	var names []string
	for i := range asked {
		names = append(names, host(i*37))
	}
	set := q.Select(ctx, false, nil, labels.MustNewMatcher(labels.MatchRegexp, "host", strings.Join(names, "|")))
	var it chunkenc.Iterator
	for set.Next() {
		it = set.At().Iterator(it)
		for it.Next() != chunkenc.ValNone {
			points++
		}
	}
	if err := set.Err(); err != nil {
		return 0, err
	}
	return points, q.Close()
}

func (p prometheus) close() error { return p.Close() }

type duck struct {
	turn     sync.Mutex // of the appender
	db       *sql.DB
	conn     *duckdb.Conn
	appender *duckdb.Appender
	begin    time.Time
}

func openDuckDB(b *testing.B, dir string, begin time.Time) store {
	connector, err := duckdb.NewConnector(dir+".db", nil)
	if err != nil {
		b.Fatal(err)
	}
	db := sql.OpenDB(connector)
	if _, err := db.ExecContext(b.Context(), "CREATE TABLE m (host VARCHAR, minute TIMESTAMP, count DOUBLE, sum DOUBLE, least DOUBLE, most DOUBLE)"); err != nil {
		b.Fatal(err)
	}
	c, err := connector.Connect(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	conn := c.(*duckdb.Conn) //nolint:forcetypeassert // it is DuckDB's
	appender, err := duckdb.NewAppenderFromConn(conn, "", "m")
	if err != nil {
		b.Fatal(err)
	}
	return &duck{db: db, conn: conn, appender: appender, begin: begin}
}

func (d *duck) put(_ context.Context, m, from int) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	for i := range batch {
		v := value(from+i, m)
		if err := d.appender.AppendRow(host(from+i), at(d.begin, m), 1.0, v, v, v); err != nil {
			return err
		}
	}
	return d.appender.Flush()
}

func (d *duck) read(ctx context.Context) (points int, err error) {
	var names []string
	for i := range asked {
		names = append(names, "'"+host(i*37)+"'")
	}
	rows, err := d.db.QueryContext(ctx, "SELECT host, minute, sum(sum) FROM m WHERE host IN ("+strings.Join(names, ",")+") GROUP BY host, minute")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		points++
	}
	return points, rows.Err()
}

func (d *duck) close() error {
	if err := d.appender.Close(); err != nil {
		return err
	}
	return d.conn.Close()
}
