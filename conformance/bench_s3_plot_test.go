//go:build linux

package conformance_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/app"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/store/objects"
)

const (
	benchPlot = "SILLOK_BENCH_PLOT" // the file that the plot goes into
	plotRuns  = 100
)

// point is what is measured of a bucket of some size.
type point struct {
	objects                int
	start, page, put, read time.Duration
	memory                 int64
}

// TestBenchS3Plot measures a server whose bucket grows from a thousand objects to
// as many as SILLOK_BENCH_S3 says, and draws it.
func TestBenchS3Plot(t *testing.T) {
	most, err := strconv.Atoi(os.Getenv(benchS3))
	if err != nil || most < 1000 {
		t.Skipf("%s does not say how many objects: run make bench", benchS3)
	}
	s := serve(t, t.TempDir())
	p := &peer{t: t, name: "Sillok", endpoint: s.endpoint, root: s.root}
	p.once(p.call(http.MethodPut, "/listed", here2()), nil, io.Discard)
	var points []point
	for have, want := 0, 1000; want <= most; have, want = want, 10*want {
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		grow(t, s.data, have, want)
		s.start(strings.TrimPrefix(s.endpoint, "http://"))
		points = append(points, measurePoint(t, s, p, want))
	}
	b := &bench{t: t}
	b.line("\n### From a thousand objects to %s\n\n| objects in the bucket | start, after a kill | ListObjectsV2, 1,000 keys from anywhere | PutObject of 4 KB | GetObject of 4 KB | memory |\n|---|---|---|---|---|---|", count(most))
	for _, x := range points {
		b.line("| %s | %d ms | %.1f ms | %.1f ms | %.1f ms | %d MB |", count(x.objects), x.start.Milliseconds(), millis(x.page), millis(x.put), millis(x.read), x.memory/1e6)
	}
	b.line("\nOne client, medians; of starts the best of %d.", attempts)
	if path := os.Getenv(benchPlot); path != "" {
		b.line("\n![How these grow with the bucket](%s)", filepath.Base(path))
		if err := os.WriteFile(path, []byte(drawPoints(points)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.keep(t)
}

func drawPoints(points []point) string {
	var sizes []int
	lines := []plotted{{name: "start", color: "#b33"}, {name: "list a page", color: "#36c"}, {name: "put 4 KB", color: "#383"}, {name: "get 4 KB", color: "#a6a"}}
	for _, x := range points {
		sizes = append(sizes, x.objects)
		for i, took := range []time.Duration{x.start, x.page, x.put, x.read} {
			lines[i].times = append(lines[i].times, took)
		}
	}
	return draw("objects in the bucket", sizes, lines)
}

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }

// count writes a number with its thousands apart.
func count(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// grow puts objects into the store of a server that does not run.
func grow(t *testing.T, data string, from, to int) {
	t.Helper()
	ctx := context.Background()
	db, err := objects.Open(ctx, filepath.Join(data, app.ObjectsFolder), objects.Config{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for at := from; at < to; at += 1000 {
		if err := growBy(ctx, db, at, min(at+1000, to)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// growBy puts some objects in one change.
func growBy(ctx context.Context, db *objects.DB, from, to int) error {
	staged := make([]*objects.Staged, to-from)
	for i := range staged {
		s, err := db.Stage(ctx, strings.NewReader("an object"))
		if err != nil {
			return err
		}
		defer s.Discard()
		staged[i] = s
	}
	return db.Update(ctx, func(tx *objects.Tx) error {
		b, err := tx.Bucket("listed")
		if err != nil {
			return err
		}
		for i, s := range staged {
			v := &objects.Version{
				Owner: string(b.Account), ETag: "d41d8cd98f00b204e9800998ecf8427e", Headers: map[string]string{"Content-Type": "application/octet-stream"},
				Encryption: objects.Encryption{Algorithm: "AES256"}, Checksum: objects.Checksum{Algorithm: "CRC64NVME", Value: "AAAAAAAAAAA=", Type: "FULL_OBJECT"},
			}
			if err := tx.Put(b, plotKey(b.Account, from+i), v, s, "ObjectCreated:Put"); err != nil {
				return err
			}
		}
		return nil
	})
}

// plotKey is a key as CloudTrail makes them.
func plotKey(account cloud.Account, n int) string {
	return fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/2026/%02d/%02d/%s_CloudTrail_%08d.json.gz", account, region, 1+n%12, 1+n/12%28, account, n)
}

func measurePoint(t *testing.T, s *server, p *peer, n int) point {
	t.Helper()
	x := point{objects: n, start: time.Hour}
	for range attempts {
		s.killAndRestart()
		x.start = min(x.start, s.ready)
	}
	anywhere := func() string {
		return escaped(plotKey(cloud.Account(s.root.account), rand.IntN(n)), false)
	}
	body := noise(smallObject)
	x.page = p.median(func(int) wireCall {
		return p.call(http.MethodGet, "/listed?list-type=2&start-after="+anywhere(), nil)
	})
	x.put = p.median(func(i int) wireCall {
		return p.call(http.MethodPut, fmt.Sprintf("/listed/put/%d/%d", n, i), body)
	})
	x.read = p.median(func(i int) wireCall {
		return p.call(http.MethodGet, fmt.Sprintf("/listed/put/%d/%d", n, i), nil)
	})
	x.memory = s.memory("VmRSS")
	return x
}

// median sends calls one after another on one connection, and returns how long
// the one in the middle took.
func (p *peer) median(call func(i int) wireCall) time.Duration {
	p.t.Helper()
	l, err := p.dial(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer l.conn.Close() //nolint:errcheck // only read
	took := make([]time.Duration, plotRuns)
	for i := range took {
		c := call(i)
		began := time.Now()
		if err := l.send(c, nil, io.Discard); err != nil {
			p.t.Fatal(err)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[len(took)/2]
}
