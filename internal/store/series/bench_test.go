package series_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series"
)

const benchSeries = 10_000

// benchData are puts of 1,000 data each: all series of a minute, then those of the next.
// A datum is of as many values.
func benchData(at time.Time, from, values int) []metric.Datum {
	data := make([]metric.Datum, 1000)
	for i := range data {
		n := (from + i) % benchSeries
		data[i] = metric.Datum{
			Name: "latency", Dimensions: []metric.Dimension{{Name: "Host", Value: fmt.Sprintf("i-%08d", n)}, {Name: "Zone", Value: "a"}},
			Unit: "Milliseconds", Time: at.Add(time.Duration((from+i)/benchSeries) * time.Minute),
		}
		for v := range values {
			data[i].Values = append(data[i].Values, float64((n*31+from+i+v*7)%5000))
		}
	}
	return data
}

// BenchmarkPut puts data in batches of 1,000, each on disk when it is answered.
func BenchmarkPut(b *testing.B) {
	for _, writers := range []int{1, 2, 8} {
		for _, values := range []int{1, 20} {
			b.Run(fmt.Sprintf("writers=%d/values=%d", writers, values), func(b *testing.B) {
				s := open(b, filepath.Join(b.TempDir(), "metrics"), series.Config{Log: slog.New(slog.DiscardHandler)})
				begin := time.Now().Add(-13 * day)
				puts := make([][]metric.Datum, 180*benchSeries/1000)
				for i := range puts {
					puts[i] = benchData(begin, i*1000, values)
				}
				b.ResetTimer()
				var next int
				var mu sync.Mutex
				var group sync.WaitGroup
				for range writers {
					group.Go(func() {
						for {
							mu.Lock()
							n := next
							next++
							mu.Unlock()
							if n >= b.N {
								return
							}
							if err := s.Put(b.Context(), ours, "bench", puts[n%len(puts)]); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				group.Wait()
				b.ReportMetric(float64(b.N)*1000*float64(values)/b.Elapsed().Seconds(), "samples/s")
				b.ReportMetric(float64(s.Size())/float64(b.N)/1000, "B/datum")
			})
		}
	}
}

// BenchmarkRead reads three hours of 200 series by the minute.
func BenchmarkRead(b *testing.B) {
	for _, settled := range []bool{false, true} {
		for _, spread := range []bool{false, true} {
			b.Run(fmt.Sprintf("settled=%v/spread=%v", settled, spread), func(b *testing.B) {
				s := open(b, filepath.Join(b.TempDir(), "metrics"), series.Config{Log: slog.New(slog.DiscardHandler)})
				begin := time.Now().Add(-13 * day).Truncate(time.Minute)
				for i := range 180 * benchSeries / 1000 {
					if err := s.Put(b.Context(), ours, "bench", benchData(begin, i*1000, 3)); err != nil {
						b.Fatal(err)
					}
				}
				if settled {
					if err := series.Settle(b.Context(), s); err != nil {
						b.Fatal(err)
					}
				}
				queries := make([]series.Query, 200)
				for i := range queries {
					d := benchData(begin, i*37, 1)[0]
					queries[i] = series.Query{ID: metric.ID{Namespace: "bench", Name: d.Name, Dimensions: d.Dimensions}, From: begin, To: begin.Add(3 * time.Hour), Period: time.Minute, Spread: spread}
				}
				b.ResetTimer()
				for b.Loop() {
					got, err := s.Read(b.Context(), ours, queries)
					if err != nil {
						b.Fatal(err)
					}
					points := 0
					for _, lines := range got {
						points += len(lines[0].Points)
					}
					if points != 200*180 {
						b.Fatalf("%d points, want %d", points, 200*180)
					}
				}
			})
		}
	}
}
