package objects_test

import (
	"errors"
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
	"github.com/sillok/sillok/internal/store/objects"
)

// faulty is a file system whose operations fail when a test says so.
type faulty struct {
	*errorfs.FS
	memory *vfs.MemFS

	mu    sync.Mutex
	fault func(op errorfs.Op) error // nil for none
	log   []errorfs.Op              // what was done while logging
	logs  bool
}

func newFaulty() *faulty {
	f := &faulty{memory: vfs.NewCrashableMem()}
	f.FS = errorfs.Wrap(f.memory, errorfs.InjectorFunc(func(op errorfs.Op) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.logs {
			f.log = append(f.log, op)
		}
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

// lines hands out the log of a store line by line.
type lines struct {
	mu  sync.Mutex
	all strings.Builder
}

func (l *lines) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(data)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// Whatever call of the system fails, once or from then on: the caller whose change
// it was gets an error, and what others were told is there after the next start.
func TestEveryCallFails(t *testing.T) {
	stride := 1
	if testing.Short() {
		stride = 29
	}
	for _, forever := range []bool{false, true} {
		t.Run(fmt.Sprintf("forever %v", forever), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n += stride {
				if !failAt(t, n, forever) {
					if n < 500 {
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
	w := &walker{t: t, rng: rand.New(rand.NewPCG(5, 5)), model: &model{now: time.Unix(1, 0).UTC(), buckets: map[string]*modelBucket{}}}
	now := func() time.Time { return w.model.now }
	cfg := objects.WithMemtable(objects.Config{Log: slog.New(slog.DiscardHandler), FS: fsys, Inline: smallInline, Now: now, Seal: master}, 32<<10)
	db, err := objects.Open(t.Context(), "store", cfg)
	before := w.model
	if err == nil {
		w.db = db
		before = w.walkUntilFault(400)
		_ = db.Close() // it may fail as well
	}
	fsys.set(nil)
	for _, image := range []vfs.FS{fsys.memory.CrashClone(vfs.CrashCloneCfg{}), fsys.memory} {
		w.wantOneOf(image, before, now)
	}
	return injected
}

// walkUntilFault goes on until the store says something that it should not. It
// leaves the model as it is if that step was done, and returns what it is if not.
func (w *walker) walkUntilFault(steps int) (before *model) {
	w.t.Helper()
	for range steps {
		_, after, want, err := w.step()
		if e, ok := errors.AsType[*cloud.Error](err); err != nil && (!ok || e.Code != want) {
			before, w.model = w.model, after
			return before
		}
		if want == "" {
			w.model = after
		}
	}
	return w.model
}

// wantOneOf fails the test unless what is on disk is sound and like the model, or
// like what it was before.
func (w *walker) wantOneOf(image vfs.FS, before *model, now func() time.Time) {
	w.t.Helper()
	db := openQuiet(w.t, image, now)
	got := dump(w.t, db, w.model.now)
	got.now, before.now = w.model.now, w.model.now
	if diff := difference(before, got); diff != "" && difference(w.model.withIDsOf(got), got) != "" {
		w.t.Errorf("what is there after a failure (-want before +got):\n%s", diff)
	}
	wantSound(w.t, db)
	if err := db.Close(); err != nil {
		w.t.Error(err)
	}
}

// withIDsOf gives what the store did not tell an ID of the one that it has there.
func (m *model) withIDsOf(got *model) *model {
	m = m.clone()
	for name, b := range m.buckets {
		g := got.buckets[name]
		if g == nil {
			continue
		}
		for key, versions := range b.Objects {
			if len(g.Objects[key]) == len(versions) && versions[0].ID == "" {
				versions[0].ID = g.Objects[key][0].ID
			}
		}
	}
	return m
}
