package emit_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/metrics/emit"
)

var seoul = cloud.Scope{Account: "111122223333", Region: "ap-northeast-2"}

// putter keeps what is put, as text.
type putter struct {
	mu      sync.Mutex
	lines   []string
	fails   error
	refuses string // the name of a metric that is not taken
}

func (p *putter) Put(_ context.Context, scope cloud.Scope, namespace string, data []metric.Datum) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails != nil {
		return p.fails
	}
	var lines []string
	for _, d := range data {
		if d.Name == p.refuses {
			return cloud.Errorf(cloud.Invalid, "InvalidParameterValue", "%s is not taken", d.Name)
		}
		line := fmt.Sprintf("%s %s %s %s %s %v %v×%v", d.Time.Format("15:04:05"), scope.Region, namespace, d.Name, cmp.Or(d.Unit, "-"), d.Dimensions, d.Values, d.Counts)
		if d.Set != nil {
			line += fmt.Sprintf(" and %+v", *d.Set)
		}
		lines = append(lines, line)
	}
	p.lines = append(p.lines, lines...)
	return nil
}

func (p *putter) is(t *testing.T, want ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	slices.Sort(p.lines)
	if diff := gocmp.Diff(want, p.lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.lines = nil
}

func (p *putter) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails = err
}

// run runs an emitter in a bubble until test returns, and then waits for its end.
func run(t *testing.T, cfg emit.Config, test func(e *emit.Emitter, to *putter), after func(to *putter)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if cfg.Log == nil {
			cfg.Log = slog.New(slog.DiscardHandler)
		}
		to := &putter{}
		e := emit.New(cfg, to)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- e.Run(ctx) }()
		test(e, to)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if after != nil {
			after(to)
		}
	})
}

// later lets the clock go on, and what it makes happen.
func later(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

var (
	sent = metric.Own{Namespace: "AWS/SQS", Name: "NumberOfMessagesSent", Unit: "Count"}.With("QueueName", "q")
	size = metric.Own{Namespace: "AWS/SQS", Name: "SentMessageSize", Unit: "Bytes"}.With("QueueName", "q")
)

func TestAMinuteIsPutOnceItIsOver(t *testing.T) {
	run(t, emit.Config{}, func(e *emit.Emitter, to *putter) {
		e.Emit(seoul, sent, 1)
		e.Emit(seoul, sent, 1)
		e.Emit(seoul, sent, 10)
		e.Emit(seoul, size, 5)
		e.Emit(cloud.Scope{Account: "111122223333", Region: "eu-west-1"}, sent, 1)
		e.Emit(cloud.Scope{Region: "eu-west-1"}, sent, 1) // nobody's
		later(59 * time.Second)
		to.is(t)
		later(3 * time.Second)
		to.is(
			t, "00:00:00 ap-northeast-2 AWS/SQS NumberOfMessagesSent Count [{QueueName q}] [1 10]×[2 1]",
			"00:00:00 ap-northeast-2 AWS/SQS SentMessageSize Bytes [{QueueName q}] [5]×[1]",
			"00:00:00 eu-west-1 AWS/SQS NumberOfMessagesSent Count [{QueueName q}] [1]×[1]",
		)
		later(5 * time.Minute)
		to.is(t) // what is idle is silent
		e.Emit(seoul, sent, 1)
	}, func(to *putter) {
		to.is(t, "00:06:00 ap-northeast-2 AWS/SQS NumberOfMessagesSent Count [{QueueName q}] [1]×[1]") // at the end
	})
}

func TestWhatCannotBePutIsPutLater(t *testing.T) {
	run(t, emit.Config{}, func(e *emit.Emitter, to *putter) {
		to.fail(cloud.Errorf(cloud.Unavailable, "InternalServiceFault", "the disk is full"))
		e.Emit(seoul, sent, 1)
		later(time.Minute)
		e.Emit(seoul, sent, 2)
		later(2 * time.Minute)
		to.fail(nil)
		later(time.Minute)
		to.is(
			t, "00:00:00 ap-northeast-2 AWS/SQS NumberOfMessagesSent Count [{QueueName q}] [1]×[1]",
			"00:01:00 ap-northeast-2 AWS/SQS NumberOfMessagesSent Count [{QueueName q}] [2]×[1]",
		)
	}, nil)
}

func TestWhatIsNotTakenLeavesTheOthers(t *testing.T) {
	var log bytes.Buffer
	run(t, emit.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, func(e *emit.Emitter, to *putter) {
		to.refuses = "NumberOfMessagesSent"
		e.Emit(seoul, sent, 1)
		e.Emit(seoul, size, 2)
		e.Emit(seoul, size.With("Other", "o"), 3)
	}, func(to *putter) {
		to.is(
			t, "00:00:00 ap-northeast-2 AWS/SQS SentMessageSize Bytes [{QueueName q} {Other o}] [3]×[1]",
			"00:00:00 ap-northeast-2 AWS/SQS SentMessageSize Bytes [{QueueName q}] [2]×[1]",
		)
		if !strings.Contains(log.String(), "metric=NumberOfMessagesSent") {
			t.Errorf("the log has %q", log.String())
		}
	})
}

func TestManyValuesAreSeveralData(t *testing.T) {
	run(t, emit.Config{}, func(e *emit.Emitter, _ *putter) {
		for i := range 301 {
			e.Emit(seoul, size, float64(i))
		}
	}, func(to *putter) {
		if len(to.lines) != 3 {
			t.Fatalf("%d data: %v", len(to.lines), to.lines)
		}
		for i, want := range []string{" [0 1 2 ", " [150 151 ", " [300]×[1]"} {
			if !strings.Contains(to.lines[i], want) {
				t.Errorf("%s has no %s", to.lines[i], want)
			}
		}
	})
}

func TestRoomIsBounded(t *testing.T) {
	var log bytes.Buffer
	run(t, emit.WithRoom(emit.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, 2, 1), func(e *emit.Emitter, _ *putter) {
		e.Emit(seoul, size, 1)
		e.Emit(seoul, size, 2)
		e.Emit(seoul, size, 7) // of which the sum is kept
		e.Emit(seoul, size, 3)
		e.Emit(seoul, size, 2)
		e.Emit(seoul, sent, 1)
		e.Emit(seoul, sent.With("A", "a"), 1) // for which there is no room
		e.Emit(seoul, sent.With("A", "b"), 1)
	}, func(to *putter) {
		to.is(
			t, "00:00:00 ap-northeast-2 AWS/SQS NumberOfMessagesSent Count [{QueueName q}] [1]×[1]",
			"00:00:00 ap-northeast-2 AWS/SQS SentMessageSize Bytes [{QueueName q}] [1 2]×[1 2] and {Count:2 Sum:10 Min:3 Max:7}",
		)
		if !strings.Contains(log.String(), "samples=2") {
			t.Errorf("the log has %q", log.String())
		}
	})
}

func TestGaugesAreAskedEachMinute(t *testing.T) {
	n := 0.0
	visible := metric.Own{Namespace: "AWS/SQS", Name: "ApproximateNumberOfMessagesVisible", Unit: "Count"}.With("QueueName", "q")
	gauges := []metric.Gauges{
		func(context.Context, func(cloud.Scope, metric.Own, float64)) error { return errors.New("closed") },
		func(context.Context, func(cloud.Scope, metric.Own, float64)) error { panic("nothing") },
		func(_ context.Context, emit func(cloud.Scope, metric.Own, float64)) error {
			n++
			emit(seoul, visible, n)
			return nil
		},
	}
	run(t, emit.Config{Gauges: gauges}, func(*emit.Emitter, *putter) { later(2*time.Minute + 30*time.Second) }, func(to *putter) {
		to.is(
			t, "00:01:00 ap-northeast-2 AWS/SQS ApproximateNumberOfMessagesVisible Count [{QueueName q}] [1]×[1]",
			"00:02:00 ap-northeast-2 AWS/SQS ApproximateNumberOfMessagesVisible Count [{QueueName q}] [2]×[1]",
		)
	})
}

func TestNothingIsPutWithoutTheServer(_ *testing.T) { metric.Nowhere.Emit(seoul, sent, 1) }

func BenchmarkEmit(b *testing.B) {
	e := emit.New(emit.Config{Log: slog.New(slog.DiscardHandler)}, &putter{})
	call := metric.Own{Namespace: "AWS/Usage", Name: "CallCount"}.With("Class", "None").With("Resource", "PutMetricData").With("Service", "CloudWatch").With("Type", "API")
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			e.Emit(seoul, call, 1)
		}
	})
	b.Run("many at once", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				e.Emit(seoul, call, 1)
			}
		})
	})
}
