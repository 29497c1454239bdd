package verify_test

import (
	"testing"

	"github.com/sillok/sillok/internal/trail/trailtest"
	"github.com/sillok/sillok/internal/trail/verify"
)

// BenchmarkRun measures a file of what a trail delivered in two days, without the time
// that reading it from somewhere takes.
func BenchmarkRun(b *testing.B) {
	trail := trailtest.New(b).Hours(48, 80)
	cfg := bucketOf(trail)
	cfg.Problem = func(p verify.Problem) error {
		b.Error(p)
		return nil
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verify.Run(b.Context(), cfg); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(len(trail.Objects)), "µs/file")
}
