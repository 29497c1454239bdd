package bus_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/store/state"
)

// publishMany publishes facts, so many in one transaction.
func (r *rig) publishMany(tb testing.TB, facts, together int) {
	tb.Helper()
	data := document(tb, map[string]any{"DatabaseName": "logs", "Name": "cloudtrail", "VersionId": "12", "CatalogId": "111122223333"})
	for facts > 0 {
		err := r.db.Update(tb.Context(), func(tx state.Tx) error {
			for range min(together, facts) {
				if err := r.Publish(tx, bus.Fact{Kind: "glue.table.updated", Scope: scope(), Subject: queue("table/logs/cloudtrail"), Data: data}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
		facts -= together
	}
}

// counters returns listeners that each count up to facts, and what is closed
// once all have.
func counters(listeners, facts int) ([]bus.Listener, <-chan struct{}) {
	all := make(chan struct{})
	left := atomic.Int64{}
	left.Store(int64(listeners))
	var counting []bus.Listener
	for n := range listeners {
		count := 0
		counting = append(counting, bus.Listener{Name: fmt.Sprint("listener", n), FromStart: true, Handle: func(_ context.Context, batch []bus.Fact) error {
			if count += len(batch); count == facts && left.Add(-1) == 0 {
				close(all)
			}
			return nil
		}})
	}
	return counting, all
}

func perSecond(b *testing.B, what string) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), what+"/s")
}

func BenchmarkPublish(b *testing.B) {
	for _, together := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("%d in a transaction", together), func(b *testing.B) {
			r := open(b, newPath(b), bus.Config{})
			b.ResetTimer()
			r.publishMany(b, b.N, together)
			perSecond(b, "facts")
		})
	}
}

// BenchmarkDispatch gives each fact to three listeners.
func BenchmarkDispatch(b *testing.B) {
	b.Run("from the outbox", func(b *testing.B) {
		r := open(b, newPath(b), bus.Config{})
		r.publishMany(b, b.N, 1000)
		listeners, all := counters(3, b.N)
		b.ResetTimer()
		stop := r.run(b, nil, listeners...)
		<-all
		b.StopTimer()
		perSecond(b, "facts")
		stop()
	})
	b.Run("as they are published", func(b *testing.B) {
		r := open(b, newPath(b), bus.Config{})
		listeners, all := counters(3, b.N)
		stop := r.run(b, nil, listeners...)
		b.ResetTimer()
		r.publishMany(b, b.N, 100)
		<-all
		b.StopTimer()
		perSecond(b, "facts")
		stop()
	})
}

// BenchmarkDeliver has deliveries accepted, taken and forgotten.
func BenchmarkDeliver(b *testing.B) {
	r := open(b, newPath(b), bus.Config{})
	all := make(chan struct{})
	var taken atomic.Int64
	stop := r.run(b, map[string]bus.Target{"sqs": target(func(context.Context, bus.Delivery) error {
		if taken.Add(1) == int64(b.N) {
			close(all)
		}
		return nil
	})})
	payload := make([]byte, 500)
	b.ResetTimer()
	for left := b.N; left > 0; left -= 100 {
		err := r.db.Update(b.Context(), func(tx state.Tx) error {
			for n := range min(left, 100) {
				if _, err := r.Deliver(tx, bus.Delivery{Target: queue(fmt.Sprint(n % 10)), Payload: payload}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	<-all
	b.StopTimer()
	perSecond(b, "deliveries")
	stop()
}
