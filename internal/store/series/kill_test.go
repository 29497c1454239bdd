package series_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/store/series"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"write": writeUntilKilled})
}

const (
	killWriters = 8
	killHosts   = 20 // of each
)

// writeUntilKilled puts data until it is killed. Each writer has a metric of its own, with
// new dimensions now and then, and says before each put and after it how many there are.
func writeUntilKilled(dir string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, err := series.Open(ctx, dir, series.Small(series.Config{Log: slog.New(slog.DiscardHandler)}))
	if err != nil {
		return err
	}
	var group sync.WaitGroup
	var failed error
	var once sync.Once
	for w := range killWriters {
		group.Go(func() {
			if err := killWrite(ctx, s, w); err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	group.Wait()
	return failed
}

func killWrite(ctx context.Context, s *series.Store, w int) error {
	rng := rand.New(rand.NewPCG(rand.Uint64(), uint64(w)))
	for {
		host := rng.IntN(killHosts)
		data := make([]metric.Datum, 1+rng.IntN(30))
		fmt.Fprintln(os.Stdout, "begin", w, host, len(data), ".")
		for i := range data {
			data[i] = metric.Datum{
				Name: fmt.Sprint("m", w), Dimensions: []metric.Dimension{{Name: "host", Value: fmt.Sprint(host)}},
				Time: time.Now().Add(-time.Duration(i) * time.Hour), Values: []float64{0},
			}
		}
		if err := s.Put(ctx, ours, "ns", data); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, "done", w, host, len(data), ".")
	}
}

// What a process was told is there after it was killed, and no put is half there.
func TestKill(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 5
	}
	dir := filepath.Join(t.TempDir(), "metrics")
	rng := rand.New(rand.NewPCG(1, 2))
	var counts [killWriters][killHosts]puts
	for range rounds {
		killtest.After(t, 20+rng.IntN(400), func(line string) bool {
			var what string
			var w, host, n int
			var end string // without it a number may be cut
			if got, _ := fmt.Sscan(line, &what, &w, &host, &n, &end); got < 5 {
				return false // it was killed while it wrote that
			}
			c := &counts[w][host]
			if what == "begin" {
				c.begun = n
				return false
			}
			c.done, c.begun = c.done+n, 0
			return true
		}, "write", dir)
		s, err := series.Open(t.Context(), dir, series.Config{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		for w := range counts {
			for host := range counts[w] {
				wantKilled(t, s, w, host, &counts[w][host])
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
}

// puts is how many samples were put: what was said to be done, and of a put that was
// begun after it.
type puts struct{ done, begun int }

// wantKilled fails the test unless all samples are there of puts that were said to be
// done, and all or none of the one that was begun. What is there is done from now on.
func wantKilled(t *testing.T, s *series.Store, w, host int, want *puts) {
	t.Helper()
	now := time.Now()
	q := series.Query{
		ID:   metric.ID{Namespace: "ns", Name: fmt.Sprint("m", w), Dimensions: []metric.Dimension{{Name: "host", Value: fmt.Sprint(host)}}},
		From: now.Add(-10 * day).Truncate(time.Hour), To: now.Add(2 * time.Hour), Period: time.Hour,
	}
	got, err := s.Read(t.Context(), ours, []series.Query{q})
	if err != nil {
		t.Fatal(err)
	}
	have := 0
	for _, l := range got[0] {
		for _, p := range l.Points {
			have += int(p.Count)
		}
	}
	if have != want.done && have != want.done+want.begun {
		t.Errorf("m%d of host %d has %d samples; %d were done and %d begun", w, host, have, want.done, want.begun)
	}
	*want = puts{done: have}
}
