package series_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/sillok/sillok/internal/cloud"
	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/series"
)

// faulty is a file system whose operations fail when a test says so.
type faulty struct {
	*errorfs.FS
	memory *vfs.MemFS

	mu    sync.Mutex
	fault func(op errorfs.Op) error // nil for none
}

func newFaulty() *faulty {
	f := &faulty{memory: vfs.NewCrashableMem()}
	f.FS = errorfs.Wrap(f.memory, errorfs.InjectorFunc(func(op errorfs.Op) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.fault != nil {
			return f.fault(op)
		}
		return nil
	}))
	return f
}

func (f *faulty) set(fault func(errorfs.Op) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// failing returns an error for writes to files that have text in their path.
func failing(text string, err error) func(errorfs.Op) error {
	return func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpRemove && strings.Contains(op.Path, text) {
			return err
		}
		return nil
	}
}

// Whatever call of the system fails, once or from then on: who put data gets an error,
// and what others were told is there after the next start.
func TestEveryCallFails(t *testing.T) {
	stride := 3
	if testing.Short() {
		stride = 41
	}
	for _, forever := range []bool{false, true} {
		t.Run(fmt.Sprintf("forever %v", forever), func(t *testing.T) {
			for n := 1; ; n += stride {
				if !failAt(t, n, forever) {
					if n < 300 {
						t.Errorf("only %d calls", n)
					}
					break
				}
				if t.Failed() {
					t.Fatalf("call %d", n)
				}
			}
		})
	}
}

// failAt has the n-th call fail, and reports whether there was one.
func failAt(t *testing.T, n int, forever bool) bool {
	t.Helper()
	fsys := newFaulty()
	calls, injected := 0, false
	fsys.set(func(errorfs.Op) error {
		if calls++; calls == n || calls > n && forever {
			injected = true
			return syscall.EIO
		}
		return nil
	})
	w := &walker{t: t, rng: rand.New(rand.NewPCG(5, 5)), model: &model{now: noon}, fsys: fsys}
	db, err := series.Open(t.Context(), "metrics", w.config())
	before := w.model
	if err == nil {
		w.store = db
		for range 150 {
			after, err := w.step()
			if err != nil {
				before, w.model = w.model, after
				break
			}
			before, w.model = after, after
		}
		_ = db.Close() // it may fail as well
	}
	fsys.set(nil)
	for _, image := range []vfs.FS{fsys.memory.CrashClone(vfs.CrashCloneCfg{}), fsys.memory} {
		w.fsys = image
		s, err := series.Open(t.Context(), "metrics", w.config())
		if err != nil {
			t.Errorf("after a failure: %v", err)
			return injected
		}
		if diff := w.difference(s, before, 60); diff != "" {
			if again := w.difference(s, w.model, 60); again != "" {
				t.Errorf("after a failure: %s\n%s", diff, again)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	return injected
}

// told is a log whose reader waits for lines.
type told chan string

func (l told) Write(data []byte) (int, error) {
	select {
	case l <- string(data):
	default:
	}
	return len(data), nil
}

// await waits for a line that has text in it.
func (l told) await(t *testing.T, text string) {
	t.Helper()
	for {
		select {
		case line := <-l:
			if strings.Contains(line, text) {
				return
			}
		case <-t.Context().Done():
			t.Fatal("the store did not say " + text)
		}
	}
}

func openFaulty(t *testing.T) (*series.Store, *faulty, told) {
	t.Helper()
	fsys, log := newFaulty(), make(told, 1000)
	s := open(t, "metrics", series.Small(series.Config{Log: slog.New(slog.NewTextHandler(log, nil)), FS: fsys, Now: func() time.Time { return noon }}))
	return s, fsys, log
}

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if cloud.KindOf(err) != cloud.Unavailable || err == nil {
		t.Errorf("%s: %v, want an error of kind unavailable", what, err)
	}
}

// A put that there is no room for waits for it, and others are refused at once. Nothing
// is lost, and nobody has to start anything again.
func TestFullDisk(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		t.Run(cause.Error(), func(t *testing.T) {
			s, fsys, log := openFaulty(t)
			put(t, s, value(noon, 1))
			fsys.set(failing(".log", cause))
			waiting := make(chan error)
			go func() {
				waiting <- s.Put(context.WithoutCancel(t.Context()), ours, "ns", []metric.Datum{value(noon, 2)})
			}()
			log.await(t, "changes are refused")
			wantUnavailable(t, "Put", s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon, 4)}))
			wantUnavailable(t, "Err", s.Err())
			fsys.set(nil)
			if err := <-waiting; err != nil {
				t.Errorf("the put that waited for room: %v", err)
			}
			log.await(t, "can be written again")
			put(t, s, value(noon, 8))
			diff(t, "data", []string{"None 0s: 3 11 1 8"}, read(t, s, noon, noon.Add(time.Hour), time.Minute))
		})
	}
}

// A store may be closed while it waits for room.
func TestCloseOnFullDisk(t *testing.T) {
	s, fsys, log := openFaulty(t)
	put(t, s, value(noon, 1))
	fsys.set(failing(".log", syscall.ENOSPC))
	waiting := make(chan error)
	go func() {
		waiting <- s.Put(context.WithoutCancel(t.Context()), ours, "ns", []metric.Datum{value(noon, 2)})
	}()
	log.await(t, "changes are refused")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantUnavailable(t, "Put", <-waiting)
	if err := s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon, 2)}); err == nil {
		t.Error("data were taken by a store that is closed")
	}
	fsys.set(nil)
	again := open(t, "metrics", series.Config{FS: fsys.memory.CrashClone(vfs.CrashCloneCfg{}), Now: func() time.Time { return noon }})
	diff(t, "data", []string{"None 0s: 1 1 1 1"}, read(t, again, noon, noon.Add(time.Hour), time.Minute))
}

// When what was put cannot be sorted into tables, data must not pile up.
func TestTablesOnFullDisk(t *testing.T) {
	s, fsys, log := openFaulty(t)
	fsys.set(failing(".sst", syscall.ENOSPC))
	var err error
	n := 0
	for ; err == nil; n++ {
		err = s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon.Add(-time.Duration(n)*time.Minute), 1)})
	}
	wantUnavailable(t, "Put", err)
	fsys.set(nil)
	log.await(t, "can be written again")
	put(t, s, value(noon, 1))
	diff(t, "data", []string{fmt.Sprintf("None 0s: %d %d 1 1", n, n)}, read(t, s, noon.Add(-5*day), noon.Add(time.Hour), 6*day))
}

// A sync that fails is an error to those who wait for it, and nothing is taken after it.
func TestFailedSync(t *testing.T) {
	s, fsys, _ := openFaulty(t)
	put(t, s, value(noon, 1))
	fsys.set(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo {
			return syscall.EIO
		}
		return nil
	})
	wantUnavailable(t, "Put", s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon, 2)}))
	fsys.set(nil)
	wantUnavailable(t, "Put", s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon, 4)}))
	if _, err := s.Read(t.Context(), ours, []series.Query{{ID: metric.ID{Namespace: "ns", Name: "m"}, From: noon, To: noon.Add(time.Hour), Period: time.Minute}}); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	again := open(t, "metrics", series.Config{FS: fsys.memory.CrashClone(vfs.CrashCloneCfg{}), Now: func() time.Time { return noon }})
	diff(t, "data", []string{"None 0s: 1 1 1 1"}, read(t, again, noon, noon.Add(time.Hour), time.Minute))
}
