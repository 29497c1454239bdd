package logs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sillok/sillok/internal/api/logsapi"
)

// BenchmarkPutLogEvents appends one line each from 64 writers, to as many streams of
// eight groups, of which each has a metric filter.
func BenchmarkPutLogEvents(b *testing.B) {
	d := open(b)
	ctx, stop := context.WithCancel(d.ctx)
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}()
	var names []string
	for i := range 64 {
		names = append(names, fmt.Sprint(i))
	}
	for i := range 8 {
		d.group(fmt.Sprint("g", i), names...)
		d.must("PutMetricFilter", `{"LogGroupName": "g%d", "FilterName": "f", "FilterPattern": "ERROR", "MetricTransformations": [%s}]}`, i, transformation)
	}
	line := strings.Repeat("a line of a log ", 12)
	var next atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	for w := range 64 {
		group.Go(func() {
			for next.Add(1) <= int64(b.N) {
				_, err := d.PutLogEvents(d.ctx, &logsapi.PutLogEventsInput{
					LogGroupName: new(fmt.Sprint("g", w%8)), LogStreamName: new(names[w]),
					LogEvents: []logsapi.InputLogEvent{{Timestamp: new(time.Now().UnixMilli()), Message: &line}},
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
