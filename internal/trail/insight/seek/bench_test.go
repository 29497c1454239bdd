package seek_test

import (
	"fmt"
	"testing"
	"time"
)

// What it costs to count a call of the journal.
func BenchmarkTick(b *testing.B) {
	r, err := open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := r.close(); err != nil {
			b.Error(err)
		}
	}()
	if err := r.set(b.Context(), trail("a", rate, errorsOf)); err != nil {
		b.Fatal(err)
	}
	if err := r.Tick(b.Context()); err != nil {
		b.Fatal(err)
	}
	const calls = 20_000
	for b.Loop() {
		b.StopTimer()
		for n := range calls {
			f := r.call(fmt.Sprint("Create", n%50))
			write := r.journal.Note
			if n == calls-1 {
				write = r.journal.Record
			}
			if err := write(b.Context(), f); err != nil {
				b.Fatal(err)
			}
			r.now = r.now.Add(time.Millisecond)
		}
		b.StartTimer()
		if err := r.Tick(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/calls, "ns/call")
}
