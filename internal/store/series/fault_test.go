package series_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/sillok/sillok/internal/cloud/metric"
	"github.com/sillok/sillok/internal/store/lsm/lsmtest"
	"github.com/sillok/sillok/internal/store/series"
)

// Whatever call of the system fails, once or from then on: who put data gets an error,
// and what others were told is there after the next start.
func TestEveryCallFails(t *testing.T) {
	stride := 3
	if testing.Short() {
		stride = 41
	}
	lsmtest.EveryCall(t, stride, 300, failAt)
}

// failAt has the n-th call fail, and reports whether there was one.
func failAt(t *testing.T, n int, forever bool) bool {
	t.Helper()
	fsys, injected := lsmtest.NewFaulty(), false
	fsys.Set(lsmtest.Nth(n, forever, &injected))
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
	fsys.Set(nil)
	for _, image := range []vfs.FS{fsys.Memory.CrashClone(vfs.CrashCloneCfg{}), fsys.Memory} {
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

func openFaulty(t *testing.T) (*series.Store, *lsmtest.Faulty, lsmtest.Told) {
	t.Helper()
	fsys, log := lsmtest.NewFaulty(), make(lsmtest.Told, 1000)
	s := open(t, "metrics", series.Small(series.Config{Log: slog.New(slog.NewTextHandler(log, nil)), FS: fsys, Now: func() time.Time { return noon }}))
	return s, fsys, log
}

// A put that there is no room for waits for it, and others are refused at once. Nothing
// is lost, and nobody has to start anything again.
func TestFullDisk(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		t.Run(cause.Error(), func(t *testing.T) {
			s, fsys, log := openFaulty(t)
			put(t, s, value(noon, 1))
			fsys.Set(lsmtest.Failing(".log", cause))
			waiting := make(chan error)
			go func() {
				waiting <- s.Put(context.WithoutCancel(t.Context()), ours, "ns", []metric.Datum{value(noon, 2)})
			}()
			log.Await(t, "changes are refused")
			lsmtest.WantUnavailable(t, "Put", s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon, 4)}))
			lsmtest.WantUnavailable(t, "Err", s.Err())
			fsys.Set(nil)
			if err := <-waiting; err != nil {
				t.Errorf("the put that waited for room: %v", err)
			}
			log.Await(t, "can be written again")
			put(t, s, value(noon, 8))
			diff(t, "data", []string{"None 0s: 3 11 1 8"}, read(t, s, noon, noon.Add(time.Hour), time.Minute))
		})
	}
}

// A store may be closed while it waits for room.
func TestCloseOnFullDisk(t *testing.T) {
	s, fsys, log := openFaulty(t)
	put(t, s, value(noon, 1))
	fsys.Set(lsmtest.Failing(".log", syscall.ENOSPC))
	waiting := make(chan error)
	go func() {
		waiting <- s.Put(context.WithoutCancel(t.Context()), ours, "ns", []metric.Datum{value(noon, 2)})
	}()
	log.Await(t, "changes are refused")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	lsmtest.WantUnavailable(t, "Put", <-waiting)
	if err := s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon, 2)}); err == nil {
		t.Error("data were taken by a store that is closed")
	}
	fsys.Set(nil)
	again := open(t, "metrics", series.Config{FS: fsys.Memory.CrashClone(vfs.CrashCloneCfg{}), Now: func() time.Time { return noon }})
	diff(t, "data", []string{"None 0s: 1 1 1 1"}, read(t, again, noon, noon.Add(time.Hour), time.Minute))
}

// When what was put cannot be sorted into tables, data must not pile up.
func TestTablesOnFullDisk(t *testing.T) {
	s, fsys, log := openFaulty(t)
	fsys.Set(lsmtest.Failing(".sst", syscall.ENOSPC))
	var err error
	n := 0
	for ; err == nil; n++ {
		err = s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon.Add(-time.Duration(n)*time.Minute), 1)})
	}
	lsmtest.WantUnavailable(t, "Put", err)
	fsys.Set(nil)
	log.Await(t, "can be written again")
	put(t, s, value(noon, 1))
	diff(t, "data", []string{fmt.Sprintf("None 0s: %d %d 1 1", n, n)}, read(t, s, noon.Add(-5*day), noon.Add(time.Hour), 6*day))
}

// A sync that fails is an error to those who wait for it, and nothing is taken after it.
func TestFailedSync(t *testing.T) {
	s, fsys, _ := openFaulty(t)
	put(t, s, value(noon, 1))
	fsys.Set(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo {
			return syscall.EIO
		}
		return nil
	})
	lsmtest.WantUnavailable(t, "Put", s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon, 2)}))
	fsys.Set(nil)
	lsmtest.WantUnavailable(t, "Put", s.Put(t.Context(), ours, "ns", []metric.Datum{value(noon, 4)}))
	if _, err := s.Read(t.Context(), ours, []series.Query{{ID: metric.ID{Namespace: "ns", Name: "m"}, From: noon, To: noon.Add(time.Hour), Period: time.Minute}}); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	again := open(t, "metrics", series.Config{FS: fsys.Memory.CrashClone(vfs.CrashCloneCfg{}), Now: func() time.Time { return noon }})
	diff(t, "data", []string{"None 0s: 1 1 1 1"}, read(t, again, noon, noon.Add(time.Hour), time.Minute))
}
