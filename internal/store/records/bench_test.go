package records_test

import (
	"bytes"
	"fmt"
	"sync"
	"syscall"
	"testing"

	"github.com/sillok/sillok/internal/store/records"
)

// A call's record is about 600 bytes.
const benchBytes = 600

// BenchmarkAppend measures writers that each wait until their record is durable.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			l := open(b, records.Config{Dir: b.TempDir()})
			data := bytes.Repeat([]byte("x"), benchBytes)
			before := processor(b)
			b.ResetTimer()
			var group sync.WaitGroup
			for w := range writers {
				group.Go(func() {
					for range (b.N + w) / writers {
						if _, err := l.Append(b.Context(), data); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(processor(b)-before)/float64(b.N)/1e3, "cpu-µs/record")
		})
	}
}

// BenchmarkScan measures reading everything from the page cache.
func BenchmarkScan(b *testing.B) {
	const size = 100_000
	l := open(b, records.Config{Dir: b.TempDir()})
	data := bytes.Repeat([]byte("x"), benchBytes)
	for range size {
		if _, err := l.Enqueue(b.Context(), data); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := l.Append(b.Context(), data); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(benchBytes)
	before := processor(b)
	b.ResetTimer()
	for left := b.N; left > 0; {
		for _, err := range l.Read(b.Context(), 1) {
			if err != nil {
				b.Fatal(err)
			}
			if left--; left == 0 {
				break
			}
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(processor(b)-before)/float64(b.N)/1e3, "cpu-µs/record")
}

// processor returns the nanoseconds of processor time that the process has used.
func processor(tb testing.TB) int64 {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
