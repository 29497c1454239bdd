package insight_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/trail/event"
	"github.com/sillok/sillok/internal/trail/insight"
)

// What it costs to count a call, in the traffic of an account that has hundreds of
// names.
func BenchmarkAdd(b *testing.B) {
	d := insight.New(scope, "x", first, first.Add(4*24*time.Hour))
	events := make([]event.Event, 300)
	for i := range events {
		events[i] = called(first, fmt.Sprint("Name", i), "")
	}
	n := 0
	for b.Loop() {
		e := &events[n%len(events)]
		e.Time = first.Add(4*24*time.Hour + time.Duration(n)*50*time.Millisecond) // 20 a second
		if _, err := d.Advance(e.Time); err != nil {
			b.Fatal(err)
		}
		d.Add(e)
		n++
	}
}

// How much memory an account and region takes whose calls are made to take as much as
// they can.
func BenchmarkMostMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		d := insight.New(scope, "x", first, first)
		for hour := range 8 * 24 {
			at := first.Add(time.Duration(hour) * time.Hour)
			for key := range 500 {
				e := called(at, fmt.Sprint("Name", key), "")
				e.UserAgent, e.Identity.ARN = strings.Repeat("a", 120)+fmt.Sprint(hour), strings.Repeat("i", 120)+fmt.Sprint(hour)
				d.Add(&e)
			}
			if _, err := d.Advance(at.Add(59 * time.Minute)); err != nil {
				b.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		now, past, err := d.Save()
		if err != nil {
			b.Fatal(err)
		}
		size := len(now)
		for _, day := range past {
			size += len(day)
		}
		b.ReportMetric(float64(size)/1e6, "MB-saved")
		runtime.KeepAlive(d)
	}
}
