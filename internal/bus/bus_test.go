package bus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sillok/sillok/internal/bus"
	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/kit/killtest"
	"github.com/sillok/sillok/internal/store/state"
)

func TestMain(m *testing.M) {
	killtest.Main(m, map[string]func(string) error{"chaos": chaosUntilKilled})
}

// log is a log that a test can read.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *log) has(t *testing.T, parts ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		found := true
		for _, part := range parts {
			found = found && strings.Contains(line, part)
		}
		if found {
			return
		}
	}
	t.Errorf("the log has no line with %q:\n%s", parts, l.text.String())
}

// rig is a bus on a store of its own.
type rig struct {
	*bus.Bus
	db   *state.DB
	disk *disk // what the bus has of db
	log  *log
}

// newPath returns where a store can be.
func newPath(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "state.db")
}

// pass lets d pass in the bubble, and all that falls due come to rest.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// open returns a bus on the store in path.
func open(tb testing.TB, path string, cfg bus.Config) *rig {
	tb.Helper()
	db, err := state.Open(tb.Context(), path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	r := &rig{db: db, log: &log{}, disk: &disk{Store: db}}
	cfg.Log = slog.New(slog.NewTextHandler(r.log, nil))
	r.Bus = bus.New(cfg, r.disk)
	return r
}

// disk is a store that takes nothing while it is full.
type disk struct {
	state.Store

	full atomic.Bool
}

func (d *disk) Update(ctx context.Context, fn func(state.Tx) error) error {
	if d.full.Load() {
		return cloud.Errorf(cloud.Unavailable, "ServiceUnavailable", "the disk is full")
	}
	return d.Store.Update(ctx, fn)
}

// run runs the bus until stop is called, or the test ends.
func (r *rig) run(tb testing.TB, targets map[string]bus.Target, listeners ...bus.Listener) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, listeners, targets) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("Run = %v", err)
		}
	})
	tb.Cleanup(stop)
	return stop
}

// publish publishes facts of these kinds, each in a transaction of its own.
func (r *rig) publish(tb testing.TB, kinds ...string) {
	tb.Helper()
	for _, kind := range kinds {
		if err := r.db.Update(tb.Context(), func(tx state.Tx) error { return r.Publish(tx, bus.Fact{Kind: kind}) }); err != nil {
			tb.Fatal(err)
		}
	}
}

func (r *rig) health(tb testing.TB) bus.Health {
	tb.Helper()
	h, err := r.Health(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func (r *rig) send(tb testing.TB, d bus.Delivery) string {
	tb.Helper()
	id, err := r.Send(tb.Context(), d)
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

// ear is a listener that remembers what it heard, as "number kind".
type ear struct {
	name  string
	wants func(string) bool
	start bool
	fail  func(bus.Fact) error // nil never fails

	mu    sync.Mutex
	heard []string
}

func (e *ear) listener() bus.Listener {
	return bus.Listener{Name: e.name, Wants: e.wants, FromStart: e.start, Handle: func(_ context.Context, facts []bus.Fact) error {
		for _, fact := range facts {
			if e.fail != nil {
				if err := e.fail(fact); err != nil {
					return err
				}
			}
			e.mu.Lock()
			e.heard = append(e.heard, fmt.Sprintf("%d %s", fact.Number, fact.Kind))
			e.mu.Unlock()
		}
		return nil
	}}
}

func (e *ear) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.heard...)
}

// target is a Target that is a function.
type target func(context.Context, bus.Delivery) error

func (f target) Deliver(ctx context.Context, d bus.Delivery) error { return f(ctx, d) }

func scope() cloud.Scope { return cloud.Scope{Account: "111122223333", Region: "ap-northeast-2"} }

func queue(name string) cloud.ARN {
	return cloud.ARN{Partition: "aws", Service: "sqs", Region: "ap-northeast-2", Account: "111122223333", Resource: name}
}

func numbered(kind string, count int) []string {
	kinds := make([]string, count)
	for i := range kinds {
		kinds[i] = fmt.Sprintf("%s%d", kind, i+1)
	}
	return kinds
}

func document(tb testing.TB, v any) json.RawMessage {
	tb.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

var errTest = errors.New("not today")

// Who stops a bus before it has begun has stopped it, and learns of no failure.
func TestStoppedBeforeItBegins(t *testing.T) {
	r := open(t, newPath(t), bus.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Run(ctx, []bus.Listener{{Name: "a", Handle: func(context.Context, []bus.Fact) error { return nil }}}, nil); err != nil {
		t.Error(err)
	}
}
